/// A change of what a block is about.
struct ScopeMutation {
    let words: String
    let scope: BlockScope

    static func all(
        of scope: BlockScope, _ policy: Policy, _ grain: MutationGrain
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
            for (words, changed) in selector.neighbours {
                all.append(.init("\(key) \(words)", scope) { $0[keyPath: path] = changed })
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

    /// With more or less around the name of one of its patterns each.
    fileprivate var neighbours: [(words: String, changed: PeerSelector)] {
        patterns.exchanging(\.neighbours).map { words, changed in
            (words, PeerSelector(lists: lists, patterns: changed))
        }
    }
}

extension Array where Element: Equatable & CustomStringConvertible {
    /// With one of its values in the place of another each; those that stand there already are none.
    fileprivate func exchanging(
        _ others: (Element) -> [Element]
    ) -> [(words: String, changed: [Element])] {
        enumerated().flatMap { place, value in
            others(value).filter { !contains($0) }.map { other in
                var changed = self
                changed[place] = other
                return (
                    "\(quoted(value.description)) becomes \(quoted(other.description))", changed
                )
            }
        }
    }
}

extension Glob {
    /// The same people one level of hosts further down, or up; none for what names no host.
    fileprivate var neighbours: [Glob] {
        guard let at = description.lastIndex(of: "@") else { return [] }
        let user = description[...at]
        let host = description[description.index(after: at)...]
        guard host != "*" else { return [] }
        let other = host.hasPrefix("*.") ? String(host.dropFirst(2)) : "*.\(host)"
        return [Glob(user + other)].compactMap { $0 }
    }
}

extension Condition {
    /// The same with one value less, or another one near it.
    fileprivate var neighbours: [(words: String, changed: Condition)] {
        switch self {
        case .shareType(let words):
            Self.words(words, of: ConditionWords.shareTypes) { .shareType($0) }
        case .resourceType(let words):
            Self.words(words, of: ConditionWords.resourceTypes) { .resourceType($0) }
        case .protocols(let words):
            Self.words(words, of: ConditionWords.protocols) { .protocols($0) }
        case .accessTypes(let words):
            Self.words(words, of: ConditionWords.accessTypes) { .accessTypes($0) }
        case .notificationType(let words):
            Self.words(words, of: ConditionWords.notificationTypes) { .notificationType($0) }
        case .owner(let globs): Self.near(globs, \.neighbours) { .owner($0) }
        case .sender(let globs): Self.near(globs, \.neighbours) { .sender($0) }
        case .recipient(let globs): Self.near(globs, \.neighbours) { .recipient($0) }
        case .software(let globs): Self.less(globs) { .software($0) }
        case .net(let ranges): Self.near(ranges, \.neighbours) { .net($0) }
        case .time(let windows): Self.near(windows, \.neighbours) { .time($0) }
        case .permissions(let set):
            Self.words(set.words, of: Permissions.order) { .permissions(Self.set($0)) }
        case .permissionsNot(let set):
            Self.words(set.words, of: Permissions.order) { .permissionsNot(Self.set($0)) }
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

    /// One less each, or one of those near it in its place.
    private static func near<Value: Equatable & CustomStringConvertible>(
        _ values: [Value], _ others: (Value) -> [Value], _ make: ([Value]) -> Condition
    ) -> [(words: String, changed: Condition)] {
        less(values, make) + values.exchanging(others).map { ($0.words, make($0.changed)) }
    }

    /// One less each; in the place of a word that stands alone, another that is known.
    private static func words(
        _ words: [String], of known: [String], _ make: ([String]) -> Condition
    ) -> [(words: String, changed: Condition)] {
        near(
            words, { word in words.count > 1 ? [] : Array(known.filter { $0 != word }.prefix(1)) },
            make)
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
                Refusal(
                    $0.row, $0.outcome, code: "another_code", status: $0.status, hint: $0.hint,
                    written: $0.written)
            },
            RefusalMutation(words: "status \(refusal.status) becomes \(status)") {
                Refusal(
                    $0.row, $0.outcome, code: $0.code, status: status, hint: $0.hint,
                    written: $0.written)
            },
        ]
    }
}
