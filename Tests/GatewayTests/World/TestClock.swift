import Synchronization

@testable import Gateway

/// A clock that a test sets: wall time and the time that never steps, each by itself.
final class TestClock: Sendable {
    private let state = Mutex((wall: 1_700_000_000, monotonic: 5000))

    var now: Int { state.withLock { $0.wall } }

    /// Time goes on.
    func pass(_ seconds: Int) {
        state.withLock {
            $0.wall += seconds
            $0.monotonic += seconds
        }
    }

    /// Somebody sets the wall clock.
    func step(_ seconds: Int) { state.withLock { $0.wall += seconds } }

    var seconds: Int { state.withLock { $0.monotonic } }

    var environment: Environment {
        Environment(now: { self.now }, monotonicMicroseconds: { self.seconds * 1_000_000 })
    }
}
