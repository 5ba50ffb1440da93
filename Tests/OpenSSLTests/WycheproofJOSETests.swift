import Foundation
import Testing

@testable import OpenSSL

/// The signatures and MACs inside Wycheproof's JOSE files. What JWS and JWK say about use and
/// names of keys is decided above this layer; such cases are listed, with their cryptography.
@Suite struct WycheproofJOSETests {
    private struct Key: Decodable {
        let kty: String
        let alg: String?
        let kid: String?
        let k: String?
        let n: String?
        let e: String?
        let crv: String?
        let x: String?
        let y: String?
    }

    private struct KeySet: Decodable {
        let keys: [Key]

        init(from decoder: any Decoder) throws {
            enum Name: CodingKey { case keys }
            let container = try decoder.container(keyedBy: Name.self)
            keys =
                try container.decodeIfPresent([Key].self, forKey: .keys)
                ?? [Key(from: decoder)]
        }
    }

    private struct Group: Decodable {
        struct Case: Decodable {
            let tcId: Int
            let comment: String
            let jws: String?
            let result: String

            private enum Name: CodingKey { case tcId, comment, jws, result }

            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Name.self)
                tcId = try container.decode(Int.self, forKey: .tcId)
                comment = try container.decode(String.self, forKey: .comment)
                result = try container.decode(String.self, forKey: .result)
                // The JSON serialisation of JWS is no compact text, and read as none.
                jws =
                    container.contains(.jws)
                    ? (try? container.decode(String.self, forKey: .jws)) ?? "" : nil
            }
        }
        let comment: String
        let `public`: KeySet?
        let `private`: KeySet?
        let tests: [Case]
    }

    /// Cases with good cryptography that JWS or JWK must refuse for other reasons.
    private static let refusedAbove: [String: Set<Int>] = [
        "json_web_signature_test.json": [
            367, 370,  // the same text as case 357, which is valid
        ],
        "json_web_key_test.json": [
            1, 4,  // symmetric and public keys mixed; one "kid" twice
            8,  // RSA of 1024 bits: told by its kind
            10, 11, 12, 16, 17, 18,  // HMAC keys shorter than the digest
            21,  // "use" is encryption
            24,  // "kty" is RSA, the members are a point
        ],
        "json_web_crypto_test.json": [47],  // symmetric and public keys mixed
    ]

    /// Called valid, and refused here.
    private static let notOffered: [String: Set<Int>] = [
        "json_web_signature_test.json": [
            347, 351,  // P-521
            346, 350,  // the header names another algorithm than the key
            372, 373,  // the MAC is over other bytes
        ]
    ]

    @Test(arguments: [
        "json_web_signature_test.json", "json_web_key_test.json", "json_web_crypto_test.json",
    ])
    func everySignatureIsJudgedAsPublished(name: String) throws {
        let file = try Wycheproof.load(name, as: Group.self)
        var count = 0
        for group in file.testGroups {
            let keys = try #require(group.public ?? group.private).keys
            for test in group.tests {
                count += 1
                guard let jws = test.jws else { continue }  // JWE: we encrypt nothing for others
                let listed = Self.refusedAbove[name]?.contains(test.tcId) ?? false
                let unavailable = Self.notOffered[name]?.contains(test.tcId) ?? false
                let expected = (test.result == "valid" && !unavailable) || listed
                #expect(
                    isValid(jws, by: keys) == expected,
                    "\(name) \(group.comment) \(test.tcId) \(test.comment)")
            }
        }
        #expect(count == file.numberOfTests)
    }

    private func isValid(_ jws: String, by keys: [Key]) -> Bool {
        let parts = jws.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, Base64.decodeURL(parts[0]) != nil,
            Base64.decodeURL(parts[1]) != nil, let signature = Base64.decodeURL(parts[2])
        else { return false }
        let message = [UInt8]((parts[0] + "." + parts[1]).utf8)
        return keys.contains { isValid(signature, over: message, by: $0, $0.alg ?? "") }
    }

    private func isValid(
        _ signature: [UInt8], over message: [UInt8], by key: Key, _ name: String
    ) -> Bool {
        if let text = key.k {
            let hashes: [String: Hash] = ["HS256": .sha256, "HS384": .sha384, "HS512": .sha512]
            guard let hash = hashes[name], let secret = Secret(base64: text) else { return false }
            return HMACKey(hash, secret).authenticate(message) == signature
        }
        guard let publicKey = publicKey(key) else { return false }
        let algorithms: [String: SignatureAlgorithm] = [
            "ES256": .ecdsaP256SHA256, "ES384": .ecdsaP384SHA384, "RS256": .rsaPKCS1SHA256,
            "RS384": .rsaPKCS1SHA384, "RS512": .rsaPKCS1SHA512, "PS512": .rsaPSSSHA512,
        ]
        if let algorithm = algorithms[name] {
            return publicKey.isValid(signature: signature, over: message, algorithm: algorithm)
        }
        let salts: [String: Hash] = ["PS256": .sha256, "PS384": .sha384]
        guard let hash = salts[name] else { return false }
        let scheme = SignatureScheme.pss(
            digest: hash.openSSLName, mask: hash.openSSLName, saltByteCount: hash.byteCount)
        return publicKey.isValid(signature: signature.span, over: message.span, scheme: scheme)
    }

    private func publicKey(_ key: Key) -> PublicKey? {
        func number(_ text: String?) -> [UInt8] { text.flatMap { Base64.decodeURL($0) } ?? [] }
        if key.n != nil {
            return try? PublicKey(modulus: number(key.n), exponent: number(key.e))
        }
        let curves: [String: KeyKind] = ["P-256": .p256, "P-384": .p384]
        guard let curve = key.crv.flatMap({ curves[$0] }) else { return nil }
        return try? PublicKey(curve: curve, x: number(key.x), y: number(key.y))
    }
}
