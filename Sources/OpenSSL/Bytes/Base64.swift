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
        text += encoded(bytes, standard, padding: true)
    }

    /// Section 5 without padding, as JOSE writes it.
    package static func encodeURL(_ bytes: [UInt8]) -> String {
        text(bytes, alphabet: url, padding: false)
    }

    /// Section 5 without padding, appended to text that is being written.
    package static func appendURL(_ bytes: Span<UInt8>, to text: inout [UInt8]) {
        text += encoded(bytes, url, padding: false)
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
        String(decoding: encoded(bytes.span, alphabet, padding: padding), as: UTF8.self)
    }

    private static func encoded(
        _ bytes: Span<UInt8>, _ alphabet: [UInt8], padding: Bool
    ) -> [UInt8] {
        unsafe [UInt8](filling: (bytes.count + 2) / 3 * 4) { output in
            var written = 0
            var index = 0
            while index < bytes.count {
                let left = bytes.count - index
                let second = left > 1 ? Int(bytes[index + 1]) : 0
                let third = left > 2 ? Int(bytes[index + 2]) : 0
                let group = Int(bytes[index]) << 16 | second << 8 | third
                unsafe output[written] = alphabet[group >> 18]
                unsafe output[written + 1] = alphabet[group >> 12 & 63]
                unsafe output[written + 2] = left > 1 ? alphabet[group >> 6 & 63] : pad
                unsafe output[written + 3] = left > 2 ? alphabet[group & 63] : pad
                written += 4
                index += 3
            }
            return padding ? written : (bytes.count * 4 + 2) / 3
        }
    }

    private static let pad = UInt8(ascii: "=")

    static func bytes(_ text: Span<UInt8>, values: [UInt8]) -> [UInt8]? {
        var end = text.count
        if end > 0, text[end - 1] == UInt8(ascii: "=") {
            guard end % 4 == 0 else { return nil }
            end -= text[end - 2] == UInt8(ascii: "=") ? 2 : 1
        }
        guard end % 4 != 1 else { return nil }
        var group: UInt32 = 0
        var isWellFormed = true
        let output = unsafe [UInt8](filling: end / 4 * 3 + 2) { output in
            var written = 0
            var bits: UInt32 = 0
            for index in 0..<end {
                let value = values[Int(text[index])]
                guard value < 64 else {
                    isWellFormed = false
                    return 0
                }
                group = group << 6 | UInt32(value)
                bits += 6
                if bits >= 8 {
                    bits -= 8
                    unsafe output[written] = UInt8(truncatingIfNeeded: group >> bits)
                    written += 1
                    group &= (1 << bits) - 1
                }
            }
            return written
        }
        return isWellFormed && group == 0 ? output : nil
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
