/// What messages can differ in, one after the other.
enum Aspect: Hashable {
    case occasion
    /// With the time and what the lists say.
    case peer
    case signature
    /// Of all but the directory, which hangs on the peer.
    case plain(PlainFact)
    case shareType
    case resourceType
    case protocols
    case permissions
    case accessTypes
    case size
    case owner
    case sender
    case recipient
    case notificationType
    case address
    case software
    /// Whether the limit of this name has room.
    case room(String)
}

/// Every message that some policies can tell apart, as classes: of each aspect by itself, so that a
/// message is one class of each.
///
/// Nothing is assumed of how the aspects hang together, but for one: only notifications, also those of
/// the older API, have a notification type. A message without a share may have a share type here; so
/// what is proved holds for more messages than there are.
struct MessageSpace {
    let aspects: [Aspect]
    let peers: PeerClasses
    private let counts: [Int]
    private let places: [Aspect: Int]
    private let values: FactValues

    init(
        _ policies: [Policy], asked: [MessageClass], named: PeerNames = PeerNames()
    ) throws(ProofLimit) {
        var atoms = PolicyAtoms()
        for (number, policy) in policies.enumerated() { atoms.add(policy, number) }
        for messages in asked { atoms.add(messages, policy: 0) }
        peers = try PeerClasses(
            policies, atoms.selectors, atoms.windows, asksDirectory: atoms.asksDirectory,
            named: named)
        values = try FactValues(atoms)
        let rooms = Set(policies.flatMap { $0.limits.map(\.name) })
            .subtracting([Policy.pingPongLabel]).sorted()
        aspects = Self.facts + ([Policy.pingPongLabel] + rooms).map { .room($0) }
        places = Dictionary(uniqueKeysWithValues: zip(aspects, aspects.indices))
        var counts: [Int] = []
        for aspect in aspects {
            switch aspect {
            case .peer: counts.append(peers.classes.count)
            case .room: counts.append(2)
            case _: counts.append(values.count(of: aspect))
            }
        }
        self.counts = counts
    }

    /// All messages, and more.
    var everything: Region { Region(counts.map { ClassSet(allOf: $0) }) }

    /// All messages.
    var possible: [Region] {
        let tells = question(.occasion) { $0.occasion.mayHaveNotificationType }
        let typed = question(.notificationType) { $0.notificationType != nil }
        return [everything.without(tells).without(typed), everything.with(tells)]
    }

    /// The messages for which something holds that hangs on one aspect alone.
    func question(_ aspect: Aspect, where holds: (Facts) -> Bool) -> Question {
        let place = places[aspect] ?? 0
        var facts = Facts(Occasion(.share, .inbound), peer: nil, now: 0)
        return Question(
            aspect: place,
            members: ClassSet(of: counts[place]) { number in
                values.set(aspect, to: number, in: &facts)
                return holds(facts)
            })
    }

    /// The messages of which a condition holds, as far as that hangs on its own aspect.
    func question(_ condition: Condition, in effect: Condition.Effect) -> Question {
        switch condition {
        case .owner(let globs), .sender(let globs), .recipient(let globs), .software(let globs):
            return Question(
                aspect: places[condition.aspect] ?? 0,
                members: values.matching(globs, condition.aspect))
        case .time(let windows):
            return question { peer in windows.contains { $0.contains(peer.now) } }
        case .shareType, .resourceType, .protocols, .permissions, .permissionsNot, .sizeMax,
            .accessTypes, .notificationType, .net:
            return question(condition.aspect) { condition.holds(for: $0, in: effect) }
        }
    }

    /// The messages that do not have what an aspect is about.
    func question(without aspect: Aspect) -> Question {
        let place = places[aspect] ?? 0
        return Question(
            aspect: place,
            members: ClassSet(of: counts[place]) { number in
                values.isAbsent(aspect, number)
            })
    }

    /// The messages whose peer is of such a kind.
    func question(peers holds: (PeerClasses.Class) -> Bool) -> Question {
        let place = places[.peer] ?? 0
        return Question(
            aspect: place, members: ClassSet(of: counts[place]) { holds(peers.classes[$0]) })
    }

    /// The messages for which a limit has no room.
    func question(full limit: String) -> Question {
        let place = places[.room(limit)] ?? 0
        return Question(aspect: place, members: ClassSet(of: 2) { $0 == 1 })
    }

