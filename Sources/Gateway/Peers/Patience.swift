import Synchronization

/// Waits for work, but not longer than is good for who waits; the work goes on regardless.
enum Patience {
    /// The work's result, or nil when `limit` has passed before it.
    static func result<Value: Sendable>(
        within limit: Duration, of work: @escaping @Sendable () async -> Value
    ) async -> Value? {
        await withCheckedContinuation { continuation in
            let waiter = Waiter(continuation)
            let timer = Task {
                try? await Task.sleep(for: limit)
                waiter.resume(nil)
            }
            Task {
                waiter.resume(await work())
                timer.cancel()
            }
        }
    }

    /// Whoever comes first resumes.
    private final class Waiter<Value: Sendable>: Sendable {
        private let continuation: Mutex<CheckedContinuation<Value?, Never>?>

        init(_ continuation: CheckedContinuation<Value?, Never>) {
            self.continuation = Mutex(continuation)
        }

        func resume(_ value: sending Value?) {
            let waiting = continuation.withLock { continuation in
                defer { continuation = nil }
                return continuation
            }
            waiting?.resume(returning: value)
        }
    }
}
