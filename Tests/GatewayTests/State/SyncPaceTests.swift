import Testing

@testable import Gateway

@Suite struct SyncPaceTests {
    private let underWay = UnderWay()
    private let now = ContinuousClock.now

    private func pace() -> SyncPace {
        SyncPace(window: .milliseconds(2), underWay: underWay)
    }

    private struct Waiter: Gathered {
        let isAwaited: Bool
    }

    private static func waiters(_ count: Int, awaited: Int) -> [Waiter] {
        (0..<count).map { Waiter(isAwaited: $0 < awaited) }
    }

    private func check(
        _ pace: inout SyncPace, _ waiting: Int, awaited: Int? = nil,
        _ expected: SyncPace.Turn, at now: ContinuousClock.Instant? = nil,
        _ place: SourceLocation = #_sourceLocation
    ) {
        let turn = pace.turn(
            for: Self.waiters(waiting, awaited: awaited ?? waiting), at: now ?? self.now)
        #expect(turn == expected, sourceLocation: place)
    }

    private func wakes(
        _ pace: inout SyncPace, _ awaited: Int, _ expected: Bool,
        _ place: SourceLocation = #_sourceLocation
    ) {
        let wakes = pace.noteAdded(to: Self.waiters(awaited, awaited: awaited))
        #expect(wakes == expected, sourceLocation: place)
    }

    @Test func whoIsAloneWaitsForNobody() {
        let member = underWay.enter()
        var pace = pace()
        check(&pace, 0, .sleep(until: nil))
        wakes(&pace, 1, true)
        check(&pace, 1, .write)
        // While it writes nobody has to wake it.
        wakes(&pace, 1, false)
        withExtendedLifetime(member) {}
    }

    @Test func halfOfThemAreWrittenTogether() {
        var members = (0..<8).map { _ in underWay.enter() }
        var pace = pace()
        _ = pace.turn(for: Self.waiters(0, awaited: 0), at: now)
        wakes(&pace, 1, true)
        let end = now + .milliseconds(2)
        check(&pace, 1, .sleep(until: end))
        wakes(&pace, 2, false)
        wakes(&pace, 3, false)
        // Woken for nothing it waits no longer than before.
        check(&pace, 3, .sleep(until: end), at: now + .milliseconds(1))
        wakes(&pace, 4, true)
        check(&pace, 4, .write, at: now + .milliseconds(1))
        // The others may be over by something else.
        members.removeLast(5)
        #expect(underWay.count == 3)
        check(&pace, 2, .write)
    }

    @Test func nobodyWaitsLongerThanTheWindow() {
        let members = (0..<8).map { _ in underWay.enter() }
        var pace = pace()
        check(&pace, 2, .sleep(until: now + .milliseconds(2)))
        check(&pace, 2, .write, at: now + .milliseconds(2))
        // The next ones have a window of their own.
        let later = now + .milliseconds(3)
        check(&pace, 1, .sleep(until: later + .milliseconds(2)), at: later)
        withExtendedLifetime(members) {}
    }

    @Test func whatNobodyWaitsForBeginsNoSync() {
        var pace = pace()
        let end = now + .milliseconds(2)
        check(&pace, 3, awaited: 0, .sleep(until: end))
        wakes(&pace, 0, false)
        // It goes with the first that somebody waits for.
        wakes(&pace, 1, true)
        check(&pace, 5, awaited: 1, .write)
        check(&pace, 1, awaited: 0, .sleep(until: end))
        check(&pace, 1, awaited: 0, .write, at: end)
    }

    @Test func whoComesAfterThoseThatWereEnoughDelaysNobody() {
        var members = (0..<4).map { _ in underWay.enter() }
        var pace = pace()
        check(&pace, 1, .sleep(until: now + .milliseconds(2)))
        wakes(&pace, 2, true)
        for _ in 0..<20 { members.append(underWay.enter()) }
        check(&pace, 2, .write)
    }

    @Test func aMessageIsUnderWayUntilItsTrailIsGone() throws {
        let world = try TestWorld()
        let request = TestRequest("/ocm/shares", Messages.share(from: "modern.test"))
        var trail: Trail? = world.trail(try world.received(request))
        #expect(underWay.count == 0)
        trail?.join(underWay)
        #expect(underWay.count == 1)
        trail = nil
        #expect(underWay.count == 0)
    }

    @Test func somethingElseToDoWakesItAlways() {
        let members = (0..<8).map { _ in underWay.enter() }
        var pace = pace()
        _ = pace.turn(for: Self.waiters(1, awaited: 1), at: now)
        let woke = [pace.noteWork(), pace.noteWork()]
        #expect(woke == [true, false])
        withExtendedLifetime(members) {}
    }
}
