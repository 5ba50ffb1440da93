import OpenSSL

/// What an RFC 9421 signature must be for us to believe it, beyond being genuine.
package struct SignatureProfile: Sendable {
    /// Components of which one whole set must be covered, without parameters.
    package typealias Requirement = [[Component]]

    package let freshness: Freshness
    package let keys: KeyRequirements
    /// What every signature covers.
    package let required: [Requirement]
    /// What a signature covers that only its label marks (protocol generation C).
    package let requiredWithoutTag: [Requirement]

    /// The OCM profile: `@method`, the target, `content-digest` and `content-length`; with the
    /// label alone also `date`.
    package init(freshness: Freshness = Freshness(), keys: KeyRequirements = KeyRequirements()) {
        self.freshness = freshness
        self.keys = keys
        required = [
            [[.derived(.method)]],
            [
                [.derived(.targetURI)],
                [.derived(.authority), .derived(.path), .derived(.query)],
            ],
            [[.field("content-digest")]],
            [[.field("content-length")]],
        ]
        requiredWithoutTag = [[[.field("date")]]]
    }

    /// What the gateway covers when it signs: enough for either way of marking a signature.
    package static let ocmComponents: [Component] = [
        .derived(.method), .derived(.targetURI), .field("content-digest"),
        .field("content-length"), .field("date"),
    ]
    package static let ocmLabel = "ocm"
    package static let ocmTag = "ocm"

    /// The one signature that speaks for an OCM message.
    package enum Selection: Sendable {
        /// There is none; others, of a proxy say, may be there.
        case none
        case one(MessageSignature)
    }

    /// Finds the signature with `tag="ocm"`, or with the label `ocm` and no tag.
    ///
    /// A tag names the application that a signature is made for (RFC 9421, section 2.3), and is signed; a
    /// label is not. So one with another tag is none of ours. Refuses a message with two of them, in
    /// whatever mix, since each could be sent once more without the other; and one with more than 3
    /// signatures.
    package static func select(
        _ signatures: [MessageSignature]
    ) throws(SignatureError) -> Selection {
        guard signatures.count <= maximumLabels else { throw SignatureError(.tooManyLabels) }
        var selected: MessageSignature?
        for signature in signatures where isOCM(signature) {
            guard selected == nil else { throw SignatureError(.severalOCMSignatures) }
            selected = signature
        }
        guard let selected else { return .none }
        return .one(selected)
    }

    private static func isOCM(_ signature: MessageSignature) -> Bool {
        guard let tag = signature.tag else { return signature.label == ocmLabel }
        return tag == ocmTag
    }

    /// Judges all that needs no key: do it before a key is fetched. `now` in Unix seconds.
    package func judge(
        _ claimed: ClaimedSignature, of message: SignedMessage, body: [UInt8], now: Int
    ) -> ProfileVerdict {
        var violations = coverage(of: claimed)
        let parameters = claimed.input.parameters
        if let created = parameters.created {
            violations += freshness.violations(
                created: created, expires: parameters.expires, now: now)
        } else {
            violations.append(.createdMissing)
        }
        if let tag = parameters.tag, tag != Self.ocmTag { violations.append(.tagOfAnother(tag)) }
        if (parameters.nonce?.utf8.count ?? 0) > Self.longestNonce {
            violations.append(.nonceTooLong)
        }
        switch parameters.keyID?.utf8.count {
        case nil, 0?: violations.append(.keyIDMissing)
        case let count?: if count > Self.longestKeyID { violations.append(.keyIDTooLong) }
        }
        do {
            try ContentDigest.check(message, body: body)
        } catch {
            violations.append(.digest(error))
        }
        violations += Self.contentLength(of: message, body: body)
        return ProfileVerdict(violations)
    }

    /// Both verdicts on a signature whose key is at hand. `now` in Unix seconds.
    package func verify(
        _ claimed: ClaimedSignature, of message: SignedMessage, body: [UInt8],
        with key: VerificationKey, now: Int
    ) -> SignatureVerification {
        let crypto = claimed.verify(with: key)
        let profile = judge(claimed, of: message, body: body, now: now)
        return SignatureVerification(
            crypto: crypto, profile: profile.and(keys.judge(key, algorithm: crypto)))
    }

    private func coverage(of claimed: ClaimedSignature) -> [ProfileViolation] {
        let components = claimed.input.components
        let isTagged = claimed.input.parameters.tag == Self.ocmTag
        let all = isTagged ? required : required + requiredWithoutTag
        return all.compactMap { requirement in
            let isMet = requirement.contains { set in set.allSatisfy(components.contains) }
            return isMet ? nil : .notCovered(requirement.first?.first?.text ?? "")
        }
    }

    static func contentLength(of message: SignedMessage, body: [UInt8]) -> [ProfileViolation] {
        guard let length = message.combined("content-length") else { return [] }
        return length.elementsEqual(String(body.count).utf8) ? [] : [.contentLengthDiffers]
    }

    private static let maximumLabels = 3
    /// Bytes.
    private static let longestNonce = 128
    /// Bytes of the name of a key, in a signature and where it is published: a URL with a fragment has some
    /// hundred, and the names of keys that are known are kept.
    package static let longestKeyID = 512
}
