import Dispatch
import Foundation
import NIOCore
import Synchronization
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

    /// What it hears it can say before its loop has ended, and nobody is asked any more.
    @Test func whoWaitsForAnAnswerHearsOfTheEnd() async throws {
        let away = LoopGroup(count: 1)
        let silent = try await ScriptedServer(on: away) { _ in nil }
        let upstream = Upstream(
            .tcp(.address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: silent.port)))
        var head = HeadWriter()
        try head.requestLine(.get, Array("/".utf8))
        let request = BufferedRequest(.get, head: head, deadline: .seconds(300))
        let group = LoopGroup(count: 1)
        let handle = group.loops[0]
        let told = Told()
        handle.eventLoop.execute {
            handle.run {
                for _ in 0..<2 {
                    do throws(UpstreamFailure) {
                        _ = try await handle.exchange(request, with: upstream)
                    } catch {
                        // To write it down takes a while.
                        try? await Task.sleep(for: .milliseconds(100))
                        told.failures.withLock { $0.append(error) }
                    }
                }
            }
        }
        #expect(try await eventually { silent.heads.count == 1 })
        await group.shutdown()
        #expect(told.failures.withLock { $0 } == [.shutdown, .shutdown])
        #expect(silent.heads.count == 1)
        await away.shutdown()
    }

    private final class Told: Sendable {
        let failures = Mutex<[UpstreamFailure]>([])
    }

    private func isSignalled(_ semaphore: DispatchSemaphore, within seconds: Double) -> Bool {
        semaphore.wait(timeout: .now() + seconds) == .success
    }
}
