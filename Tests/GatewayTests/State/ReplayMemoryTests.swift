import OpenSSL
import Testing
import Transport

@testable import Gateway

@Suite struct ReplayMemoryTests {
    private let key = HMACKey(.sha256, Secret([1, 2, 3]))
    private var memory = ReplayMemory(limits: .init(window: 300, skew: 30), floor: 0)

    private func entry(
        _ name: String, peer: String = "p", created: Int = 1000, seen: Int = 1000,
        monotonic: Int = 0
    ) -> ReplayEntry {
        ReplayEntry(
            name: Digest128(Array(name.utf8), key: key),
            peer: Digest128(Array(peer.utf8), key: key),
            client: 7, created: created, seen: seen, monotonic: monotonic)
    }

    @Test mutating func aLookKeepsNothing() {
        let entry = entry("a")
        #expect(memory.glance(entry.name, client: 7, created: 1000) == nil)
        #expect(memory.count == 0)
        #expect(memory.judge(entry) == .first)
        for (client, found) in [(7, .same), (8, .other), (nil, .other)]
            as [(Int?, ReplayCache.Client)]
        {
            #expect(
                memory.glance(entry.name, client: client, created: 1000)
                    == .repeated(found, seen: 1000, monotonic: 0))
        }
    }

    @Test mutating func nothingLeavesBeforeBothClocksSaySo() {
        _ = memory.judge(entry("a"))
        memory.setRow(1, of: entry("a").name)
        // The wall clock leaps ahead, the other one stands.
        #expect(memory.expire(now: 1_000_000, monotonic: 1000) == nil)
        #expect(memory.expire(now: 1000, monotonic: 1_000_000_000) == nil)
        #expect(memory.expire(now: 1_000_000, monotonic: 1_000_000_000)?.floor == 1000)
        #expect(memory.judge(entry("a")) == .known(.untellable(floor: 1000)))
        #expect(memory.judge(entry("b", created: 1001)) == .first)
    }

    @Test mutating func whatIsNotWrittenStays() {
        _ = memory.judge(entry("a"))
        #expect(memory.expire(now: 1_000_000, monotonic: 1_000_000_000) == nil)
        memory.withdraw(entry("a").name)
        #expect(memory.count == 0)
        #expect(memory.judge(entry("a")) == .first)
    }

    @Test func fullMeansNoMoreOfAnybodyOrOfOne() {
        var limits = ReplayCache.Limits(window: 300, skew: 30)
        limits.capacity = 3
        limits.perPeer = 2
        var memory = ReplayMemory(limits: limits, floor: 0)
        #expect(memory.judge(entry("a")) == .first)
        #expect(memory.judge(entry("b")) == .first)
        #expect(memory.judge(entry("c")) == .full)
        #expect(memory.judge(entry("d", peer: "q")) == .first)
        #expect(memory.judge(entry("e", peer: "q")) == .full)
        // What is there is still known.
        #expect(memory.judge(entry("a")) == .known(.repeated(.same, seen: 1000, monotonic: 0)))
    }

    @Test func strangersLeaveTheLastQuarterToTheOthers() {
        var limits = ReplayCache.Limits(window: 300, skew: 30)
        limits.capacity = 4
        var memory = ReplayMemory(limits: limits, floor: 0)
        for name in ["a", "b", "c"] {
            #expect(memory.judge(entry(name, peer: name), of: .stranger) == .first)
        }
        #expect(memory.judge(entry("d", peer: "d"), of: .stranger) == .full)
        #expect(memory.judge(entry("d", peer: "d"), of: .known) == .first)
        #expect(memory.judge(entry("e", peer: "e"), of: .known) == .full)
    }

    @Test func fullMakesRoomOnlyOfWhatIsOver() {
        var limits = ReplayCache.Limits(window: 300, skew: 30)
        limits.capacity = 1
        var memory = ReplayMemory(limits: limits, floor: 0)
        _ = memory.judge(entry("a"))
        memory.setRow(1, of: entry("a").name)
        #expect(memory.judge(entry("b", created: 1330, seen: 1330, monotonic: 330_000)) == .full)
        #expect(memory.judge(entry("b", created: 1331, seen: 1331, monotonic: 331_000)) == .first)
        #expect(memory.floor == 1000)
        // Its row goes with the next look, though nothing is past the horizon.
        #expect(memory.expire(now: 1331, monotonic: 331_000)?.lastRow == 1)
        #expect(memory.expire(now: 1331, monotonic: 331_000) == nil)
    }

    @Test func onePeerGetsRoomForWhatIsOverBehindThatOfOthers() {
        var limits = ReplayCache.Limits(window: 300, skew: 30)
        limits.perPeer = 2
        var memory = ReplayMemory(limits: limits, floor: 0)
        let others = (0..<100).map { entry("\($0)", peer: "peer \($0)") }
        for (row, entry) in (others + [entry("a"), entry("b")]).enumerated() {
            #expect(memory.judge(entry) == .first)
            memory.setRow(Int64(row + 1), of: entry.name)
        }
        #expect(memory.judge(entry("c", created: 1330, seen: 1330, monotonic: 330_000)) == .full)
        #expect(memory.judge(entry("c", created: 1331, seen: 1331, monotonic: 331_000)) == .first)
        #expect(memory.judge(entry("d", created: 1331, seen: 1331, monotonic: 331_000)) == .first)
        #expect(memory.judge(entry("e", created: 1331, seen: 1331, monotonic: 331_000)) == .full)
    }

    /// A restart keeps nobody out for what could be forgotten before it.
    @Test func fullMakesRoomOfWhatWasOverBeforeTheStart() {
        var limits = ReplayCache.Limits(window: 300, skew: 30)
        limits.capacity = 2
        var memory = ReplayMemory(limits: limits, floor: 0)
        for (row, created) in [1000, 1100].enumerated() {
            let old = entry("\(created)")
            memory.restore(
                ReplayRow(id: Int64(row + 1), name: old.name, peer: old.peer, created: created),
                now: 1331, monotonic: 5000)
        }
        func judge(_ name: String) -> ReplayMemory.Result {
            memory.judge(entry(name, created: 1331, seen: 1331, monotonic: 5000))
        }
        #expect(judge("a") == .first)
        #expect(memory.floor == 1000)
        // What is inside its window stays, and what left is not taken again.
        #expect(judge("b") == .full)
        #expect(memory.judge(entry("1000")) == .known(.untellable(floor: 1000)))
    }

    @Test mutating func whatWasSignedAheadOfTheClockHoldsUpNobody() {
        for (row, entry) in [entry("ahead", created: 90_000), entry("a")].enumerated() {
            #expect(memory.judge(entry) == .first)
            memory.setRow(Int64(row + 1), of: entry.name)
        }
        let gone = memory.expire(now: 10_000, monotonic: 10_000_000)
        #expect(gone?.floor == 1000 && gone?.lastRow == 2)
        #expect(memory.count == 1)
        #expect(memory.expire(now: 10_000, monotonic: 10_000_000) == nil)
        #expect(
            memory.judge(entry("ahead", created: 90_000))
                == .known(.repeated(.same, seen: 1000, monotonic: 0)))
        // It leaves in its own time.
        let last = memory.expire(now: 100_000, monotonic: 100_000_000)
        #expect(last?.floor == 90_000 && last?.lastRow == 2)
        #expect(memory.count == 0)
    }

    @Test func fullMakesRoomBehindWhatIsAheadOfTheClock() {
        var limits = ReplayCache.Limits(window: 300, skew: 30)
        limits.capacity = 3
        var memory = ReplayMemory(limits: limits, floor: 0)
        for (row, name) in ["ahead", "further", "a"].enumerated() {
            let entry = entry(name, created: name == "a" ? 1000 : 90_000)
            #expect(memory.judge(entry) == .first)
            memory.setRow(Int64(row + 1), of: entry.name)
        }
        func judge(_ name: String) -> ReplayMemory.Result {
            memory.judge(entry(name, created: 1331, seen: 1331, monotonic: 331_000))
        }
        #expect(judge("b") == .first)
        // Nothing but what stepped aside, or is young: that makes no room.
        #expect(judge("c") == .full)
        #expect(judge("further") == .known(.repeated(.same, seen: 1000, monotonic: 0)))
    }

    /// The order of so many is made shorter meanwhile.
    @Test mutating func whatManyLeaveIsTold() {
        for row in 1...2000 {
            let entry = entry("\(row)")
            _ = memory.judge(entry)
            memory.setRow(Int64(row), of: entry.name)
        }
        let gone = memory.expire(now: 1_000_000, monotonic: 1_000_000_000)
        #expect(gone?.lastRow == 2000 && gone?.floor == 1000)
        #expect(memory.count == 0)
    }
}

extension ReplayMemory {
    /// Judges a message of a peer that is known.
    fileprivate mutating func judge(_ entry: ReplayEntry) -> Result {
        judge(entry, of: .known)
    }
}
