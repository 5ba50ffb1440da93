import NIOCore
import Testing

@testable import Transport

@Suite struct MemoryPressureTests {
    @Test func itRisesAtOnceAndFallsSomeWayBelow() {
        var pressure = MemoryPressure()
        let looks: [(percent: Int, level: MemoryPressure.Level)] = [
            (79, .none), (80, .high), (76, .high), (89, .high), (90, .critical), (86, .critical),
            (84, .high), (75, .high), (74, .none), (95, .critical), (10, .none), (87, .high),
        ]
        for (percent, level) in looks {
            let before = pressure.level
            let change = pressure.look(used: percent << 20, limit: 100 << 20)
            #expect(pressure.level == level, "\(percent) %")
            #expect(change == (level == before ? nil : level))
        }
    }

    @Test func noLimitIsNoPressure() {
        var pressure = MemoryPressure()
        #expect(pressure.look(used: 1 << 40, limit: .max) == nil)
        #expect(pressure.look(used: 1, limit: 0) == nil)
    }

    @Test func withoutMemoryIdleConnectionsEndAndRequestsAre503() async throws {
        let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        try await serve(
            {
                $0.requestHead = .seconds(600)
                $0.keepAlive = .seconds(600)
            },
            { head, _ in
                guard head.path.elementsEqual("/held".utf8) else {
                    return .answer(Answer(status: 200, body: Array("hello".utf8)))
                }
                return .prepare { _ in
                    for await _ in released { break }
                    return .answer(Answer(status: 200))
                }
            }
        ) { port, group, _ in
            let held = "GET /held HTTP/1.1\r\nHost: a\r\n\r\n"
            let (_, busy) = try await RawClient.connect(to: port, on: group, saying: held + get)
            let (_, idle) = try await RawClient.connect(to: port, on: group, saying: get)
            #expect(try await eventually { group.count(of: .requests) == 2 })
            group.take(.critical)
            // The loop has seen it when the idle one has ended.
            #expect(try await idle.get().hasSuffix("hello"))
            release.yield()
            let answers = try await busy.get()
            #expect(answers.hasPrefix("HTTP/1.1 200 ") && answers.contains("HTTP/1.1 503 "))
            #expect(group.count(of: .shed) == 2)
        }
    }

    @Test func withLittleMemoryConnectionsWait() async throws {
        try await serve { port, group, server in
            group.take(.high)
            // The first one shows that nobody is to be accepted.
            let (first, _) = try await RawClient.connect(to: port, on: group)
            #expect(try await eventually { group.count(of: .acceptPaused) == 1 })
            let (second, answer) = try await RawClient.connect(
                to: port, on: group,
                saying: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            try await Task.sleep(for: .milliseconds(600))
            #expect(server.connections == 1)
            group.take(.none)
            #expect(try await answer.get().hasPrefix("HTTP/1.1 200 "))
            try await first.close()
            try? await second.close()
        }
    }
}
