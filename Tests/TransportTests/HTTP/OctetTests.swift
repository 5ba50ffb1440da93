import OpenSSL
import Testing

@testable import Transport

@Suite struct OctetTests {
    static let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    static let digits = "0123456789"

    @Test(arguments: [UInt8.min...UInt8.max])
    func classesAreThoseOfTheGrammar(_ bytes: ClosedRange<UInt8>) {
        let token = Set((Self.letters + Self.digits + "!#$%&'*+-.^_`|~").utf8)
        let unreserved = Set((Self.letters + Self.digits + "-._~").utf8)
        let path = unreserved.union("!$&'()*+,;=:@/".utf8)
        for byte in bytes {
            #expect(Octet.isToken(byte) == token.contains(byte))
            #expect(Octet.isUnreserved(byte) == unreserved.contains(byte))
            #expect(Octet.isPath(byte) == path.contains(byte))
            #expect(Octet.isLetter(byte) == Set(Self.letters.utf8).contains(byte))
            #expect(Octet.isDigit(byte) == Set(Self.digits.utf8).contains(byte))
        }
    }

    @Test func hexadecimalDigitsHaveTheirValues() {
        for byte in UInt8.min...UInt8.max {
            let text = String(Unicode.Scalar(byte))
            #expect(Octet.hexValue(byte) == (byte < 0x80 ? UInt8(text, radix: 16) : nil))
        }
    }

    @Test func onlyLettersAreLowered() {
        for byte in UInt8.min...UInt8.max {
            let text = String(Unicode.Scalar(byte))
            #expect(Octet.lowered(byte) == (byte < 0x80 ? Array(text.lowercased().utf8)[0] : byte))
        }
    }

    @Test(arguments: [
        ("aB", "aB", true, false), ("aB", "ab", false, true), ("ab", "abc", false, false),
        ("aB-1", "ab-1", false, true), ("[", "{", false, false), ("", "", true, true),
    ])
    func spansCompareByBytesAndWithoutCase(
        _ text: String, _ other: String, _ isEqual: Bool, _ isEqualIgnoringCase: Bool
    ) {
        let bytes = Array(text.utf8)
        let equals = bytes.span.equals(Array(other.utf8))
        let equalsIgnoringCase = bytes.span.equalsIgnoringCase(Array(other.utf8))
        #expect(equals == isEqual)
        // Equal bytes in upper case are no match for a name in lower case.
        #expect(equalsIgnoringCase == isEqualIgnoringCase)
    }

    @Test func eightBytesAreLoweredLikeOne() {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<8 {
                var bytes = Array("Az-09Zz@".utf8)
                bytes[place] = byte
                let lowered = bytes.map { Octet.lowered($0) }
                #expect(Octet.lowered(bytes.span.word(at: 0)) == lowered.span.word(at: 0))
            }
        }
    }

    @Test func plainBytesAreCountedUpToTheFirstOther() {
        for byte in UInt8.min...UInt8.max {
            let isPlain = Octet.isLetter(byte) || Octet.isDigit(byte) || byte == 0x2D
            for place in 0..<8 {
                var bytes = Array("Az-09ZzA".utf8)
                bytes[place] = byte
                if place < 6 { bytes[7] = 0x3A }
                let expected = isPlain ? (place < 6 ? 7 : 8) : place
                #expect(Octet.plainCount(bytes.span.word(at: 0)) == expected)
            }
        }
    }

    @Test(arguments: ["x", "Content", "content-t", "content-length", "x-forwarded-host"])
    func namesCompareWithoutCaseAtAnyLength(_ name: String) {
        let (upper, lower) = (Array(name.uppercased().utf8), Array(name.lowercased().utf8))
        #expect(upper.span.equalsIgnoringCase(lower) == true)
        for place in upper.indices {
            var other = upper
            other[place] ^= 0x01
            #expect(other.span.equalsIgnoringCase(lower) == false)
        }
    }
}
