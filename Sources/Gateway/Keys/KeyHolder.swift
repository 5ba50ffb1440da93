import Synchronization

/// The keys that are in force; swapped as a whole.
package final class KeyHolder: Sendable {
    private let state: Mutex<KeyRing>
    private let changing = Mutex(())
    private let refusal = Atomic(false)

    package init(_ ring: KeyRing) { state = Mutex(ring) }

    /// The snapshot of this moment.
    package var current: KeyRing { state.withLock { $0 } }

    func swap(_ ring: KeyRing) { state.withLock { $0 = ring } }

    /// Notes whether the files were refused when they were read last.
    ///
    /// - Returns: whether they were the time before.
    func noteRefusal(_ isRefused: Bool) -> Bool {
        refusal.exchange(isRefused, ordering: .relaxed)
    }

    /// One change after the other, from reading the files on until what was read is in force: what
    /// somebody read before does not come back.
    func change<Value: Sendable, Failure>(
        _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try changing.withLock { _ throws(Failure) in try body() }
    }
}
