import Dispatch
import Foundation
import Synchronization
import Testing

@testable import Transport

@Suite struct UpstreamHealthTests {
    private final class Told: Sendable {
        let changes = Mutex<[UpstreamHealth.Change]>([])
        var all: [UpstreamHealth.Change] { changes.withLock { $0 } }
    }

    private func health(_ told: Told) -> UpstreamHealth {
        UpstreamHealth(.init(failures: 2, rest: .seconds(600))) { change in
            told.changes.withLock { $0.append(change) }
        }
    }

    @Test func whatIsNoSilenceIsNotCounted() {
        let told = Told()
        let health = health(told)
        for failure: UpstreamFailure in [.closedEarly, .truncated, .idleTimeout, .busy, .shutdown] {
            health.failed(failure, at: LoopTime(milliseconds: 0))
            health.failed(failure, at: LoopTime(milliseconds: 0))
        }
        #expect(told.all.isEmpty && health.isGood)
    }

    @Test func eachChangeIsToldOnce() {
        let told = Told()
        let health = health(told)
        for _ in 0..<5 { health.failed(.firstByteTimeout, at: LoopTime(milliseconds: 0)) }
        #expect(!health.isGood)
        #expect(health.admit(at: LoopTime(milliseconds: 1)) == .refused(after: 600))
        #expect(health.admit(at: LoopTime(milliseconds: 600_000)) == .admitted)
        #expect(!health.isGood)
        for _ in 0..<3 { health.answered(at: LoopTime(milliseconds: 600_001)) }
        #expect(health.isGood)
        #expect(told.all == [.suspended(.firstByteTimeout), .resumed])
    }

    /// What holds its requests on purpose answers others meanwhile.
    @Test func aServerThatAnswersOthersIsNotSilent() {
        let told = Told()
        let health = health(told)
        health.answered(at: LoopTime(milliseconds: 10_000))
        for (milliseconds, count) in [(40_000, 0), (40_001, 1)] {
            for _ in 0..<5 {
                health.failed(
                    .firstByteTimeout, at: LoopTime(milliseconds: milliseconds),
                    silentFor: LoopSpan(.seconds(30)))
            }
            #expect(told.all.count == count)
        }
        #expect(told.all == [.suspended(.firstByteTimeout)])
    }

    /// It answers another loop while this one tells that it is left alone.
    @Test func changesAreToldInTheirOrder() {
        let told = Told()
        let resumed = DispatchSemaphore(value: 0)
        let health = Mutex<UpstreamHealth?>(nil)
        let made = UpstreamHealth(.init(failures: 1)) { change in
            if change != .resumed {
                let asked = health.withLock { $0 }
                Thread.detachNewThread {
                    asked?.answered(at: LoopTime(milliseconds: 1))
                    resumed.signal()
                }
                // It is not heard meanwhile.
                Thread.sleep(forTimeInterval: 0.2)
            }
            told.changes.withLock { $0.append(change) }
        }
        health.withLock { $0 = made }
        made.failed(.connectRefused, at: LoopTime(milliseconds: 0))
        resumed.wait()
        #expect(told.all == [.suspended(.connectRefused), .resumed])
        health.withLock { $0 = nil }
    }

    /// One that is not there is asked twice, and then no more.
    @Test func requestsForADeadServerAreRefusedAtOnce() async throws {
        let away = LoopGroup(count: 1)
        let server = try await ScriptedServer(on: away) { _ in nil }
        try await server.stop()
        let told = Told()
        let upstream = Upstream(
            .tcp(.address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: server.port)),
            health: health(told))
        let get = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        try await serve(
            { _ in },
            { _, _ in
                var head = HeadWriter()
                guard (try? head.requestLine(.get, Array("/up".utf8))) != nil else {
                    return .answer(Answer(status: 500))
                }
                return .forward(Forwarding(to: upstream, head: head))
            }
        ) { port, group, _ in
            var statuses: [Substring] = []
            for _ in 0..<4 {
                let answer = try await RawClient.talk([(.zero, get)], to: port, on: group)
                statuses.append(answer.dropFirst(9).prefix(3))
            }
            #expect(statuses == ["502", "502", "503", "503"])
            #expect(group.count(of: .upstreamSuspended) == 2)
            #expect(told.all == [.suspended(.connectRefused)])
        }
        await away.shutdown()
    }
}
