import Synchronization

/// Counts from any thread.
final class TestCounter: Sendable {
    private let count = Mutex(0)

    /// One more; how many that makes.
    @discardableResult
    func add() -> Int {
        count.withLock {
            $0 += 1
            return $0
        }
    }

    var value: Int { count.withLock { $0 } }
}
