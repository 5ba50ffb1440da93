/// A point in monotonic time, in milliseconds, as coarse as the tick of a loop.
struct LoopTime: Comparable, Sendable {
    private var milliseconds: Int

    init(milliseconds: Int) { self.milliseconds = milliseconds }

    static let never = LoopTime(milliseconds: .max)

    static func < (left: LoopTime, right: LoopTime) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// What is beyond the end of time is never.
    static func + (time: LoopTime, span: LoopSpan) -> LoopTime {
        let (sum, beyond) = time.milliseconds.addingReportingOverflow(span.milliseconds)
        return beyond ? .never : LoopTime(milliseconds: sum)
    }

    static func + (time: LoopTime, duration: Duration) -> LoopTime { time + LoopSpan(duration) }

    func milliseconds(since start: LoopTime) -> Int { milliseconds - start.milliseconds }

    static func - (left: LoopTime, right: LoopTime) -> Duration {
        .milliseconds(left.milliseconds - right.milliseconds)
    }
}

/// A length of time in whole milliseconds: a `Duration`, whose division by 10^15 a request need
/// not pay for, divided beforehand.
struct LoopSpan: Sendable {
    fileprivate let milliseconds: Int

    /// What is longer than can be counted never ends.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow, let whole = Int(exactly: whole) else {
            milliseconds = .max
            return
        }
        let part = Int(attoseconds / 1_000_000_000_000_000)
        let (sum, beyond) = whole.addingReportingOverflow(part)
        milliseconds = beyond ? .max : sum
    }

    var isZero: Bool { milliseconds == 0 }
}
