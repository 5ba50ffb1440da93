import Federation

/// Percent-encoding of path segments and form values (RFC 3986, section 2.1).
enum PercentEncoding {
    /// Nil when an escape is broken, or the result is no UTF-8.
    static func decode(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst(), let low = rest.popFirst(),
                let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Everything but the unreserved characters and `/` as escapes.
    static func encode(_ text: String) -> String {
        // By bytes: with an accent behind it a slash would be a part of another character.
        text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { percentEncoded(Substring($0)) }.joined(separator: "/")
    }
}
