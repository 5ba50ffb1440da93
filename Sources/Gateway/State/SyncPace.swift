import Dispatch
import Federation

/// When a thread that syncs begins with what waits for it: a sync costs more processor time than what
/// asks for it, so that those who are on their way to it should share one (decision 43).
///
/// As soon as half of those under way wait, or the window is over that began with the first of them: who
/// is the only one under way waits for nobody. What nobody waits for begins no sync before its window is
/// over. What comes while the disk is busy goes into the next one.
struct SyncPace: Sendable {
    private let window: Duration
    private let underWay: UnderWay
    private var rest = Rest.working

    /// What the thread is doing.
    private enum Rest: Sendable, Equatable {
        case working
        /// It sleeps until something comes.
        case idle
        /// It sleeps until enough have come.
        case until(ContinuousClock.Instant)
        /// It was woken since enough have come, whoever has come after them.
        case due
    }

    /// What the thread has to do.
    enum Turn: Equatable {
        case write
        /// To sleep until it is woken, at most until then when there is a time.
        case sleep(until: ContinuousClock.Instant?)
    }

    init(window: Duration = .milliseconds(2), underWay: UnderWay) {
        self.window = window
        self.underWay = underWay
    }

    /// What to do with those that wait.
    mutating func turn(
        for waiting: [some Gathered], at now: ContinuousClock.Instant
    ) -> Turn {
        if waiting.isEmpty {
            rest = .idle
            return .sleep(until: nil)
        }
        switch rest {
        case .until(let end) where end > now && !isEnough(waiting): return .sleep(until: end)
        case .idle, .working:
            if isEnough(waiting) { break }
            let end = now + window
            rest = .until(end)
            return .sleep(until: end)
        case .until, .due: break
        }
        rest = .working
        return .write
    }

    /// Something came, and now these wait: whether the thread has to be woken.
    mutating func noteAdded(to waiting: [some Gathered]) -> Bool {
        switch rest {
        case .working, .due: return false
        case .idle:
            rest = .working
            return true
        case .until:
            guard isEnough(waiting) else { return false }
            rest = .due
            return true
        }
    }

    /// There is something to do that gathers nobody; whether the thread has to be woken for it.
    mutating func noteWork() -> Bool {
        switch rest {
        case .working, .due: return false
        case .idle, .until:
            rest = .working
            return true
        }
    }

    private func isEnough(_ waiting: [some Gathered]) -> Bool {
        let awaited = waiting.count { $0.isAwaited }
        return awaited > 0 && 2 * awaited >= underWay.count
    }
}

/// What waits for a sync.
protocol Gathered {
    /// Whether somebody waits for it.
    var isAwaited: Bool { get }
}

extension DispatchSemaphore {
    /// Waits for a signal, at most until a time when there is one.
    func wait(until end: ContinuousClock.Instant?) {
        guard let end else { return wait() }
        _ = wait(timeout: .now() + (end - .now).inSeconds)
    }
}
