import OpenSSL

/// Why a signature failed: the known distortions are tried, fewest first, until one verifies.
///
/// For people; nothing that is found here makes a message acceptable. The work is bounded: at most
/// ``limit`` verifications, and nothing is fetched.
package struct SignatureDiagnosis: Sendable {
    package let surroundings: Surroundings
    package let freshness: Freshness
    /// Makes the bodies that may have been the signer's, in bounds of its own; called only when the
    /// digest is of another body than the one that came.
    package let bodies: @Sendable ([UInt8]) -> [SuspectBody]

    /// What was found.
    package enum Finding: Sendable, Equatable {
        /// It verifies as it is.
        case genuine
        /// It would have verified but for these; never empty.
        case nearMiss([Distortion])
        /// The head is as its signer made it, but for these; the body is another one, and no known
        /// way of rewriting one explains it. It may have been forged on the way.
        case otherBody([Distortion])
        /// Genuine, and it says too little, or says it of another site.
        case insufficient([ProfileViolation])
        /// Nothing that was tried verifies: another key, another message, or a forgery.
        case unexplained
        /// There is none, or it cannot be read.
        case unreadable(String)
    }

    package init(
        surroundings: Surroundings, freshness: Freshness = Freshness(),
        bodies: @escaping @Sendable ([UInt8]) -> [SuspectBody] = { BodyForms.all(of: $0) }
    ) {
        self.surroundings = surroundings
        self.freshness = freshness
        self.bodies = bodies
    }

    /// Looks for the cause. `now` in Unix seconds: when the message came.
    package func find(
        _ message: SignedMessage, body: [UInt8], label: String? = nil, keys: [SuspectKey], now: Int
    ) -> Finding {
        let suspect: Suspect
        var message = message
        var slips: [Distortion] = []
        do throws(SignatureError) {
            if let lowered = Self.loweringNames(of: message) {
                message = lowered
                slips = [Distortion(.letterCase, signed: "names of headers in upper case")]
            }
            guard let found = try Suspect(in: message, label: label) else {
                return .unreadable("there is no signature")
            }
            suspect = found
        } catch { return .unreadable(error.description) }
        var search = SignatureSearch(suspect, keys: keys, limit: Self.limit)
        let isOther = !suspect.isDigest(of: body, in: message)
        // Where the length is signed, the head may be right with that of another body only. Else
        // nothing is made of the body before the head is found to be genuine.
        let isLengthSigned = suspect.covered.contains("content-length")
        var others = isOther && isLengthSigned ? candidates(message, body) : []
        guard let match = search.match(message, body: body, others: others, surroundings) else {
            return .unexplained
        }
        if isOther, !isLengthSigned { others = candidates(message, body) }
        return judge(
            suspect, match, slips + match.distortions, body: body, others: others, now: now)
    }

    /// What the profile says once the mathematics hold.
    private func judge(
        _ suspect: Suspect, _ match: SignatureSearch.Match, _ found: [Distortion], body: [UInt8],
        others: [SuspectBody], now: Int
    ) -> Finding {
        var found = found
        var rest: [ProfileViolation] = []
        let all = suspect.violations(
            over: match.message, body: body, freshness: freshness, now: now)
        for violation in all {
            if let late = lateness(violation, suspect.created(match.message), now) {
                found.append(late)
            } else {
                rest.append(violation)
            }
        }
        if rest.contains(where: \.isOfBody) {
            let form = DigestForm(field: suspect.digestField, match.message, body: body)
            if let distortion = form.distortion {
                found.append(distortion)
            } else if let other = rewritten(suspect, match.message, others, now) {
                found.removeAll { $0.kind == .contentLength }
                found.append(other)
            } else {
                return .otherBody(found)
            }
            rest.removeAll(where: \.isOfBody)
        }
        if rest.contains(.hostIsAnother), let port = otherPort(match.message) {
            found.append(port)
            rest.removeAll { $0 == .hostIsAnother }
        }
        guard rest.isEmpty else { return .insufficient(rest) }
        return found.isEmpty ? .genuine : .nearMiss(found)
    }

    private func lateness(
        _ violation: ProfileViolation, _ created: Int?, _ now: Int
    ) -> Distortion? {
        let offset = created.map { now.subtractingReportingOverflow($0).partialValue }
        let seconds = offset.map { "\($0.magnitude) seconds \($0 < 0 ? "ahead" : "old")" } ?? ""
        return switch violation {
        case .tooOld: Distortion(.clockBehind, seen: seconds)
        case .createdInFuture: Distortion(.clockAhead, seen: seconds)
        case .expired: Distortion(.expired, seen: seconds)
        case .notCovered, .createdMissing, .expiresBeforeCreated, .keyIDMissing, .keyIDTooLong,
            .nonceTooLong, .tagOfAnother, .dateUnreadable, .hostIsAnother, .contentLengthDiffers,
            .digest, .algorithmNotAllowed, .keyTooSmall, .keyTooLarge:
            nil
        }
    }

    private func candidates(_ message: SignedMessage, _ body: [UInt8]) -> [SuspectBody] {
        let decoded = ContentCoding.decoded(body, message).map {
            [SuspectBody($0, Distortion(.decoded))]
        }
        return (decoded ?? []) + bodies(body)
    }

    /// The way of rewriting that makes the body the signed one.
    private func rewritten(
        _ suspect: Suspect, _ message: SignedMessage, _ others: [SuspectBody], _ now: Int
    ) -> Distortion? {
        for candidate in others {
            // A length that is not signed is that of the body as it came.
            let mustFit =
                suspect.covered.contains("content-length") && candidate.distortion.kind != .decoded
            let left = suspect.violations(
                over: message, body: candidate.bytes, freshness: freshness, now: now)
            let isOther = left.contains {
                $0.isOfBody && ($0 != .contentLengthDiffers || mustFit)
            }
            if !isOther { return candidate.distortion }
        }
        return nil
    }

    /// A `Host` that is a name of the site by another port.
    private func otherPort(_ message: SignedMessage) -> Distortion? {
        guard let sketch = RequestSketch(message), let host = sketch.text("host"),
            Origin.hostName(of: host.lowercased()) == sketch.origin.hostName
        else { return nil }
        return Distortion(.port, signed: host, seen: sketch.origin.authority)
    }

    /// The message with the names of draft-cavage's `headers` in lower case; nil when they are.
    private static func loweringNames(of message: SignedMessage) -> SignedMessage? {
        guard message.lines(of: "signature") == 1, message.lines(of: "signature-input") == 0,
            var field = message.combined("signature"),
            let mark = field.indices.first(where: { field[$0...].starts(with: names) })
        else { return nil }
        let start = mark + names.count
        let end = field[start...].firstIndex(of: UInt8(ascii: "\"")) ?? field.count
        let isLower = field[start..<end].allSatisfy { !$0.isUppercaseLetter }
        guard !isLower else { return nil }
        for place in start..<end { field[place] = field[place].asciiLowercased }
        var message = message
        message.fields.removeAll { $0.name == "signature" }
        message.fields.append(.init("signature", field))
        return message
    }

    private static let names = Array("headers=\"".utf8)

    /// Verifications: about 40 ms of one core at most.
    package static let limit = 512
}

extension ProfileViolation {
    /// Whether it is about the body that came.
    fileprivate var isOfBody: Bool {
        switch self {
        case .digest(.mismatch), .digest(.malformed), .digest(.noKnownAlgorithm),
            .contentLengthDiffers:
            true
        case .digest(.missing), .notCovered, .createdMissing, .createdInFuture, .tooOld, .expired,
            .expiresBeforeCreated, .keyIDMissing, .keyIDTooLong, .nonceTooLong, .tagOfAnother,
            .dateUnreadable, .hostIsAnother, .algorithmNotAllowed, .keyTooSmall, .keyTooLarge:
            false
        }
    }
}
