import Foundation
import HTTPSignatures
import OpenSSL

/// One signed request that a real server sent.
struct RecordedRequest {
    let time: Int
    let message: SignedMessage
    let body: [UInt8]
    let place: String
}

/// Signed requests of the recordings, and the keys that the recorded peers published.
struct RecordedTraffic {
    private(set) var requests: [RecordedRequest] = []
    /// By `keyId` of discovery or `kid` of a JWKS.
    private(set) var keys: [String: VerificationKey] = [:]

    init() throws {
        for name in [
            "direct-fail-ocmgo-vs-legacy", "nc33.0.3-to-nc33.0.3",
            "opencloudmesh-go-strict-to-opencloudmesh-go",
        ] {
            let exchanges = try (Vectors.json("wire/\(name).json") as? [[String: Any]])
                .orMissing(name)
            for (index, exchange) in exchanges.enumerated() {
                try add(exchange, place: "\(name) \(index)")
            }
        }
    }

    private mutating func add(_ exchange: [String: Any], place: String) throws {
        let request = try (exchange["request"] as? [String: Any]).orMissing("request")
        let response = try (exchange["response"] as? [String: Any]).orMissing("response")
        if let body = response["body"] as? String {
            try addKeys(body)
        }
        let headers = try (request["headers"] as? [[String]]).orMissing("headers")
        guard headers.contains(where: { $0[0].lowercased() == "signature" }) else { return }
        let start = try (request["start"] as? String).orMissing("start").split(separator: " ")
        let host = try (exchange["to"] as? String).orMissing("to")
        let message = try SignedMessage(
            method: String(start[0]), target: String(start[1]),
            origin: Origin("https://\(host)").orMissing("origin"),
            fields: headers.map { .init($0[0].lowercased(), $0[1]) }
        ).orMissing("message")
        requests.append(
            RecordedRequest(
                time: try Int((exchange["t"] as? Double).orMissing("t")), message: message,
                body: Array((request["body"] as? String ?? "").utf8), place: place))
    }

    private mutating func addKeys(_ body: String) throws {
        let json = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        if let key = json?["publicKey"] as? [String: Any], let id = key["keyId"] as? String {
            let pem = try (key["publicKeyPem"] as? String).orMissing("publicKeyPem")
            keys[id] = try VerificationKey(PublicKey(pem: pem))
        }
        if let set = json?["keys"] as? [[String: Any]] {
            for key in try JWKSet(set.map(\.jwkMembers)).keys {
                keys[try key.id.orMissing("kid")] = key.key
            }
        }
    }
}

extension [String: Any] {
    /// A key's members as ``JWKSet`` takes them.
    var jwkMembers: JWKSet.Members {
        (
            compactMapValues { $0 as? String }, compactMapValues { $0 as? [String] },
            Set(filter { !($0.value is String) && !($0.value is [String]) }.keys)
        )
    }
}
