import Federation
import Synchronization
import Transport

/// That the policy let requests pass that differ in nothing it judges them by, so that the many
/// requests of one transfer are not judged one by one.
///
/// It holds for the same policy, the same client and the same second.
final class Allowance: Sendable {
    private struct Circumstances {
        let policy: Policy
        let address: IPAddress?
        /// Unix seconds.
        let now: Int
    }

    private let last = Mutex<Circumstances?>(nil)

    /// Whether the policy let a request pass under exactly these circumstances the last time it was
    /// asked.
    func holds(under policy: Policy, _ address: IPAddress?, now: Int) -> Bool {
        last.withLock { last in
            guard let last else { return false }
            return last.policy === policy && last.now == now && last.address == address
        }
    }

    /// The policy let a request pass.
    func note(under policy: Policy, _ address: IPAddress?, now: Int) {
        last.withLock { $0 = Circumstances(policy: policy, address: address, now: now) }
    }
}
