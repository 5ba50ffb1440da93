import Federation
import Testing
import Transport

@testable import Gateway

@Suite struct FetchBudgetTests {
    @Test func aBurstIsTakenAndThenTenInASecond() {
        let budget = FetchBudget()
        #expect((0..<100).filter { _ in budget.take(for: .known, now: 0) }.count == 40)
        #expect((0..<100).filter { _ in budget.take(for: .known, now: 1) }.count == 10)
        #expect((0..<1000).filter { _ in budget.take(for: .known, now: 1000) }.count == 40)
    }

    @Test func hostsThatNobodyKnowsLeaveAQuarterToTheOthers() {
        let budget = FetchBudget()
        #expect((0..<1000).filter { _ in budget.take(for: .stranger, now: 0) }.count == 30)
        #expect((0..<1000).filter { _ in budget.take(for: .known, now: 0) }.count == 10)
    }

    /// Of messages that nobody has verified, in whosever name they are.
    @Test func oneNetworkLeavesAQuarterToTheOthers() throws {
        let budget = FetchBudget()
        let near = try ["192.0.2.1", "192.0.2.200"].map { try #require(IPAddress($0)) }
        let far = try #require(IPAddress("198.51.100.1"))
        func flood(_ now: Int) -> Int {
            (0..<100).filter { budget.take(for: .known, by: near[$0 % 2], now: now) }.count
        }
        #expect(flood(0) == 30)
        for now in 1...120 {
            #expect(flood(now) < 10)
            for _ in 0..<2 { #expect(budget.take(for: .known, by: far, now: now)) }
            for _ in 0..<2 { #expect(budget.take(for: .known, now: now)) }
        }
    }

    /// Of listed hosts, whose names anybody may write under a signature of their own.
    @Test func whoForgesNamesLeavesFetchesToOthers() async throws {
        let world = try TestWorld(isKnown: { _ in true })
        let peer = try TestPeer("modern.test")
        try peer.publish(on: world.net)
        let (host, peers) = (try #require(PeerHost("modern.test")), world.gateway.peers)
        let forger = try #require(IPAddress("192.0.2.1"))
        let client = try #require(IPAddress("198.51.100.1"))
        for number in 0..<60 {
            let named = try #require(PeerHost("p\(number).test"))
            _ = try? await peers.key("p\(number).test#k", of: named, for: .jwks, by: forger)
        }
        _ = try await peers.key(peer.keyID, of: host, for: .jwks, by: client)
    }

    /// A peer's new key is looked for once in a minute, and not by whom nothing is fetched for.
    @Test func whoForgesNamesLeavesTheOneRefreshToOthers() async throws {
        let world = try TestWorld(isKnown: { _ in true })
        let peer = try TestPeer("modern.test")
        try peer.publish(on: world.net)
        let (host, peers) = (try #require(PeerHost("modern.test")), world.gateway.peers)
        let forger = try #require(IPAddress("192.0.2.1"))
        let client = try #require(IPAddress("198.51.100.1"))
        _ = try await peers.key(peer.keyID, of: host, for: .jwks, by: client)
        for number in 0..<60 {
            let named = try #require(PeerHost("p\(number).test"))
            _ = try? await peers.key("p\(number).test#k", of: named, for: .jwks, by: forger)
        }
        var next = try TestPeer("modern.test")
        next.keyName = "key2"
        try next.publish(on: world.net, also: [peer])
        _ = try? await peers.key("modern.test#forged", of: host, for: .jwks, by: forger)
        _ = try await peers.key(next.keyID, of: host, for: .jwks, by: client)
    }

    @Test func whatIsLeftIsSeenBeforeItIsTaken() throws {
        let budget = FetchBudget()
        let near = try #require(IPAddress("192.0.2.1"))
        let far = try #require(IPAddress("198.51.100.1"))
        for _ in 0..<29 { #expect(budget.take(for: .known, by: near, now: 0)) }
        #expect(budget.has(1, for: .known, by: near, now: 0))
        #expect(!budget.has(2, for: .known, by: near, now: 0))
        #expect(budget.has(2, for: .known, by: far, now: 0))
        #expect(budget.has(1, for: .stranger, now: 0))
        #expect(!budget.has(2, for: .stranger, now: 0))
        #expect(budget.take(for: .known, by: near, now: 0))
        #expect(!budget.has(1, for: .known, by: near, now: 0))
    }

    /// Alone it has all that comes in.
    @Test func whatNobodyElseTakesANetworkMayTake() throws {
        let budget = FetchBudget()
        let one = try #require(IPAddress("2001:db8:1:2::3"))
        let same = try #require(IPAddress("2001:db8:1:ffff::1"))
        #expect((0..<100).filter { _ in budget.take(for: .known, by: one, now: 0) }.count == 30)
        #expect(!budget.take(for: .known, by: same, now: 0))
        var taken = 0
        for now in 1...100 {
            taken += (0..<100).filter { _ in budget.take(for: .known, by: one, now: now) }.count
        }
        #expect((990...1010).contains(taken))
    }

    @Test func howeverManyNetworksCameBeforeOneHasItsPart() {
        let budget = FetchBudget()
        for now in 0..<1000 {
            let client = IPAddress.v4(UInt32(now) << 8)
            let taken = (0..<10).filter { _ in budget.take(for: .known, by: client, now: now) }
            #expect(taken.count == 10)
        }
    }

    @Test func aClockThatStepsBackFillsNothing() {
        let budget = FetchBudget()
        for _ in 0..<40 { _ = budget.take(for: .known, now: 1000) }
        #expect(!budget.take(for: .known, now: 0))
    }

    @Test func anUnknownKeyRefreshesItsHostOnceInAMinute() {
        let budget = FetchBudget()
        #expect(budget.takeRefresh(of: "a.test", now: 0))
        #expect(!budget.takeRefresh(of: "a.test", now: 0))
        #expect(!budget.takeRefresh(of: "a.test", now: 59))
        #expect(budget.takeRefresh(of: "b.test", now: 59))
        #expect(budget.takeRefresh(of: "a.test", now: 60))
    }

    @Test func moreHostsThanAreRememberedRefreshNothing() {
        let budget = FetchBudget()
        for host in 0..<10_000 { #expect(budget.takeRefresh(of: "h\(host).test", now: 0)) }
        #expect(!budget.takeRefresh(of: "one-more.test", now: 1))
        #expect(budget.takeRefresh(of: "one-more.test", now: 61))
    }
}
