import OpenSSL
import Testing

@Suite struct ASCIITests {
    private static let lower = "abcdefghijklmnopqrstuvwxyz"
    private static let digits = "0123456789"

    @Test func everyByteIsOfItsClasses() {
        let lower = Set(Self.lower.utf8)
        let upper = Set(Self.lower.uppercased().utf8)
        let digits = Set(Self.digits.utf8)
        for byte in UInt8.min...UInt8.max {
            #expect(byte.isLowercaseLetter == lower.contains(byte))
            #expect(byte.isUppercaseLetter == upper.contains(byte))
            #expect(byte.isLetter == lower.union(upper).contains(byte))
            #expect(byte.isDigit == digits.contains(byte))
            #expect(byte.isLetterOrDigit == (byte.isLetter || byte.isDigit))
            #expect(byte.isUnreserved == (byte.isLetterOrDigit || "-._~".utf8.contains(byte)))
            #expect(byte.isWhiteSpace == " \t\r\n".utf8.contains(byte))
            #expect(byte.asciiLowercased == (upper.contains(byte) ? byte + 0x20 : byte))
        }
    }

    @Test func hexadecimalDigitsHaveTheirValues() {
        for byte in UInt8.min...UInt8.max {
            let text = String(Unicode.Scalar(byte))
            #expect(byte.hexValue == (byte < 0x80 ? UInt8(text, radix: 16) : nil))
        }
    }

    @Test func anEscapeHasUpperCaseDigits() {
        var text: [UInt8] = []
        for byte: UInt8 in [0x00, 0x2F, 0xAB] { text.append(escaped: byte) }
        #expect(text == Array("%00%2F%AB".utf8))
    }
}
