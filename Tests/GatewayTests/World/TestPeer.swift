import Federation
import HTTPSignatures
import OpenSSL

/// A server of the federation, with the key it signs by and what it publishes.
struct TestPeer: Sendable {
    let host: String
    let generation: Generation
    var key: PrivateKey
    var keyName = "key1"

    enum Generation: Sendable {
        case rfc9421, cavage
    }

    init(_ host: String, _ generation: Generation = .rfc9421) throws {
        self.host = host
        self.generation = generation
        key = try generation == .rfc9421 ? .generate(.ed25519) : Self.rsa
    }

    /// Made once: a fresh one costs a tenth of a second.
    private static let rsa: PrivateKey = {
        guard let key = try? PrivateKey.generate(.rsa(bits: 2048)) else { preconditionFailure() }
        return key
    }()

    var keyID: String {
        switch generation {
        case .rfc9421: "\(host)#\(keyName)"
        case .cavage: "https://\(host)/ocm#\(keyName)"
        }
    }

    func publish(on net: TestNet, also others: [TestPeer] = []) throws {
        net.answer("https://\(host)/.well-known/ocm", 200, discovery)
        if generation == .rfc9421 {
            net.answer("https://\(host)/ocm/jwks", 200, try keySet(also: others))
        }
    }

    var discovery: String {
        var document: [(String, JSONValue)] = [
            ("enabled", .bool(true)), ("apiVersion", .string("1.0-proposal1")),
            ("endPoint", .string("https://\(host)/ocm")),
            (
                "resourceTypes",
                .array([
                    .object([
                        ("name", .string("file")),
                        ("protocols", .object([("webdav", .string("/dav/"))])),
                    ])
                ])
            ),
        ]
        switch generation {
        case .rfc9421:
            document.append(("capabilities", .array([.string("http-sig")])))
            document.append(("jwksUri", .string("https://\(host)/ocm/jwks")))
        case .cavage:
            document.append(
                (
                    "publicKey",
                    .object([
                        ("keyId", .string(keyID)),
                        ("publicKeyPem", .string(key.publicKey.pem)),
                    ])
                ))
        }
        return text(.object(document))
    }

    func keySet(also others: [TestPeer] = []) throws -> String {
        let keys = try ([self] + others).map { peer in
            let jwk = JWK(try VerificationKey(peer.key.publicKey), id: peer.keyID)
            return JSONValue.object(jwk.members.map { ($0.name, .string($0.value)) })
        }
        return text(.object([("keys", .array(keys))]))
    }

    private func text(_ value: JSONValue) -> String {
        String(decoding: value.serialized(), as: UTF8.self)
    }

    /// A signed request. `change` spoils the fields after they were signed.
    func request(
        _ path: String = "/ocm/shares", _ body: String, at now: Int,
        type: String = "application/json", site: String = "cloud.test", nonce: String? = "n1",
        components: [Component] = SignatureProfile.ocmComponents, tag: String? = "ocm",
        label: String = "ocm", keyID: String? = nil, created: Int? = nil
    ) throws -> TestRequest {
        let bytes = Array(body.utf8)
        var fields: [SignedMessage.Field] = [
            .init("host", site), .init("date", HTTPDate.text(created ?? now) ?? ""),
            .init("content-type", type), .init("content-length", String(bytes.count)),
            .init("content-digest", ContentDigest(of: bytes).text),
            .init("digest", Digest(of: bytes).text),
        ]
        guard let origin = Origin("https://\(site)"),
            let message = SignedMessage(
                method: "POST", target: path, origin: origin, fields: fields)
        else { throw Unmade() }
        switch generation {
        case .rfc9421:
            let parameters = SignatureParameters(
                created: created ?? now, nonce: nonce, keyID: keyID ?? self.keyID, tag: tag)
            let signed = try SignatureFields(
                signing: message, components: components, parameters: parameters, label: label,
                key: key, algorithm: .ed25519)
            fields.append(.init("signature-input", signed.input))
            fields.append(.init("signature", signed.signature))
        case .cavage:
            let signed = try CavageField(signing: message, keyID: keyID ?? self.keyID, key: key)
            fields.append(.init("signature", signed.text))
        }
        return TestRequest(path: path, fields: fields.map { ($0.name, $0.value) }, body: bytes)
    }

    struct Unmade: Error {}
}

/// A request as bytes of head and body, to be spoiled.
struct TestRequest: Sendable {
    var method = "POST"
    var path: String
    var fields: [(name: String, value: [UInt8])]
    var body: [UInt8]

    init(path: String, fields: [(String, [UInt8])], body: [UInt8]) {
        self.path = path
        self.fields = fields.map { (name: $0.0, value: $0.1) }
        self.body = body
    }

    /// An unsigned one.
    init(_ path: String = "/ocm/shares", _ body: String, type: String = "application/json") {
        let bytes = Array(body.utf8)
        self.init(
            path: path,
            fields: [
                ("host", Array("cloud.test".utf8)), ("content-type", Array(type.utf8)),
                ("content-length", Array(String(bytes.count).utf8)),
            ], body: bytes)
    }

    subscript(_ name: String) -> String? {
        get { fields.first { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) } }
        set {
            fields.removeAll { $0.name == name }
            if let newValue { fields.append((name: name, value: Array(newValue.utf8))) }
        }
    }

    mutating func add(_ name: String, _ value: String) {
        fields.append((name: name, value: Array(value.utf8)))
    }

    var head: [UInt8] {
        var bytes = Array("\(method) \(path) HTTP/1.1\r\n".utf8)
        for (name, value) in fields {
            bytes += Array("\(name): ".utf8) + value + [0x0D, 0x0A]
        }
        return bytes + [0x0D, 0x0A]
    }
}
