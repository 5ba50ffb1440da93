/// Base64 of RFC 4648, sections 4 and 5, read strictly.
///
/// Refused: characters outside the alphabet (white space too), wrong padding, and unused bits
/// that are not zero, so that one value has one spelling per alphabet and padding.
package enum Base64 {
    /// Section 4 with padding.
    package static func encode(_ bytes: [UInt8]) -> String {
        text(bytes, alphabet: standard, padding: true)
    }

    /// Section 4 with padding, appended to text that is being written.
    package static func append(_ bytes: Span<UInt8>, to text: inout [UInt8]) {
        append(bytes, to: &text, alphabet: standard, padding: true)
    }

    /// Section 5 without padding, as JOSE writes it.
    package static func encodeURL(_ bytes: [UInt8]) -> String {
        text(bytes, alphabet: url, padding: false)
    }

    /// Section 4; padding must be right or absent.
    package static func decode(_ text: String) -> [UInt8]? {
        bytes(Array(text.utf8).span, values: standardValues)
    }

    /// Section 4; padding must be right or absent.
    package static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        bytes(text, values: standardValues)
    }

    /// Section 5; padding must be right or absent.
    package static func decodeURL(_ text: String) -> [UInt8]? {
        bytes(Array(text.utf8).span, values: urlValues)
    }

    private static func text(_ bytes: [UInt8], alphabet: [UInt8], padding: Bool) -> String {
        var output: [UInt8] = []
        append(bytes.span, to: &output, alphabet: alphabet, padding: padding)
        return String(decoding: output, as: UTF8.self)
    }

    private static func append(
        _ bytes: Span<UInt8>, to output: inout [UInt8], alphabet: [UInt8], padding: Bool
    ) {
        output.reserveCapacity(output.count + (bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let left = bytes.count - index
            let second = left > 1 ? bytes[index + 1] : 0
            let third = left > 2 ? bytes[index + 2] : 0
            let group = UInt32(bytes[index]) << 16 | UInt32(second) << 8 | UInt32(third)
            for place in 0..<4 {
                if place <= left {
                    output.append(alphabet[Int(group >> (18 - 6 * UInt32(place))) & 63])
                } else if padding {
                    output.append(UInt8(ascii: "="))
                }
            }
            index += 3
        }
    }

    static func bytes(_ text: Span<UInt8>, values: [UInt8]) -> [UInt8]? {
        var end = text.count
        if end > 0, text[end - 1] == UInt8(ascii: "=") {
            guard end % 4 == 0 else { return nil }
            end -= text[end - 2] == UInt8(ascii: "=") ? 2 : 1
        }
        guard end % 4 != 1 else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(end / 4 * 3 + 2)
        var group: UInt32 = 0
        var bits: UInt32 = 0
        for index in 0..<end {
            let value = values[Int(text[index])]
            guard value < 64 else { return nil }
            group = group << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                output.append(UInt8(truncatingIfNeeded: group >> bits))
                group &= (1 << bits) - 1
            }
        }
        return group == 0 ? output : nil
    }

    private static let standard = [UInt8](
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let url = [UInt8](
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    static let standardValues = inverse(standard)
    private static let urlValues = inverse(url)

    private static func inverse(_ alphabet: [UInt8]) -> [UInt8] {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, digit) in alphabet.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }
}
