import OpenSSL
import Testing

@Suite struct AEADKeyTests {
    private func key(_ byte: UInt8) throws -> AEADKey {
        try AEADKey(Secret([UInt8](repeating: byte, count: 32)))
    }

    @Test func whatOneKeySealsAnyKeyOfTheSameBytesOpens() throws {
        let used = try key(1)
        for length in [0, 1, 15, 16, 17, 1000, 0, 31] {
            let text = [UInt8](repeating: UInt8(length % 251), count: length)
            let data = Array("row \(length)".utf8)
            let sealed = used.seal(text, authenticating: data)
            #expect(sealed.count == length + AEADKey.overhead)
            #expect(try used.open(sealed, authenticating: data) == text)
            #expect(try key(1).open(sealed, authenticating: data) == text)
            #expect(
                try used.open(key(1).seal(text, authenticating: data), authenticating: data) == text
            )
        }
    }

    @Test func noTwoSealedMessagesAreTheSame() throws {
        let key = try key(2)
        let sealed = (0..<100).map { _ in key.seal([1, 2, 3], authenticating: []) }
        #expect(Set(sealed).count == 100)
        #expect(Set(sealed.map { Array($0.prefix(12)) }).count == 100)
    }

    @Test func aRefusalSpoilsNothingThatComesAfterIt() throws {
        let key = try key(3)
        let sealed = key.seal([1, 2, 3], authenticating: [4])
        for place in sealed.indices {
            var changed = sealed
            changed[place] ^= 1
            #expect(throws: CryptoError.self) { try key.open(changed, authenticating: [4]) }
            #expect(try key.open(sealed, authenticating: [4]) == [1, 2, 3])
        }
        #expect(throws: CryptoError.self) { try key.open(sealed, authenticating: [5]) }
        #expect(throws: CryptoError.self) {
            try key.open(Array(sealed.dropLast()), authenticating: [4])
        }
        let other = try self.key(4)
        #expect(throws: CryptoError.self) { try other.open(sealed, authenticating: [4]) }
        #expect(try key.open(sealed, authenticating: [4]) == [1, 2, 3])
    }

    @Test func manyTasksUseOneKey() async throws {
        let key = try key(5)
        let mac = HMACKey(.sha256, Secret(utf8: "key"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<16 {
                group.addTask {
                    let text = Array("task \(task)".utf8)
                    let tag = HMACKey(.sha256, Secret(utf8: "key")).authenticate(text)
                    for _ in 0..<200 {
                        let sealed = key.seal(text, authenticating: text)
                        let opened = try key.open(sealed, authenticating: text)
                        #expect(opened == text)
                        #expect(mac.authenticate(text) == tag)
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
