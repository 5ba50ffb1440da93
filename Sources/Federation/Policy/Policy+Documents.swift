/// What of a verdict hangs on the document that a peer publishes.
extension Policy {
    /// Whether a message may end otherwise than refused for what the peer's document says: false where
    /// a block refuses it that no document changes. What a rule holds is not refused: a person is asked
    /// about it. A stranger whom the lists hold has to sign first (`docs/decisions/0052`).
    ///
    /// - Parameter facts: what is known before anybody asked for the document.
    package func mayAllow(_ facts: Facts, _ standing: Standing) -> Bool {
        var facts = facts
        facts.mfa = .enforced
        let verdict = evaluate(facts, standing, room: Self.roomForAll)
        if verdict.action == .allow { return true }
        guard let decider = Decider(verdict.by) else { return false }
        switch decider {
        case .rule where verdict.action == .hold: return true
        // Another rule may be the first that fits.
        case .rule, .fallback: return rules.contains { $0.asksForSoftware(on: facts.occasion) }
        case .undecided, .guard, .ownSite, .list, .unknown, .requirement, .limit, .advertisedKeys,
            .pingPong, .mode:
            return false
        }
    }

    /// Whether the end of a message hangs on what its peer publishes, for which nobody asked: this policy
    /// would have asked, and then it may have been another one.
    package func hangsOnDocument(_ facts: Facts) -> Bool {
        let others = documented(facts)
        if others.isEmpty { return false }
        let verdict = evaluate(facts, room: Self.roomForAll)
        return others.contains {
            let other = evaluate($0, room: Self.roomForAll)
            return other.action != verdict.action || other.code != verdict.code
        }
    }

    /// The message of peers that publish whatever the policy asks about; none where it is known what the
    /// peer does, and where that would not be asked.
    private func documented(_ facts: Facts) -> [Facts] {
        guard facts.document == .unread else { return [] }
        var keys = [facts.peerKeys]
        if !facts.signature.isValid {
            guard mayAllow(facts, standings(of: facts).first) else { return [] }
            keys.append(.advertised)
        }
        return keys.flatMap { keys in
            MFAFact.allCases.flatMap { mfa in
                softwareAsked.map { software in
                    var other = facts
                    (other.peerKeys, other.mfa, other.software) = (keys, mfa, software)
                    return other
                }
            }
        }
    }

    /// A name of a server for each pattern of names, and none.
    private var softwareAsked: [String?] {
        var names: [String?] = [nil]
        for condition in scopes.flatMap(\.conditions) {
            guard case .software(let globs) = condition else { continue }
            for glob in globs { names.append(glob.description.replacing("*", with: "")) }
        }
        return names
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