    /// A message of a region, the plainest that it has; nil when no text is known that would make
    /// one.
    func message(in region: Region) -> SampleMessage? {
        guard let number = region.sets[places[.peer] ?? 0].first else { return nil }
        let peer = peers.classes[number]
        var facts = Facts(Occasion(.share, .inbound), peer: peer.host, now: peer.now)
        var full: Set<String> = []
        for (place, aspect) in aspects.enumerated() {
            let set = region.sets[place]
            switch aspect {
            case .peer: break
            case .room(let name): if !set.contains(0) { full.insert(name) }
            case _:
                guard let number = set.numbers.first(where: { values.isKnown(aspect, $0) }) else {
                    return nil
                }
                values.set(aspect, to: number, in: &facts)
            }
        }
        return SampleMessage(facts: facts, lists: peer.entries, full: full)
    }

    /// A class that is one word: `share type group`; nil for those that are more or less than that.
    func value(_ number: Int, at place: Int) -> String? {
        var facts = Facts(Occasion(.share, .inbound), peer: nil, now: 0)
        values.set(aspects[place], to: number, in: &facts)
        return switch aspects[place] {
        case .shareType: facts.shareType.map { "share type \($0)" }
        case .resourceType: facts.resourceType.map { "resource type \($0)" }
        case _: nil
        }
    }

    /// One class of an aspect, by the value that stands for it.
    func words(for number: Int, at place: Int) -> String {
        let aspect = aspects[place]
        if aspect == .peer { return "peers like \(peers.classes[number].host)" }
        var facts = Facts(Occasion(.share, .inbound), peer: nil, now: 0)
        values.set(aspect, to: number, in: &facts)
        let words: String? =
            switch aspect {
            case .signature: facts.signature.rawValue
            case .shareType: facts.shareType
            case .resourceType: facts.resourceType
            case .protocols: facts.protocols.joined(separator: "+")
            case .accessTypes: facts.accessTypes.joined(separator: "+")
            case .permissions: facts.permissions.words.joined(separator: "+")
            case .size: facts.size.map { ByteCount($0).description }
            case .owner: facts.owner
            case .sender: facts.sender
            case .recipient: facts.recipient
            case .notificationType: facts.notificationType
            case .address: facts.address?.description
            case .software: facts.software
            case .occasion, .peer, .plain, .room: nil
            }
        return words.map { $0.isEmpty ? "none" : $0 } ?? "none"
    }

    private static let facts: [Aspect] =
        [Aspect.occasion, .peer, .signature]
        + PlainFact.allCases.filter { $0 != .directory }.map(Aspect.plain) + [
            Aspect.shareType, .resourceType, .protocols, .permissions, .accessTypes, .size, .owner,
            .sender, .recipient, .notificationType, .address, .software,
        ]
}

/// A message of a class, with what stands around it.
struct SampleMessage {
    var facts: Facts
    /// Entries of downloaded lists, by their names.
    var lists: [String: [ListEntry]]
    /// The limits that have no room.
    var full: Set<String>
}

/// A part of all messages: some classes of each aspect.
struct Region: Hashable {
    fileprivate(set) var sets: [ClassSet]

    fileprivate init(_ sets: [ClassSet]) {
        self.sets = sets
    }

    var isEmpty: Bool { sets.contains(where: \.isEmpty) }

    /// The part for which a question is answered with yes.
    func with(_ question: Question) -> Region {
        var region = self
        region.sets[question.aspect] = sets[question.aspect].intersection(question.members)
        return region
    }

    /// The part for which it is answered with no.
    func without(_ question: Question) -> Region {
        var region = self
        region.sets[question.aspect] = sets[question.aspect].subtracting(question.members)
        return region
    }

    /// Nil when some messages of the region say yes and some no.
    func answer(_ question: Question) -> Bool? {
        let set = sets[question.aspect]
        if set.isSubset(of: question.members) { return true }
        return set.isDisjoint(with: question.members) ? false : nil
    }

    /// The same with other classes of one aspect.
    func replacing(_ aspect: Int, with set: ClassSet) -> Region {
        var region = self
        region.sets[aspect] = set
        return region
    }
}

/// Whether a message is of certain classes of one aspect.
struct Question: Hashable {
    /// Its place in the space.
    let aspect: Int
    /// The classes that say yes.
    let members: ClassSet

    /// Yes where one of two questions about the same aspect says so.
    func or(_ other: Question) -> Question {
        Question(aspect: aspect, members: members.union(other.members))
    }
}

extension Occasion {
    /// Whether its messages may be notifications.
    var mayHaveNotificationType: Bool {
        switch kind {
        case .notification, .ocs: true
        case .share, .invite, .token, .webdav, .requestShare: false
        }
    }
}
