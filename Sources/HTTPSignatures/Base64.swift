/// Strict base64 (RFC 4648): one text for one value.
///
/// Refuses missing or surplus padding, bits set behind the last byte, white space, and characters
/// of the other alphabet.
package enum Base64 {
    /// Standard alphabet with padding (RFC 4648 section 4).
    package static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        var end = text.count
        while end > 0, text.count - end < 2, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
        return decode(text.extracting(0..<end), sixtyTwo: UInt8(ascii: "+"), UInt8(ascii: "/"))
    }

    /// URL-safe alphabet without padding (RFC 4648 section 5, as RFC 7515 section 2 wants it).
    package static func decodeURLSafe(_ text: Span<UInt8>) -> [UInt8]? {
        decode(text, sixtyTwo: UInt8(ascii: "-"), UInt8(ascii: "_"))
    }

    package static func decode(_ text: String) -> [UInt8]? {
        decode(Array(text.utf8).span)
    }

    package static func decodeURLSafe(_ text: String) -> [UInt8]? {
        decodeURLSafe(Array(text.utf8).span)
    }

    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        append(bytes.span, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    package static func encodeURLSafe(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        append(
            bytes.span, to: &text, sixtyTwo: UInt8(ascii: "-"), UInt8(ascii: "_"), padding: nil)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the standard text of `bytes`.
    static func append(_ bytes: Span<UInt8>, to text: inout [UInt8]) {
        append(
            bytes, to: &text, sixtyTwo: UInt8(ascii: "+"), UInt8(ascii: "/"),
            padding: UInt8(ascii: "="))
    }

    private static func decode(
        _ text: Span<UInt8>, sixtyTwo: UInt8, _ sixtyThree: UInt8
    ) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(text.count / 4 * 3 + 2)
        var bits: UInt32 = 0
        var held = 0
        for index in text.indices {
            let byte = text[index]
            let value: UInt8
            if byte.isUppercaseLetter {
                value = byte - 0x41
            } else if byte.isLowercaseLetter {
                value = byte - 0x61 + 26
            } else if byte.isDigit {
                value = byte - 0x30 + 52
            } else if byte == sixtyTwo {
                value = 62
            } else if byte == sixtyThree {
                value = 63
            } else {
                return nil
            }
            bits = bits << 6 | UInt32(value)
            held += 6
            if held >= 8 {
                held -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
            }
        }
        // What is left over must be zero: else several texts would stand for these bytes.
        guard bits & (1 << UInt32(held) - 1) == 0 else { return nil }
        return output
    }

    private static func append(
        _ bytes: Span<UInt8>, to text: inout [UInt8], sixtyTwo: UInt8, _ sixtyThree: UInt8,
        padding: UInt8?
    ) {
        text.reserveCapacity(text.count + (bytes.count + 2) / 3 * 4)
        func digit(_ value: UInt32) -> UInt8 {
            switch UInt8(truncatingIfNeeded: value & 63) {
            case let value where value < 26: value + 0x41
            case let value where value < 52: value - 26 + 0x61
            case let value where value < 62: value - 52 + 0x30
            case 62: sixtyTwo
            case _: sixtyThree
            }
        }
        var bits: UInt32 = 0
        var held: UInt32 = 0
        for index in bytes.indices {
            bits = bits << 8 | UInt32(bytes[index])
            held += 8
            while held >= 6 {
                held -= 6
                text.append(digit(bits >> held))
            }
        }
        if held > 0 { text.append(digit(bits << (6 - held))) }
        guard let padding else { return }
        for _ in 0..<((3 - bytes.count % 3) % 3) { text.append(padding) }
    }
}
