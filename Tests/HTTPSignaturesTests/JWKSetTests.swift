import HTTPSignatures
import Testing

@Suite struct JWKSetTests {
    private static func member(_ id: String?, _ change: [String: String] = [:]) -> JWKSet.Members {
        var members = JWKTests.base.merging(change) { $1 }
        members["kid"] = id
        return (members, [:], [])
    }

    @Test func keysOfOtherUsesAreIgnoredAndNamed() throws {
        let set = try JWKSet([
            Self.member("a", ["use": "enc"]), Self.member("b"), Self.member("c", ["crv": "X25519"]),
            Self.member("d", ["x": "AAAA"]), Self.member(nil),
        ])
        #expect(set.keys.map(\.id) == ["b", nil])
        #expect(set.ignored.map(\.id) == ["a", "c", "d"])
        #expect(set.ignored.map(\.reason) == [.notForSignatures, .unsupported, .invalidKey])
        #expect(set["a"] == nil)
        #expect(set["b"] != nil)
    }

    @Test func onePrivateKeyRefusesTheSet() {
        for change in [["d": "AA"], ["kty": "oct", "k": "AA"], ["kty": "oct"]] {
            #expect(throws: KeyError.privateKey) {
                try JWKSet([Self.member("a"), Self.member("b", change)])
            }
        }
    }

    @Test func twoKeysWithOneNameRefuseTheSet() {
        #expect(throws: KeyError.repeatedKeyID) {
            try JWKSet([Self.member("a"), Self.member("b"), Self.member("a")])
        }
    }

    @Test func moreThanTwentyKeysRefuseTheSet() throws {
        let keys = (0..<21).map { Self.member(String($0)) }
        #expect(try JWKSet(keys.dropLast()).keys.count == 20)
        #expect(throws: KeyError.tooManyKeys) { try JWKSet(keys) }
    }

    @Test func anEmptySetHasNoKeys() throws {
        #expect(try JWKSet([]).keys.isEmpty)
    }
}
