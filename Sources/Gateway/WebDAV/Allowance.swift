import Federation
import Synchronization
import Transport

/// That the policy let requests pass that differ in nothing it judges them by, so that the many
/// requests of one transfer are not judged one by one.
///
/// It holds for the same policy, the same client, what its connection has proved, and the same second.
final class Allowance: Sendable {
    /// Everything that the policy judges by and that may differ between requests for the same data.
    struct Circumstances: Sendable {
        /// Not kept: one that was replaced would live as long as the token.
        weak let policy: Policy?
        let address: IPAddress?
        let mtls: MTLSFact
        /// Unix seconds.
        let now: Int

        fileprivate func isSame(as other: Circumstances) -> Bool {
            policy != nil && policy === other.policy && now == other.now && mtls == other.mtls
                && address == other.address
        }
    }

    private let last = Mutex<Circumstances?>(nil)

    /// Whether the policy let a request pass under exactly these circumstances the last time it was
    /// asked.
    func holds(under circumstances: Circumstances) -> Bool {
        last.withLock { $0?.isSame(as: circumstances) ?? false }
    }

    /// The policy let a request pass.
    func note(under circumstances: Circumstances) { last.withLock { $0 = circumstances } }
}
