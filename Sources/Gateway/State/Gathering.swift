/// When a thread that syncs begins with what waits for it: a sync costs more processor time than what
/// asks for it, so that those who are on their way to it should share one (decision 43).
///
/// As soon as half of those under way wait, or the first of them has waited for as long as the window:
/// whoever is alone waits for nobody. What comes while the disk is busy goes into the next one.
struct Gathering: Sendable {
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

    /// What to do with so many that wait.
    mutating func turn(_ waiting: Int, at now: ContinuousClock.Instant) -> Turn {
        if waiting == 0 {
            rest = .idle
            return .sleep(until: nil)
        }
        if isEnough(waiting) {
            rest = .working
            return .write
        }
        switch rest {
        case .until(let end) where end <= now:
            rest = .working
            return .write
        case .until(let end): return .sleep(until: end)
        case .idle, .working:
            let end = now + window
            rest = .until(end)
            return .sleep(until: end)
        }
    }

    /// Something came, and now so many wait: whether the thread has to be woken.
    mutating func wakes(_ waiting: Int) -> Bool {
        switch rest {
        case .working: return false
        case .idle: break
        case .until: guard isEnough(waiting) else { return false }
        }
        rest = .working
        return true
    }

    /// The thread has something else to do than to write; whether it has to be woken for it.
    mutating func wakes() -> Bool {
        defer { rest = .working }
        return rest != .working
    }

    private func isEnough(_ waiting: Int) -> Bool { 2 * waiting >= underWay.count }
}
