package import Federation

/// A message of the journal with what was decided of it, as far as another policy needs it.
package struct PastMessage: Sendable {
    package let decision: String
    /// Milliseconds since 1970.
    package let time: Int
    package let facts: Facts
    /// What was decided.
    package let outcome: PastOutcome
    /// The blocks that were only reported.
    let would: [String]
    /// Of the share that a notification is about.
    let providerID: String?
    /// The hash of what downloaded lists held; nil where there were none, or nobody wrote it down.
    let lists: String?
    /// What its signature may have been, had anybody looked: the lists refused it before.
    let unverified: SignatureFact?

    /// What a line of the journal is to another policy.
    enum Reading: Sendable {
        case message(PastMessage)
        /// Refused by a guard, or failed: the same under every policy. What the policy had let through by
        /// then has taken room of its limits all the same, and is told as let through.
        case guarded(PastMessage?)
        /// Data for which no token was asked, since the policy refused to: the exchange has its own decision.
        case withoutToken
        /// A decision whose facts were not kept whole.
        case unknown
    }

    /// Nil for lines that are no decision.
    static func read(_ line: JournalLine, _ people: JournalPeople) -> Reading? {
        guard line.kind == .decision else { return nil }
        let members = line.members
        guard let by = members["by"]?.string, let action = members["action"]?.string,
            let decision = members["decision"]?.string, let time = members.time
        else { return .unknown }
        if Denial.refusedExchange(members["detail"]?.string) != nil { return .withoutToken }
        guard !Decider.isGuard(by), let action = Verdict.Action(rawValue: action) else {
            return .guarded(letThrough(members, people, decision, time))
        }
        guard let facts = JournalDecision.facts(of: members, people) else { return .unknown }
        let outcome = PastOutcome(
            action: action, by: by, code: action == .allow ? nil : members["code"]?.string)
        return .message(
            PastMessage(
                decision: decision, time: time, facts: facts, outcome: outcome,
                // What else the profile let pass are guards, which no policy changes.
                would: (members["would"]?.array ?? []).compactMap(\.string)
                    .filter { Decider($0) != nil },
                providerID: providerID(of: facts, members), lists: members["lists"]?.string,
                unverified: facts.unverified(
                    members["signature"]?.object, action: action, by: by)))
    }
}

extension PastMessage {
    /// What the policy let through before a guard refused it, or it failed; nil for all others, and where
    /// its facts were not kept whole.
    private static func letThrough(
        _ members: JournalMembers, _ people: JournalPeople, _ decision: String, _ time: Int
    ) -> PastMessage? {
        var decided: String?
        for check in members["checks"]?.array ?? [] {
            guard let name = check.object?["name"]?.string,
                let result = check.object?["result"]?.string.flatMap(Check.Result.init(rawValue:))
            else { return nil }
            switch (result, Decider(name)) {
            case (.refused, _), (.held, _): return nil
            // In report mode the rule that refuses lets through.
            case (.allowed, _), (.reported, .rule), (.reported, .fallback): decided = name
            case (.reported, _), (.passed, _), (.notApplicable, _), (.off, _), (.notReached, _):
                continue
            }
        }
        guard let decided, let facts = JournalDecision.facts(of: members, people) else {
            return nil
        }
        return PastMessage(
            decision: decision, time: time, facts: facts,
            outcome: PastOutcome(action: .allow, by: decided, code: nil), would: [],
            providerID: providerID(of: facts, members), lists: nil, unverified: nil)
    }

    /// Of the share that a notification is about.
    private static func providerID(of facts: Facts, _ members: JournalMembers) -> String? {
        facts.notificationType == nil ? nil : members["ocm"]?.object?["provider_id"]?.string
    }
}

extension JournalDecision {
    /// What its signature may have been, had anybody looked: nil where somebody did.
    package var unverified: SignatureFact? {
        guard let action = action.flatMap({ Verdict.Action(rawValue: $0.rawValue) }) else {
            return nil
        }
        return facts?.unverified(object["signature"]?.object, action: action, by: by)
    }
}

extension Facts {
    /// The lists are asked before anybody looks for a signature, so of a message that they refused
    /// nobody knows whether it had one.
    ///
    /// - Parameter signature: as the journal tells of it.
    fileprivate func unverified(
        _ signature: JSONObject?, action: Verdict.Action, by: String
    ) -> SignatureFact? {
        guard action != .allow, self.signature == .none, Decider(by)?.isStanding == true,
            let signature, signature["result"]?.string == "unchecked"
        else { return nil }
        return signature["generation"]?.string == "cavage" ? .cavage : .rfc9421
    }
}

/// What became of a message.
package struct PastOutcome: Sendable, Hashable {
    package let action: Verdict.Action
    /// The block that decided.
    package let by: String
    /// What the peer read; nil when it was let through.
    package let code: String?

    init(action: Verdict.Action, by: String, code: String?) {
        self.action = action
        self.by = by
        self.code = code
    }

    init(_ verdict: Verdict) {
        self.init(action: verdict.action, by: verdict.by, code: verdict.code)
    }

    /// Whether the peer would notice the difference.
    func differs(from other: PastOutcome) -> Bool {
        action != other.action || code != other.code
    }

    /// Whether the lists decided.
    var isOfLists: Bool { Decider(by)?.isStanding == true }

    /// Whether the lists ended it so that the gateway asks nothing behind them, and reports nothing. A
    /// message whose peer waits for a person is judged all the same; a request for data is not.
    func isOfListsAlone(_ occasion: Occasion) -> Bool {
        guard isOfLists else { return false }
        return switch action {
        case .allow: false
        case .deny: true
        case .hold: occasion.kind == .webdav
        }
    }

    /// `deny signature_required`.
    package var words: String {
        code.map { "\(action.rawValue) \($0)" } ?? action.rawValue
    }
}
