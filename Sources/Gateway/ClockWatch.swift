/// Notices when somebody sets the wall clock.
///
/// Nothing waits or expires by the wall clock but what signatures and shares say themselves, and
/// replays are told on either clock; but after a step back new messages may be refused as too old to
/// tell, and after one ahead as expired, and then the operator wants to know why.
struct ClockWatch: Sendable {
    private var wall: Int
    private var monotonic: Int

    init(_ clock: Environment) {
        wall = clock.now()
        monotonic = clock.monotonicSeconds()
    }

    /// The seconds by which the wall clock was set since the last look; nil for less than a minute.
    mutating func step(_ clock: Environment) -> Int? {
        let (wall, monotonic) = (clock.now(), clock.monotonicSeconds())
        let step = (wall - self.wall) - (monotonic - self.monotonic)
        (self.wall, self.monotonic) = (wall, monotonic)
        return abs(step) >= 60 ? step : nil
    }
}
