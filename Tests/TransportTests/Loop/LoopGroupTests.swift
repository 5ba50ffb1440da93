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

    /// What runs on no loop goes on to ask while they end and afterwards, and waits for nobody.
    @Test(.timeLimit(.minutes(1))) func whoAsksLoopsThatHaveEndedIsRefused() async throws {
        let away = LoopGroup(count: 1)
        let server = try await ScriptedServer(on: away) { _ in
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        }
        let upstream = Upstream(
            .tcp(.address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: server.port)))
        var head = HeadWriter()
        try head.requestLine(.get, Array("/".utf8))
        let request = BufferedRequest(.get, head: head)
        let group = LoopGroup(count: 2)
        let told = Told()
        let asking = (0..<8).map { number in
            Task {
                while !Task.isCancelled {
                    do throws(UpstreamFailure) {
                        _ = try await group.loops[number % 2].exchange(request, with: upstream)
                    } catch {
                        told.failures.withLock { $0.append(error) }
                        try? await Task.sleep(for: .milliseconds(1))
                    }
                }
            }
        }
        #expect(try await eventually { server.heads.count > 8 })
        await group.shutdown()
        for task in asking {
            task.cancel()
            await task.value
        }
        #expect(told.failures.withLock { $0 }.allSatisfy { $0 == .shutdown })
        for loop in group.loops {
            await #expect(throws: UpstreamFailure.shutdown) {
                try await loop.exchange(request, with: upstream)
            }
            await #expect(throws: Resolver.Failure.noAddress) {
                try await loop.addresses(of: "a.test", for: .known)
            }
        }
        #expect(await !group.isBusy())
        group.answer()
        await away.shutdown()
    }

    private final class Told: Sendable {
        let failures = Mutex<[UpstreamFailure]>([])
    }

    private func isSignalled(_ semaphore: DispatchSemaphore, within seconds: Double) -> Bool {
        semaphore.wait(timeout: .now() + seconds) == .success
    }
}
