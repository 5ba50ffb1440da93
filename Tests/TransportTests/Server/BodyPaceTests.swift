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
        pace.received(5120, at: start + .seconds(1))
        #expect(pace.deadline(at: start + .seconds(1)) == start + .seconds(20))
        pace.received(512_000, at: start + .seconds(2))
        #expect(pace.deadline(at: start + .seconds(2)) == start + .seconds(32))
    }

    @Test func whoBeganFastMayNotHoldTheRestBack() {
        var pace = BodyPace(from: start, idle: .seconds(30), bytesPerSecond: 512)
        pace.received(255 << 10, at: start)
        #expect(pace.deadline(at: start) == start + .seconds(30))
        pace.received(512, at: start + .seconds(25))
        #expect(pace.deadline(at: start + .seconds(25)) == start + .seconds(31))
    }

    /// However small the pieces are: no part of a millisecond is lost.
    @Test(arguments: [1, 7, 100, 512])
    func theLongestBodyMayComeAtTheLeastSpeed(_ piece: Int) {
        var pace = BodyPace(from: start, idle: .seconds(30), bytesPerSecond: 512)
        for second in 1...512 {
            let now = start + .seconds(second)
            #expect(now < pace.deadline(at: now))
            var left = 512
            while left > 0 {
                pace.received(min(piece, left), at: now)
                left -= min(piece, left)
            }
        }
        let end = start + .seconds(512)
        #expect(pace.deadline(at: end) == end + .seconds(10))
    }
}
