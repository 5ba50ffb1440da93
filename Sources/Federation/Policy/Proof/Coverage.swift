/// Which blocks of a policy its tests reach.
///
/// A block is reached when the message of a test was one that it is about: a list when an entry of it
/// gave the peer its standing; a requirement or a limit when it matched, whether it was met or not;
/// a rule when it decided, or would have; `unknown` and `default` when they decided.
package struct Coverage: Sendable {
    /// A block, and whether a test reaches it.
    package struct Block: Sendable, Equatable {
        /// As verdicts name it.
        package let label: String
        package let place: PolicyPlace?
        package let isReached: Bool
    }

    /// In the order of the file; blocks that are switched off (`mode = "open"`) are not counted.
    package let blocks: [Block]

    package init(_ policy: Policy) {
        let deciding = Set(policy.rules.map(\.label) + [Decider.fallback.name])
        var reached: Set<String> = []
        for outcome in policy.runTests() {
            let verdict = outcome.verdict
            // Rules are judged also where something before them has refused.
            reached.formUnion(
                verdict.checks.flatMap(Self.reached).filter { !deciding.contains($0) })
            reached.formUnion(deciding.intersection(verdict.would + [verdict.by]))
        }
        let labels =
            policy.mode == .open
            ? []
            : [Decider.unknown.name] + policy.lists.map(\.label)
                + policy.requirements.filter { $0.mode != .open }.map(\.label)
                + policy.limits.filter { $0.mode != .open }.map(\.label)
                + policy.rules.filter { $0.mode != .open }.map(\.label) + [Decider.fallback.name]
        blocks = labels.map {
            Block(label: $0, place: policy.place(of: $0), isReached: reached.contains($0))
        }
    }

    package var missed: [Block] { blocks.filter { !$0.isReached } }

    package var reached: Int { blocks.count - missed.count }

    /// Whole percent, rounded down: 100 only when every block is reached.
    package var percent: Int { blocks.isEmpty ? 100 : reached * 100 / blocks.count }

    /// What a check says was reached.
    private static func reached(_ check: Check) -> [String] {
        switch check.result {
        case .passed, .allowed, .refused, .held, .reported: break
        case .notApplicable, .off, .notReached: return []
        }
        guard check.name == "standing" else { return [check.name] }
        switch check.reason {
        case .entry(let list, _, _, _): return [Decider.list(list).name]
        case .of(_, let reason): return reached(Check(check.name, check.result, reason))
        case .onNoList, .entryOver: return [Decider.unknown.name]
        case .none, .notLoaded, .missing, .advertisesKeys, .otherOccasion, .otherPeer,
            .exceptedPeer, .condition, .noRule, .noRoom:
            return []
        }
    }
}
