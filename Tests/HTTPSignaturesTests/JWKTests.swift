import HTTPSignatures
import OpenSSL
import Testing

@Suite struct JWKTests {
    /// RFC 7638 section 3.1 and RFC 8037 appendix A.3.
    static let thumbprints: [([String: String], String)] = [
        (
            [
                "kty": "RSA",
                "n":
                    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
                "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
            ], "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        ),
        (
            [
                "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            ], "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        ),
    ]

    @Test(arguments: thumbprints) func thumbprintsAreThoseOfTheStandards(
        members: [String: String], thumbprint: String
    ) throws {
        #expect(try JWK(members: members).thumbprint == thumbprint)
    }

    @Test(arguments: [
        KeyKind.ed25519, .p256, .p384, .rsa(bits: 2048),
    ]) func publishedKeysAreReadBack(kind: KeyKind) throws {
        let key = try VerificationKey(PrivateKey.generate(kind).publicKey)
        let published = JWK(key, id: "host#key")
        let read = try JWK(members: Dictionary(uniqueKeysWithValues: published.members))
        #expect(read.id == "host#key")
        #expect(read.key.key == key.key)
        #expect(read.thumbprint == published.thumbprint)
        let set = try JWKSet([(Dictionary(uniqueKeysWithValues: published.members), [:], [])])
        #expect(set["host#key"]?.key == key.key)
        #expect(set["host#KEY"] == nil)
    }

    static let base = [
        "kty": "OKP", "crv": "Ed25519", "kid": "1",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    ]

    /// A change to a good key, and why it is refused then.
    static let refused: [([String: String], KeyError)] = [
        (["d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"], .privateKey),
        (["k": "AA"], .privateKey),
        (["kty": "oct"], .privateKey),
        (["kty": "oct", "x": "", "crv": ""], .privateKey),
        (["use": "enc"], .notForSignatures),
        (["use": ""], .notForSignatures),
        (["alg": "none"], .unsupported),
        (["alg": "HS256"], .unsupported),
        (["alg": "ES512"], .unsupported),
        (["alg": "PS256"], .unsupported),
        (["alg": "ed25519"], .unsupported),
        (["alg": "ES256"], .algorithmMismatch),
        (["alg": "RS256"], .algorithmMismatch),
        (["kty": "AKP"], .unsupported),
        (["kty": "RSA"], .unsupported),
        (["crv": "X25519"], .unsupported),
        (["crv": "Ed448"], .unsupported),
        (["crv": "P-256"], .unsupported),
        (["x": ""], .malformed),
        (["x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="], .malformed),
        (["x": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo"], .malformed),
        (["x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp"], .malformed),
        (["x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ"], .invalidKey),
        (["x": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"], .invalidKey),
        (["kid": String(repeating: "a", count: 513)], .malformed),
    ]

    @Test(arguments: refused) func unusableKeysAreRefused(
        change: [String: String], reason: KeyError
    ) throws {
        #expect(throws: Never.self) { try JWK(members: Self.base) }
        #expect(throws: reason) {
            try JWK(members: Self.base.merging(change) { $1 })
        }
    }

    @Test func membersOfAnotherTypeAreRefused() {
        for name in ["kid", "use", "alg", "kty", "x"] {
            var members = Self.base
            members[name] = nil
            #expect(throws: KeyError.malformed) { try JWK(members: members, others: [name]) }
            #expect(throws: KeyError.malformed) { try JWK(members: members, lists: [name: []]) }
        }
        #expect(throws: KeyError.privateKey) { try JWK(members: Self.base, others: ["d"]) }
        #expect(throws: KeyError.privateKey) { try JWK(members: Self.base, lists: ["oth": []]) }
    }

    @Test func operationsMustAllowVerifying() throws {
        func key(_ operations: [String]) throws -> JWK {
            try JWK(members: Self.base, lists: ["key_ops": operations])
        }
        #expect(try key(["verify"]).id == "1")
        #expect(try key(["sign", "verify"]).id == "1")
        #expect(throws: KeyError.notForSignatures) { try key([]) }
        #expect(throws: KeyError.notForSignatures) { try key(["sign"]) }
        #expect(throws: KeyError.notForSignatures) { try key(["encrypt"]) }
        #expect(throws: KeyError.malformed) { try key(["verify", "verify"]) }
        #expect(throws: KeyError.notForSignatures) {
            try JWK(members: Self.base.merging(["key_ops": "verify"]) { $1 })
        }
        #expect(throws: KeyError.notForSignatures) {
            try JWK(members: Self.base, others: ["key_ops"])
        }
    }

    @Test(arguments: [
        ("Ed25519", SignatureAlgorithm.ed25519), ("EdDSA", .ed25519), ("ES256", .ecdsaP256SHA256),
        ("ES384", .ecdsaP384SHA384), ("RS256", .rsaPKCS1SHA256), ("RS384", .rsaPKCS1SHA384),
        ("RS512", .rsaPKCS1SHA512), ("PS512", .rsaPSSSHA512),
    ]) func namesOfJOSEMeanAlgorithms(name: String, algorithm: SignatureAlgorithm) {
        #expect(SignatureAlgorithm(jose: name) == algorithm)
        #expect(name == "EdDSA" || algorithm.jose == name)
    }
}
