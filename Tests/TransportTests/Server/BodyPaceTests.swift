import Testing

@testable import Transport

@Suite struct BodyPaceTests {
    private let start = LoopTime(milliseconds: 1000)

    @Test func aPauseMayBeAsLongAsIdle() {
        let pace = BodyPace(from: start, idle: .seconds(30), bytesPerSecond: 0)
        #expect(pace.deadline(at: start + .seconds(100)) == start + .seconds(130))
    }

    @Test func afterTenSecondsTheSpeedCounts() {
        var pace = BodyPace(from: start, idle: .seconds(30), bytesPerSecond: 512)
        #expect(pace.deadline(at: start) == start + .seconds(10))
        pace.received(5120)
        #expect(pace.deadline(at: start + .seconds(1)) == start + .seconds(20))
        pace.received(512_000)
        #expect(pace.deadline(at: start + .seconds(2)) == start + .seconds(32))
    }
}
