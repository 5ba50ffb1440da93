/// What a policy says of itself, and whether it is so: its tests, run, and its invariants, proved.
package struct PolicyPromises: Sendable {
    let tests: [PolicyTestOutcome]
    /// One for each invariant of the policy, in their order.
    let proofs: [Proof]

    /// - Parameter progress: the classes of messages that a proof has looked at so far.
    package init(
        _ policy: Policy, progress: @escaping @Sendable (_ regions: Int) -> Void = { _ in }
    ) {
        tests = policy.runTests()
        proofs = policy.invariants.map { policy.prove($0, progress: progress) }
    }

    var failed: [PolicyTestOutcome] { tests.filter { !$0.passed } }

    /// Whether all of it is so; what could not be told is not.
    package var areKept: Bool { failed.isEmpty && proofs.allSatisfy(\.isProved) }
}

extension Proof {
    var isProved: Bool {
        switch self {
        case .proved: true
        case .broken, .open: false
        }
    }
}
