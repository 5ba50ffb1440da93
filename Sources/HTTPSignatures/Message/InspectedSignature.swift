/// The signature of a message that a person looks at, whatever its generation.
package enum InspectedSignature: Sendable {
    case rfc9421(ClaimedSignature)
    case cavage(CavageSignature, SigningString)

    /// Finds it: the one with this label, else the one that speaks for an OCM message, else the
    /// only one. Nil when there is none such; refuses what the reading of signatures refuses.
    package init?(in message: SignedMessage, label: String?) throws(SignatureError) {
        switch try SignatureStandard.of(message) {
        case .none:
            return nil
        case .cavage:
            guard label == nil, let claimed = try CavageSignature.read(from: message) else {
                return nil
            }
            self = .cavage(claimed, try claimed.signingString(of: message))
        case .rfc9421:
            let all = try MessageSignature.all(in: message)
            guard let chosen = try Self.choose(all, label: label) else { return nil }
            self = .rfc9421(try chosen.claim(over: message))
        }
    }

    /// The signature of a label, or the one that counts; nil when there is none, or no telling.
    static func choose(
        _ all: [MessageSignature], label: String?
    ) throws(SignatureError) -> MessageSignature? {
        if let label { return all.first { $0.label == label } }
        switch try SignatureProfile.select(all) {
        case .one(let signature): return signature
        case .none: return all.count == 1 ? all.first : nil
        }
    }

    /// `rfc9421` or `cavage`.
    package var generation: String {
        switch self {
        case .rfc9421: "rfc9421"
        case .cavage: "cavage"
        }
    }

    /// The label; draft-cavage has none.
    package var label: String? {
        switch self {
        case .rfc9421(let claimed): claimed.label
        case .cavage: nil
        }
    }

    package var keyID: String? {
        switch self {
        case .rfc9421(let claimed): claimed.input.parameters.keyID
        case .cavage(let claimed, _): claimed.keyID
        }
    }

    /// What is covered, by the names on the wire.
    package var covered: [String] {
        switch self {
        case .rfc9421(let claimed): claimed.input.components.map(\.text)
        case .cavage(let claimed, _): claimed.headers
        }
    }

    /// When it says that it was made, Unix seconds; of draft-cavage the message's `Date`.
    package func created(_ message: SignedMessage) -> Int? {
        switch self {
        case .rfc9421(let claimed): claimed.input.parameters.created
        case .cavage(let claimed, _): CavageProfile.date(of: message) ?? claimed.created
        }
    }

    /// What is signed.
    package var base: [UInt8] {
        switch self {
        case .rfc9421(let claimed): claimed.base.bytes
        case .cavage(_, let string): string.bytes
        }
    }

    /// The mathematics only.
    package func verify(_ message: SignedMessage, with key: VerificationKey) -> CryptoVerdict {
        switch self {
        case .rfc9421(let claimed): claimed.verify(with: key)
        case .cavage(let claimed, _): claimed.verify(message, with: key)
        }
    }

    /// What the OCM profile says. `now` in Unix seconds.
    package func judge(
        _ message: SignedMessage, body: [UInt8], key: VerificationKey, crypto: CryptoVerdict,
        now: Int
    ) -> ProfileVerdict {
        let keys = KeyRequirements().judge(key, algorithm: crypto)
        switch self {
        case .rfc9421(let claimed):
            return SignatureProfile().judge(claimed, of: message, body: body, now: now).and(keys)
        case .cavage(let claimed, _):
            return CavageProfile().judge(claimed, of: message, body: body, now: now).and(keys)
        }
    }
}

extension RawMessage {
    /// The fields among `names` (lower case) that the message lacks and that follow from its body
    /// and the time, in Unix seconds: what a signer adds before it signs.
    package func missing(_ names: [String], now: Int) -> [(name: String, value: String)] {
        names.filter { message.lines(of: $0) == 0 }.compactMap { name in
            switch name {
            case "content-digest": ("Content-Digest", ContentDigest(of: body).text)
            case "digest": ("Digest", Digest(of: body).text)
            case "content-length": ("Content-Length", String(body.count))
            case "date": HTTPDate.text(now).map { ("Date", $0) }
            case _: nil
            }
        }
    }
}
