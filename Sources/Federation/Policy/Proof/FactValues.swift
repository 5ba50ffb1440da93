/// Of each aspect the values that stand for all others, the ordinary one first.
struct FactValues {
    private let addresses: [NetworkAddress?]
    private let sizes: [Int?]
    private let owners: Texts
    private let senders: Texts
    private let recipients: Texts
    private let software: Texts
    private let permissions: [Permissions]
    private let protocols: [[String]]
    private let accessTypes: [[String]]
    private let shareTypes: [String?]
    private let resourceTypes: [String?]
    private let notificationTypes: [String?]

    /// A text of a class.
    private struct Text {
        /// Nil: there is none, or none was found.
        let text: String?
        let isKnown: Bool

        static let absent = Text(text: nil, isKnown: true)
    }

    private struct Texts {
        let all: [Text]
        /// Of each glob the classes that match it.
        var matching: [Glob: [Int]] = [:]

        subscript(number: Int) -> Text { all[number] }
    }

    init(_ atoms: PolicyAtoms) throws(ProofLimit) {
        addresses = [nil] + NetworkClasses(atoms.ranges).addresses
        // No size counts as zero.
        sizes = [nil] + atoms.sizes.sorted().map { $0 == .max ? $0 : $0 + 1 }
        owners = try Self.texts(atoms.globs[.owner], .address, ordinary: "alice@here.example")
        senders = try Self.texts(atoms.globs[.sender], .address, ordinary: "alice@here.example")
        recipients = try Self.texts(atoms.globs[.recipient], .address, ordinary: "bob@here.example")
        software = try Self.texts(atoms.globs[.software], .software, ordinary: nil)
        let named = [Permissions.read, .write, .share, .unspecified]
        permissions = (1..<16).map { bits in
            Permissions(naming: named.indices.filter { bits & 1 << $0 != 0 }.map { named[$0] })
        }
        protocols = Self.sets(of: ["webdav"], atoms.words[.protocols])
        accessTypes = Self.sets(of: [], atoms.words[.accessTypes])
        shareTypes = Self.words("user", atoms.words[.shareType])
        resourceTypes = Self.words("file", atoms.words[.resourceType])
        // Whether there is one always counts: the guard against ping-pong asks.
        notificationTypes =
            [nil]
            + Self.words("SHARE_ACCEPTED", atoms.words[.notificationType]).filter { $0 != nil }
    }

    func count(of aspect: Aspect) -> Int {
        switch aspect {
        case .occasion: Occasion.all.count
        case .signature: SignatureFact.allCases.count
        case .plain: 2
        case .shareType: shareTypes.count
        case .resourceType: resourceTypes.count
        case .protocols: protocols.count
        case .permissions: permissions.count
        case .accessTypes: accessTypes.count
        case .size: sizes.count
        case .owner: owners.all.count
        case .sender: senders.all.count
        case .recipient: recipients.all.count
        case .notificationType: notificationTypes.count
        case .address: addresses.count
        case .software: software.all.count
        case .peer, .room: 0
        }
    }

    /// Whether there is a message of this class for certain.
    func isKnown(_ aspect: Aspect, _ number: Int) -> Bool {
        texts(of: aspect)?[number].isKnown ?? true
    }

    /// Whether the messages of this class have no owner, sender, recipient or resource type.
    func isAbsent(_ aspect: Aspect, _ number: Int) -> Bool {
        if aspect == .resourceType { return resourceTypes[number] == nil }
        guard let text = texts(of: aspect)?[number] else { return false }
        return text.text == nil && text.isKnown
    }

    /// The classes whose text matches one of the globs.
    func matching(_ globs: [Glob], _ aspect: Aspect) -> ClassSet {
        var set = ClassSet(noneOf: count(of: aspect))
        let texts = texts(of: aspect)
        for glob in globs {
            for number in texts?.matching[glob] ?? [] { set.insert(number) }
        }
        return set
    }

    private func texts(of aspect: Aspect) -> Texts? {
        switch aspect {
        case .owner: owners
        case .sender: senders
        case .recipient: recipients
        case .software: software
        case _: nil
        }
    }

    func set(_ aspect: Aspect, to number: Int, in facts: inout Facts) {
        switch aspect {
        case .occasion: facts.occasion = Occasion.all[number]
        case .signature: facts.signature = Self.signatures[number]
        case .plain(let fact): facts.set(fact, to: (number == 0) == fact.isOrdinary)
        case .shareType: facts.shareType = shareTypes[number]
        case .resourceType: facts.resourceType = resourceTypes[number]
        case .protocols: facts.protocols = protocols[number]
        case .permissions: facts.permissions = permissions[number]
        case .accessTypes: facts.accessTypes = accessTypes[number]
        case .size: facts.size = sizes[number]
        case .owner: facts.owner = owners[number].text
        case .sender: facts.sender = senders[number].text
        case .recipient: facts.recipient = recipients[number].text
        case .notificationType: facts.notificationType = notificationTypes[number]
        case .address: facts.address = addresses[number]
        case .software: facts.software = software[number].text
        case .peer, .room: break
        }
    }

    private static let signatures: [SignatureFact] = [.rfc9421, .cavage, .none, .invalid]

    private static func texts(
        _ globs: [Glob]?, _ shape: TextShape, ordinary: String?
    ) throws(ProofLimit) -> Texts {
        guard let globs else {
            return Texts(all: [Text(text: ordinary, isKnown: true)])
        }
        let classes = try TextClasses(globs, shape, ordinary: ordinary).classes
        let found = classes.map { Text(text: $0.witness, isKnown: $0.witness != nil) }
        var texts = Texts(all: ordinary == nil ? [.absent] + found : found + [.absent])
        let first = ordinary == nil ? 1 : 0
        for (number, one) in classes.enumerated() {
            for place in one.matched {
                texts.matching[globs[place], default: []].append(first + number)
            }
        }
        return texts
    }

    /// The words that are asked for, one that is not, and none.
    private static func words(_ ordinary: String, _ asked: Set<String>?) -> [String?] {
        guard let asked else { return [ordinary] }
        let other = asked.contains(ordinary) ? [otherWord(asked)] : []
        return [ordinary] + (asked.subtracting([ordinary]).sorted() + other).map { $0 } + [nil]
    }

    /// All sets of the words that are asked for and one that is not; `ordinary` first.
    private static func sets(of ordinary: [String], _ asked: Set<String>?) -> [[String]] {
        guard let asked else { return [ordinary] }
        let words =
            asked.sorted() + [
                asked.isDisjoint(with: ordinary)
                    ? (ordinary.first ?? otherWord(asked)) : otherWord(asked)
            ]
        let all = (0..<(1 << words.count)).map { bits in
            words.indices.filter { bits & 1 << $0 != 0 }.map { words[$0] }
        }
        return [ordinary] + all.filter { $0 != ordinary }
    }

    private static func otherWord(_ asked: Set<String>) -> String {
        for number in 0..<asked.count {
            let word = number == 0 ? "other" : "other-\(number)"
            if !asked.contains(word) { return word }
        }
        return "other-\(asked.count)"
    }
}
