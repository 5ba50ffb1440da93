import Federation
import GRDB
import OpenSSL
import Testing

@testable import Gateway

@Suite struct LimitRowsTests {
    private func policy() throws -> Policy {
        let text = """
            version = 1
            name = "t"
            default = "allow"
            unknown = "allow"
            [[limit]]
            name = "slow"
            on = "share.in"
            per = "sender"
            rate = "2/day"
            [[limit]]
            name = "fan-out"
            on = "share.in"
            per = "sender"
            distinct = "recipient"
            rate = "2/day"
            [[limit]]
            name = "fast"
            on = "share.in"
            per = "peer"
            rate = "60/min"
            """
        return try Policy(Array(text.utf8), file: "p.toml", PolicyFiles { _ in nil })
    }

    @Test func slowLimitsOutliveARestartAndFastOnesNeedNot() async throws {
        let world = try TestWorld()
        let (store, clock) = (world.gateway.store, world.clock)
        let policy = try policy()
        let key = world.seal.hmac(for: .limit)
        let first = PolicyHolder(policy, key: key)
        let host = try #require(PeerHost("a.test"))
        for recipient in ["bob", "eve"] {
            var facts = Facts(Occasion(.share, .inbound), peer: host, now: clock.now)
            (facts.sender, facts.recipient) = ("alice@a.test", recipient)
            var taking = RoomTaking(
                first.snapshot.live, facts, Amount(),
                microseconds: clock.environment.monotonicMicroseconds())
            let rooms = [taking.take(0), taking.take(1), taking.take(2)]
            #expect(rooms == [.room, .room, .room])
        }
        let places = first.snapshot.live.places
        let change = try #require(
            first.limits.flush(places, at: LimitTable.Moment(clock.environment)))
        try await store.commit([change])
        #expect(first.limits.flush(places, at: LimitTable.Moment(clock.environment)) == nil)

