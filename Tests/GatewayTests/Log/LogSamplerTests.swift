import Testing

@testable import Gateway

@Suite struct LogSamplerTests {
    private let one = LogSampler.Subject(message: .refused, reason: "a")
    private let other = LogSampler.Subject(message: .refused, reason: "b")

    @Test func tenInTenSecondsAreWrittenAndTheRestCounted() {
        let sampler = LogSampler()
        let written = (0..<100).filter { _ in sampler.judge(one, now: 0) != .suppress }
        #expect(written.count == 10)
        #expect(sampler.judge(other, now: 0) == .write(suppressed: 0))
        #expect(sampler.judge(one, now: 10) == .write(suppressed: 90))
        #expect(sampler.judge(one, now: 10) == .write(suppressed: 0))
    }

    @Test func aClockThatStepsBackBeginsAnew() {
        let sampler = LogSampler()
        for _ in 0..<20 { _ = sampler.judge(one, now: 1000) }
        #expect(sampler.judge(one, now: 0) == .write(suppressed: 10))
    }

    @Test func whatWasLeftOutIsToldOnce() {
        let sampler = LogSampler()
        for _ in 0..<15 { _ = sampler.judge(one, now: 0) }
        #expect(sampler.takeSuppressed().map(\.count) == [5])
        #expect(sampler.takeSuppressed().isEmpty)
    }

    @Test func theSameReasonOfAnotherLineIsCountedByItself() {
        let sampler = LogSampler()
        for _ in 0..<15 { _ = sampler.judge(one, now: 0) }
        let heavier = LogSampler.Subject(message: .backendFailed, reason: one.reason)
        #expect(sampler.judge(heavier, now: 0) == .write(suppressed: 0))
    }

    @Test func whatWasLeftOutIsToldWhenItsTimeIsOver() {
        let sampler = LogSampler()
        for _ in 0..<15 { _ = sampler.judge(one, now: 0) }
        for _ in 0..<17 { _ = sampler.judge(other, now: 5) }
        #expect(sampler.takeSuppressed(now: 9).isEmpty)
        let told = sampler.takeSuppressed(now: 10)
        #expect(told.map(\.subject) == [one] && told.map(\.count) == [5])
        #expect(sampler.judge(one, now: 10) == .write(suppressed: 0))
        #expect(sampler.takeSuppressed(now: 4).map(\.count) == [7])
    }
}
