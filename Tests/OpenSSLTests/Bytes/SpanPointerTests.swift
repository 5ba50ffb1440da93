import Testing

@testable import OpenSSL

@Suite struct SpanPointerTests {
    /// Every byte at every place beside every other neighbour that could borrow from it.
    @Test func theFirstControlCharacterIsFoundWhereItStands() {
        for place in 0..<19 {
            for byte in UInt8.min...UInt8.max {
                for filler: UInt8 in [0x20, 0x21, 0x41, 0x7E, 0x80, 0xFF] {
                    var bytes = [UInt8](repeating: filler, count: 19)
                    bytes[place] = byte
                    let isControl = byte < 0x20 || byte == 0x7F
                    #expect(bytes.span.firstControl(in: 0..<19) == (isControl ? place : 19))
                }
            }
        }
    }

    @Test func onlyTheRangeIsLookedAt() {
        let bytes: [UInt8] = [0x0D, 0x41, 0x41, 0x7F, 0x0A]
        #expect(bytes.span.firstControl(in: 1..<3) == 3)
        #expect(bytes.span.firstControl(in: 1..<5) == 3)
        #expect(bytes.span.firstControl(in: 4..<5) == 4)
        #expect(bytes.span.firstControl(in: 5..<5) == 5)
    }

    @Test func ofSeveralTheFirstIsFound() {
        let bytes: [UInt8] = [0x41, 0x00, 0x01, 0x20, 0x7F, 0x0A, 0x41, 0x1F, 0x00]
        for start in 0..<9 {
            let expected = (start..<9).first { bytes[$0] < 0x20 || bytes[$0] == 0x7F } ?? 9
            #expect(bytes.span.firstControl(in: start..<9) == expected)
        }
    }

    @Test func aByteIsFoundFromAPlaceOn() {
        let bytes: [UInt8] = [1, 2, 3, 2, 1]
        #expect(bytes.span.firstIndex(of: 2, from: 0) == 1)
        #expect(bytes.span.firstIndex(of: 2, from: 2) == 3)
        #expect(bytes.span.firstIndex(of: 2, from: 4) == nil)
        #expect(bytes.span.firstIndex(of: 1, from: 5) == nil)
        let (none, rest) = ([UInt8](), bytes[2...])
        #expect(none.span.firstIndex(of: 1, from: 0) == nil)
        #expect(rest.span.firstIndex(of: 2, from: 0) == 1)
    }

    @Test func plainIsWhatAJSONStringHoldsAsItIs() {
        for place in 0..<19 {
            for byte in UInt8.min...UInt8.max {
                for filler: UInt8 in [0x20, 0x21, 0x23, 0x5B, 0x5D, 0x7E] {
                    var bytes = [UInt8](repeating: filler, count: 19)
                    bytes[place] = byte
                    let isPlain = (0x20..<0x7F).contains(byte) && byte != 0x22 && byte != 0x5C
                    #expect(bytes.span.isPlainText == isPlain)
                }
            }
        }
        let none: [UInt8] = []
        #expect(none.span.isPlainText == true)
    }

    @Test(arguments: ["", "short", "a text that is longer than fifteen bytes", "\u{e9}\u{1F600}"])
    func textsAreAppendedByteForByte(_ text: String) {
        var bytes: [UInt8] = [1]
        bytes.append(utf8: text)
        bytes.append(copying: text.utf8.span)
        #expect(bytes == [1] + Array(text.utf8) + Array(text.utf8))
    }

    @Test(arguments: [0, 7, 10, 1024, -1, -90, Int.max, Int.min])
    func numbersAreAppendedInDecimal(_ number: Int) {
        var bytes: [UInt8] = [0x3A]
        bytes.append(decimal: number)
        #expect(bytes == Array(":\(number)".utf8))
    }

    @Test func wordsBeginWithTheirLowestByte() {
        let bytes = (1...10).map { UInt8($0) }
        #expect(bytes.span.word(at: 0) == 0x0807_0605_0403_0201)
        #expect(bytes.span.word(at: 2) == 0x0A09_0807_0605_0403)
    }

    @Test(arguments: [
        ("0123456789", "0123456789", true), ("0123456789", "012345678", false),
        ("0123456789", "012345678x", false), ("", "", true), ("", "0", false),
    ])
    func onlyTheSameBytesAreTheSame(_ one: String, _ other: String, _ same: Bool) {
        let isSame = one.utf8.span.hasSameBytes(as: other.utf8.span)
        #expect(isSame == same)
    }
}
