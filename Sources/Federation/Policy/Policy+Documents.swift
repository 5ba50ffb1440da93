/// What of a verdict hangs on the document that a peer publishes.
extension Policy {
    /// Whether a message may end otherwise than refused for what the peer's document says: false where
    /// a block refuses it that no document changes.
    ///
    /// - Parameter facts: what is known before anybody asked for the document.
    package func mayAllow(_ facts: Facts, _ standing: Standing) -> Bool {
        var facts = facts
        facts.mfa = .enforced
        let verdict = evaluate(facts, standing, room: Self.roomForAll)
        if verdict.action == .allow { return true }
        guard let decider = Decider(verdict.by) else { return false }
        switch decider {
        // Another rule may be the first that fits.
        case .rule, .fallback: return rules.contains { $0.asksForSoftware(on: facts.occasion) }
        case .undecided, .guard, .list, .unknown, .requirement, .limit, .advertisedKeys, .pingPong,
            .mode:
            return false
        }
    }
}

extension Rule {
    /// Whether the rule decides about such messages by what the peer calls itself.
    fileprivate func asksForSoftware(on occasion: Occasion) -> Bool {
        guard mode == .enforce, scope.occasions.contains(occasion) else { return false }
        return scope.conditions.contains { condition in
            if case .software = condition { true } else { false }
        }
    }
}
