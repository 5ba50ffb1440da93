import NIOCore
import NIOPosix
import Testing

@testable import Transport

@Suite struct UpstreamPoolTests {
    private static func upstream(_ server: ScriptedServer, connections: Int? = nil) -> Upstream {
        var limits = UpstreamLimits()
        if let connections { limits.connections = connections }
        // However busy the machine is.
        limits.connect = .seconds(300)
        limits.firstByte = .seconds(300)
        return Upstream(
            .tcp(.address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: server.port)),
            limits: limits)
    }

    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    private static func get() throws -> BufferedRequest {
        var head = HeadWriter()
        try head.requestLine(.get, Array("/".utf8))
        return BufferedRequest(.get, head: head, deadline: .seconds(300))
    }

    /// A loop by itself, with room for so many connections to upstreams.
    private struct Client {
        private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop: LoopHandle

        init(upstreams: Int = 16) {
            loop = LoopHandle(
                Loop(
                    group.next(), counters: Counters(), resolver: Resolver(), upstreams: upstreams))
        }

        func end() async throws { try await group.shutdownGracefully() }
    }

    /// As clients make it, that hold what they began.
    @Test func oneUpstreamThatIsBusyLeavesRoomForOthers() async throws {
        let away = LoopGroup(count: 1)
        let silent = try await ScriptedServer(on: away) { _ in nil }
        let other = try await ScriptedServer(on: away) { _ in Self.ok }
        let (busy, free) = (Self.upstream(silent), Self.upstream(other))
        let client = Client()
        let loop = client.loop
        let request = try Self.get()
        let held = (0..<14).map { _ in Task { try? await loop.exchange(request, with: busy) } }
        #expect(try await eventually { silent.heads.count == 14 })
        await #expect(throws: UpstreamFailure.busy) {
            try await loop.exchange(request, with: busy)
        }
        #expect(try await loop.exchange(request, with: free).status == 200)
        await away.shutdown()
        for task in held { _ = await task.value }
        try await client.end()
    }

    /// With room for one connection, in all or to this upstream, the kept one makes room for a fresh one of the
    /// same upstream, as often as it is asked for.
    @Test(arguments: [(1, nil), (16, 1)] as [(Int, Int?)])
    func roomThatIsMadeByTheLastConnectionOfAnUpstreamIsNotLost(_ all: Int, _ ofOne: Int?)
        async throws
    {
        let away = LoopGroup(count: 1)
        let server = try await ScriptedServer(on: away) { _ in Self.ok }
        let upstream = Self.upstream(server, connections: ofOne)
        let client = Client(upstreams: all)
        let loop = client.loop
        for method in [Method.get, .post, .get, .post, .get] {
            // A connection that may be about to be closed does not do for a POST.
            if method == .post { try await Task.sleep(for: .seconds(4)) }
            var head = HeadWriter()
            try head.requestLine(method, Array("/".utf8))
            let request = BufferedRequest(method, head: head, body: method == .post ? [] : nil)
            #expect(try await loop.exchange(request, with: upstream).status == 200)
        }
        #expect(server.connections == 3)
        try await client.end()
        await away.shutdown()
    }

    /// Whatever was asked for between, what is kept is found again, though all there was had ended before.
    @Test func anUpstreamWhoseLastConnectionEndedIsKeptAnew() async throws {
        let away = LoopGroup(count: 1)
        let closing = try await ScriptedServer(on: away) { number in
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\(number == 0 ? "Connection: close\r\n" : "")\r\nok"
        }
        let other = try await ScriptedServer(on: away) { _ in Self.ok }
        let upstreams = [Self.upstream(closing), Self.upstream(other)]
        let client = Client()
        let loop = client.loop
        for place in [0, 0, 1, 0, 1] {
            let request = try Self.get()
            #expect(try await loop.exchange(request, with: upstreams[place]).status == 200)
        }
        #expect(closing.connections == 2 && other.connections == 1)
        try await client.end()
        await away.shutdown()
    }

    /// What is kept makes room, of whatever upstream it is; what is in use does not.
    @Test func allUpstreamsTogetherGetSoManyConnections() async throws {
        let away = LoopGroup(count: 1)
        let silent = try await ScriptedServer(on: away) { _ in nil }
        let other = try await ScriptedServer(on: away) { _ in Self.ok }
        let (busy, free) = (Self.upstream(silent), Self.upstream(other))
        let client = Client(upstreams: 2)
        let loop = client.loop
        let request = try Self.get()
        var held = [Task { try? await loop.exchange(request, with: busy) }]
        #expect(try await eventually { silent.heads.count == 1 })
        for _ in 0..<2 { #expect(try await loop.exchange(request, with: free).status == 200) }
        held.append(Task { try? await loop.exchange(request, with: busy) })
        #expect(try await eventually { silent.heads.count == 2 })
        await #expect(throws: UpstreamFailure.busy) {
            try await loop.exchange(request, with: free)
        }
        #expect(other.connections == 1)
        await away.shutdown()
        for task in held { _ = await task.value }
        try await client.end()
    }

    /// What comes behind an answer would be taken for the next one, which may be for somebody else.
    @Test(arguments: ["", "\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"])
    func aConnectionThatSaysMoreThanItsAnswerIsNotKept(_ more: String) async throws {
        let away = LoopGroup(count: 1)
        let server = try await ScriptedServer(on: away) { _ in
            Self.ok + more
        }
        let upstream = Self.upstream(server)
        let client = Client()
        let loop = client.loop
        for _ in 0..<2 {
            let request = try Self.get()
            #expect(try await loop.exchange(request, with: upstream).status == 200)
        }
        #expect(server.connections == (more.isEmpty ? 1 : 2))
        try await client.end()
        await away.shutdown()
    }
}
