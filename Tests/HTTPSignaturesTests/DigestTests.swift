import HTTPSignatures
import OpenSSL
import Testing

@Suite struct DigestTests {
    static let body = Array("{\"hello\": \"world\"}".utf8)
    static let sha256 = "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
    static let sha512 =
        "WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew=="

    static let contentDigests: [(String, DigestError?)] = [
        ("sha-256=:\(sha256):", nil),
        ("sha-512=:\(sha512):", nil),
        ("sha-256=:\(sha256):, sha-512=:\(sha512):", nil),
        ("md5=:AAAA:, sha-512=:\(sha512):", nil),
        ("sha-256=:\(sha256):;x=1", nil),
        ("sha-256=:\(sha512):", .mismatch),
        ("sha-256=::", .mismatch),
        ("sha-256=:\(sha256):, sha-512=:\(sha256):", .mismatch),
        ("sha-512=:\(sha256):, sha-256=:\(sha256):", .mismatch),
        ("md5=:AAAA:", .noKnownAlgorithm),
        ("sha=:AAAA:, unixsum=:AAAA:", .noKnownAlgorithm),
        ("SHA-256=:\(sha256):", .malformed),
        ("", .noKnownAlgorithm),
        ("sha-256", .malformed),
        ("sha-256=\(sha256)", .malformed),
        ("sha-256=\"\(sha256)\"", .malformed),
        ("sha-256=(:\(sha256):)", .malformed),
        ("md5=1, sha-256=:\(sha256):", .malformed),
        ("sha-256=:AAAA:, sha-256=:\(sha256):", .malformed),
        ("sha-256=:\(sha256):,", .malformed),
    ]

    @Test(arguments: contentDigests) func contentDigestsSpeakForOneBody(
        field: String, error: DigestError?
    ) throws {
        let message = SignedMessage(status: 200, fields: [.init("content-digest", field)])
        if let error {
            #expect(throws: error) { try ContentDigest.check(message, body: Self.body) }
        } else {
            try ContentDigest.check(message, body: Self.body)
            #expect(throws: DigestError.mismatch) {
                try ContentDigest.check(message, body: Self.body + [0])
            }
        }
    }

    static let digests: [(String, DigestError?)] = [
        ("SHA-256=\(sha256)", nil),
        ("sha-256=\(sha256)", nil),
        ("SHA-512=\(sha512)", nil),
        ("SHA-256=\(sha256),SHA-512=\(sha512)", nil),
        (" SHA-256=\(sha256) ,  SHA-512=\(sha512)", nil),
        ("unixsum=30637,SHA-256=\(sha256)", nil),
        ("SHA-256=\(sha512)", .mismatch),
        ("SHA-256=", .mismatch),
        ("SHA-256=\(sha256),SHA-512=\(sha256)", .mismatch),
        ("MD5=AAAA", .noKnownAlgorithm),
        ("sha=AAAA", .noKnownAlgorithm),
        ("", .malformed),
        ("SHA-256", .malformed),
        ("=AAAA", .malformed),
        ("SHA-256=\(sha256),", .malformed),
        ("SHA-256=\(sha256),sha-256=\(sha256)", .malformed),
        ("SHA-256=\(sha256.dropLast())", .malformed),
        ("SHA-256=:\(sha256):", .malformed),
        ("SHA-256=\"\(sha256)\"", .malformed),
        ("SHA-256 =\(sha256)", .malformed),
        ("a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,SHA-256=\(sha256)", .malformed),
    ]

    @Test(arguments: digests) func digestsSpeakForOneBody(
        field: String, error: DigestError?
    ) throws {
        let message = SignedMessage(status: 200, fields: [.init("digest", field)])
        if let error {
            #expect(throws: error) { try Digest.check(message, body: Self.body) }
        } else {
            try Digest.check(message, body: Self.body)
            #expect(throws: DigestError.mismatch) {
                try Digest.check(message, body: Self.body + [0])
            }
        }
    }

    @Test func missingFieldsAreRefused() {
        let message = SignedMessage(status: 200, fields: [])
        #expect(throws: DigestError.missing) { try ContentDigest.check(message, body: []) }
        #expect(throws: DigestError.missing) { try Digest.check(message, body: []) }
    }

    @Test func writtenDigestsAreTheStandards() {
        #expect(
            ContentDigest(of: Self.body, [.sha256, .sha512]).text
                == "sha-256=:\(Self.sha256):, sha-512=:\(Self.sha512):")
        #expect(Digest(of: Self.body, .sha256).text == "SHA-256=\(Self.sha256)")
        #expect(Digest(of: Self.body).text == "SHA-512=\(Self.sha512)")
    }
}
