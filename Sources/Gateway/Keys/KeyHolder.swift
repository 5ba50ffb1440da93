import Synchronization

/// The keys that are in force; swapped as a whole.
package final class KeyHolder: Sendable {
    private let state: Mutex<KeyRing>

    package init(_ ring: KeyRing) { state = Mutex(ring) }

    /// The snapshot of this moment.
    package var current: KeyRing { state.withLock { $0 } }

    func swap(_ ring: KeyRing) { state.withLock { $0 = ring } }
}
