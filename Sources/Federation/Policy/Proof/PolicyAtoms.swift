/// All that some policies and invariants ask of a message, by aspect.
struct PolicyAtoms {
    /// Each with the place of its policy.
    private(set) var selectors: [(policy: Int, peers: PeerSelector)] = []
    private(set) var windows: [TimeWindow] = []
    private(set) var asksDirectory = false
    private(set) var ranges: [NetworkRange] = []
    /// The limits of `size_max`, in bytes.
    private(set) var sizes: Set<Int> = []
    private(set) var words: [Aspect: Set<String>] = [:]
    /// Each once.
    private(set) var globs: [Aspect: [Glob]] = [:]
    private var known: [Aspect: Set<Glob>] = [:]

    mutating func add(_ policy: Policy, _ number: Int) {
        for block in policy.requirements {
            add(block.scope, number)
            asksDirectory = asksDirectory || block.needs.contains(.directory)
        }
        for block in policy.limits { add(block.scope, number) }
        for block in policy.rules { add(block.scope, number) }
    }

    mutating func add(_ messages: MessageClass, policy: Int) {
        selectors += [messages.peers, messages.excepted].compactMap(\.self).map { (policy, $0) }
        asksDirectory = asksDirectory || messages.plainFacts[.directory] != nil
        for condition in messages.conditions { add(condition) }
    }

    private mutating func add(_ scope: BlockScope, _ policy: Int) {
        selectors += [scope.peers, scope.excepted].compactMap(\.self).map { (policy, $0) }
        for condition in scope.conditions { add(condition) }
    }

    private mutating func add(_ condition: Condition) {
        switch condition {
        case .shareType(let words), .resourceType(let words), .protocols(let words),
            .accessTypes(let words), .notificationType(let words):
            self.words[condition.aspect, default: []].formUnion(words)
        case .permissions, .permissionsNot: break
        case .sizeMax(let limit): sizes.insert(limit)
        case .owner(let globs), .sender(let globs), .recipient(let globs), .software(let globs):
            let new = globs.filter { known[condition.aspect, default: []].insert($0).inserted }
            self.globs[condition.aspect, default: []] += new
        case .net(let ranges): self.ranges += ranges
        case .time(let windows): self.windows += windows
        }
    }
}

extension Condition {
    /// What it asks of.
    var aspect: Aspect {
        switch self {
        case .shareType: .shareType
        case .resourceType: .resourceType
        case .protocols: .protocols
        case .permissions, .permissionsNot: .permissions
        case .sizeMax: .size
        case .owner: .owner
        case .sender: .sender
        case .recipient: .recipient
        case .accessTypes: .accessTypes
        case .notificationType: .notificationType
        case .net: .address
        case .software: .software
        case .time: .peer
        }
    }
}
