import OpenSSL

/// A signature that failed, to be held against what its signer may have seen.
enum Suspect {
    case rfc9421(MessageSignature, SignatureInput)
    case cavage(CavageSignature)

    /// Finds it as ``InspectedSignature`` does; nil when there is none.
    init?(in message: SignedMessage, label: String?) throws(SignatureError) {
        switch try SignatureStandard.of(message) {
        case .none: return nil
        case .cavage:
            guard let claimed = try CavageSignature.read(from: message) else { return nil }
            self = .cavage(claimed)
        case .rfc9421:
            let all = try MessageSignature.all(in: message)
            guard let chosen = try InspectedSignature.choose(all, label: label) else { return nil }
            self = .rfc9421(chosen, try chosen.input())
        }
    }

    var covered: [String] {
        switch self {
        case .rfc9421(_, let input): input.components.map(\.text)
        case .cavage(let claimed): claimed.headers
        }
    }

    /// Unix seconds, as the signature says.
    func created(_ message: SignedMessage) -> Int? {
        switch self {
        case .rfc9421(_, let input): input.parameters.created
        case .cavage(let claimed): CavageProfile.date(of: message) ?? claimed.created
        }
    }

    /// The field that speaks for the body.
    var digestField: String {
        switch self {
        case .rfc9421: "content-digest"
        case .cavage: "digest"
        }
    }

    /// Whether that field is of this body.
    func isDigest(of body: [UInt8], in message: SignedMessage) -> Bool {
        do {
            switch self {
            case .rfc9421: try ContentDigest.check(message, body: body)
            case .cavage: try Digest.check(message, body: body)
            }
            return true
        } catch { return false }
    }

    private var signature: [UInt8] {
        switch self {
        case .rfc9421(let signature, _): signature.signature
        case .cavage(let claimed): claimed.signature
        }
    }

    private var algorithmName: String? {
        switch self {
        case .rfc9421(_, let input): input.parameters.algorithm
        case .cavage(let claimed): claimed.algorithm
        }
    }

    /// What is signed, if the message is this one; nil when it lacks a part.
    func base(of message: SignedMessage) -> [UInt8]? {
        switch self {
        case .rfc9421(_, let input):
            (try? SignatureBase(of: message, input: input))?.bytes
        case .cavage(let claimed): (try? claimed.signingString(of: message))?.bytes
        }
    }

    /// Whether `key` made the signature over `base`, by an algorithm that the signature may name.
    func isMade(by key: VerificationKey, over base: [UInt8]) -> Bool {
        algorithms(of: key).contains {
            key.key.isValid(signature: signature, over: base, algorithm: $0)
        }
    }

    private func algorithms(of key: VerificationKey) -> [SignatureAlgorithm] {
        switch self {
        case .rfc9421(_, let input):
            (try? key.algorithm(named: input.parameters.algorithm)).map { [$0] } ?? []
        case .cavage(let claimed): (try? key.algorithms(cavage: claimed.algorithm)) ?? []
        }
    }

    /// The slip of the signer's with which `key` made the signature over `base`; nil when none of
    /// those known is it.
    func slip(of key: VerificationKey, over base: [UInt8]) -> Distortion? {
        let named = algorithmName ?? key.algorithm?.rawValue ?? ""
        for algorithm in SignatureAlgorithm.allCases where algorithm.fits(key.key.kind) {
            if key.key.isValid(signature: signature, over: base, algorithm: algorithm) {
                return Distortion(.algorithm, signed: algorithm.rawValue, seen: named)
            }
            if key.key.isValid(derSignature: signature, over: base, algorithm: algorithm) {
                return Distortion(.derSignature)
            }
        }
        if let other = shouted(base), isMade(by: key, over: other) {
            return Distortion(.letterCase, signed: "(request-target) in upper case")
        }
        return nil
    }

    /// A signing string with the method in upper case, which the draft wants in lower case.
    private func shouted(_ base: [UInt8]) -> [UInt8]? {
        let mark = Array("(request-target): ".utf8)
        guard case .cavage = self,
            let start = base.indices.first(where: { base[$0...].starts(with: mark) })
        else { return nil }
        var other = base
        for place in (start + mark.count)..<base.count {
            let byte = base[place]
            guard byte.isLowercaseLetter else { break }
            other[place] = byte - 0x20
        }
        return other
    }

    /// What the OCM profile says of it over this message. `now` in Unix seconds.
    func violations(
        over message: SignedMessage, body: [UInt8], freshness: Freshness, now: Int
    ) -> [ProfileViolation] {
        let verdict: ProfileVerdict
        switch self {
        case .rfc9421(let signature, _):
            guard let claimed = try? signature.claim(over: message) else { return [.keyIDMissing] }
            verdict = SignatureProfile(freshness: freshness).judge(
                claimed, of: message, body: body, now: now)
        case .cavage(let claimed):
            verdict = CavageProfile(freshness: freshness).judge(
                claimed, of: message, body: body, now: now)
        }
        return switch verdict {
        case .satisfied: []
        case .violated(let violations): violations
        }
    }
}
