/// How slowly a body may come: no pause longer than `idle`, and, once ten seconds have passed, no
/// less than `bytesPerSecond` on the whole.
struct BodyPace: Sendable {
    private let start: LoopTime
    private let idle: Duration
    private let bytesPerSecond: Int
    private var bytes = 0

    /// `bytesPerSecond` 0 asks for no speed.
    init(from start: LoopTime, idle: Duration, bytesPerSecond: Int) {
        self.start = start
        self.idle = idle
        self.bytesPerSecond = bytesPerSecond
    }

    /// `count` bytes came.
    mutating func received(_ count: Int) {
        bytes += count
    }

    /// When to give up, if nothing comes until then.
    func deadline(at now: LoopTime) -> LoopTime {
        let pause = now + idle
        guard bytesPerSecond > 0 else { return pause }
        let speed = start + .seconds(10) + .seconds(bytes / bytesPerSecond)
        return min(pause, speed)
    }
}
