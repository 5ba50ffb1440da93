package import Federation
package import OpenSSL
import Synchronization

/// What a message is judged by, from its beginning to its end: the policy with its lists and the
/// room of its limits, and the candidate beside it.
package final class PolicySnapshot: Sendable {
    /// A policy, and the room that its limits have.
    struct Judge: Sendable {
        let policy: Policy
        let table: LimitTable
        /// The guard's meter, and those of the limits in their order.
        let places: [LimitTable.Place]
        /// Where limits are about shared data, so that each request has to be asked for.
        let limitsData: Set<Direction>

        init(_ policy: Policy, _ table: LimitTable) {
            self.policy = policy
            self.table = table
            places = table.places(for: policy)
            limitsData = Set(
                Direction.allCases.filter { direction in
                    policy.mode != .open
                        && policy.limits.contains { limit in
                            limit.mode != .open
                                && limit.scope.occasions.contains(Occasion(.webdav, direction))
                        }
                })
        }

        /// The meter at a place of the policy.
        func place(_ number: Int) -> LimitTable.Place? {
            let index = number - Policy.pingPongPlace
            return places.indices.contains(index) ? places[index] : nil
        }
    }

    let live: Judge
    /// The candidate; nil without `policy.candidate`.
    let beside: Judge?

    init(_ live: Judge, beside: Judge?) {
        self.live = live
        self.beside = beside
    }

    package var policy: Policy { live.policy }
    /// Judged beside the policy, never enforced.
    package var candidate: Policy? { beside?.policy }

    /// Whether what was judged a moment ago about shared data need not be judged again: neither
    /// policy counts each request.
    func mayRemember(_ direction: Direction) -> Bool {
        !live.limitsData.contains(direction) && beside?.limitsData.contains(direction) != true
    }
}

/// The policy that is in force; swapped as a whole.
package final class PolicyHolder: Sendable {
    private let state: Mutex<PolicySnapshot>
    let limits: LimitTable
    /// The candidate's own: what it would have counted.
    private let besideLimits: LimitTable
    let count = CandidateCount()

    /// - Parameter key: hashes the names that limits count by.
    package init(_ policy: Policy, candidate: Policy? = nil, key: HMACKey) {
        let (live, beside) = (LimitTable(key), LimitTable(key))
        (limits, besideLimits) = (live, beside)
        state = Mutex(
            PolicySnapshot(.init(policy, live), beside: candidate.map { .init($0, beside) }))
    }

    /// The snapshot of this moment.
    package var snapshot: PolicySnapshot { state.withLock { $0 } }

    /// The policy of this moment.
    package var current: Policy { snapshot.policy }

    /// Puts a policy in force, and a candidate beside it.
    ///
    /// - Returns: what was in force before.
    @discardableResult
    package func swap(_ policy: Policy, candidate: Policy?) -> PolicySnapshot {
        let new = PolicySnapshot(
            .init(policy, limits), beside: candidate.map { .init($0, besideLimits) })
        return state.withLock { state in
            defer { state = new }
            return state
        }
    }
}
