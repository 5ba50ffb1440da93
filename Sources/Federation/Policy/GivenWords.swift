extension Facts {
    /// The words of a test's `given` that make an ordinary message into this one: the reverse of
    /// ``given(_:over:_:)``, with nothing lost.
    package var givenWords: [(key: String, value: TOMLNode.Content)] {
        var words = GivenWords(
            ordinary: .ordinary(
                occasion, peer: peer, now: now, isChange: notificationType != nil))
        words.add("on", .string(occasion.description))
        if let peer { words.add("peer", .string(peer.description)) }
        if peer == nil { words.absent("peer") }
        if now != PolicyTest.ordinaryNow {
            words.add("now", .instant(TOMLInstant(start: now, end: now)))
        }
        words.add("signature", signature.rawValue, unless: words.ordinary.signature.rawValue)
        for fact in PlainFact.allCases where has(fact) != words.ordinary.has(fact) {
            if let isThere = has(fact) { words.add(fact.rawValue, .boolean(isThere)) }
        }
        words.add("software", software, unless: words.ordinary.software)
        words.add("address", address?.description, unless: nil)
        addShare(to: &words)
        return words.all
    }

    private func addShare(to words: inout GivenWords) {
        let ordinary = words.ordinary
        words.add("share_type", shareType, unless: ordinary.shareType)
        words.add("resource_type", resourceType, unless: ordinary.resourceType)
        words.add("protocol", protocols, unless: ordinary.protocols)
        words.add("permissions", permissions.words, unless: ordinary.permissions.words)
        words.add("access_types", accessTypes, unless: ordinary.accessTypes)
        if let size { words.add("size", .integer(size)) }
        words.add("owner", owner, unless: ordinary.owner)
        // A test that gives an owner gives the sender with it, where there is one.
        let isOwn = owner != ordinary.owner && ordinary.sender != nil
        let usual = isOwn ? owner ?? ordinary.sender : ordinary.sender
        words.add("sender", sender, unless: usual)
        words.add("recipient", recipient, unless: ordinary.recipient)
        words.add("notification_type", notificationType, unless: ordinary.notificationType)
    }
}

/// Words of `given` under way.
private struct GivenWords {
    let ordinary: Facts
    private var words: [(key: String, value: TOMLNode.Content)] = []
    private var missing: [String] = []

    init(ordinary: Facts) {
        self.ordinary = ordinary
    }

    var all: [(key: String, value: TOMLNode.Content)] {
        missing.isEmpty ? words : words + [("absent", Self.array(missing))]
    }

    mutating func add(_ key: String, _ value: TOMLNode.Content) { words.append((key, value)) }

    mutating func absent(_ key: String) { missing.append(key) }

    mutating func add(_ key: String, _ text: String?, unless ordinary: String?) {
        guard text != ordinary else { return }
        if let text { add(key, .string(text)) } else { absent(key) }
    }

    mutating func add(_ key: String, _ texts: [String], unless ordinary: [String]) {
        guard texts != ordinary else { return }
        if texts.isEmpty { return absent(key) }
        add(key, texts.count == 1 ? .string(texts[0]) : Self.array(texts))
    }

    private static func array(_ texts: [String]) -> TOMLNode.Content {
        .array(texts.map { TOMLNode(.string($0), at: .start) })
    }
}

/// What an ordinary message has and some do not: the words of `absent` in a test's `given`.
enum AbsentFact: String, CaseIterable {
    case peer
    case shareType = "share_type"
    case resourceType = "resource_type"
    case protocols = "protocol"
    case accessTypes = "access_types"
    case owner
    case sender
    case recipient
    case notificationType = "notification_type"

    func clear(in facts: inout Facts) {
        switch self {
        case .peer: facts.peer = nil
        case .shareType: facts.shareType = nil
        case .resourceType: facts.resourceType = nil
        case .protocols: facts.protocols = []
        case .accessTypes: facts.accessTypes = []
        case .owner: facts.owner = nil
        case .sender: facts.sender = nil
        case .recipient: facts.recipient = nil
        case .notificationType: facts.notificationType = nil
        }
    }
}
