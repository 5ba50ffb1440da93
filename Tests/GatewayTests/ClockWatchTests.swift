import Testing

@testable import Gateway

@Suite struct ClockWatchTests {
    private let clock = TestClock()

    @Test func timeThatPassesIsNoStep() {
        var watch = ClockWatch(clock.environment)
        clock.pass(100_000)
        #expect(watch.step(clock.environment) == nil)
    }

    @Test(arguments: [3600, -3600, 400 * 86_400, -60]) func aStepIsToldOnce(_ seconds: Int) {
        var watch = ClockWatch(clock.environment)
        clock.pass(30)
        clock.step(seconds)
        #expect(watch.step(clock.environment) == seconds)
        #expect(watch.step(clock.environment) == nil)
    }

    @Test func aSmallCorrectionIsNone() {
        var watch = ClockWatch(clock.environment)
        clock.step(-59)
        #expect(watch.step(clock.environment) == nil)
    }
}
