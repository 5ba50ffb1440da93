import Dispatch
import NIOCore
import NIOEmbedded
import Testing

@testable import Transport

/// The one timer of a loop, by a clock that the test turns.
@Suite struct LoopTests {
    private final class Member: LoopMember {
        var memberIndex = -1
        var looks: [Int] = []
        let looked: (Member) -> Void

        init(_ looked: @escaping (Member) -> Void = { _ in }) { self.looked = looked }

        func tick(at now: LoopTime) {
            let since = now - LoopTime(milliseconds: 0)
            looks.append(Int(since.nanoseconds / 1_000_000))
            looked(self)
        }
    }

    /// A loop, and its time.
    private func world() -> (clock: EmbeddedEventLoop, loop: Loop) {
        let clock = EmbeddedEventLoop()
        return (
            clock, Loop(clock, counters: Counters(), resolver: Resolver { _ in [] })
        )
    }

    @Test(arguments: [1, 128, 129, 3000, 9000])
    func everyMemberIsLookedAtOnceInEachRound(_ count: Int) {
        let (clock, loop) = world()
        let members = (0..<count).map { _ in Member() }
        for member in members { loop.add(member) }
        clock.advanceTime(by: .milliseconds(1000))
        for member in members {
            #expect((4...6).contains(member.looks.count))
            for (before, after) in zip(member.looks, member.looks.dropFirst()) {
                #expect((190...210).contains(after - before))
            }
        }
    }

    @Test func veryManyAreNotLookedAtAllAtOnce() {
        let (clock, loop) = world()
        let members = (0..<9000).map { _ in Member() }
        for member in members { loop.add(member) }
        clock.advanceTime(by: .milliseconds(400))
        let moments = Dictionary(grouping: members.flatMap(\.looks)) { $0 }
        #expect(moments.values.allSatisfy { $0.count <= 600 })
    }

    /// Each leaves when it is looked at; nobody is forgotten, and the timer ends with the last.
    @Test func membersThatLeaveMeanwhileTakeNobodyWithThem() {
        let (clock, loop) = world()
        let members = (0..<2000).map { _ in Member { loop.remove($0) } }
        for member in members { loop.add(member) }
        clock.advanceTime(by: .seconds(30))
        #expect(members.allSatisfy { $0.looks.count == 1 && $0.memberIndex < 0 })
        let late = Member()
        loop.add(late)
        clock.advanceTime(by: .milliseconds(450))
        #expect(late.looks.count == 2)
    }

    /// An exchange that its connection has ended is not over for its own deadline, too.
    @Test func whoHasLeftInTheSameRoundIsNotLookedAt() {
        let (clock, loop) = world()
        let other = Member()
        let first = Member { _ in loop.remove(other) }
        loop.add(first)
        loop.add(other)
        clock.advanceTime(by: .milliseconds(250))
        #expect(first.looks.count == 1 && other.looks.isEmpty)
    }

    @Test func withoutMembersItsTimeGoesOnToo() {
        let (clock, loop) = world()
        let begun = loop.now
        clock.advanceTime(by: .seconds(60))
        #expect(loop.now - begun == .seconds(60))
        let member = Member { loop.remove($0) }
        loop.add(member)
        clock.advanceTime(by: .seconds(30))
        #expect(loop.now - begun == .seconds(90))
    }

    /// Its time is as of the last look, and what is begun just before the next has all of its own.
    @Test func whatIsBegunBetweenTwoLooksIsNotOverEarly() {
        let (clock, loop) = world()
        var deadline = LoopTime.never
        var ended: LoopTime?
        let member = Member { _ in
            if deadline < loop.now, ended == nil { ended = Loop.time(clock) }
        }
        loop.add(member)
        clock.advanceTime(by: .milliseconds(199))
        let begun = Loop.time(clock)
        deadline = loop.latest + .milliseconds(990)
        clock.advanceTime(by: .seconds(2))
        #expect(
            ended.map { (.milliseconds(990)...(.milliseconds(1500))).contains($0 - begun) } == true)
    }

    /// What is begun when there has been nothing to do for long has all of its time.
    @Test func anExchangeOnALoopThatWasIdleHasItsWholeTime() throws {
        let exchange = try SilentExchange(deadline: .seconds(10), idleFor: .seconds(60))
        exchange.pass(seconds: 9)
        #expect(exchange.failure == nil)
        exchange.pass(seconds: 2)
        #expect(exchange.failure == .deadline)
    }

    /// A page may take longer than its reader waits: five such would else shut everybody out.
    @Test(arguments: [(nil, true), (10, true), (11, false), (40, false)] as [(Int?, Bool)])
    func whoWaitsForLessThanTheServerMayTakeSaysNothingOfIt(
        _ firstByte: Int?, _ isCounted: Bool
    ) throws {
        let health = UpstreamHealth(.init(failures: 1)) { _ in }
        let exchange = try SilentExchange(
            deadline: .seconds(10), firstByte: firstByte.map { .seconds($0) }, health: health)
        exchange.pass(seconds: 11)
        #expect(exchange.failure == .deadline)
        #expect(health.isGood == !isCounted)
    }

    /// A request to a server whose address is never told.
    private final class SilentExchange {
        private let clock = EmbeddedEventLoop()
        private let answering = DispatchSemaphore(value: 0)
        private(set) var failure: UpstreamFailure?

        init(
            deadline: Duration, firstByte: Duration? = nil, idleFor idle: TimeAmount = .zero,
            health: UpstreamHealth? = nil
        ) throws {
            // It is not heard while anybody waits for it.
            let resolver = Resolver(patience: .seconds(15)) { [answering] _ in
                answering.wait()
                return []
            }
            let loop = Loop(clock, counters: Counters(), resolver: resolver)
            clock.advanceTime(by: idle)
            var head = HeadWriter()
            try head.requestLine(.get, Array("/".utf8))
            var limits = UpstreamLimits()
            limits.connect = .seconds(30)
            limits.firstByte = deadline
            BufferedExchange.start(
                BufferedRequest(.get, head: head, deadline: deadline, firstByte: firstByte),
                with: Upstream(.tcp(.name("a.test"), port: 80), limits: limits, health: health),
                on: loop
            ) { [weak self] result in
                if case .failure(let ended) = result { self?.failure = ended }
            }
        }

        func pass(seconds: Int64) { clock.advanceTime(by: .seconds(seconds)) }

        deinit {
            clock.advanceTime(by: .seconds(30))
            answering.signal()
        }
    }
}
