import Dispatch
import Foundation
import NIOCore
import Testing

@testable import Transport

@Suite struct LoopGroupTests {
    @Test func aGroupAnswersOnceEachOfItsLoopsHas() async {
        let group = LoopGroup(count: 2)
        let hanging = DispatchSemaphore(value: 0)
        let answered = DispatchSemaphore(value: 0)
        group.answer()
        group.loops[1].eventLoop.execute { hanging.wait() }
        Thread.detachNewThread {
            group.answer()
            answered.signal()
        }
        let isEarly = isSignalled(answered, within: 0.2)
        #expect(!isEarly)
        hanging.signal()
        #expect(isSignalled(answered, within: 10))
        await group.shutdown()
    }

    private func isSignalled(_ semaphore: DispatchSemaphore, within seconds: Double) -> Bool {
        semaphore.wait(timeout: .now() + seconds) == .success
    }
}
