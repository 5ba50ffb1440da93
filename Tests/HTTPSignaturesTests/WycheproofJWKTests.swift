import Foundation
import HTTPSignatures
import OpenSSL
import Testing

/// Wycheproof's JOSE files, as far as they concern public keys: a compact JWS is verified by the
/// key alone, the header's algorithm only has to agree.
@Suite struct WycheproofJWKTests {
    static let files = ["json_web_key_test", "json_web_signature_test", "json_web_crypto_test"]

    @Test(arguments: files) func publicKeysVerifyWhatWycheproofSays(file: String) throws {
        let groups = try (Vectors.json("wycheproof/\(file).json") as? [String: Any])
            .flatMap { $0["testGroups"] as? [[String: Any]] }.orMissing("testGroups")
        var judged = 0
        for group in groups {
            guard let published = group["public"] as? [String: Any],
                let tests = group["tests"] as? [[String: Any]]
            else { continue }
            let set = published["keys"] as? [[String: Any]] ?? [published]
            for test in tests {
                guard let jws = test["jws"] as? String else { continue }
                judged += 1
                let isValid =
                    (try? JWKSet(set.map(\.jwkMembers)).keys.first)
                    .map { verify(jws, with: $0) } ?? false
                let comment = "\(file) \(test["tcId"] ?? "") \(test["comment"] ?? "")"
                if Self.beyondUs.contains(set.first?["alg"] as? String ?? "") {
                    #expect(!isValid, "\(comment)")
                } else if let result = test["result"] as? String, result != "acceptable" {
                    #expect(isValid == (result == "valid"), "\(comment)")
                }
            }
        }
        #expect(judged >= 4)
    }

    @Test(arguments: files) func setsWithPrivateOrRepeatedKeysAreRefused(file: String) throws {
        let groups = try (Vectors.json("wycheproof/\(file).json") as? [String: Any])
            .flatMap { $0["testGroups"] as? [[String: Any]] }.orMissing("testGroups")
        for group in groups {
            guard let secret = group["private"] as? [String: Any] else { continue }
            let set = secret["keys"] as? [[String: Any]] ?? [secret]
            #expect(throws: KeyError.self) { try JWKSet(set.map(\.jwkMembers)) }
        }
    }

    /// Algorithms of JOSE that RFC 9421 has no counterpart for and the gateway does not take.
    private static let beyondUs: Set = ["PS256", "PS384", "ES512", "ES521", "ES256K"]

    private func verify(_ jws: String, with key: JWK) -> Bool {
        let parts = jws.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let header = decoded(parts[0]), decoded(parts[1]) != nil,
            let signature = decoded(parts[2]),
            let object = try? JSONSerialization.jsonObject(with: Data(header)) as? [String: Any],
            let name = object["alg"] as? String, let algorithm = SignatureAlgorithm(jose: name),
            object["crit"] == nil, object["b64"] == nil,
            let decided = try? key.key.algorithm(named: algorithm.rawValue)
        else { return false }
        if case .rsa(let bits) = key.key.key.kind, bits < 2048 { return false }
        return key.key.key.isValid(
            signature: signature, over: Array("\(parts[0]).\(parts[1])".utf8), algorithm: decided)
    }

    private func decoded(_ text: String) -> [UInt8]? {
        text.contains("=") ? nil : Base64.decodeURL(text)
    }
}
