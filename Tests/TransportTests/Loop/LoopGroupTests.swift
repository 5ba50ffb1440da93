import Dispatch
import NIOCore
import Synchronization
import Testing

@testable import Transport

@Suite struct LoopGroupTests {
    @Test func aGroupAnswersOnceEachOfItsLoopsHas() async throws {
        let group = LoopGroup(count: 2)
        let hanging = DispatchSemaphore(value: 0)
        let hasAnswered = Atomic(false)
        await group.answer()
        group.loops[1].eventLoop.execute { hanging.wait() }
        async let answer: Void = {
            await group.answer()
            hasAnswered.store(true, ordering: .relaxed)
        }()
        try await Task.sleep(for: .milliseconds(200))
        let early = hasAnswered.load(ordering: .relaxed)
        #expect(!early)
        hanging.signal()
        await answer
        await group.shutdown()
    }
}
