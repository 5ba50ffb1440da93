/// A point in monotonic time, in milliseconds, as coarse as the tick of a loop.
struct LoopTime: Comparable, Sendable {
    private var milliseconds: Int

    init(milliseconds: Int) { self.milliseconds = milliseconds }

    static let never = LoopTime(milliseconds: .max)

    static func < (left: LoopTime, right: LoopTime) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// Never earlier than `duration` after `time`; what is beyond the end of time is never.
    static func + (time: LoopTime, duration: Duration) -> LoopTime {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow, let whole = Int(exactly: whole) else { return .never }
        let part = Int(attoseconds / 1_000_000_000_000_000)
        let (sum, beyond) = time.milliseconds.addingReportingOverflow(whole + part)
        return beyond ? .never : LoopTime(milliseconds: sum)
    }

    static func - (left: LoopTime, right: LoopTime) -> Duration {
        .milliseconds(left.milliseconds - right.milliseconds)
    }
}
