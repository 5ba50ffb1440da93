import Federation
import Testing

@testable import Gateway

@Suite struct ListPaceTests {
    /// Peers wait for a list that was never loaded: a clock that is set back by hours keeps it from
    /// nobody, though its `refresh` is longer than that.
    @Test func aClockThatIsSetBackAfterAFailureMakesNobodyWait() async throws {
        let lists = try TestLists("apply = \"all\"\nrefresh = \"6h\"")
        let keeper = lists.keeper()
        lists.server.fail("connect")
        #expect(await keeper.refresh(lists.list).word == .failed)
        #expect(keeper.due(lists.policy).isEmpty)
        lists.clock.step(-2 * 3600)
        #expect(keeper.due(lists.policy).count == 1)
        // The same of one that was loaded once.
        lists.server.put("bad.example\n")
        #expect(await keeper.refresh(lists.list).word == .taken)
        lists.clock.pass(6 * 3600)
        lists.server.fail("connect")
        #expect(await keeper.refresh(lists.list).word == .failed)
        #expect(keeper.due(lists.policy).isEmpty)
        lists.clock.step(-2 * 3600)
        #expect(keeper.due(lists.policy).count == 1)
    }

    @Test(arguments: [
        (0, true, 21_600), (1, false, 300), (9, false, 300), (1, true, 3600),
    ])
    func nothingIsPutOffForLongerThanItsLongestWait(
        _ failures: Int, _ isLoaded: Bool, _ longest: Int
    ) {
        let pace = ListPace(random: { _ in 0 })
        func isDue(_ next: Int?) -> Bool {
            pace.isDue(next, afterFailures: failures, 21_600, isLoaded: isLoaded, now: 0)
        }
        #expect(isDue(nil) && isDue(0) && isDue(longest + 1))
        #expect(!isDue(1) && !isDue(longest))
    }
}
