import HTTPSignatures
import OpenSSL

/// A share as a modern peer sends it, to sign and to spoil.
enum SampleMessage {
    static let body = Array(#"{"shareWith":"bob@cloud.example","name":"a.txt"}"#.utf8)
    static let created = 1_700_000_000

    static func make(body: [UInt8] = body, now: Int = created) throws -> SignedMessage {
        try SignedMessage(
            method: "POST", target: "/ocm/shares",
            origin: Origin("https://cloud.example").orMissing("origin"),
            fields: [
                .init("host", "cloud.example"),
                .init("date", HTTPDate.text(now).orMissing("date")),
                .init("content-type", "application/json"),
                .init("content-length", String(body.count)),
                .init("content-digest", ContentDigest(of: body).text),
                .init("digest", Digest(of: body).text),
            ]
        ).orMissing("message")
    }

    /// Signed after RFC 9421 as the gateway signs.
    static func signed(
        by key: PrivateKey, algorithm: SignatureAlgorithm = .ed25519,
        components: [Component] = SignatureProfile.ocmComponents,
        label: String = SignatureProfile.ocmLabel,
        parameters: SignatureParameters = parameters, message: SignedMessage? = nil
    ) throws -> SignedMessage {
        var message = try message ?? make()
        let fields = try SignatureFields(
            signing: message, components: components, parameters: parameters, label: label,
            key: key, algorithm: algorithm)
        message.fields.append(.init("signature-input", fields.input))
        message.fields.append(.init("signature", fields.signature))
        return message
    }

    static let parameters = SignatureParameters(
        created: created, nonce: "0123456789abcdef", algorithm: nil, keyID: "peer.example#key1",
        tag: SignatureProfile.ocmTag)

    /// The OCM signature of a message, with its base.
    static func claim(_ message: SignedMessage) throws -> ClaimedSignature {
        let all = try MessageSignature.all(in: message)
        guard case .one(let signature) = try SignatureProfile.select(all) else {
            throw Missing(what: "OCM signature")
        }
        return try signature.claim(over: message)
    }
}
