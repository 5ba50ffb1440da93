import Testing

@testable import Gateway

@Suite struct LogSamplerTests {
    @Test func tenInTenSecondsAreWrittenAndTheRestCounted() {
        let sampler = LogSampler()
        let written = (0..<100).filter { _ in sampler.judge("a", now: 0) != .suppress }
        #expect(written.count == 10)
        #expect(sampler.judge("b", now: 0) == .write(suppressed: 0))
        #expect(sampler.judge("a", now: 10) == .write(suppressed: 90))
        #expect(sampler.judge("a", now: 10) == .write(suppressed: 0))
    }

    @Test func aClockThatStepsBackBeginsAnew() {
        let sampler = LogSampler()
        for _ in 0..<20 { _ = sampler.judge("a", now: 1000) }
        #expect(sampler.judge("a", now: 0) == .write(suppressed: 10))
    }

    @Test func whatWasLeftOutIsToldOnce() {
        let sampler = LogSampler()
        for _ in 0..<15 { _ = sampler.judge("a", now: 0) }
        #expect(sampler.takeSuppressed().map(\.count) == [5])
        #expect(sampler.takeSuppressed().isEmpty)
    }
}
