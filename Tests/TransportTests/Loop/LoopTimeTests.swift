import Testing

@testable import Transport

@Suite struct LoopTimeTests {
    @Test func whatIsBeyondTheEndOfTimeIsNever() {
        let now = LoopTime(milliseconds: 5)
        #expect(now + .seconds(Int64.max) == .never)
        #expect(LoopTime.never + .seconds(1) == .never)
        #expect(now + .milliseconds(7) == LoopTime(milliseconds: 12))
        #expect(LoopTime(milliseconds: 12) - now == .milliseconds(7))
    }
}
