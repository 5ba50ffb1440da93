import Testing
import Transport

@testable import Gateway

@Suite struct FetchBudgetTests {
    @Test func aBurstIsTakenAndThenTenInASecond() {
        let budget = FetchBudget(now: 0)
        #expect((0..<100).filter { _ in budget.take(for: .known, now: 0) }.count == 40)
        #expect((0..<100).filter { _ in budget.take(for: .known, now: 1) }.count == 10)
        #expect((0..<1000).filter { _ in budget.take(for: .known, now: 1000) }.count == 40)
    }

    @Test func hostsThatNobodyKnowsLeaveAQuarterToTheOthers() {
        let budget = FetchBudget(now: 0)
        #expect((0..<1000).filter { _ in budget.take(for: .stranger, now: 0) }.count == 30)
        #expect((0..<1000).filter { _ in budget.take(for: .known, now: 0) }.count == 10)
    }

    @Test func aClockThatStepsBackFillsNothing() {
        let budget = FetchBudget(now: 1000)
        for _ in 0..<40 { _ = budget.take(for: .known, now: 1000) }
        #expect(!budget.take(for: .known, now: 0))
    }

    @Test func anUnknownKeyRefreshesItsHostOnceInAMinute() {
        let budget = FetchBudget(now: 0)
        #expect(budget.takeRefresh(of: "a.test", now: 0))
        #expect(!budget.takeRefresh(of: "a.test", now: 0))
        #expect(!budget.takeRefresh(of: "a.test", now: 59))
        #expect(budget.takeRefresh(of: "b.test", now: 59))
        #expect(budget.takeRefresh(of: "a.test", now: 60))
    }

    @Test func moreHostsThanAreRememberedRefreshNothing() {
        let budget = FetchBudget(now: 0)
        for host in 0..<10_000 { #expect(budget.takeRefresh(of: "h\(host).test", now: 0)) }
        #expect(!budget.takeRefresh(of: "one-more.test", now: 1))
        #expect(budget.takeRefresh(of: "one-more.test", now: 61))
    }
}
