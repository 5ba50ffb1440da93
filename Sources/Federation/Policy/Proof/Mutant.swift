/// A policy that was broken on purpose, in one place.
package struct Mutant: Sendable {
    /// What was changed, in words: `rule:no ssh: action "deny" becomes "allow"`.
    package let change: String
    package let place: PolicyPlace?
    /// The block that was changed.
    package let label: String
    let policy: Policy
}

/// How finely a policy is broken.
package enum MutationGrain: Sendable {
    /// A block is taken away, turned round or moved, or loses one of its keys. A change counts when
    /// some message would be let through, stopped or reported that was not.
    case blocks
    /// Also single values: entries, words, patterns, sizes, codes. A change counts when a test could
    /// see it at all.
    case values
}

extension Policy {
    /// Every mutant of this policy, in the order of its blocks.
    package func mutants(_ grain: MutationGrain) -> [Mutant] {
        var mutation = Mutation(self)
        mutation.breakTop()
        for place in lists.indices { mutation.breakList(place, grain) }
        for place in requirements.indices { mutation.breakRequirement(place, grain) }
        for place in limits.indices { mutation.breakLimit(place, grain) }
        for place in rules.indices { mutation.breakRule(place, grain) }
        return mutation.mutants
    }
}

/// Makes the mutants of a policy.
struct Mutation {
    let policy: Policy
    private(set) var mutants: [Mutant] = []

    init(_ policy: Policy) {
        self.policy = policy
    }

    mutating func add(
        _ label: String, _ change: String, at place: PolicyPlace? = nil,
        _ mutate: (inout PolicyParts) -> Void
    ) {
        var parts = policy.parts
        mutate(&parts)
        mutants.append(
            Mutant(
                change: "\(label): \(change)", place: place ?? policy.place(of: label),
                label: label,
                policy: Policy(parts, file: policy.file)))
    }

    mutating func breakTop() {
        let other: PolicyMode = policy.mode == .enforce ? .report : .enforce
        add(
            "mode", Self.turn(policy.mode.rawValue, other.rawValue),
            at: policy.place(of: Policy.openLabel)
        ) { $0.mode = other }
        for other in Policy.Unknown.allCases where other != policy.unknown {
            add(Decider.unknown.name, Self.turn(policy.unknown.rawValue, other.rawValue)) {
                $0.unknown = other
            }
        }
        for other in Policy.Default.allCases where other != policy.fallback {
            add(Decider.fallback.name, Self.turn(policy.fallback.rawValue, other.rawValue)) {
                $0.fallback = other
            }
        }
    }

    static func turn(_ old: String, _ new: String, _ key: String = "") -> String {
        (key.isEmpty ? "" : "\(key) ") + "\(quoted(old)) becomes \(quoted(new))"
    }

    static let dropped = "the block is taken away"
}

// MARK: Blocks

extension Mutation {
    /// Takes a block away, and enforces what is only reported or the other way round.
    private mutating func breakMode(
        _ label: String, _ mode: PolicyMode,
        _ set: (inout PolicyParts, PolicyMode) -> Void
    ) {
        add(label, Self.dropped) { set(&$0, .open) }
        let other: PolicyMode = mode == .enforce ? .report : .enforce
        add(label, Self.turn(mode.rawValue, other.rawValue, "mode")) { set(&$0, other) }
    }

    mutating func breakRequirement(_ place: Int, _ grain: MutationGrain) {
        let block = policy.requirements[place]
        guard block.mode != .open else { return }
        breakMode(block.label, block.mode) { $0.requirements[place].mode = $1 }
        if block.needs.count > 1 {
            for need in block.needs {
                add(block.label, "need loses \(quoted(need.rawValue))") {
                    $0.requirements[place].drop(need)
                }
            }
        }
        for change in ScopeMutation.all(of: block.scope, policy, grain) {
            add(block.label, change.words) { $0.requirements[place].scope = change.scope }
        }
        guard grain == .values, block.mode == .enforce else { return }
        for change in RefusalMutation.all(of: block.refusals.first) {
            add(block.label, change.words) {
                $0.requirements[place].refusals = block.refusals.map(change.apply)
            }
        }
    }