        clock.pass(3600)
        let second = PolicyHolder(policy, key: key)
        try second.limits.load(
            store, second.snapshot.live.places, at: LimitTable.Moment(clock.environment))
        var facts = Facts(Occasion(.share, .inbound), peer: host, now: clock.now)
        (facts.sender, facts.recipient) = ("alice@a.test", "dora")
        var taking = RoomTaking(
            second.snapshot.live, facts, Amount(),
            microseconds: clock.environment.monotonicMicroseconds())
        let room0 = taking.take(0)
        #expect(room0 == .full(retryAfter: 43_200 - 3600))
        let room1 = taking.take(1)
        #expect(room1 == .full(retryAfter: 86_400 - 3600))
        let room2 = taking.take(2)
        #expect(room2 == .room)
        // Of the same recipient as before there is no more than before.
        facts.recipient = "bob"
        taking = RoomTaking(
            second.snapshot.live, facts, Amount(),
            microseconds: clock.environment.monotonicMicroseconds())
        let again = taking.take(1)
        #expect(again == .room)
    }

    /// Refused messages fill no disk with holders that have used nothing.
    @Test func whatWasGivenBackLeavesNoRow() async throws {
        let world = try TestWorld()
        let (store, clock) = (world.gateway.store, world.clock)
        let holder = PolicyHolder(try policy(), key: world.seal.hmac(for: .limit))
        let host = try #require(PeerHost("a.test"))
        var facts = Facts(Occasion(.share, .inbound), peer: host, now: clock.now)
        (facts.sender, facts.recipient) = ("alice@a.test", "bob")
        var taking = RoomTaking(
            holder.snapshot.live, facts, Amount(),
            microseconds: clock.environment.monotonicMicroseconds())
        let rooms = [taking.take(0), taking.take(1)]
        #expect(rooms == [.room, .room])
        taking.giveBack()
        let change = holder.limits.flush(
            holder.snapshot.live.places, at: LimitTable.Moment(clock.environment))
        try await store.commit([try #require(change)])
        let rows = try store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM room") }
        #expect(rows == 0)
    }

    /// A holder may have many thousands of values.
    @Test func onlyValuesThatAreNewAreWritten() async throws {
        let world = try TestWorld()
        let (store, clock) = (world.gateway.store, world.clock)
        let holder = PolicyHolder(try policy(), key: world.seal.hmac(for: .limit))
        let host = try #require(PeerHost("a.test"))
        for recipient in ["bob", "eve"] {
            var facts = Facts(Occasion(.share, .inbound), peer: host, now: clock.now)
            (facts.sender, facts.recipient) = ("alice@a.test", recipient)
            var taking = RoomTaking(
                holder.snapshot.live, facts, Amount(),
                microseconds: clock.environment.monotonicMicroseconds())
            #expect(taking.take(1) == .room)
            let change = holder.limits.flush(
                holder.snapshot.live.places, at: LimitTable.Moment(clock.environment))
            let emptied = Change(write: { try $0.execute(sql: "DELETE FROM room") })
            try await store.commit([emptied, try #require(change)])
        }
        let values = try store.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM room WHERE length(value) > 0")
        }
        #expect(values == 1)
    }

    @Test func aClockThatIsAheadForAMomentTakesNoLimitAway() async throws {
        let world = try TestWorld()
        let (store, clock) = (world.gateway.store, world.clock)
        let key = world.seal.hmac(for: .limit)
        let host = try #require(PeerHost("a.test"))
        let holder = PolicyHolder(try policy(), key: key)
        func take(_ holder: PolicyHolder, as sender: String) -> Federation.Room {
            var facts = Facts(Occasion(.share, .inbound), peer: host, now: clock.now)
            facts.sender = sender
            var taking = RoomTaking(
                holder.snapshot.live, facts, Amount(),
                microseconds: clock.environment.monotonicMicroseconds())
            return taking.take(0)
        }
        func flush(at now: LimitTable.Moment) async throws {
            let change = holder.limits.flush(holder.snapshot.live.places, at: now)
            try await store.commit([try #require(change)])
        }
        for _ in 0..<2 { #expect(take(holder, as: "alice@a.test") == .room) }
        try await flush(at: LimitTable.Moment(clock.environment))
        #expect(take(holder, as: "eve@a.test") == .room)
        clock.step(20 * 86_400)
        try await flush(at: LimitTable.Moment(clock.environment))
        clock.step(-20 * 86_400)
        let later = PolicyHolder(try policy(), key: key)
        try later.limits.load(
            store, later.snapshot.live.places, at: LimitTable.Moment(clock.environment))
        #expect(take(later, as: "alice@a.test") != .room)
    }

    /// A row is there for as long as what it says counts: by a clock that does not step.
    @Test func whatCountsNoMoreHasNoRow() async throws {
        let world = try TestWorld()
        let (store, clock) = (world.gateway.store, world.clock)
        let holder = PolicyHolder(try policy(), key: world.seal.hmac(for: .limit))
        let host = try #require(PeerHost("a.test"))
        let places = holder.snapshot.live.places
        func take(_ sender: String, _ recipient: String) {
            var facts = Facts(Occasion(.share, .inbound), peer: host, now: clock.now)
            (facts.sender, facts.recipient) = (sender, recipient)
            var taking = RoomTaking(
                holder.snapshot.live, facts, Amount(),
                microseconds: clock.environment.monotonicMicroseconds())
            for limit in 0...1 { #expect(taking.take(limit) == .room) }
        }
        func sweep() {
            let now = LimitTable.Moment(clock.environment).monotonic
            for place in places { place.meter.sweep(place.measure, now: now) }
        }
        func flush() throws -> Change {
            try #require(
                holder.limits.flush(places, at: LimitTable.Moment(clock.environment)))
        }
        func rows() throws -> Int? {
            try store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM room") }
        }
        for recipient in ["bob", "eve"] { take("alice@a.test", recipient) }
        take("dora@a.test", "bob")
        try await store.commit([try flush()])
        // One for what each has used, one for each recipient.
        #expect(try rows() == 7)
        clock.pass(43_200)
        take("dora@a.test", "eve")
        try await store.commit([try flush()])
        #expect(try rows() == 8)
        // Alice is forgotten, and of Dora the one that came long ago, where another takes its place.
        clock.pass(43_201)
        sweep()
        take("dora@a.test", "bea")
        try await store.commit([try flush()])
        #expect(try rows() == 4)
        // Who was forgotten while the disk would take nothing has rows of what counts now, and no others.
        clock.pass(172_800)
        sweep()
        let lost = try flush()
        take("dora@a.test", "bob")
        try await store.commit([try flush()])
        lost.abandoned()
        try await store.commit([try flush()])
        #expect(try rows() == 3)
        sweep()
        #expect(holder.limits.flush(places, at: LimitTable.Moment(clock.environment)) == nil)
    }
}
