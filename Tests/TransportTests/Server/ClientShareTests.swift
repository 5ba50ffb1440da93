import HTTP2Client
import NIOCore
import Testing

@testable import Transport

/// How many requests of one client are on their way to upstreams at once.
@Suite struct ClientShareTests {
    private static func forwarding(
        to server: ScriptedServer
    ) -> @Sendable (RequestHead, ClientConnection) -> Plan {
        let upstream = Upstream(
            .tcp(.address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: server.port)))
        return { head, _ in
            var writer = HeadWriter()
            guard (try? writer.requestLine(head.method, Array(head.rawTarget))) != nil else {
                return .answer(Answer(status: 500))
            }
            writer.copyFields(of: head)
            return .forward(Forwarding(to: upstream, head: writer))
        }
    }

    @Test func aClientHasSoManyRequestsOnTheirWayOverAllOfItsConnections() async throws {
        let away = LoopGroup(count: 1)
        let server = try await ScriptedServer(on: away) { _ in nil }
        try await serveHTTP2(
            { $0.exchangesPerClient = 2 }, Self.forwarding(to: server)
        ) { world in
            let first = try await world.peer()
            for stream: UInt32 in [1, 3, 5] {
                try await first.send(.headers(stream, Frame.request("PUT"), isWhole: false))
            }
            #expect(try await eventually { server.heads.count == 3 })
            try await first.send(.headers(7, Frame.request()))
            #expect(try await first.answer(to: 7).status == "503")
            let second = try await world.peer()
            try await second.send(.headers(1, Frame.request("PUT"), isWhole: false))
            #expect(try await eventually { server.heads.count == 4 })
            try await second.send(.headers(3, Frame.request()))
            #expect(try await second.answer(to: 3).status == "503")
            #expect(world.group.count(of: .exchangeLimit) == 2)
            // What one gives back another can have: of the share, and of the connection.
            try await first.send(.reset(1), .reset(3))
            #expect(try await eventually { server.deserted == 2 })
            try await second.send(.headers(5, Frame.request()))
            try await first.send(.headers(9, Frame.request()))
            #expect(try await eventually { server.heads.count == 6 })
            await first.close()
            #expect(try await eventually { server.deserted == 4 })
            for stream: UInt32 in [7, 9] {
                try await second.send(.headers(stream, Frame.request()))
            }
            #expect(try await second.answer(to: 9).status == "503")
            #expect(try await eventually { server.heads.count == 7 })
        }
        await away.shutdown()
    }

    @Test func behindATrustedProxyItIsTheAddressThatItNames() async throws {
        let away = LoopGroup(count: 1)
        let server = try await ScriptedServer(on: away) { _ in nil }
        try await serve(
            { $0.exchangesPerClient = 1 }, Self.forwarding(to: server),
            proxies: TrustedProxies([try CIDR("127.0.0.0/8")])
        ) { port, group, _ in
            let (first, _) = try await RawClient.connect(
                to: port, on: group, saying: Self.request("PUT", "192.0.2.7"))
            #expect(try await eventually { server.heads.count == 1 })
            let refused = try await RawClient.talk(
                [(.zero, Self.request("GET", "192.0.2.7"))], to: port, on: group)
            #expect(refused.hasPrefix("HTTP/1.1 503 "))
            let (other, _) = try await RawClient.connect(
                to: port, on: group, saying: Self.request("PUT", "192.0.2.8"))
            #expect(try await eventually { server.heads.count == 2 })
            try await first.close()
            #expect(try await eventually { server.deserted == 1 })
            let (next, _) = try await RawClient.connect(
                to: port, on: group, saying: Self.request("PUT", "192.0.2.7"))
            #expect(try await eventually { server.heads.count == 3 })
            for channel in [other, next] { try? await channel.close() }
        }
        await away.shutdown()
    }

    /// With PUT, its body does not come.
    private static func request(_ method: String, _ client: String) -> String {
        let length = method == "PUT" ? "Content-Length: 3\r\n" : ""
        return "\(method) / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: \(client)\r\n\(length)"
            + "Connection: close\r\n\r\n"
    }
}
