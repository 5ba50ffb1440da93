import Testing

@testable import Transport

@Suite struct CircuitBreakerTests {
    private static let terms = CircuitBreaker.Terms(failures: 3, rest: .seconds(5))

    private func time(_ seconds: Int) -> LoopTime { LoopTime(milliseconds: 1000 * seconds) }

    /// One that has opened at 10 s.
    private func opened() -> CircuitBreaker {
        var breaker = CircuitBreaker(Self.terms)
        for _ in 0..<3 { _ = breaker.failed(at: time(10)) }
        return breaker
    }

    @Test func onlyFailuresInARowOpenIt() {
        var breaker = CircuitBreaker(Self.terms)
        var changes: [CircuitBreaker.Change?] = []
        for isAnswer in [false, false, true, false, false] {
            changes.append(isAnswer ? breaker.answered() : breaker.failed(at: time(1)))
            #expect(breaker.admit(at: time(1)) == .admitted)
        }
        #expect(changes == [nil, nil, nil, nil, nil] && !breaker.isCalm)
        #expect(breaker.failed(at: time(1)) == .opened)
        #expect(breaker.state == .open(until: time(6)))
    }

    @Test func whileItIsOpenNonePasses() {
        var breaker = opened()
        #expect(breaker.admit(at: time(10)) == .refused(after: 5))
        #expect(breaker.admit(at: LoopTime(milliseconds: 14_999)) == .refused(after: 1))
        // What was on its way changes nothing.
        #expect(breaker.failed(at: time(12)) == nil)
        #expect(breaker.state == .open(until: time(15)))
    }

    /// Each loop has a clock of its own, as coarse as its tick.
    @Test func whatItsClientCanDrawOutIsNoTrial() {
        var breaker = opened()
        #expect(breaker.admit(at: time(15), mayTry: false) == .refused(after: 1))
        #expect(breaker.state == .open(until: time(15)))
        #expect(breaker.admit(at: time(15)) == .admitted)
        #expect(breaker.admit(at: time(20), mayTry: false) == .refused(after: 1))
    }

    @Test func noneWaitsLongerThanItRests() {
        var breaker = opened()
        #expect(breaker.admit(at: LoopTime(milliseconds: 9_900)) == .refused(after: 5))
    }

    @Test func oneTriesAndTheOthersWaitForIt() {
        var breaker = opened()
        #expect(breaker.admit(at: time(15)) == .admitted)
        #expect(breaker.admit(at: time(15)) == .refused(after: 5))
        #expect(breaker.failed(at: time(18)) == nil)
        #expect(breaker.admit(at: time(20)) == .refused(after: 3))
        #expect(breaker.admit(at: time(23)) == .admitted)
    }

    @Test func aTrialThatTakesLongKeepsNobodyElseOut() {
        var breaker = opened()
        #expect(breaker.admit(at: time(15)) == .admitted)
        #expect(breaker.admit(at: time(20)) == .admitted)
        #expect(breaker.admit(at: time(21)) == .refused(after: 4))
    }

    @Test(arguments: [10, 15]) func anyAnswerClosesIt(_ seconds: Int) {
        var breaker = opened()
        _ = breaker.admit(at: time(seconds))
        #expect(breaker.answered() == .closed)
        #expect(breaker.isCalm && breaker.admit(at: time(seconds)) == .admitted)
        #expect(breaker.answered() == nil)
    }
}
