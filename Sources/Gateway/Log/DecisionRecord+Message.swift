import Federation
import HTTPSignatures

extension DecisionRecord.Candidate {
    /// nil when the candidate says the same.
    init?(_ beside: BesideVerdict) {
        guard beside.differs else { return nil }
        policy = beside.policy
        action = beside.verdict.action.rawValue
        by = beside.verdict.by
        code = beside.verdict.code
        certainty = beside.isCertain ? nil : JournalRecord.Candidate.uncertain
    }
}

extension DecisionRecord.Action {
    /// What becomes of a message that is refused so.
    init(_ denial: Denial) {
        switch denial.code {
        case .held, .peerHeld, .keyChanged: self = .hold
        case let code: self = code.isFailure ? .fail : .deny
        }
    }
}

extension DecisionRecord {
    /// That it was refused, and why, under the policy that was in force.
    mutating func refused(_ denial: Denial, under policy: Policy) {
        action = Action(denial)
        by = denial.by
        code = denial.disclosedCode
        detail = denial.keptDetail
        words = denial.words
        if let fault = denial.fault { signature?.result = fault.rawValue }
        if place == nil {
            place = denial.ruling?.block.flatMap { policy.place(of: $0)?.description }
        }
    }

    /// What the message says, without its secrets.
    mutating func fill(from message: Message) {
        switch message {
        case .share(let share):
            shareType = share.shareType
            resourceType = share.resourceType
            protocols = share.protocols.map(\.name)
            permissions = share.granted.words
            requirements = share.requires(.mustExchangeToken) ? ["must-exchange-token"] : []
            providerID = share.providerID.text
        case .notification(let notification):
            notificationType = notification.type.word
            resourceType = notification.resourceType
            providerID = notification.providerID.text
        case .inviteAccepted, .requestShare, .token: break
        case .ocsShare(let share):
            shareType = share.shareType
            providerID = share.providerID.text
        case .ocsChange(let change):
            notificationType = change.notificationType.word
            providerID = change.providerID.text
        }
    }
}

extension PresentedSignature {
    /// What the log says of the signature before it is verified.
    func logged(now: Int) -> DecisionRecord.Signature {
        switch self {
        case .none: return .init(generation: generation.name, result: "absent")
        case .rfc9421(let signature):
            var logged = DecisionRecord.Signature(generation: generation.name, result: "unchecked")
            logged.keyID = signature.input.parameters.keyID
            logged.algorithm = signature.input.parameters.algorithm
            logged.covered = signature.input.components.map(\.text)
            logged.created = signature.input.parameters.created
            logged.offset = signature.input.parameters.created.map { now - $0 }
            return logged
        case .cavage(let signature):
            var logged = DecisionRecord.Signature(generation: generation.name, result: "unchecked")
            logged.keyID = signature.keyID
            logged.algorithm = signature.algorithm
            logged.covered = signature.headers
            logged.created = signature.created
            return logged
        }
    }
}

extension Check {
    /// Checks that were about this message, in words; the others only fill the line.
    var logged: DecisionRecord.Check? {
        switch result {
        case .notApplicable, .notReached, .off: nil
        case .passed, .allowed, .refused, .held, .reported:
            DecisionRecord.Check(name: name, result: result.rawValue, reason: reason.text)
        }
    }
}

extension Standing.Over {
    /// For people.
    package var words: String {
        "its entry in @\(list) is over: \(entry.words)" + (entry.note.map { " (\($0))" } ?? "")
    }
}

extension Check.Reason {
    /// The reason in words; nil when there is nothing to say.
    package var text: String? {
        switch self {
        case .none: nil
        case .entry(let list, let pattern, let note, _):
            "\(pattern) in @\(list)" + (note.map { " (\($0))" } ?? "")
        case .of(let host, let reason): (reason.text.map { "\($0), of " } ?? "of ") + "\(host)"
        case .onNoList: "on no list"
        case .entryOver(let over): "on no list; \(over.words)"
        case .notLoaded(let list): "@\(list) could block it, and was never loaded"
        case .missing(let need): "needs \(need.rawValue)"
        case .advertisesKeys: "the peer publishes keys, so it has to sign"
        case .otherOccasion: "about other messages"
        case .otherPeer: "about other peers"
        case .exceptedPeer: "the peer is excepted"
        case .condition(let key): "\(key) does not match"
        case .noRule: "no rule matched"
        case .noRoom(let seconds): "no room for \(seconds) s"
        }
    }
}
