/// Where the time of one message goes: it is always in one phase, or in none of those that are told.
struct Stopwatch: Sendable {
    /// What the time of a message is told by in log and journal.
    enum Phase: Int, Sendable, CaseIterable {
        /// The signature and its key, without the time of fetching.
        case verify
        /// Waiting for what the peer publishes.
        case fetch
        case policy
        /// Waiting for the backend's answer.
        case backend
        /// Waiting for the answer of the peer that a message goes out to.
        case peer
    }

    private let start: Int
    private var entered: Int
    private var phase: Phase?
    private var spent: [Int?] = Array(repeating: nil, count: Phase.allCases.count)

    /// Times are microseconds of a clock that never steps.
    init(at now: Int) {
        start = now
        entered = now
    }

    mutating func enters(_ phase: Phase?, at now: Int) {
        if let current = self.phase {
            spent[current.rawValue] = (spent[current.rawValue] ?? 0) + (now - entered)
        }
        self.phase = phase
        entered = now
    }

    /// Microseconds of each phase that was entered, and of all.
    mutating func stop(at now: Int) -> [(LogField, Int)] {
        enters(nil, at: now)
        let phases = Phase.allCases.compactMap { phase in
            spent[phase.rawValue].map { (phase.field, $0) }
        }
        return phases + [(.total, now - start)]
    }
}

extension Stopwatch.Phase {
    fileprivate var field: LogField {
        switch self {
        case .verify: .verify
        case .fetch: .fetch
        case .policy: .policy
        case .backend: .backend
        case .peer: .peer
        }
    }
}
