import Foundation
import HTTPSignatures
import OpenSSL
import Transport

/// A message ready to be sent: once, altered, or twice.
struct OutgoingMessage: Sendable {
    let method: Transport.Method
    let target: String
    var fields: [(name: String, value: String)]
    var body: [UInt8]

    /// A plain one.
    init(
        _ method: Transport.Method, _ target: String,
        fields: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
    }

    /// One that `signer` signs in its generation, for the site at `origin`.
    init(
        post body: [UInt8], as type: String, to target: String, at origin: Origin,
        signedBy signer: Peer
    ) throws {
        self.init(.post, target, fields: [(name: "Content-Type", value: type)], body: body)
        switch signer.generation {
        case .modern: try signRFC9421(signer, origin)
        case .cavage: try signCavage(signer, origin)
        case .legacy: break
        }
    }

    private mutating func signRFC9421(_ signer: Peer, _ origin: Origin) throws {
        guard let key = signer.key else { return }
        fields.append((name: "Content-Digest", value: ContentDigest(of: body).text))
        let signed = try SignatureFields(
            signing: message(for: origin),
            components: [
                .derived(.method), .derived(.targetURI), .field("content-digest"),
                .field("content-length"),
            ],
            parameters: SignatureParameters(
                created: Int(Date().timeIntervalSince1970),
                nonce: Base64.encodeURL(Random.bytes(12)), algorithm: "ed25519",
                keyID: signer.keyID, tag: "ocm"),
            key: key, algorithm: .ed25519)
        fields.append((name: "Signature-Input", value: signed.input))
        fields.append((name: "Signature", value: signed.signature))
    }

    private mutating func signCavage(_ signer: Peer, _ origin: Origin) throws {
        guard let key = signer.key else { return }
        let now = Int(Date().timeIntervalSince1970)
        fields.append((name: "Date", value: HTTPDate.text(now) ?? ""))
        fields.append((name: "Digest", value: Digest(of: body).text))
        let field = try CavageField(signing: message(for: origin), keyID: signer.keyID, key: key)
        fields.append((name: "Signature", value: field.text))
    }

    /// The message with the fields that the client will add by itself.
    private func message(for origin: Origin) throws -> SignedMessage {
        let own = [
            SignedMessage.Field("host", origin.authority),
            SignedMessage.Field("content-length", String(body.count)),
        ]
        let given = fields.map { SignedMessage.Field($0.name.lowercased(), $0.value) }
        guard
            let message = SignedMessage(
                method: method.rawValue, target: target, origin: origin, fields: own + given)
        else { throw DemoFailure("\(target) is no target of a request") }
        return message
    }
}

/// Something that keeps the demonstration from going on.
struct DemoFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
