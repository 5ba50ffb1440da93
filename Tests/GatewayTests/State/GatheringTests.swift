import Testing

@testable import Gateway

@Suite struct GatheringTests {
    private let underWay = UnderWay()
    private let now = ContinuousClock.now

    private func gathering() -> Gathering {
        Gathering(window: .milliseconds(2), underWay: underWay)
    }

    private struct Waiter: Gathered {
        let isAwaited: Bool
    }

    private static func waiters(_ count: Int, awaited: Int) -> [Waiter] {
        (0..<count).map { Waiter(isAwaited: $0 < awaited) }
    }

    private func check(
        _ gathering: inout Gathering, _ waiting: Int, awaited: Int? = nil,
        _ expected: Gathering.Turn, at now: ContinuousClock.Instant? = nil,
        _ place: SourceLocation = #_sourceLocation
    ) {
        let turn = gathering.turn(
            for: Self.waiters(waiting, awaited: awaited ?? waiting), at: now ?? self.now)
        #expect(turn == expected, sourceLocation: place)
    }

    private func wakes(
        _ gathering: inout Gathering, _ awaited: Int, _ expected: Bool,
        _ place: SourceLocation = #_sourceLocation
    ) {
        let wakes = gathering.wakes(for: Self.waiters(awaited, awaited: awaited))
        #expect(wakes == expected, sourceLocation: place)
    }

    @Test func whoIsAloneWaitsForNobody() {
        let member = underWay.enter()
        var gathering = gathering()
        check(&gathering, 0, .sleep(until: nil))
        wakes(&gathering, 1, true)
        check(&gathering, 1, .write)
        // While it writes nobody has to wake it.
        wakes(&gathering, 1, false)
        withExtendedLifetime(member) {}
    }

    @Test func halfOfThemAreWrittenTogether() {
        var members = (0..<8).map { _ in underWay.enter() }
        var gathering = gathering()
        _ = gathering.turn(for: Self.waiters(0, awaited: 0), at: now)
        wakes(&gathering, 1, true)
        let end = now + .milliseconds(2)
        check(&gathering, 1, .sleep(until: end))
        wakes(&gathering, 2, false)
        wakes(&gathering, 3, false)
        // Woken for nothing it waits no longer than before.
        check(&gathering, 3, .sleep(until: end), at: now + .milliseconds(1))
        wakes(&gathering, 4, true)
        check(&gathering, 4, .write, at: now + .milliseconds(1))
        // The others may be over by something else.
        members.removeLast(5)
        #expect(underWay.count == 3)
        check(&gathering, 2, .write)
    }

    @Test func nobodyWaitsLongerThanTheWindow() {
        let members = (0..<8).map { _ in underWay.enter() }
        var gathering = gathering()
        check(&gathering, 2, .sleep(until: now + .milliseconds(2)))
        check(&gathering, 2, .write, at: now + .milliseconds(2))
        // The next ones have a window of their own.
        let later = now + .milliseconds(3)
        check(&gathering, 1, .sleep(until: later + .milliseconds(2)), at: later)
        withExtendedLifetime(members) {}
    }

    @Test func whatNobodyWaitsForBeginsNoSync() {
        var gathering = gathering()
        let end = now + .milliseconds(2)
        check(&gathering, 3, awaited: 0, .sleep(until: end))
        wakes(&gathering, 0, false)
        // It goes with the first that somebody waits for.
        wakes(&gathering, 1, true)
        check(&gathering, 5, awaited: 1, .write)
        check(&gathering, 1, awaited: 0, .sleep(until: end))
        check(&gathering, 1, awaited: 0, .write, at: end)
    }

    @Test func whoComesAfterThoseThatWereEnoughDelaysNobody() {
        var members = (0..<4).map { _ in underWay.enter() }
        var gathering = gathering()
        check(&gathering, 1, .sleep(until: now + .milliseconds(2)))
        wakes(&gathering, 2, true)
        for _ in 0..<20 { members.append(underWay.enter()) }
        check(&gathering, 2, .write)
    }

    @Test func aMessageIsUnderWayUntilItsTrailIsGone() throws {
        let world = try TestWorld()
        let request = TestRequest("/ocm/shares", Messages.share(from: "modern.test"))
        var trail: Trail? = world.trail(try world.received(request))
        #expect(underWay.count == 0)
        trail?.counts(among: underWay)
        #expect(underWay.count == 1)
        trail = nil
        #expect(underWay.count == 0)
    }

    @Test func somethingElseToDoWakesItAlways() {
        let members = (0..<8).map { _ in underWay.enter() }
        var gathering = gathering()
        _ = gathering.turn(for: Self.waiters(1, awaited: 1), at: now)
        let woke = [gathering.wakes(), gathering.wakes()]
        #expect(woke == [true, false])
        withExtendedLifetime(members) {}
    }
}
