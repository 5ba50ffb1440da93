import Testing

@testable import OpenSSL

@Suite struct HexTests {
    private static let all = [UInt8](0...255)

    @Test func everyByteHasItsTwoDigits() {
        let text = Hex.encode(Self.all)
        #expect(text.hasPrefix("000102030405060708090a0b0c0d0e0f10"))
        #expect(text.hasSuffix("eff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"))
        #expect(Hex.decode(text.utf8.span) == Self.all)
        #expect(Hex.encode([]) == "" && Hex.decode("".utf8.span) == [])
    }

    @Test func onlyTheLowestFourBitsOfANumberAreADigit() {
        #expect(
            (0x30...0x3F as ClosedRange<UInt16>).map { Hex.digit($0) }
                == Array("0123456789abcdef".utf8))
    }

    @Test(arguments: ["0", "000", "0g", "0A", "0 ", "é0", "0x00"])
    func everythingElseIsRefused(_ text: String) {
        #expect(Hex.decode(text.utf8.span) == nil)
    }
}
