/// A change of what a block is about.
struct ScopeMutation {
    let words: String
    let scope: BlockScope

    static func all(
        of scope: BlockScope, _ effect: Condition.Effect, _ policy: Policy, _ grain: MutationGrain
    ) -> [ScopeMutation] {
        var all: [ScopeMutation] = []
        if scope.peers != nil { all.append(.init("peer is taken away", scope) { $0.peers = nil }) }
        if scope.excepted != nil {
            all.append(.init("except is taken away", scope) { $0.excepted = nil })
        }
        if !scope.conditions.isEmpty {
            all.append(.init("when is taken away", scope) { $0.conditions = [] })
        }
        return grain == .values ? all + values(of: scope, policy) : all
    }

    private init(_ words: String, _ scope: BlockScope, _ change: (inout BlockScope) -> Void) {
        self.words = words
        var scope = scope
        change(&scope)
        self.scope = scope
    }

    private static func values(of scope: BlockScope, _ policy: Policy) -> [ScopeMutation] {
        var all: [ScopeMutation] = []
        let occasions = scope.occasions.occasions
        if occasions.count > 1 {
            for occasion in occasions {
                all.append(
                    .init("on loses \(quoted(occasion.description))", scope) {
                        $0.occasions = OccasionSet(occasions.filter { $0 != occasion })
                    })
            }
        }
        for (key, path) in [("peer", \BlockScope.peers), ("except", \BlockScope.excepted)] {
            guard let selector = scope[keyPath: path] else { continue }
            for (word, smaller) in selector.smaller(policy) {
                all.append(
                    .init("\(key) loses \(quoted(word))", scope) { $0[keyPath: path] = smaller })
            }
        }
        for (place, condition) in scope.conditions.enumerated() {
            if scope.conditions.count > 1 {
                all.append(
                    .init("when loses \(condition.key)", scope) { $0.conditions.remove(at: place) })
            }
            for (words, changed) in condition.neighbours {
                all.append(
                    .init("\(condition.key) \(words)", scope) { $0.conditions[place] = changed })
            }
        }
        return all
    }
}

extension PeerSelector {
    /// Without one of its words each; nothing when it has only one.
    fileprivate func smaller(_ policy: Policy) -> [(word: String, rest: PeerSelector)] {
        guard lists.count + patterns.count > 1 else { return [] }
        let byList = lists.map { list in
            (
                "@\(policy.lists[list].name)",
                PeerSelector(lists: lists.filter { $0 != list }, patterns: patterns)
            )
        }
        let byPattern = patterns.map { pattern in
            (
                pattern.description,
                PeerSelector(lists: lists, patterns: patterns.filter { $0 != pattern })
            )
        }
        return byList + byPattern
    }
}

extension Condition {
    /// The same with one value less, or another size.
    fileprivate var neighbours: [(words: String, changed: Condition)] {
        switch self {
        case .shareType(let words): Self.less(words) { .shareType($0) }
        case .resourceType(let words): Self.less(words) { .resourceType($0) }
        case .protocols(let words): Self.less(words) { .protocols($0) }
        case .accessTypes(let words): Self.less(words) { .accessTypes($0) }
        case .notificationType(let words): Self.less(words) { .notificationType($0) }
        case .owner(let globs): Self.less(globs) { .owner($0) }
        case .sender(let globs): Self.less(globs) { .sender($0) }
        case .recipient(let globs): Self.less(globs) { .recipient($0) }
        case .software(let globs): Self.less(globs) { .software($0) }
        case .net(let ranges): Self.less(ranges) { .net($0) }
        case .time(let windows): Self.less(windows) { .time($0) }
        case .permissions(let set): Self.less(set.words) { .permissions(Self.set($0)) }
        case .permissionsNot(let set): Self.less(set.words) { .permissionsNot(Self.set($0)) }
        case .sizeMax(let limit):
            [limit / 2, limit > .max / 2 ? .max : limit * 2].map { other in
                ("\(ByteCount(limit)) becomes \(ByteCount(other))", .sizeMax(other))
            }
        }
    }

    private static func less<Value: Equatable & CustomStringConvertible>(
        _ values: [Value], _ make: ([Value]) -> Condition
    ) -> [(words: String, changed: Condition)] {
        guard values.count > 1 else { return [] }
        return values.map { value in
            ("loses \(quoted(value.description))", make(values.filter { $0 != value }))
        }
    }

    private static func set(_ words: [String]) -> Permissions {
        Permissions(naming: words.compactMap(Permissions.init(word:)))
    }
}

/// A change of the words of a refusal.
struct RefusalMutation {
    let words: String
    let apply: @Sendable (Refusal) -> Refusal

    static func all(of refusal: Refusal?) -> [RefusalMutation] {
        guard let refusal else { return [] }
        let status = refusal.status == 403 ? 400 : 403
        return [
            RefusalMutation(words: "code \(quoted(refusal.code)) becomes another") {
                Refusal($0.row, $0.outcome, code: "another_code", status: $0.status, hint: $0.hint)
            },
            RefusalMutation(words: "status \(refusal.status) becomes \(status)") {
                Refusal($0.row, $0.outcome, code: $0.code, status: status, hint: $0.hint)
            },
        ]
    }
}
