package import Federation
import Synchronization

/// The policy that is in force; swapped as a whole.
package final class PolicyHolder: Sendable {
    private let state: Mutex<Policy>

    package init(_ policy: Policy) { state = Mutex(policy) }

    /// The snapshot of this moment.
    package var current: Policy { state.withLock { $0 } }

    package func swap(_ policy: Policy) { state.withLock { $0 = policy } }
}
