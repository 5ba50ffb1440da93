import Testing

@testable import OpenSSL

@Suite struct HashTests {
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
        #expect(Hex.encode(hash.digest(Array(text.utf8))) == digest)
    }

    @Test(arguments: Hash.allCases) func twoPartsAreOneMessage(_ hash: Hash) {
        let message = [UInt8](0...255)
        for place in [0, 1, 64, 200, 256] {
            let digest = hash.digest(
                message.span.extracting(..<place), message.span.extracting(place...))
            #expect(digest == hash.digest(message))
        }
    }

    @Test func manyAtOnceDoNotDisturbEachOther() async {
        let messages = (0..<64).map { [UInt8](repeating: UInt8($0), count: 1000 + $0) }
        let expected = messages.map { Hash.sha256.digest($0) }
        let found = await withTaskGroup(of: (Int, [UInt8]).self) { group in
            for _ in 0..<8 {
                for (place, message) in messages.enumerated() {
                    group.addTask { (place, Hash.sha256.digest(message)) }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(found.allSatisfy { expected[$0.0] == $0.1 })
    }

    @Test(arguments: Hash.allCases) func itsLengthIsWhatItSays(_ hash: Hash) {
        #expect(hash.digest([]).count == hash.byteCount)
        #expect(hash.digest([UInt8](repeating: 7, count: 100_000)).count == hash.byteCount)
    }
}
