import Federation
import Synchronization
import Testing

@testable import Gateway

@Suite("What waits for the journal")
struct JournalQueueTests {
    private static func job() throws -> JournalQueue.Job {
        JournalQueue.Job(
            work: .record(
                try TestJournal.record("06abcdefgh234567").text, code: "x", .none),
            isAwaited: true, tell: { _ in })
    }

    @Test func noMorePlacesAreGivenThanThereIsRoomFor() {
        var queue = JournalQueue(places: 2)
        for _ in 0..<2 {
            guard case .given = queue.takePlace() else {
                Issue.record("a place was refused")
                return
            }
        }
        guard case .wait = queue.takePlace() else {
            Issue.record("a place was given that is not there")
            return
        }
        queue.noteWritten(.taken(0))
        queue.synced(places: 1)
        #expect(queue.taken == 1)
        let refused = queue.takeSpare()
        queue.giveBack(1)
        let given = queue.takeSpare()
        #expect(!refused && given)
        #expect(queue.places == 0)
    }

    @Test func whoHasAPlaceHasItAlone() {
        var queue = JournalQueue(places: 10)
        func take() -> Int? {
            if case .given(let slot) = queue.takePlace() { slot } else { nil }
        }
        let first = [take(), take(), take()]
        queue.giveBack(1)
        let again = take()
        for place in [.taken(0), .none, .kept(2)] as [JournalQueue.Place] {
            queue.noteWritten(place)
        }
        queue.synced(places: 10)
        let rest = Set([take(), take(), take()])
        #expect(first == [0, 1, 2] && again == 1)
        #expect(rest == [0, 2, 3])
    }

    private final class Shared: Sendable {
        let state = Mutex(
            JournalState(queue: JournalQueue(places: 0), pace: SyncPace(underWay: UnderWay())))
    }

    /// Where no more room can be taken, what was counted for them is not counted again.
    @Test func whatIsCountedForThoseWhoAskIsTheirsAlone() async {
        let shared = Shared()
        typealias Given = Result<Int, JournalFailure>
        let given: [Given] = await withTaskGroup(of: Given.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    await withCheckedContinuation { asking in
                        shared.state.withLock { $0.asking.append(asking) }
                    }
                }
            }
            while shared.state.withLock({ $0.asking.count }) < 3 { await Task.yield() }
            for _ in 0..<3 {
                // There is none beyond those of the first two.
                let (answers, other) = shared.state.withLock { state in
                    let answers = state.answer(2, of: 2, thenLeaving: 0)
                    return (answers, state.takePlace())
                }
                if case .wait = other {} else { Issue.record("a place was given to another") }
                for (asking, answer) in answers {
                    switch answer {
                    case .given(let slot): asking.resume(returning: .success(slot))
                    case .refused(let failure): asking.resume(returning: .failure(failure))
                    case .wait: asking.resume(returning: .failure(.full))
                    }
                }
            }
            var given: [Given] = []
            for await one in group { given.append(one) }
            return given
        }
        let slots = Set(given.compactMap { try? $0.get() })
        #expect(slots == [0, 1] && given.count { $0 == .failure(.full) } == 1)
    }

    @Test func nothingIsTakenOnceItIsBroken() throws {
        var queue = JournalQueue(places: 10)
        let (first, left) = (queue.add(try Self.job()), queue.fail(.broken))
        let second = queue.add(try Self.job())
        #expect(first == nil && left.count == 1 && second == .broken)
        #expect(queue.waiting.count { $0.isAwaited } == 0)
        guard case .refused(.broken) = queue.takePlace() else {
            Issue.record("a broken journal gives places")
            return
        }
    }

    @Test func refusalsBeyondTheBudgetAreCounted() throws {
        var queue = JournalQueue(places: 10, budget: TokenBucket(perSecond: 1, burst: 3))
        var admitted = (0..<10).count { _ in queue.admits(code: "x", of: .anybody, now: 5) }
        // Who is known has a budget of its own, and what is our own has none.
        admitted += (0..<1002).count { _ in
            queue.admits(code: "y", of: .peer("one.test"), now: 5)
        }
        for sender in [JournalQueue.Sender.peer("two.test"), .ourselves] {
            admitted += queue.admits(code: "y", of: sender, now: 5) ? 1 : 0
        }
        #expect(admitted == 1005)
        let (told, again) = (queue.takeUnrecorded(), queue.takeUnrecorded())
        #expect(told == ["x": 7, "y": 2] && again == [:])
    }

    /// Hosts are free to invent, and their ports too.
    @Test func strangersShareABudgetAndThePortsOfAPeerDo() {
        func sender(
            _ peer: String, _ standing: String?, _ direction: Direction = .inbound
        ) -> JournalQueue.Sender {
            var decision = DecisionRecord(
                id: "06abcdefgh234567", kind: "shares", direction: direction, action: .deny,
                by: "unknown", status: 403, client: "192.0.2.7")
            (decision.peer, decision.standing) = (peer, standing)
            return JournalQueue.Sender(decision)
        }
        var queue = JournalQueue(places: 10, budget: TokenBucket(perSecond: 1, burst: 3))
        let strangers = (0..<1000).count { number in
            queue.admits(code: "x", of: sender("host\(number).test", "unknown"), now: 5)
        }
        #expect(strangers == 3)
        // What our own people try is recorded all the same.
        let ours = queue.admits(
            code: "x", of: sender("host1.test", "unknown", .outbound), now: 5)
        #expect(ours)
        let ports = (0..<2000).count { number in
            queue.admits(
                code: "y", of: sender("one.test:\(8000 + number % 20)", "list:partners"), now: 5)
        }
        #expect(ports == 1000)
    }
}
