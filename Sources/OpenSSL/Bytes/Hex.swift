/// Lower-case hexadecimal digits, two for each byte.
package enum Hex {
    /// Two lower-case digits for each byte.
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        append(Array(bytes).span, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the digits to text that is being written.
    package static func append(_ bytes: Span<UInt8>, to text: inout [UInt8]) {
        for place in bytes.indices {
            text.append(digit(bytes[place] >> 4))
            text.append(digit(bytes[place]))
        }
    }

    /// The digit of the lowest four bits.
    package static func digit(_ number: some FixedWidthInteger) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: number) & 15
        return value < 10 ? 0x30 + value : 0x57 + value
    }

    /// Refused: an odd number of digits, and everything but the sixteen, upper case too.
    package static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        var high: UInt8?
        for place in text.indices {
            let digit = text[place]
            let value: UInt8
            switch digit {
            case 0x30...0x39: value = digit - 0x30
            case 0x61...0x66: value = digit - 0x57
            default: return nil
            }
            if let half = high {
                bytes.append(half << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }
}
