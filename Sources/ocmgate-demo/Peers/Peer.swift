import Federation
import HTTPSignatures
import OpenSSL
import Synchronization
import Transport

/// A federated server of another site: what it publishes, and the keys it signs with.
///
/// `modern` is strict as opencloudmesh-go is; `cavage` signs as Nextcloud 33 does; `legacy` cannot
/// sign at all.
final class Peer: Sendable {
    enum Generation: String, Sendable {
        case modern
        case cavage
        case legacy

        /// What is said of it to the reader.
        var description: String {
            switch self {
            case .modern: "RFC 9421, Ed25519"
            case .cavage: "draft-cavage, RSA"
            case .legacy: "unsigned"
            }
        }
    }

    let host: String
    let generation: Generation
    /// Nil for those that do not sign.
    let key: PrivateKey?
    /// What it takes from others; only modern ones are played that far.
    let strict: StrictServer?
    /// All that ever came to this server, requests and answers, as text.
    let seen = Mutex("")

    init(_ host: String, _ generation: Generation) throws {
        self.host = host
        self.generation = generation
        switch generation {
        case .modern: key = try PrivateKey.generate(.ed25519)
        case .cavage: key = try PrivateKey.generate(.rsa(bits: 2048))
        case .legacy: key = nil
        }
        strict = generation == .modern ? try StrictServer(host) : nil
    }

    var keyID: String {
        switch generation {
        case .modern, .legacy: "\(host)#key1"
        case .cavage: "https://\(host)/ocm#signature"
        }
    }

    func note(_ text: String) {
        seen.withLock { $0 += text + "\n" }
    }

    /// Answers the gateway's questions, who are you, what are your keys, and takes its messages.
    func answer(_ request: PlainRequest) -> Answer {
        note(request.head + "\n" + String(decoding: request.body, as: UTF8.self))
        switch (generation, request.path) {
        case (.modern, "/.well-known/ocm"), (.cavage, "/.well-known/ocm"),
            (.cavage, "/ocm-provider"), (.cavage, "/ocm-provider/"),
            (.legacy, "/ocm-provider"), (.legacy, "/ocm-provider/"):
            return .json(200, discovery)
        case (.modern, "/ocm/jwks"):
            return .json(200, keySet)
        default:
            return strict?.answer(request) ?? .message(404, "not found")
        }
    }

    private var discovery: JSONValue {
        var members: [(String, JSONValue)] = [
            ("enabled", .bool(true)),
            ("apiVersion", .string(generation == .modern ? "1.4.0" : "1.0-proposal1")),
            ("endPoint", .string("https://\(host)/ocm")),
            (
                "resourceTypes",
                .array([
                    .object([
                        ("name", .string("file")), ("shareTypes", .array([.string("user")])),
                        ("protocols", .object(protocols)),
                    ])
                ])
            ),
        ]
        switch generation {
        case .modern:
            members += [
                ("capabilities", Self.texts(["http-sig", "exchange-token", "notifications"])),
                ("criteria", Self.texts(["must-use-http-sig", "must-exchange-token"])),
                ("tokenEndPoint", .string("https://\(host)/ocm/token")),
                ("jwksUri", .string("https://\(host)/ocm/jwks")),
            ]
        case .cavage:
            members += [
                ("version", .string("1.1.0")),
                (
                    "publicKey",
                    .object([
                        ("keyId", .string(keyID)),
                        ("publicKeyPem", .string(key?.publicKey.pem ?? "")),
                    ])
                ),
                ("capabilities", Self.texts(["invite-accepted", "notifications", "shares"])),
            ]
        case .legacy:
            break
        }
        return .object(members)
    }

    private var protocols: [(String, JSONValue)] {
        switch generation {
        case .modern:
            [
                ("webdav", .string(StrictServer.webdav)),
                ("webdav-receive", .object([("uri", .string("relative"))])),
            ]
        case .cavage, .legacy: [("webdav", .string("/public.php/webdav/"))]
        }
    }

    private var keySet: JSONValue {
        guard let key, let verification = try? VerificationKey(key.publicKey) else {
            return .object([("keys", .array([]))])
        }
        let members = JWK(verification, id: keyID).members.map {
            ($0.name, JSONValue.string($0.value))
        }
        return .object([("keys", .array([.object(members)]))])
    }

    private static func texts(_ texts: [String]) -> JSONValue {
        .array(texts.map(JSONValue.string))
    }
}
