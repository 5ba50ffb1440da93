/// What a draft-cavage signature must be for us to believe it, beyond being genuine.
package struct CavageProfile: Sendable {
    package let freshness: Freshness
    package let keys: KeyRequirements
    /// Headers that are covered.
    package let required: [String]

    /// The OCM profile: request target, host, date and digest.
    package init(freshness: Freshness = Freshness(), keys: KeyRequirements = KeyRequirements()) {
        self.freshness = freshness
        self.keys = keys
        required = ["(request-target)", "host", "date", "digest"]
    }

    /// Judges all that needs no key: do it before a key is fetched. `now` in Unix seconds.
    package func judge(
        _ claimed: CavageSignature, of message: SignedMessage, body: [UInt8], now: Int
    ) -> ProfileVerdict {
        var violations: [ProfileViolation] = required.filter { !claimed.headers.contains($0) }
            .map { .notCovered($0) }
        violations += age(of: claimed, message, now: now)
        if claimed.keyID.utf8.count > SignatureProfile.longestKeyID {
            violations.append(.keyIDTooLong)
        }
        if !Self.namesOurHost(message) { violations.append(.hostIsAnother) }
        do {
            try Digest.check(message, body: body)
        } catch {
            violations.append(.digest(error))
        }
        violations += SignatureProfile.contentLength(of: message, body: body)
        return ProfileVerdict(violations)
    }

    /// Both verdicts on a signature whose key is at hand. `now` in Unix seconds.
    package func verify(
        _ claimed: CavageSignature, of message: SignedMessage, body: [UInt8],
        with key: VerificationKey, now: Int
    ) -> SignatureVerification {
        let crypto = claimed.verify(message, with: key)
        let profile = judge(claimed, of: message, body: body, now: now)
        return SignatureVerification(
            crypto: crypto, profile: profile.and(keys.judge(key, algorithm: crypto)))
    }

    /// The time a message was made: its `Date`, in Unix seconds; nil unless there is exactly one,
    /// readable.
    package static func date(of message: SignedMessage) -> Int? {
        guard message.lines(of: "date") == 1 else { return nil }
        return message.combined("date").flatMap(HTTPDate.seconds)
    }

    private func age(
        of claimed: CavageSignature, _ message: SignedMessage, now: Int
    ) -> [ProfileViolation] {
        guard let date = Self.date(of: message) else { return [.dateUnreadable] }
        var violations = freshness.violations(created: date, expires: claimed.expires, now: now)
        if let created = claimed.created {
            violations += freshness.violations(created: created, expires: nil, now: now)
                .filter { !violations.contains($0) }
        }
        return violations
    }

    /// The signed `Host` is what binds the message to this site: the request target does not.
    private static func namesOurHost(_ message: SignedMessage) -> Bool {
        guard case .request(_, let target) = message.start, message.lines(of: "host") == 1,
            let field = message.combined("host"),
            let host = String(validating: field, as: UTF8.self)
        else { return false }
        return Origin(scheme: target.origin.scheme, authority: host) == target.origin
    }
}
