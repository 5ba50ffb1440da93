import Synchronization

/// One at a time for each key, in the order in which they came.
final class Turns<Key: Hashable & Sendable>: Sendable {
    /// By the keys that somebody has, who waits for them.
    let waiting = Mutex<[Key: [CheckedContinuation<Void, Never>]]>([:])

    /// Returns when nobody else has the key; whoever has it gives it up with `end`.
    func begin(_ key: Key) async {
        if take(key) { return }
        await withCheckedContinuation { continuation in
            if take(key, or: continuation) { continuation.resume() }
        }
    }

    /// Takes the key where nobody has it; who got it gives it up with `end`.
    func take(_ key: Key) -> Bool { take(key, or: nil) }

    /// As `take`; else whoever waits is noted.
    private func take(_ key: Key, or waits: CheckedContinuation<Void, Never>?) -> Bool {
        waiting.withLock { waiting in
            guard waiting[key] == nil else {
                if let waits { waiting[key]?.append(waits) }
                return false
            }
            waiting[key] = []
            return true
        }
    }

    /// It is the next one's turn.
    func end(_ key: Key) {
        let next = waiting.withLock { waiting -> CheckedContinuation<Void, Never>? in
            guard let place = waiting.index(forKey: key) else { return nil }
            guard waiting.values[place].isEmpty else { return waiting.values[place].removeFirst() }
            waiting.remove(at: place)
            return nil
        }
        next?.resume()
    }
}
