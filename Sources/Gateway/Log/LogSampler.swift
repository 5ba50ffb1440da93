import Synchronization

/// Keeps one reason from filling the log: so many lines of it in so many seconds, the rest counted.
final class LogSampler: Sendable {
    enum Verdict: Equatable {
        /// Write it; this many of its kind were left out before.
        case write(suppressed: Int)
        case suppress
    }

    private struct Window {
        var began: Int
        var written: Int
        var suppressed: Int
    }

    private let windows = Mutex<[String: Window]>([:])
    private let limit: Int
    private let seconds: Int

    init(limit: Int = 10, seconds: Int = 10) {
        self.limit = limit
        self.seconds = seconds
    }

    /// - Parameters:
    ///   - reason: from a closed set, never a peer's text.
    ///   - now: unix seconds; a clock that steps back begins a new window.
    func judge(_ reason: String, now: Int) -> Verdict {
        windows.withLock { windows in
            var window = windows[reason] ?? Window(began: now, written: 0, suppressed: 0)
            defer { windows[reason] = window }
            if now < window.began || now - window.began >= seconds {
                window.began = now
                window.written = 0
            }
            guard window.written < limit else {
                window.suppressed += 1
                return .suppress
            }
            window.written += 1
            defer { window.suppressed = 0 }
            return .write(suppressed: window.suppressed)
        }
    }

    /// What was left out and not told of yet, by reason; told with this call.
    func takeSuppressed() -> [(reason: String, count: Int)] {
        windows.withLock { windows in
            let told = windows.filter { $0.value.suppressed > 0 }
                .map { (reason: $0.key, count: $0.value.suppressed) }
            for reason in windows.keys { windows[reason]?.suppressed = 0 }
            return told.sorted { $0.reason < $1.reason }
        }
    }
}
