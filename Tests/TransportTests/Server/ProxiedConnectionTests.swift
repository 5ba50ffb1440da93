import NIOCore
import OpenSSL
import Testing

@testable import Transport

/// Connections that a hop announces, over real sockets.
@Suite struct ProxiedConnectionTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    private static let header = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n"

    /// Answers with the address and the port of the client.
    private func serve(
        from hops: [String] = ["127.0.0.0/8"], behind proxies: [String] = [],
        _ limits: (inout ServerLimits) -> Void = { _ in },
        _ body: (Int, LoopGroup, Server) async throws -> Void
    ) async throws {
        try await TransportTests.serve(
            limits,
            { _, client in
                let text = "\(client.addressText) \(client.port)"
                return .answer(Answer(status: 200, body: Array(text.utf8)))
            }, proxies: TrustedProxies(try proxies.map { try CIDR($0) }),
            announcers: TrustedProxies(try hops.map { try CIDR($0) }), body)
    }

    @Test func theClientIsTheOneThatTheHopNames() async throws {
        try await serve({ $0.requestHead = .seconds(300) }) { port, group, _ in
            let answer = try await RawClient.talk(
                [(.zero, Self.header + Self.get)], to: port, on: group)
            #expect(answer.hasSuffix("192.0.2.7 56324"))
            // In pieces, of which none but the last is a header.
            let pieces = try await RawClient.talk(
                [
                    (.zero, "PROX"),
                    (.milliseconds(50), "Y TCP4 192.0.2.7 198.51.100.1 56324 443\r"),
                    (.milliseconds(50), "\n"), (.milliseconds(50), Self.get),
                ], to: port, on: group)
            #expect(pieces.hasSuffix("192.0.2.7 56324"))
        }
    }

    @Test func aHopThatSpeaksForItselfIsTheClient() async throws {
        try await serve { port, group, _ in
            let answer = try await RawClient.talk(
                [(.zero, "PROXY UNKNOWN\r\n" + Self.get)], to: port, on: group)
            #expect(answer.contains("127.0.0.1 "))
        }
    }

    @Test(arguments: ["", "PROXY TCP4 192.0.2.7 198.51.100.1 56324 44x\r\n"])
    func aHopThatDoesNotAnnounceIsClosedWithoutAWord(header: String) async throws {
        try await serve { port, group, server in
            let answer = try await RawClient.talk([(.zero, header + Self.get)], to: port, on: group)
            #expect(answer == "")
            #expect(group.count(of: .proxyHeaderRefused) == 1)
            #expect(try await eventually { server.connections == 0 })
        }
    }

    @Test func aStrangerIsServedAndMayNotAnnounce() async throws {
        try await serve(from: ["10.0.0.0/8"]) { port, group, _ in
            let answer = try await RawClient.talk([(.zero, Self.get)], to: port, on: group)
            #expect(answer.contains("127.0.0.1 "))
            let refused = try await RawClient.talk(
                [(.zero, Self.header + Self.get)], to: port, on: group)
            #expect(refused.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func aHeaderThatDoesNotComeIsWaitedForInVain() async throws {
        try await serve({ $0.requestHead = .milliseconds(300) }) { port, group, _ in
            let nothing = try await RawClient.talk([(.zero, "PROXY TCP4 ")], to: port, on: group)
            #expect(nothing == "")
        }
    }

    /// `Forwarded` is believed of the client that the hop names, not of the hop.
    @Test func whoIsBelievedIsJudgedByTheAnnouncedAddress() async throws {
        let request =
            "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\nConnection: close\r\n\r\n"
        for (proxies, wanted) in [
            ("192.0.2.0/24", "203.0.113.9 0"), ("127.0.0.0/8", "192.0.2.7 56324"),
        ] {
            try await serve(behind: [proxies]) { port, group, _ in
                let answer = try await RawClient.talk(
                    [(.zero, Self.header + request)], to: port, on: group)
                #expect(answer.hasSuffix(wanted))
            }
        }
    }

    @Test func theLimitIsThatOfTheAnnouncedClient() async throws {
        try await serve({
            $0.connectionsPerClient = 1
            $0.requestHead = .seconds(300)
        }) { port, group, server in
            let (first, _) = try await RawClient.connect(to: port, on: group, saying: Self.header)
            #expect(try await eventually { server.connections == 1 })
            // A client of its own for each, though all come from one hop.
            let other = "PROXY TCP4 192.0.2.8 198.51.100.1 1 443\r\n"
            #expect(
                try await RawClient.talk([(.zero, other + Self.get)], to: port, on: group)
                    .hasSuffix("192.0.2.8 1"))
            #expect(
                try await RawClient.talk([(.zero, Self.header + Self.get)], to: port, on: group)
                    == "")
            #expect(group.count(of: .clientLimit) == 1)
            try await first.close()
            #expect(try await eventually { server.connections == 0 })
            #expect(
                try await RawClient.talk([(.zero, Self.header + Self.get)], to: port, on: group)
                    .hasSuffix("192.0.2.7 56324"))
        }
    }

    /// One connection to the upstream carries the requests of one client.
    @Test func anUpstreamThatWantsToKnowIsToldTheClient() async throws {
        let away = LoopGroup(count: 1)
        let upstream = try await ScriptedServer(on: away) { _ in
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        }
        let target = Upstream(
            .tcp(.address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: upstream.port)),
            announcement: .proxyV2)
        let group = LoopGroup(count: 1)
        let address = try #require(IPAddress("127.0.0.1"))
        let server = try await Server.start(
            ServerConfiguration(listeners: [
                .init(
                    .tcp(address, port: 0),
                    announcers: TrustedProxies([try CIDR("127.0.0.0/8")]))
            ]), on: group,
            handler: TestHandler { head, _ in
                var writer = HeadWriter()
                guard (try? writer.requestLine(head.method, Array(head.path))) != nil else {
                    return .answer(Answer(status: 500))
                }
                return .forward(Forwarding(to: target, head: writer))
            })
        guard case .tcp(_, let port) = server.addresses[0] else { return }
        let keep = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
        for header in [Self.header, "PROXY TCP6 2001:db8::7 ::1 9 443\r\n"] {
            let answers = try await RawClient.talk(
                [(.zero, header + keep + Self.get)], to: port, on: group)
            #expect(answers.split(separator: "HTTP/1.1 200 ").count == 2)
        }
        let heads = upstream.heads
        #expect(upstream.connections == 2)
        // The header begins with an empty line, which reads as a head of its own, ahead of the rest with the
        // request: so on each connection.
        #expect(heads.map(\.isEmpty) == [true, false, true, false], "\(heads)")
        #expect(heads.filter { $0.contains("QUIT") && $0.contains("GET /") }.count == 2)
        await group.shutdown()
        await away.shutdown()
    }
}
