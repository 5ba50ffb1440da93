/// So many at once, and so many a second after that: a bucket that fills at one rate up to one size, and is
/// full at first.
struct TokenBucket: Sendable {
    private let perSecond: Double
    private let size: Double
    private var left: Double
    private var filledAt: Int?

    /// - Parameters:
    ///   - perSecond: the rate that can be kept up.
    ///   - burst: how many may come at once.
    init(perSecond: Double, burst: Int) {
        self.perSecond = perSecond
        size = Double(burst)
        left = size
    }

    /// How many there are in it at `now`, in seconds; a step back fills nothing.
    func level(at now: Int) -> Double {
        guard let filledAt, now > filledAt else { return left }
        return min(size, left + Double(now - filledAt) * perSecond)
    }

    func isFull(at now: Int) -> Bool { level(at: now) >= size }

    /// Takes one; false when there is none.
    mutating func take(now: Int) -> Bool {
        left = level(at: now)
        filledAt = max(filledAt ?? now, now)
        guard left >= 1 else { return false }
        left -= 1
        return true
    }
}
