/// Whether a server that gives no answers is asked at all: after so many failures in a row it is left
/// alone for a moment; then one request tries it, and any answer to any request ends the matter.
///
/// It has neither clock nor lock: what happens changes it, and says what there is to tell.
struct CircuitBreaker: Sendable {
    private(set) var state = State.closed(failures: 0)
    private let terms: Terms

    init(_ terms: Terms) { self.terms = terms }

    /// When it opens, and for how long.
    struct Terms: Sendable {
        /// In a row, without an answer between them.
        var failures = 5
        var rest = Duration.seconds(5)
    }

    /// Whether requests pass.
    enum State: Sendable, Equatable {
        /// Requests pass.
        case closed(failures: Int)
        /// None passes before then.
        case open(until: LoopTime)
        /// One has passed and is not answered yet; when that takes longer, the next one passes then.
        case halfOpen(until: LoopTime)
    }

    /// The answer to a request that wants to pass.
    enum Admission: Sendable, Equatable {
        case admitted
        /// To be tried again after so many seconds, at least one.
        case refused(after: Int)
    }

    /// What others are told of.
    enum Change: Sendable, Equatable { case opened, closed }

    /// Whether there is nothing to remember: the state of a server that answers.
    var isCalm: Bool { state == .closed(failures: 0) }

    /// - Parameter mayTry: whether the request may be the one that tries the server: one that its client
    ///   can draw out may not.
    mutating func admit(at now: LoopTime, mayTry: Bool = true) -> Admission {
        switch state {
        case .closed: return .admitted
        case .open(let until), .halfOpen(let until):
            guard until <= now else {
                // The clock of the loop that asks may be a little behind the one that opened it.
                let left = min(until, now + terms.rest).milliseconds(since: now)
                return .refused(after: max(1, (left + 999) / 1000))
            }
            guard mayTry else { return .refused(after: 1) }
            state = .halfOpen(until: now + terms.rest)
            return .admitted
        }
    }

    /// An answer has begun.
    mutating func answered() -> Change? {
        let before = state
        state = .closed(failures: 0)
        switch before {
        case .closed: return nil
        case .open, .halfOpen: return .closed
        }
    }

    /// The server could not be connected to, or was silent to everybody for as long as it may be.
    mutating func failed(at now: LoopTime) -> Change? {
        switch state {
        case .closed(let failures) where failures + 1 < terms.failures:
            state = .closed(failures: failures + 1)
            return nil
        case .closed:
            state = .open(until: now + terms.rest)
            return .opened
        // Of those that were on their way when it opened.
        case .open: return nil
        case .halfOpen:
            state = .open(until: now + terms.rest)
            return nil
        }
    }
}