    mutating func breakLimit(_ place: Int, _ grain: MutationGrain) {
        let block = policy.limits[place]
        guard block.mode != .open else { return }
        breakMode(block.label, block.mode) { $0.limits[place].mode = $1 }
        for change in ScopeMutation.all(of: block.scope, policy, grain) {
            add(block.label, change.words) { $0.limits[place].scope = change.scope }
        }
        guard grain == .values, block.mode == .enforce else { return }
        for change in RefusalMutation.all(of: block.refusal) {
            add(block.label, change.words) {
                $0.limits[place].refusal = change.apply(block.refusal)
            }
        }
    }

    mutating func breakRule(_ place: Int, _ grain: MutationGrain) {
        let block = policy.rules[place]
        guard block.mode != .open else { return }
        breakMode(block.label, block.mode) { $0.rules[place].mode = $1 }
        for ruling in others(block.ruling) {
            add(block.label, Self.turn(block.ruling.word, ruling.word, "action")) {
                $0.rules[place].ruling = ruling
            }
        }
        if let next = policy.rules.indices.first(where: {
            $0 > place && policy.rules[$0].mode != .open
        }) {
            add(block.label, "it comes behind \(policy.rules[next].label)") {
                $0.rules.swapAt(place, next)
            }
        }
        for change in ScopeMutation.all(of: block.scope, policy, grain) {
            add(block.label, change.words) { $0.rules[place].scope = change.scope }
        }
        guard grain == .values, block.mode == .enforce, let refusal = block.ruling.refusal else {
            return
        }
        for change in RefusalMutation.all(of: refusal) {
            add(block.label, change.words) {
                $0.rules[place].ruling = block.ruling.with(change.apply(refusal))
            }
        }
    }

    private func others(_ ruling: Rule.Ruling) -> [Rule.Ruling] {
        let deny = Rule.Ruling.deny(policy.parts.refusal(.notAllowed))
        let hold = Rule.Ruling.hold(policy.parts.refusal(.held, .hold))
        switch ruling {
        case .allow: return [deny, hold]
        case .deny: return [.allow(.none), hold]
        case .hold: return [.allow(.none), deny]
        }
    }
}

// MARK: Lists

extension Mutation {
    mutating func breakList(_ place: Int, _ grain: MutationGrain) {
        let list = policy.lists[place]
        add(list.label, "the list is taken away") { parts in
            parts.lists[place] = list.emptied
            // What an own list holds is what stands in it.
            parts.lists[place].tier = .own
            parts.lists[place].download = nil
            for test in parts.tests.indices { parts.tests[test].lists[place] = nil }
        }
        let other: PeerList.Stance = list.stance == .allow ? .block : .allow
        add(list.label, Self.turn(list.stance.rawValue, other.rawValue, "standing")) {
            $0.lists[place].stance = other
        }
        switch list.firmness {
        case .hard:
            add(list.label, "hard is taken away") {
                $0.lists[place].firmness = .ordinary
            }
        case .ordinary:
            add(list.label, "it becomes hard") { $0.lists[place].firmness = .hard }
        }
        guard grain == .values, list.tier == .own else { return }
        for number in list.entries.indices.prefix(Self.mostEntries) {
            breakEntry(number, of: place)
        }
    }

    private mutating func breakEntry(_ number: Int, of place: Int) {
        let list = policy.lists[place]
        let entry = list.entries[number]
        let source = list.source.map { PolicyFiles.resolve($0, from: policy.file) }
        let at = entry.position.map { PolicyPlace(file: source ?? policy.file, position: $0) }
        let name = quoted(entry.pattern.description)
        if list.entries.count > 1 {
            add(list.label, "\(name) is taken away", at: at) {
                $0.lists[place].entries.remove(at: number)
            }
        }
        for pattern in entry.pattern.neighbours {
            add(list.label, "\(name) becomes \(quoted(pattern.description))", at: at) {
                $0.lists[place].entries[number].pattern = pattern
            }
        }
        if entry.until != nil {
            add(list.label, "\(name) loses its until", at: at) {
                $0.lists[place].entries[number].until = nil
            }
        }
    }

    /// Of long lists only the first entries are broken one by one.
    private static let mostEntries = 50
}
