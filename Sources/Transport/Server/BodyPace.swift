/// How slowly a body may come: no pause longer than `idle`, and, once ten seconds have passed, no
/// less than `bytesPerSecond`. A body that comes faster may pause for that, but for no longer than
/// `idle`: else who sends nearly all of it at once could hold the rest back for minutes.
struct BodyPace: Sendable {
    private let idle: Duration
    private let bytesPerSecond: Int
    /// When it has become too slow, if nothing comes until then.
    private var tooSlow: LoopTime
    /// What came and did not make a whole millisecond, in thousandths of a byte.
    private var rest = 0

    /// `bytesPerSecond` 0 asks for no speed.
    init(from start: LoopTime, idle: Duration, bytesPerSecond: Int) {
        self.idle = idle
        self.bytesPerSecond = bytesPerSecond
        tooSlow = start + .seconds(10)
    }

    /// `count` bytes came.
    mutating func received(_ count: Int, at now: LoopTime) {
        guard bytesPerSecond > 0 else { return }
        let (milliseconds, rest) = (self.rest + count * 1000).quotientAndRemainder(
            dividingBy: bytesPerSecond)
        self.rest = rest
        tooSlow = min(tooSlow + .milliseconds(milliseconds), now + idle)
    }

    /// When to give up, if nothing comes until then.
    func deadline(at now: LoopTime) -> LoopTime {
        let pause = now + idle
        return bytesPerSecond > 0 ? min(pause, tooSlow) : pause
    }
}
