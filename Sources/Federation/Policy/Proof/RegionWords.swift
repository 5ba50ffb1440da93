/// Says in words which messages a region has, by what the policies ask of messages.
struct RegionWords {
    /// Something that a policy asks of one aspect.
    private struct Atom {
        let members: ClassSet
        let yes: String
        let no: String
    }

    private let space: MessageSpace
    private var atoms: [Int: [Atom]] = [:]

    init(_ old: Policy, _ new: Policy, _ space: MessageSpace) {
        self.space = space
        add(space.question(.signature) { $0.signature.isValid }, "signed", "unsigned")
        for (fact, word) in [
            (SignatureFact.rfc9421, "RFC 9421"), (.cavage, "draft-cavage"),
            (.invalid, "wrong signature"),
        ] {
            add(space.question(.signature) { $0.signature == fact }, word, "not \(word)")
        }
        add(
            space.question(.peerKeys) { $0.peerKeys == .advertised }, "peer advertises keys",
            "peer advertises no keys")
        add(space.question(.access) { $0.access == .token }, "by token", "by permanent secret")
        add(space.question(.invite) { $0.invite == .accepted }, "invited", "not invited")
        add(space.question(.mfa) { $0.mfa == .enforced }, "peer enforces MFA", "peer without MFA")
        add(
            space.question(.keyPinned) { $0.keyPinned == .pinned }, "key known before",
            "key not known before")
        add(
            space.question(.mtls) { $0.mtls == .verified }, "client certificate",
            "no client certificate")
        add(
            space.question(.notificationType) { $0.notificationType != nil },
            "with a notification type", "without a notification type")
        let rooms = Set((old.limits + new.limits).map(\.name)).sorted()
        for name in [Policy.pingPongLabel] + rooms {
            add(space.question(full: name), "\(name) is full", "\(name) has room")
        }
        for (number, policy) in [old, new].enumerated() { add(policy, number, space) }
    }

    private mutating func add(_ question: Question, _ yes: String, _ no: String) {
        guard !(atoms[question.aspect] ?? []).contains(where: { $0.members == question.members })
        else { return }
        atoms[question.aspect, default: []].append(
            Atom(members: question.members, yes: yes, no: no))
    }

    private mutating func add(_ policy: Policy, _ number: Int, _ space: MessageSpace) {
        for word in Standing.Word.allCases {
            let name =
                word == .unknown ? "peers on no list" : "peers with standing \(word.rawValue)"
            let other =
                word == .unknown ? "peers on some list" : "peers without standing \(word.rawValue)"
            add(space.question { $0.standings[number].word == word }, name, other)
        }
        for (place, list) in policy.lists.enumerated() {
            add(
                space.question { $0.standings[number].memberships.contains(place) },
                "peers on @\(list.name)", "peers not on @\(list.name)")
            add(
                space.question { $0.standings[number].by == list.label },
                "peers with their standing from \(list.label)",
                "peers with their standing not from \(list.label)")
            for entry in list.entries.prefix(Self.mostEntries) where list.tier == .own {
                add(entry, space)
            }
        }
        let scopes =
            policy.requirements.map { ($0.scope, Condition.Effect.restricts) }
            + policy.limits.map { ($0.scope, Condition.Effect.restricts) }
            + policy.rules.map { ($0.scope, $0.effect) }
        for (scope, effect) in scopes {
            for selector in [scope.peers, scope.excepted].compactMap(\.self) {
                for pattern in selector.patterns {
                    add(
                        space.question { pattern.matches($0.host) }, "peers in \(pattern)",
                        "peers not in \(pattern)")
                }
            }
            for condition in scope.conditions {
                let values = condition.words.joined(separator: " or ")
                let (yes, no) = condition.phrase(values, effect)
                add(space.question(condition, in: effect), yes, no)
            }
        }
    }

    private mutating func add(_ entry: ListEntry, _ space: MessageSpace) {
        let pattern = entry.pattern
        add(
            space.question { pattern.matches($0.host) }, "peers in \(pattern)",
            "peers not in \(pattern)")
        if let until = entry.until {
            let date = TOMLInstant(start: until, end: until).written
            add(space.question { $0.now >= until }, "from \(date) on", "before \(date)")
        }
    }

