import Federation
import Testing
import Transport

@testable import Gateway

@Suite struct StreamedRoomTests {
    private static func limit(_ more: String = "") -> String {
        """
        [[limit]]
        name = "bytes"
        on = "webdav.in"
        per = "peer"
        bytes = "1000B/day"
        \(more)
        """
    }

    /// The room of a request; nil when it is not let through.
    private func room(
        _ world: TestWorld, _ body: BodyFraming = .none, _ method: Method = .get
    ) throws -> StreamedRoom? {
        let facts = Facts(
            Occasion(.webdav, .inbound), peer: PeerHost("legacy.test"), now: world.clock.now)
        let judgement = world.gateway.judge(
            facts, Amount(of: body), under: world.gateway.policy.snapshot)
        guard judgement.verdict.action == .allow else { return nil }
        return StreamedRoom(judgement.pending, method, body)
    }

    private func denial(_ room: StreamedRoom?, _ length: Int, _ status: Int = 200) -> Denial? {
        do throws(Denial) {
            try room?.answered(status, .length(length))
            return nil
        } catch { return error }
    }

    /// Of many at once the first takes the room, and what is larger than all of it passes alone.
    @Test(arguments: [600, 3000]) func whatAnAnswerTellsIsTakenBeforeItPasses(_ length: Int) throws
    {
        let world = try TestWorld(rules: Self.limit())
        let rooms = try (0..<10).map { _ in try #require(try room(world)) }
        let denials = rooms.compactMap { denial($0, length) }
        #expect(denials.count == 9)
        #expect(denials.allSatisfy { $0.status == 429 && $0.detail == "policy: limit:bytes" })
        #expect(denials.allSatisfy { $0.keptDetail == nil })
        #expect(rooms[0].passes(length) == .goesOn)
        for room in rooms { room.end() }
        let next = try room(world)
        #expect(next == nil || denial(next, 600)?.status == 429)
        world.clock.pass(2 * 86_400)
        #expect(denial(try room(world), 600) == nil)
    }

    @Test func whatNobodyToldIsCountedAsItPassesAndEnds() throws {
        let world = try TestWorld(rules: Self.limit())
        let rooms = try (0..<10).map { _ in try #require(try room(world, .chunked)) }
        var passed = 0
        for _ in 0..<10 {
            for room in rooms where room.passes(100) == .goesOn { passed += 100 }
        }
        // The size, and as much debt.
        #expect(passed == 2000)
        guard case .ends(let denial) = rooms[0].passes(1) else { throw TestPeer.Unmade() }
        #expect(denial.by == "limit:bytes" && denial.status == 429)
        #expect(try #require(denial.retryAfter) > 80_000)
        #expect(try room(world) == nil)
    }

    /// Nothing else tells it from what was refused before it began.
    @Test func whatIsCutOffSaysHowMuchHadPassed() throws {
        let world = try TestWorld(rules: Self.limit())
        let first = try #require(try room(world, .chunked))
        #expect(first.passes(700) == .goesOn && first.passes(600) == .goesOn)
        guard case .ends(let denial) = first.passes(900) else { throw TestPeer.Unmade() }
        #expect(denial.detail == "policy: limit:bytes, cut off after 1300 bytes")
        #expect(denial.keptDetail == denial.detail)
    }

    /// What limits count no more is forgotten twice a minute, and a backend may take longer.
    @Test func whatBeginsLateCountsAllTheSame() throws {
        let world = try TestWorld(rules: Self.limit())
        func forget() {
            world.clock.pass(30)
            for place in world.gateway.policy.snapshot.live.places {
                let now = Double(world.clock.environment.monotonicMicroseconds()) / 1e6
                place.meter.sweep(place.measure, now: now)
            }
        }
        let rooms = try (0..<3).map { _ in try #require(try room(world)) }
        forget()
        #expect(rooms[0].passes(300) == .goesOn)
        #expect(denial(rooms[1], 600) == nil && denial(rooms[2], 600)?.status == 429)
        #expect(rooms[1].passes(600) == .goesOn)
        for room in rooms { room.end() }
        #expect(denial(try room(world), 200)?.status == 429)
    }

    @Test func whatDidNotPassIsGivenBack() throws {
        let world = try TestWorld(rules: Self.limit())
        let first = try room(world)
        #expect(denial(first, 900) == nil)
        #expect(first?.passes(100) == .goesOn)
        #expect(denial(try room(world), 900)?.status == 429)
        first?.end()
        // Who ends without a word gives back as well.
        #expect(denial(try room(world), 900) == nil)
        let second = try room(world)
        #expect(denial(second, 900) == nil && second?.passes(900) == .goesOn)
        second?.end()
        #expect(try room(world) == nil)
    }

    /// Else who announces much, waits and sends nothing has twice the room behind it.
    @Test func whatRanOutMeanwhileIsNotGivenBack() throws {
        let world = try TestWorld(rules: Self.limit())
        let idle = try #require(try room(world, .length(900)))
        world.clock.pass(86_400)
        let full = try room(world)
        #expect(denial(full, 1000) == nil && full?.passes(1000) == .goesOn)
        full?.end()
        idle.end()
        #expect(try room(world) == nil)
    }

    /// The backend has done already what was asked of it.
    @Test func theAnswerToABodyIsCountedOnly() throws {
        let world = try TestWorld(rules: Self.limit())
        let upload = try room(world, .length(1000))
        #expect(denial(upload, 500, 201) == nil)
        #expect(upload?.passes(1000) == .goesOn && upload?.passes(500) == .goesOn)
        upload?.end()
        #expect(try room(world) == nil)
        // A failure is no data, and a full limit does not hide it.
        let other = try TestWorld(rules: Self.limit())
        let (one, two) = (try room(other), try room(other))
        #expect(denial(one, 1000) == nil && denial(two, 1000, 404) == nil)
    }

    /// It has had its effect without a body too: a refusal would say that it had none.
    @Test(arguments: [Method.delete, .move, .copy, .lock])
    func theAnswerToWhatChangesSomethingIsCountedOnly(_ method: Method) throws {
        let world = try TestWorld(rules: Self.limit())
        let (full, change) = (try room(world), try room(world, .none, method))
        let read = try room(world)
        #expect(denial(full, 900) == nil)
        #expect(denial(change, 500, 207) == nil)
        #expect(denial(read, 500, 207)?.status == 429)
        for room in [full, change, read] { room?.end() }
    }

    @Test func whatIsOnlyReportedRefusesNothing() throws {
        let world = try TestWorld(rules: Self.limit("mode = \"report\""))
        for room in [try room(world), try room(world)] {
            #expect(denial(room, 5000) == nil)
            #expect(room?.passes(6000) == .goesOn)
        }
    }
}
