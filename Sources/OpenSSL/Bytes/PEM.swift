/// Textual encoding of RFC 7468: blocks between BEGIN and END lines.
struct PEM: Sendable {
    /// The words after BEGIN, such as "PUBLIC KEY".
    let label: String
    let bytes: [UInt8]

    /// All blocks of `text`; what stands between blocks is explanation and passed over.
    ///
    /// Refused: a block without its end, other labels at both ends, headers inside a block (as
    /// the old encrypted form has them), and base64 that is not strict but for line ends and blanks.
    static func blocks(in text: String) throws(CryptoError) -> [PEM] {
        var blocks: [PEM] = []
        var label: String?
        var digits: [UInt8] = []
        // "\r\n" is one Character, so lines are split on bytes.
        for raw in text.utf8.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
            let line = Array(raw)
            if let name = marked(line, "BEGIN") {
                guard label == nil else { throw refusal("a block begins inside another") }
                label = name
                digits = []
            } else if let name = marked(line, "END") {
                guard name == label else { throw refusal("a block ends that did not begin") }
                guard let bytes = Base64.bytes(digits.span, values: Base64.standardValues) else {
                    throw refusal("not base64")
                }
                blocks.append(PEM(label: name, bytes: bytes))
                label = nil
            } else if label != nil {
                if line.contains(UInt8(ascii: ":")) { throw refusal("encrypted or with headers") }
                digits += line.filter { $0 != 0x20 && $0 != 0x09 }
            }
        }
        guard label == nil else { throw refusal("a block does not end") }
        return blocks
    }

    /// The only block of `text`; none or several are refused.
    static func only(in text: String) throws(CryptoError) -> PEM {
        let blocks = try blocks(in: text)
        guard blocks.count == 1, let block = blocks.first else {
            throw refusal("\(blocks.count) blocks instead of one")
        }
        return block
    }

    /// The block as text, 64 characters a line.
    var text: String {
        let digits = Array(Base64.encode(bytes).utf8)
        var text = "-----BEGIN \(label)-----\n"
        for start in stride(from: 0, to: digits.count, by: 64) {
            let line = digits[start..<min(start + 64, digits.count)]
            text += String(decoding: line, as: UTF8.self) + "\n"
        }
        return text + "-----END \(label)-----\n"
    }

    private static func marked(_ line: [UInt8], _ word: String) -> String? {
        var text = String(decoding: line, as: UTF8.self)
        while text.hasSuffix(" ") || text.hasSuffix("\t") { text.removeLast() }
        let prefix = "-----\(word) "
        guard text.hasPrefix(prefix), text.hasSuffix("-----"), text.count > prefix.count + 5 else {
            return nil
        }
        return String(text.dropFirst(prefix.count).dropLast(5))
    }

    private static func refusal(_ reason: String) -> CryptoError { CryptoError("read PEM", reason) }
}
