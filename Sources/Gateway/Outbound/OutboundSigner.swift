import Federation
import HTTPSignatures
import OpenSSL
import Transport

/// Signs what the gateway sends to peers: messages and token requests.
///
/// One signature for all who know RFC 9421: the label `ocm` and `tag="ocm"` together, over
/// `@method @target-uri content-digest content-length date`, serve protocol generations C and D
/// (`protocol.md` 4). Draft-cavage exactly as Nextcloud 31 to 34 writes and demands it
/// (`protocol.md` 9.8). The same message signed twice has two nonces (settled questions, 2).
struct OutboundSigner: Sendable {
    private let newer: Key?
    private let older: Key?

    private struct Key: Sendable {
        let id: String
        let key: PrivateKey
    }

    /// - Parameter host: the name of the site that the messages speak for, which the names of its
    ///   keys begin with.
    init(_ ring: KeyRing, for host: PeerHost) {
        newer = ring.signatureKey.map { Key(id: $0.keyID(for: host), key: $0.key) }
        older = ring.cavageKey.map { Key(id: $0.cavageID(for: host), key: $0.key) }
    }

    /// Whether there is a key for this way of signing; nothing has to be signed for `none`.
    func canSign(_ generation: SignatureGeneration) -> Bool {
        switch generation {
        case .none: true
        case .cavage: older != nil
        case .label, .tag: newer != nil
        }
    }

    /// The request with digest, date and signature; what it had of these is left out.
    ///
    /// It must not change any more, but for the fields that the client adds: `Host` and
    /// `Content-Length` are signed as the client writes them. Refused (`signing_failed`): a request
    /// without a body, a generation without a key.
    ///
    /// - Parameter now: Unix seconds.
    func signed(
        _ request: OutboundRequest, as generation: SignatureGeneration, now: Int
    ) throws(Denial) -> OutboundRequest {
        var request = request
        request.fields.removeAll { Self.ours.contains($0.name) }
        guard generation != .none else { return request }
        guard let body = request.body, let date = HTTPDate.text(now) else {
            throw Denial(.signingFailed, "a request without a body or a date")
        }
        request.fields.append((.date, date))
        switch generation {
        case .none: break
        case .cavage: request.fields.append((.digest, Digest(of: body, .sha512).text))
        case .label, .tag:
            request.fields.append((.contentDigest, ContentDigest(of: body, [.sha256]).text))
        }
        let message = try Self.message(request, body)
        do throws(SignatureError) {
            request.fields += try signature(over: message, as: generation, now: now)
        } catch {
            throw Denial(.signingFailed, "\(generation.name): \(error)")
        }
        return request
    }

    private func signature(
        over message: SignedMessage, as generation: SignatureGeneration, now: Int
    ) throws(SignatureError) -> [(name: FieldName, value: String)] {
        switch generation {
        case .none: return []
        case .cavage:
            guard let older else { throw SignatureError(.signingFailed, "no RSA key") }
            let field = try CavageField(signing: message, keyID: older.id, key: older.key)
            return [(.signature, field.text)]
        case .label, .tag:
            guard let newer else { throw SignatureError(.signingFailed, "no key") }
            guard
                let algorithm = SignatureAlgorithm.allCases.first(where: { $0.fits(newer.key.kind) }
                )
            else { throw SignatureError(.unsupportedAlgorithm) }
            let fields = try SignatureFields(
                signing: message, components: SignatureProfile.ocmComponents,
                parameters: SignatureParameters(
                    created: now, nonce: Random.alphanumeric(Self.nonceLength),
                    algorithm: algorithm.rawValue, keyID: newer.id,
                    tag: SignatureProfile.ocmTag),
                label: SignatureProfile.ocmLabel, key: newer.key, algorithm: algorithm)
            return [(.signatureInput, fields.input), (.signature, fields.signature)]
        }
    }

    /// The request as the peer will read it. Refused (`signing_failed`): one that cannot be signed.
    private static func message(
        _ request: OutboundRequest, _ body: [UInt8]
    ) throws(Denial) -> SignedMessage {
        let authority = request.authority.normalized(for: request.scheme).description
        var fields: [SignedMessage.Field] = [
            .init("host", authority), .init("content-length", String(body.count)),
        ]
        fields += request.fields.map { .init($0.name.description, $0.value) }
        guard let origin = Origin(scheme: request.scheme.rawValue, authority: authority),
            let message = SignedMessage(
                method: request.method.rawValue,
                target: String(decoding: request.target, as: UTF8.self), origin: origin,
                fields: fields)
        else { throw Denial(.signingFailed, "the target cannot be signed") }
        return message
    }

    private static let ours: [FieldName] = [
        .date, .digest, .contentDigest, .signature, .signatureInput,
    ]
    private static let nonceLength = 22
}

extension Gateway {
    /// Signs with the keys of this moment, in one of the names of the site.
    func signer(for host: PeerHost) -> OutboundSigner { OutboundSigner(keys.current, for: host) }
}
