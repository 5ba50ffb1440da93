/// Says in words which messages a region has, by what the policies ask of messages.
struct RegionWords {
    /// Something that a policy asks of one aspect.
    private struct Atom {
        let members: ClassSet
        let yes: String
        let no: String
    }

    private let space: MessageSpace
    private let all: Region
    private var atoms: [Int: [Atom]] = [:]

    init(_ old: Policy, _ new: Policy, _ space: MessageSpace, _ named: PeerNames) {
        self.space = space
        all = space.everything
        add(space.question(.signature) { $0.signature.isValid }, "signed", "unsigned")
        for (fact, word) in [
            (SignatureFact.rfc9421, "RFC 9421"), (.cavage, "draft-cavage"),
            (.invalid, "wrong signature"),
        ] {
            add(space.question(.signature) { $0.signature == fact }, word, "not \(word)")
        }
        let facts: [(PlainFact, String, String)] = [
            (.peerKeys, "peer advertises keys", "peer advertises no keys"),
            (.access, "by token", "by permanent secret"),
            (.invite, "invited", "not invited"),
            (.mfa, "peer enforces MFA", "peer without MFA"),
            (.keyPinned, "key known before", "key not known before"),
            (.mtls, "client certificate", "no client certificate"),
        ]
        for (fact, yes, no) in facts {
            add(space.question(.plain(fact)) { $0.has(fact) == true }, yes, no)
        }
        add(
            space.question(.notificationType) { $0.notificationType != nil },
            "with a notification type", "without a notification type")
        let rooms = Set((old.limits + new.limits).map(\.name)).sorted()
        for name in [Policy.pingPongLabel] + rooms {
            add(space.question(full: name), "\(name) is full", "\(name) has room")
        }
        add(named)
        addStandings(old, new)
        for policy in [old, new] { addConditions(policy) }
    }

    private mutating func add(_ question: Question, _ yes: String, _ no: String) {
        guard !(atoms[question.aspect] ?? []).contains(where: { $0.members == question.members })
        else { return }
        atoms[question.aspect, default: []].append(
            Atom(members: question.members, yes: yes, no: no))
    }

    private mutating func add(_ named: PeerNames) {
        for pattern in named.patterns {
            add(
                space.question { pattern.matches($0.host) }, "peers in \(pattern)",
                "peers not in \(pattern)")
        }
        for instant in named.instants {
            let date = TOMLInstant(start: instant, end: instant).written
            add(space.question { $0.now >= instant }, "from \(date) on", "before \(date)")
        }
    }

    /// What the lists say, with the time where the two policies say different things.
    private mutating func addStandings(_ old: Policy, _ new: Policy) {
        let words: [(Standing.Word, String, String)] = [
            (.allow, "peers that a list allows", "peers that no list allows"),
            (.block, "peers that a list blocks", "peers that no list blocks"),
            (.unknown, "peers on no list", "peers on some list"),
        ]
        for (word, yes, no) in words {
            add(yes, no, in: [old, new]) { peer, number in peer.standings[number].word == word }
        }
        for name in Set((old.lists + new.lists).map(\.name)).sorted() {
            let places = [old, new].map { $0.lists.firstIndex { $0.name == name } }
            // Of other lists it is only known whether they give the standing.
            let isAsked = zip([old, new], places).contains { policy, place in
                place.map(policy.asks) ?? false
            }
            if isAsked {
                add("peers on @\(name)", "peers not on @\(name)", in: [old, new]) { peer, number in
                    places[number].map(peer.standings[number].memberships.contains) ?? false
                }
            }
            add(
                "peers of whom list:\(name) speaks", "peers of whom list:\(name) does not speak",
                in: [old, new]
            ) { peer, number in peer.standings[number].by == Decider.list(name).name }
        }
    }

    private mutating func add(
        _ yes: String, _ no: String, in policies: [Policy],
        _ holds: (PeerClasses.Class, Int) -> Bool
    ) {
        let questions = policies.indices.map { number in space.question { holds($0, number) } }
        if Set(questions).count == 1 { return add(questions[0], yes, no) }
        add(questions[0], "\(yes) so far", "\(no) so far")
        add(questions[1], "\(yes) from now on", "\(no) from now on")
    }

    private mutating func addConditions(_ policy: Policy) {
        let scopes =
            policy.requirements.map { ($0.scope, Condition.Effect.restricts) }
            + policy.limits.map { ($0.scope, Condition.Effect.restricts) }
            + policy.rules.map { ($0.scope, $0.effect) }
        for (scope, effect) in scopes {
            for condition in scope.conditions {
                let values = condition.words.joined(separator: " or ")
                let (yes, no) = condition.phrase(values, effect)
                add(space.question(condition, in: effect), yes, no)
            }
        }
    }

    /// Each region in words: kind of message first, then who, then what. What holds of a whole usual
    /// region goes without saying, and so does room in limits.
    func describe(_ regions: [Region], unlike usual: [Region]) -> [String] {
        var lines: [String] = []
        for region in regions {
            let line = describe(region, unlike: usual)
            if !lines.contains(line) { lines.append(line) }
        }
        return lines
    }

    private func describe(_ region: Region, unlike usual: [Region]) -> String {
        space.aspects.indices.compactMap { place -> String? in
            let set = region.sets[place]
            switch space.aspects[place] {
            case .occasion: return Self.occasions(set)
            case .room where set.contains(0): return nil
            case .notificationType where !Self.mayTell(region.sets[0]): return nil
            case _: break
            }
            if usual.contains(where: { $0.sets[place].isSubset(of: set) }) { return nil }
            return set == all.sets[place] ? nil : describe(set, of: all.sets[place], at: place)
        }.joined(separator: ", ")
    }

    /// As few things as are needed, each of which holds of all the classes.
    private func describe(_ set: ClassSet, of all: ClassSet, at place: Int) -> String {
        let literals = (atoms[place] ?? []).flatMap { atom in
            [(atom.members, atom.yes), (all.subtracting(atom.members), atom.no)]
        }
        if set.count == 1, let number = set.first, let value = space.value(number, at: place) {
            return value
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

    /// Whether messages of some of these kinds can have a notification type.
    private static func mayTell(_ occasions: ClassSet) -> Bool {
        occasions.numbers.contains { number in
            Occasion.all.indices.contains(number) && Occasion.all[number].mayHaveNotificationType
        }
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

    private static let mostNamed = 3
}

extension Policy {
    /// Whether a block asks for the members of this list.
    fileprivate func asks(_ list: Int) -> Bool {
        scopes.contains { scope in
            [scope.peers, scope.excepted].contains { $0?.lists.contains(list) == true }
        }
    }
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
