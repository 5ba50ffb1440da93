import Federation

extension JournalDecision {
    /// Every check of the decision in the order of judgement (settled questions, 11): whether the
    /// message could be read, the peer's standing, the signature, then what the policy asks; a guard
    /// that refused stands where it did.
    ///
    /// The record keeps the policy's own; those around them are told by its other members. Of what is no
    /// message (data, tunnels, pages) it is the policy's alone; what goes out is framed and signed by us.
    package var everyCheck: [DecisionRecord.Check] {
        let isMessage = RecordedKind(rawValue: kind)?.isMessage ?? false
        guard isMessage else { return checks }
        let isInbound = direction == Direction.inbound.rawValue
        let isRead = object["facts"] != nil
        var guardCode: DenialCode?
        if case .guard(let code)? = Decider(by) { guardCode = code }
        guard isRead else {
            let name = isInbound ? "framing" : by
            return guardCode == nil ? [] : [check(name, .refused, detail)]
        }
        var every = isInbound ? [check("framing", .passed)] : []
        every += checks.prefix { $0.name == "standing" }
        if isInbound { every.append(signatureCheck(guardCode)) }
        let asked = checks.drop { $0.name == "standing" }
        let isJudged = asked.contains { $0.result != Check.Result.notReached.rawValue }
        if isJudged { every += asked }
        if let guardCode, !guardCode.isOfStanding, !guardCode.isOfSignature {
            every.append(check(by, .refused, detail))
        }
        if !isJudged { every += asked }
        return every
    }

    private func signatureCheck(_ refusing: DenialCode?) -> DecisionRecord.Check {
        let signature = object["signature"]?.object
        let word = signature?["result"]?.string ?? ""
        let generation = signature?["generation"]?.string
        if refusing?.isOfSignature == true { return check("signature", .refused, detail ?? word) }
        let tolerated = would.first { text in
            DenialCode.allCases.contains { code in
                guard code.isOfSignature, text.hasPrefix("\(code.rawValue): ") else { return false }
                // What the policy said so stands among its own checks.
                return !text.hasPrefix("\(code.rawValue): policy: ")
            }
        }
        if let tolerated { return check("signature", .reported, tolerated) }
        return switch word {
        case "verified": check("signature", .passed, generation)
        case "absent": check("signature", .notApplicable, "the message has none")
        case _: check("signature", .notReached)
        }
    }

    private func check(
        _ name: String, _ result: Check.Result, _ reason: String? = nil
    ) -> DecisionRecord.Check {
        DecisionRecord.Check(name: name, result: result.rawValue, reason: reason)
    }
}

extension RecordedKind {
    /// Whether it is a message of a peer, which can be signed.
    fileprivate var isMessage: Bool {
        switch self {
        case .shares, .notifications, .inviteAccepted, .requestShare, .token, .ocs: true
        case .webdav, .egress, .ocm, .request: false
        }
    }
}

extension DenialCode {
    /// Whether the lists refuse so.
    fileprivate var isOfStanding: Bool {
        [.peerBlocked, .peerUnknown, .peerHeld, .listUnavailable].contains(self)
    }

    /// Whether the verification of a signature refuses so.
    fileprivate var isOfSignature: Bool {
        [.signatureRequired, .signatureInvalid, .replay, .keyUnavailable, .keyChanged]
            .contains(self)
    }
}
