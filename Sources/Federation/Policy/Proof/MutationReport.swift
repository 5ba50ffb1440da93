/// What became of the mutants of a policy.
package struct MutationReport: Sendable {
    /// A mutant that no test and no invariant noticed.
    package struct Survivor: Sendable {
        package let mutant: Mutant
        /// A message that it judges otherwise, as `given` of a test; nil when none could be shown.
        package let given: String?
        /// Why it could not be told whether it changes anything; nil when it does.
        package let doubt: String?
    }

    package private(set) var killed = 0
    /// Proved to judge every message as the policy itself: there is nothing to notice.
    package private(set) var equivalent: [Mutant] = []
    package private(set) var survivors: [Survivor] = []

    /// Those that count.
    package var count: Int { killed + survivors.count }

    /// Whole percent, rounded down: 100 only when every mutant is noticed.
    package var percent: Int { count == 0 ? 100 : killed * 100 / count }

    /// Breaks a policy whose tests pass, runs its tests, and then its invariants.
    package init(
        _ policy: Policy, _ grain: MutationGrain,
        progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) {
        let policy = policy.asWritten
        let mutants = policy.mutants(grain)
        let proved = policy.invariants.filter(policy.keeps)
        for (number, mutant) in mutants.enumerated() {
            progress(number, mutants.count)
            if mutant.policy.failsATest || !proved.allSatisfy(mutant.policy.keeps) {
                killed += 1
                continue
            }
            switch Self.compare(policy, mutant.policy, grain) {
            case .same: equivalent.append(mutant)
            case .different(let given):
                survivors.append(Survivor(mutant: mutant, given: given, doubt: nil))
            case .open(let reason):
                survivors.append(Survivor(mutant: mutant, given: nil, doubt: reason))
            }
        }
    }

    private enum Comparison {
        case same
        case different(given: String?)
        case open(String)
    }

    /// Whether two policies judge every message alike, as far as the grain counts it.
    private static func compare(
        _ policy: Policy, _ mutant: Policy, _ grain: MutationGrain
    ) -> Comparison {
        do throws(ProofLimit) {
            let space = try MessageSpace([policy, mutant], asked: [])
            let depth: RegionJudge.Depth = grain == .blocks ? .effect : .answer
            var found: SampleMessage?
            var differs = false
            try Exploration([policy, mutant], in: space, depth).visit(space.possible) {
                region, rulings in
                guard rulings[0].seenByTests != rulings[1].seenByTests else { return .on }
                differs = true
                found = space.message(in: region)
                return found == nil ? .on : .stop
            }
            guard differs else { return .same }
            return .different(given: found.map { TestText.given($0.plain(for: policy, mutant)) })
        } catch {
            return .open(error.description)
        }
    }
}

extension RegionJudge.Ruling {
    /// What `want` of a test can ask for.
    fileprivate var seenByTests: RegionJudge.Ruling {
        var ruling = self
        ruling.hint = nil
        ruling.settings = []
        return ruling
    }
}

extension Policy {
    /// Tests are over at the first that fails.
    fileprivate var failsATest: Bool { tests.contains { !run($0).passed } }

    /// Whether no message is known that breaks an invariant.
    fileprivate func keeps(_ invariant: Invariant) -> Bool {
        switch prove(invariant) {
        case .broken: false
        case .proved, .open: true
        }
    }
}
