import NIOCore
import OpenSSL
import Testing

@testable import Transport

/// Each limit and each failure is counted as what it is, once. Those of time, of bodies and of clients
/// are in `ServerTests`.
@Suite struct CountersTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func eachNameIsThereOnce() {
        let names = Counters.Event.allCases.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test(arguments: [
        "GET /" + String(repeating: "a", count: 9000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nx: " + String(repeating: "a", count: 9000) + "\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "x: y\r\n", count: 101) + "\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n"
            + String(repeating: "x: " + String(repeating: "a", count: 4000) + "\r\n", count: 5)
            + "\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ]) func aHeadBeyondALimitIsMalformed(_ text: String) async throws {
        try await serve { port, group, _ in
            let answer = try await RawClient.talk([(.zero, text)], to: port, on: group)
            #expect(answer.hasPrefix("HTTP/1.1 4"))
            #expect(group.count(of: .malformed) == 1 && group.count(of: .requests) == 0)
        }
    }

    @Test func aConnectionHasSoManyRequests() async throws {
        try await serve({ $0.requestsPerConnection = 2 }) { port, group, _ in
            let answers = try await RawClient.talk(
                [(.zero, Self.get + Self.get + Self.get)], to: port, on: group)
            #expect(answers.ranges(of: "HTTP/1.1 200").count == 2)
            #expect(group.count(of: .requestsLimit) == 1 && group.count(of: .requests) == 2)
        }
    }

    @Test func whoBeginsNoHandshakeIsCountedForThat() async throws {
        try await serve({ $0.tlsHandshake = .milliseconds(300) }, tls: try Self.context()) {
            port, group, _ in
            let nothing = try await RawClient.talk([], to: port, on: group)
            #expect(nothing == "")
            #expect(try await eventually { group.count(of: .connectionsClosed) == 1 })
            #expect(group.count(of: .handshakeTimeout) == 1)
            #expect(group.count(of: .headTimeout) == 0 && group.count(of: .handshakeFailed) == 0)
        }
    }

    @Test func aHandshakeThatFailsIsCountedForThat() async throws {
        try await serve({ _ in }, tls: try Self.context()) { port, group, _ in
            _ = try await RawClient.talk([(.zero, Self.get)], to: port, on: group)
            #expect(try await eventually { group.count(of: .handshakeFailed) == 1 })
            #expect(group.count(of: .handshakeTimeout) == 0)
        }
    }

    @Test func aFullServerAcceptsNobody() async throws {
        try await serve({
            $0.connections = 1
            $0.requestHead = .seconds(300)
        }) { port, group, server in
            let first = try await RawClient.connect(to: port, on: group)
            #expect(try await eventually { server.connections == 1 })
            #expect(try await eventually { group.count(of: .acceptPaused) == 1 })
            try await first.0.close()
        }
    }

    @Test func aClientThatLeavesWithinItsBodyIsGone() async throws {
        let away = LoopGroup(count: 1)
        let silent = try await ScriptedServer(on: away) { _ in nil }
        try await serve({ _ in }, Self.forwarding(to: silent.port)) { port, group, _ in
            let (channel, _) = try await RawClient.connect(
                to: port, on: group,
                saying: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
            #expect(try await eventually { !silent.heads.isEmpty })
            try await channel.close()
            #expect(try await eventually { group.count(of: .clientGone) == 1 })
            #expect(group.count(of: .aborted) == 1)
        }
        await away.shutdown()
    }

    @Test func anUpstreamThatSaysNothingIsATimeout() async throws {
        let away = LoopGroup(count: 1)
        let silent = try await ScriptedServer(on: away) { _ in nil }
        var limits = UpstreamLimits()
        limits.firstByte = .milliseconds(300)
        try await serve({ _ in }, Self.forwarding(to: silent.port, limits)) { port, group, _ in
            let answer = try await RawClient.talk(
                [(.zero, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")], to: port,
                on: group)
            #expect(answer.hasPrefix("HTTP/1.1 504 "))
            #expect(group.count(of: .upstreamTimeout) == 1)
            #expect(group.count(of: .upstreamFailed) == 1 && group.count(of: .forwarded) == 1)
        }
        await away.shutdown()
    }

    @Test func anUpstreamWithoutAFreeConnectionIsBusy() async throws {
        let away = LoopGroup(count: 1)
        let silent = try await ScriptedServer(on: away) { _ in nil }
        var limits = UpstreamLimits()
        limits.connections = 1
        try await serve({ _ in }, Self.forwarding(to: silent.port, limits)) { port, group, _ in
            let first = try await RawClient.connect(to: port, on: group, saying: Self.get)
            #expect(try await eventually { !silent.heads.isEmpty })
            let answer = try await RawClient.talk(
                [(.zero, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")], to: port,
                on: group)
            #expect(answer.hasPrefix("HTTP/1.1 503 "))
            #expect(group.count(of: .upstreamBusy) == 1)
            try await first.0.close()
        }
        await away.shutdown()
    }

    /// Its upstream leaves at the second request, and answers all others.
    private static func leaving(on away: LoopGroup) async throws -> ScriptedServer {
        try await ScriptedServer(.leaves, on: away) {
            $0 == 1 ? nil : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        }
    }

    @Test func aRequestIsSentAgainWhenItsKeptConnectionHasEnded() async throws {
        let away = LoopGroup(count: 1)
        let server = try await Self.leaving(on: away)
        try await serve({ _ in }, Self.forwarding(to: server.port)) { port, group, _ in
            let answers = try await RawClient.talk(
                [(.zero, Self.get + "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")],
                to: port, on: group)
            #expect(answers.ranges(of: "HTTP/1.1 200").count == 2)
            #expect(server.heads.count == 3 && server.connections == 2)
            #expect(group.count(of: .upstreamRetried) == 1)
            #expect(group.count(of: .upstreamFailed) == 0 && group.count(of: .forwarded) == 2)
        }
        await away.shutdown()
    }

    @Test func aRequestOfOurOwnIsSentAgainToo() async throws {
        let away = LoopGroup(count: 1)
        let server = try await Self.leaving(on: away)
        try await serve { _, group, _ in
            let upstream = Upstream(
                .tcp(.address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: server.port)))
            for _ in 0..<2 {
                var head = HeadWriter()
                try head.requestLine(.get, Array("/".utf8))
                let request = BufferedRequest(
                    .get, head: head, body: nil, responseLimit: 1024, deadline: .seconds(60))
                let response = try await group.loops[0].exchange(request, with: upstream)
                #expect(response.status == 200)
            }
            #expect(group.count(of: .upstreamRetried) == 1 && server.connections == 2)
        }
        await away.shutdown()
    }

    /// All requests go to one upstream there.
    private static func forwarding(
        to port: Int, _ limits: UpstreamLimits = UpstreamLimits()
    ) -> @Sendable (RequestHead, ClientConnection) -> Plan {
        let upstream = Upstream(
            .tcp(.address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: port)),
            limits: limits)
        return { _, _ in
            var head = HeadWriter()
            guard (try? head.requestLine(.get, Array("/up".utf8))) != nil else {
                return .answer(Answer(status: 500))
            }
            return .forward(Forwarding(to: upstream, head: head))
        }
    }

    private static func context() throws -> TLSContext {
        try TLSContext.server(identities: [try TestIdentity("a").identity])
    }
}
