/// So many at once, and so many for each second.
struct TokenBucket: Sendable {
    private let burst: Int
    private let perSecond: Int
    /// Thousandths of a token.
    private var level: Int
    /// Milliseconds.
    private var filled = 0

    init(burst: Int, perSecond: Int) {
        self.burst = burst
        self.perSecond = perSecond
        level = burst * 1000
    }

    /// Takes one at `time`, in milliseconds that never go back; false when there is none.
    mutating func take(at time: Int) -> Bool {
        // What is long ago fills it all the same, and nothing overflows.
        let passed = min(max(0, time - filled), 1000 * burst)
        filled = max(filled, time)
        level = min(burst * 1000, level + passed * perSecond)
        guard level >= 1000 else { return false }
        level -= 1000
        return true
    }
}
