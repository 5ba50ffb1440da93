import Testing

@testable import Gateway

@Suite struct SipHashTests {
    private let hash = SipHash(key: Array(0..<16))

    /// Made with OpenSSL's SIPHASH of 16 bytes, over the bytes 0, 1, 2, …; the first are also those
    /// of the authors' own vectors.
    @Test(arguments: [
        (0, "a3817f04ba25a8e66df67214c7550293"), (1, "da87c1d86b99af44347659119b22fc45"),
        (7, "a1f1ebbed8dbc153c0b84aa61ff08239"), (8, "3b62a9ba6258f5610f83e264f31497b4"),
        (9, "264499060ad9baabc47f8b02bb6d71ed"), (15, "5493e99933b0a8117e08ec0f97cfc3d9"),
        (16, "6ee2a4ca67b054bbfd3315bf85230577"), (33, "77c6077146f01c32b6b69d5f4ea9ffcf"),
    ]) func itIsTheOneOfItsAuthors(_ count: Int, _ wanted: String) {
        let bytes = Array(0..<UInt8(count))
        let value = hash(bytes.span)
        #expect(hex(value.low) + hex(value.high) == wanted)
    }

    @Test func anotherKeyGivesAnotherValue() {
        #expect(hash("alice@a.test") != SipHash(key: Array(1..<17))("alice@a.test"))
        #expect(hash("alice@a.test") == hash("alice@a.test"))
    }

    @Test func itsBytesLeadBackToIt() {
        let value = hash("alice@a.test")
        #expect(SipHash.Value(value.data) == value)
    }

    /// The bytes of a word in the order in which the hash gives them.
    private func hex(_ word: UInt64) -> String {
        (0..<8).map { byte in
            let text = String(word >> (8 * UInt64(byte)) & 0xff, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }
}
