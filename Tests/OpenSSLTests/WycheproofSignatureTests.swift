import Testing

@testable import OpenSSL

/// Every case of the signature files of Project Wycheproof.
@Suite struct WycheproofSignatureTests {
    @Test(arguments: [
        ("ed25519_test.json", SignatureAlgorithm.ed25519),
        ("ecdsa_secp256r1_sha256_p1363_test.json", .ecdsaP256SHA256),
        ("ecdsa_secp384r1_sha384_p1363_test.json", .ecdsaP384SHA384),
        ("rsa_signature_2048_sha256_test.json", .rsaPKCS1SHA256),
        ("rsa_signature_2048_sha512_test.json", .rsaPKCS1SHA512),
        ("rsa_signature_3072_sha256_test.json", .rsaPKCS1SHA256),
        ("rsa_signature_4096_sha256_test.json", .rsaPKCS1SHA256),
        ("rsa_signature_4096_sha512_test.json", .rsaPKCS1SHA512),
        ("rsa_pss_4096_sha512_mgf1_64_test.json", .rsaPSSSHA512),
    ])
    func everyCaseIsJudgedAsPublished(file: String, algorithm: SignatureAlgorithm) throws {
        try run(file) { key, _, test in
            key.isValid(
                signature: bytes(hex: test.sig), over: bytes(hex: test.msg), algorithm: algorithm)
        }
    }

    @Test func everyDERSignatureIsJudgedAsPublished() throws {
        try run("ecdsa_secp256r1_sha256_test.json") { key, _, test in
            key.isValid(
                derSignature: bytes(hex: test.sig).span, over: bytes(hex: test.msg).span,
                algorithm: .ecdsaP256SHA256)
        }
    }

    @Test(arguments: ["rsa_pss_2048_sha256_mgf1_32_test.json", "rsa_pss_misc_test.json"])
    func pssWithParametersThatNoMessageUsesIsJudgedAsPublished(file: String) throws {
        try run(file) { key, group, test in
            let scheme = SignatureScheme.pss(
                digest: try #require(group.sha), mask: try #require(group.mgfSha),
                saltByteCount: try #require(group.sLen))
            return key.isValid(
                signature: bytes(hex: test.sig).span, over: bytes(hex: test.msg).span,
                scheme: scheme)
        }
    }

    /// "acceptable" are PKCS#1 signatures whose ASN.1 lacks a NULL: we may take or leave them.
    private func run(
        _ file: String,
        _ verify: (PublicKey, Wycheproof.SignatureGroup, Wycheproof.SignatureCase) throws -> Bool
    ) throws {
        let vectors = try Wycheproof.load(file, as: Wycheproof.SignatureGroup.self)
        var count = 0
        for group in vectors.testGroups {
            let material = try KeyMaterial(spki: bytes(hex: group.publicKeyDer))
            let key = try PublicKey(material, accepting: .anyOdd)
            #expect(key.spki == bytes(hex: group.publicKeyDer))
            #expect(key.pem == group.publicKeyPem)
            for test in group.tests {
                count += 1
                let valid = try verify(key, group, test)
                if test.result != "acceptable" {
                    #expect(
                        valid == (test.result == "valid"), "\(file) \(test.tcId) \(test.comment)")
                }
            }
        }
        #expect(count == vectors.numberOfTests)
    }
}
