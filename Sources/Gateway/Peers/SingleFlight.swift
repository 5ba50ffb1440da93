import Synchronization

/// One piece of work per key at a time: who comes while it runs waits for the same result.
///
/// Against a crowd that asks for the same peer's keys at once (security design, item 103).
final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let running = Mutex<[Key: Task<Value, Never>]>([:])

    /// The result of the work that runs for this key, started now if there is none; never that of
    /// work that was abandoned.
    func result(for key: Key, _ work: @escaping @Sendable () async -> Value) async -> Value {
        while true {
            let task = running.withLock { running in
                if let task = running[key] { return task }
                let task = Task {
                    let value = await work()
                    self.running.withLock { running in
                        // Else it is another one's place.
                        if !Task.isCancelled { running[key] = nil }
                    }
                    return value
                }
                running[key] = task
                return task
            }
            let value = await task.value
            if !task.isCancelled { return value }
        }
    }

    /// The result of the work that runs for this key; nil when none does, or when it was abandoned.
    func resultOfRunning(_ key: Key) async -> Value? {
        guard let task = running.withLock({ $0[key] }) else { return nil }
        let value = await task.value
        return task.isCancelled ? nil : value
    }

    /// What runs for this key is cancelled, and of no use to anybody: who waits for it, and who comes
    /// from now on, has it done again.
    func abandon(_ key: Key) {
        running.withLock { $0.removeValue(forKey: key)?.cancel() }
    }
}
