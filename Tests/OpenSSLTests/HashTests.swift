import Testing

@testable import OpenSSL

@Suite struct HashTests {
    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The examples of FIPS 180-4 for "abc" and for nothing.
    @Test(
        arguments: [
            (
                Hash.sha256, "abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
            ),
            (.sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (
                .sha384, "abc",
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                    + "8086072ba1e7cc2358baeca134c825a7"
            ),
            (
                .sha512, "abc",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                    + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
            ),
        ] as [(Hash, String, String)])
    func theDigestIsThatOfTheStandard(_ hash: Hash, _ text: String, _ digest: String) {
        #expect(hex(hash.digest(Array(text.utf8))) == digest)
    }

    @Test(arguments: Hash.allCases) func itsLengthIsWhatItSays(_ hash: Hash) {
        #expect(hash.digest([]).count == hash.byteCount)
        #expect(hash.digest([UInt8](repeating: 7, count: 100_000)).count == hash.byteCount)
    }
}