    /// Kind of message first, then who, then what.
    func describe(_ region: Region) -> String {
        let all = space.everything
        return space.aspects.indices.compactMap { place -> String? in
            let set = region.sets[place]
            if space.aspects[place] == .occasion { return Self.occasions(set) }
            return set == all.sets[place] ? nil : describe(set, of: all.sets[place], at: place)
        }.joined(separator: ", ")
    }

    /// As few things as are needed, each of which holds of all the classes.
    private func describe(_ set: ClassSet, of all: ClassSet, at place: Int) -> String {
        let literals = (atoms[place] ?? []).flatMap { atom in
            [(atom.members, atom.yes), (all.subtracting(atom.members), atom.no)]
        }
        // The smallest that fits says the most.
        var chosen: [(members: ClassSet, words: String)] = []
        var rest = all
        let fitting = literals.filter { set.isSubset(of: $0.0) }.sorted { $0.0.count < $1.0.count }
        for (members, words) in fitting where !rest.isSubset(of: members) {
            rest = rest.intersection(members)
            chosen.append((members, words))
            if rest == set { break }
        }
        if rest == set { return chosen.map(\.words).joined(separator: " and ") }
        return alternatives(set, literals, at: place)
    }

    /// Several things, one of which holds of each class.
    private func alternatives(
        _ set: ClassSet, _ literals: [(ClassSet, String)], at place: Int
    ) -> String {
        var words: [String] = []
        var rest = set
        let fitting = literals.filter { !$0.0.isEmpty && $0.0.isSubset(of: set) }
            .sorted { $0.0.count > $1.0.count }
        for (members, name) in fitting where !rest.isDisjoint(with: members) {
            rest = rest.subtracting(members)
            words.append(name)
        }
        let others = rest.numbers
        for number in others.prefix(Self.mostNamed) {
            words.append(space.words(for: number, at: place))
        }
        if others.count > Self.mostNamed {
            words.append("\(others.count - Self.mostNamed) more kinds")
        }
        return words.joined(separator: " or ")
    }

    /// `share.in`, or `share` for both ways, `*.in` for all of one way.
    private static func occasions(_ set: ClassSet) -> String {
        let there = Occasion.all.indices.filter(set.contains).map { Occasion.all[$0] }
        if there.count == Occasion.all.count { return "every message" }
        var words: [String] = []
        var rest = there
        for direction in Direction.allCases {
            let all = Occasion.all.filter { $0.direction == direction }
            if all.allSatisfy(rest.contains) {
                words.append("*.\(direction.rawValue)")
                rest.removeAll(where: all.contains)
            }
        }
        for kind in MessageKind.allCases {
            let both = rest.filter { $0.kind == kind }
            words += both.count == 2 ? [kind.rawValue] : both.map(\.description)
        }
        return words.joined(separator: ", ")
    }

    /// Of long lists only the first entries are looked at for words.
    private static let mostEntries = 50
    private static let mostNamed = 3
}

extension Condition {
    /// What holds of a message of which the condition holds, and of others.
    fileprivate func phrase(_ values: String, _ effect: Effect) -> (yes: String, no: String) {
        let name = key.replacing("_", with: " ")
        switch self {
        case .protocols, .accessTypes, .permissions:
            switch effect {
            case .letsThrough: return ("\(name) only \(values)", "\(name) not only \(values)")
            case .restricts: return ("\(name) with \(values)", "\(name) without \(values)")
            }
        case .permissionsNot:
            return ("permissions beyond \(values)", "permissions within \(values)")
        case .sizeMax(let limit):
            return ("size to \(ByteCount(limit))", "size over \(ByteCount(limit))")
        case .shareType, .resourceType, .owner, .sender, .recipient, .notificationType, .net,
            .software, .time:
            return ("\(name) \(values)", "\(name) not \(values)")
        }
    }
}
