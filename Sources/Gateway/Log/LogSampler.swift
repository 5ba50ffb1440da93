import Synchronization

/// Keeps one reason from filling the log: so many lines of it in so many seconds, the rest counted.
final class LogSampler: Sendable {
    /// What is counted by itself: lines of another kind may have the same reason, and weigh more.
    struct Subject: Hashable, Comparable {
        let message: LogMessage
        /// From a closed set, never a peer's text.
        let reason: String

        static func < (one: Self, other: Self) -> Bool {
            (one.message.rawValue, one.reason) < (other.message.rawValue, other.reason)
        }
    }

    /// What becomes of a line.
    enum Verdict: Equatable {
        /// Write it; this many of its subject were left out before.
        case write(suppressed: Int)
        case suppress
    }

    private struct Window {
        var began: Int
        var written: Int
        var suppressed: Int

        /// A clock that steps back ends it too.
        func isOver(now: Int, after seconds: Int) -> Bool { now < began || now - began >= seconds }
    }

    private let windows = Mutex<[Subject: Window]>([:])
    private let limit: Int
    private let seconds: Int

    init(limit: Int = 10, seconds: Int = 10) {
        self.limit = limit
        self.seconds = seconds
    }

    /// - Parameter now: unix seconds; a clock that steps back begins a new window.
    func judge(_ subject: Subject, now: Int) -> Verdict {
        windows.withLock { windows in
            var window = windows[subject] ?? Window(began: now, written: 0, suppressed: 0)
            defer { windows[subject] = window }
            if window.isOver(now: now, after: seconds) {
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

    /// What was left out and not told of yet, by subject; told with this call.
    ///
    /// - Parameter now: unix seconds, for what no line follows any more in its window; nil for all.
    func takeSuppressed(now: Int? = nil) -> [(subject: Subject, count: Int)] {
        windows.withLock { windows in
            let over = windows.filter { window in
                now.map { window.value.isOver(now: $0, after: seconds) } ?? true
            }
            for subject in over.keys { windows[subject] = nil }
            return over.filter { $0.value.suppressed > 0 }
                .map { (subject: $0.key, count: $0.value.suppressed) }
                .sorted { $0.subject < $1.subject }
        }
    }
}
