import Dispatch
import Synchronization
import Testing

@testable import Gateway

@Suite(.serialized) struct CommitQueueTests {
    /// A disk that writes when it is let, and callers that remember what they were told.
    private final class World: Sendable {
        let begun = DispatchSemaphore(value: 0)
        let go = DispatchSemaphore(value: 0)
        let told = DispatchSemaphore(value: 0)
        let batches = Mutex<[Int]>([])
        let disk = Mutex<[CommitQueue.Disk]>([])
        let answers = Mutex<[Int: StoreFailure?]>([:])
        let committed = Atomic(0)
        let abandoned = Atomic(0)

        func write(
            _ batch: [CommitQueue.Entry], _ failure: StoreFailure? = nil
        ) -> [(CommitQueue.Entry, StoreFailure?)] {
            begun.signal()
            go.wait()
            batches.withLock { $0.append(batch.count) }
            return batch.map { ($0, failure) }
        }

        func submit(_ number: Int, to queue: CommitQueue) {
            let change = Change(
                write: { _ in },
                committed: { [self] in committed.add(1, ordering: .relaxed) },
                abandoned: { [self] in abandoned.add(1, ordering: .relaxed) })
            queue.submit(
                CommitQueue.Entry([change]) { [self] failure in
                    answers.withLock { $0[number] = failure }
                    told.signal()
                })
        }

        func answer(_ number: Int) -> StoreFailure?? { answers.withLock { $0[number] } }
    }

    @Test func whoWaitsTogetherIsWrittenTogether() {
        let world = World()
        let queue = CommitQueue(patience: .seconds(60)) { world.write($0) }
        world.submit(0, to: queue)
        world.begun.wait()
        for number in 1...50 { world.submit(number, to: queue) }
        #expect(queue.depth == 51)
        world.go.signal()
        world.go.signal()
        for _ in 0...50 { world.told.wait() }
        #expect(world.batches.withLock { $0 } == [1, 50])
        #expect((0...50).allSatisfy { world.answer($0) == .some(nil) })
        #expect(world.committed.load(ordering: .relaxed) == 51)
        queue.stop(.closed)
        #expect(queue.drain(upTo: .seconds(5)))
    }

    @Test func aFailureIsEverybodysOfThatBatch() {
        let world = World()
        let queue = CommitQueue(patience: .seconds(60)) { world.write($0, .disk("full")) }
        for number in 0..<3 { world.submit(number, to: queue) }
        for _ in 0..<3 { world.go.signal() }
        for _ in 0..<3 { world.told.wait() }
        #expect((0..<3).allSatisfy { world.answer($0) == .some(.disk("full")) })
        #expect(world.abandoned.load(ordering: .relaxed) == 3)
        #expect(world.committed.load(ordering: .relaxed) == 0)
        queue.stop(.closed)
    }

    @Test func whenTheDiskHangsCallersAreToldInTime() {
        let world = World()
        let queue = CommitQueue(
            patience: .milliseconds(200),
            hears: { disk in world.disk.withLock { $0.append(disk) } },
            write: { world.write($0) })
        let start = ContinuousClock.now
        world.submit(0, to: queue)
        world.begun.wait()
        world.submit(1, to: queue)
        world.told.wait()
        world.told.wait()
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(world.answer(0) == .some(.slow) && world.answer(1) == .some(.slow))
        #expect(world.disk.withLock { $0 } == [.slow])
        // What was not begun is forgotten; what was may still land, and the tables follow it.
        #expect(world.abandoned.load(ordering: .relaxed) == 1)
        world.go.signal()
        queue.stop(.closed)
        #expect(queue.drain(upTo: .seconds(5)))
        #expect(world.committed.load(ordering: .relaxed) == 1)
        #expect(world.batches.withLock { $0 } == [1])
        #expect(world.disk.withLock { $0 } == [.slow, .answers])
    }

    @Test func fullMeansRefuse() {
        let world = World()
        let queue = CommitQueue(capacity: 4, patience: .seconds(60)) { world.write($0) }
        world.submit(0, to: queue)
        world.begun.wait()
        for number in 1...5 { world.submit(number, to: queue) }
        world.told.wait()
        #expect(world.answer(5) == .some(.overloaded))
        #expect(world.abandoned.load(ordering: .relaxed) == 1)
        for _ in 0..<5 { world.go.signal() }
        queue.stop(.closed)
        #expect(queue.drain(upTo: .seconds(5)))
        #expect(world.committed.load(ordering: .relaxed) == 5)
    }

    @Test func afterABreakNothingThatWaitsIsWritten() {
        let world = World()
        let queue = CommitQueue(patience: .seconds(60)) { world.write($0, .broken) }
        world.submit(0, to: queue)
        world.begun.wait()
        world.submit(1, to: queue)
        queue.stop(.broken)
        world.told.wait()
        #expect(world.answer(1) == .some(.broken))
        world.submit(2, to: queue)
        world.told.wait()
        #expect(world.answer(2) == .some(.broken))
        world.go.signal()
        world.told.wait()
        #expect(world.answer(0) == .some(.broken))
        #expect(world.batches.withLock { $0 } == [1])
        #expect(world.committed.load(ordering: .relaxed) == 0)
        queue.stop(.closed)
        #expect(queue.drain(upTo: .seconds(5)))
        #expect(queue.drain(upTo: .seconds(5)))
    }
}
