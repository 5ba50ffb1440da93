import Federation
import HTTPSignatures
import OpenSSL
import Transport

/// Signatures for a backend that verifies them itself (Nextcloud 31 on).
///
/// What a peer signed reaches such a backend with another body, and unsigned it would refuse it for
/// ever once it knows a key of the peer. So it is signed again, by draft-cavage and our own key,
/// under a name at the peer's host: there the backend asks for it, through us, and finds it in the
/// document that we show of the peer. Without `[egress]` it would ask the peer itself; then what is
/// unchanged keeps the peer's own signature.
extension Gateway {
    /// Whether what a peer has signed is signed again for the backend, which looks at it and asks through
    /// us for the key.
    var signsForBackend: Bool {
        configuration.egress != nil && backend.view.backend.verifiesSignatures
            && keys.current.cavageKey != nil
    }

    /// The key that the backend is shown of a peer in the place of its own; nil for a backend that
    /// looks at none, or does not ask through us.
    func keyForBackend(of peer: PeerHost) -> ServedDiscovery.SignatureKey? {
        guard signsForBackend, let key = keys.current.cavageKey?.key else { return nil }
        // A key never changes under its name (`protocol.md` 9.8), nor has the peer one of this name.
        let name = OfferedKey.thumbprint(of: key.publicKey).prefix(16)
        return ServedDiscovery.SignatureKey(
            keyId: "\(peer.origin)/ocm#gateway-\(name)", pem: key.publicKey.pem)
    }

    /// The fields that sign a message for the backend in the name of the peer that signed it, or of the site
    /// itself, of which it is shown what everybody is; nil when it gets none from us.
    ///
    /// Refused (`signing_failed`): a target that cannot be signed.
    func signatureForBackend(
        of peer: PeerHost?, _ target: [UInt8], _ body: [UInt8]
    ) throws(Denial) -> [(FieldName, String)]? {
        guard let peer, let shown = keyForBackend(of: peer), let entry = keys.current.cavageKey,
            let date = HTTPDate.text(environment.now())
        else { return nil }
        let keyID = site.hosts.contains(peer) ? entry.cavageID(for: peer) : shown.keyId
        let digest = Digest(of: body, .sha512).text
        let fields: [SignedMessage.Field] = [
            .init("host", site.host.description), .init("date", date), .init("digest", digest),
            .init("content-length", String(body.count)),
        ]
        guard
            let message = SignedMessage(
                method: "POST", target: String(decoding: target, as: UTF8.self),
                origin: site.signedOrigin(for: nil), fields: fields)
        else { throw Denial(.signingFailed, "the target cannot be signed") }
        do throws(SignatureError) {
            let field = try CavageField(signing: message, keyID: keyID, key: entry.key)
            return [(.date, date), (.digest, digest), (.signature, field.text)]
        } catch { throw Denial(.signingFailed, "for the backend: \(error)") }
    }
}
