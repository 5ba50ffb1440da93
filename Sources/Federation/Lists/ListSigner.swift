package import HTTPSignatures
package import OpenSSL

/// Signs lists, as a publisher does.
package struct ListSigner: Sendable {
    private let key: PrivateKey
    private let algorithm: SignatureAlgorithm
    private let id: String?
    private let subject: String?

    /// The algorithm is that of the kind of key; RSA signs by RS256.
    ///
    /// - Parameter subject: what the list is about (`sub`).
    package init(_ key: PrivateKey, id: String?, subject: String? = nil) {
        self.key = key
        self.id = id
        self.subject = subject
        algorithm =
            switch key.kind {
            case .ed25519: .ed25519
            case .p256: .ecdsaP256SHA256
            case .p384: .ecdsaP384SHA384
            case .rsa: .rsaPKCS1SHA256
            }
    }

    /// The algorithm as a header names it. Of Ed25519 it is the older name (RFC 8037, section 3.1): readers
    /// that do not know that of RFC 9864 refuse the list.
    private var headerName: String {
        switch algorithm {
        case .ed25519: "EdDSA"
        case .ecdsaP256SHA256, .ecdsaP384SHA384, .rsaPSSSHA512, .rsaPKCS1SHA256, .rsaPKCS1SHA384,
            .rsaPKCS1SHA512:
            algorithm.jose
        }
    }

    /// The public key as those who take the list pin it: a JWK (RFC 7517) on one line.
    package func publicKey() throws(KeyError) -> String {
        let jwk = JWK(try VerificationKey(key.publicKey, algorithm: algorithm), id: id)
        let value = JSONValue.object(jwk.members.map { ($0.name, .string($0.value)) })
        return String(decoding: value.serialized(), as: UTF8.self) + "\n"
    }

    /// The flattened JSON serialisation with the content inside.
    ///
    /// - Parameter now: Unix seconds, which it is dated by (`iat`).
    package func document(_ content: [UInt8], now: Int) throws(CryptoError) -> String {
        let payload = Base64.encodeURL(content)
        let (protected, signature) = try sign(payload, now)
        let value = JSONValue.object([
            ("payload", .string(payload)), ("protected", .string(protected)),
            ("signature", .string(signature)),
        ])
        return String(decoding: value.serialized(), as: UTF8.self) + "\n"
    }

    /// The compact serialisation with detached content (RFC 7515, appendix F).
    ///
    /// - Parameter now: Unix seconds, which it is dated by (`iat`).
    package func detached(_ content: [UInt8], now: Int) throws(CryptoError) -> String {
        let (protected, signature) = try sign(Base64.encodeURL(content), now)
        return "\(protected)..\(signature)\n"
    }

    private func sign(_ payload: String, _ now: Int) throws(CryptoError) -> (String, String) {
        var header: [(String, JSONValue)] = [("alg", .string(headerName))]
        if let id { header.append(("kid", .string(id))) }
        if let subject { header.append(("sub", .string(subject))) }
        header.append(("iat", .integer(now)))
        let protected = Base64.encodeURL(JSONValue.object(header).serialized())
        let signature = try key.sign(Array("\(protected).\(payload)".utf8), algorithm: algorithm)
        return (protected, Base64.encodeURL(signature))
    }
}
