import Federation

/// What a rule before one that refused has to say of the message, to let through no more than such: as the first
/// that matches it decides in the place of all behind it, so it names of the message what any of them asks for.
///
/// Not where it came from, what its server calls itself, when it came and how large it was: these say nothing of
/// the next one.
struct ExceptionTerms {
    private var members: [(key: String, value: String)] = []

    /// - Parameter name: of the rule that refused, as verdicts call it.
    init(for facts: Facts, before name: String, in policy: Policy) {
        let rules = policy.rules.drop { $0.label != name }.filter { rule in
            rule.mode == .enforce && rule.refuses && rule.scope.occasions.contains(facts.occasion)
        }
        for rule in rules {
            for condition in rule.scope.conditions {
                guard let member = Self.member(condition, facts, isOwn: rule.label == name),
                    !members.contains(where: { $0.key == member.key })
                else { continue }
                members.append(member)
            }
        }
    }

    /// The line `when`; nil where nothing is to be said.
    var line: String? {
        guard !members.isEmpty else { return nil }
        let words = members.map { "\($0.key) = \($0.value)" }
        return "when   = { \(words.joined(separator: ", ")) }"
    }

    /// - Parameter isOwn: whether the condition is of the rule that refused; of people who are sealed, its
    ///   patterns are told.
    private static func member(
        _ condition: Condition, _ facts: Facts, isOwn: Bool
    ) -> (key: String, value: String)? {
        let words: [String]
        var key = condition.key
        switch condition {
        case .shareType: words = [facts.shareType].compactMap(\.self)
        case .resourceType: words = [facts.resourceType].compactMap(\.self)
        case .protocols: words = facts.protocols
        case .permissions, .permissionsNot: (key, words) = ("permissions", facts.permissions.words)
        case .accessTypes: words = facts.accessTypes
        case .notificationType: words = [facts.notificationType].compactMap(\.self)
        case .owner: words = person(facts.owner, condition, isOwn)
        case .sender: words = person(facts.sender, condition, isOwn)
        case .recipient: words = person(facts.recipient, condition, isOwn)
        case .net, .software, .time, .sizeMax: return nil
        }
        let written = words.map { TOMLNode.Content.string($0).written }
        switch written.count {
        case 0: return nil
        case 1: return (key, written[0])
        case _: return (key, "[\(written.joined(separator: ", "))]")
        }
    }

    private static func person(
        _ address: String?, _ condition: Condition, _ isOwn: Bool
    ) -> [String] {
        // A pseudonym is nobody's address, and a name with a star in it would be a pattern.
        if let address, !address.utf8.contains(where: { $0 == 0x2A || $0 == 0x7E }) {
            return [address]
        }
        return isOwn ? condition.words : []
    }
}

extension Rule {
    fileprivate var refuses: Bool {
        switch ruling {
        case .allow: false
        case .deny, .hold: true
        }
    }
}
