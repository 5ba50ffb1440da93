import NIOEmbedded
import Testing

@testable import Transport

@Suite("Strict-Transport-Security") struct StrictTransportTests {
    private static let line = "strict-transport-security: max-age=31536000"

    private func answers(_ plan: @escaping @Sendable (Upstream) -> Plan) async throws -> String {
        let away = LoopGroup(count: 1)
        let upstream = try await ScriptedServer(on: away) { _ in
            "HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=5\r\nContent-Length: 2\r\n\r\nok"
        }
        let target = Upstream(
            .tcp(.address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: upstream.port)))
        let group = LoopGroup(count: 1)
        let address = try #require(IPAddress("127.0.0.1"))
        let server = try await Server.start(
            ServerConfiguration(listeners: [
                .init(.tcp(address, port: 0), strictTransport: .seconds(31_536_000))
            ]), on: group, handler: TestHandler { _, _ in plan(target) })
        guard case .tcp(_, let port) = server.addresses[0] else { return "" }
        let said = try await RawClient.talk(
            [(.zero, "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/9.9\r\n\r\n")], to: port,
            on: group)
        await group.shutdown()
        await away.shutdown()
        return said
    }

    private func forwarding(to target: Upstream) throws -> Forwarding {
        var writer = HeadWriter()
        try writer.requestLine(.get, Array("/".utf8))
        return Forwarding(to: target, head: writer)
    }

    /// The second request is refused by the transport, which says so as well.
    @Test func everyAnswerSaysSo() async throws {
        for said in [
            try await answers { _ in .answer(Answer(status: 200)) },
            try await answers { _ in .readAndAnswer(limit: 10) { _ in Answer(status: 200) } },
            try await answers { _ in .prepare { _ in .answer(Answer(status: 200)) } },
            try await answers { target in
                (try? .forward(self.forwarding(to: target))) ?? .answer(Answer(status: 500))
            },
            try await answers { target in
                guard var forwarding = try? self.forwarding(to: target) else {
                    return .answer(Answer(status: 500))
                }
                forwarding.replacing = { _ in .answer(Answer(status: 200)) }
                return .forward(forwarding)
            },
        ] {
            #expect(said.hasPrefix("HTTP/1.1 200 "))
            #expect(said.split(separator: Self.line).count == 3, "\(said)")
            #expect(!said.contains("max-age=5"))
        }
    }

    @Test func theAnswerToWhatIsWithdrawnSaysSo() throws {
        var forwarding = try forwarding(to: Upstream(.unix(path: "/nonexistent")))
        forwarding.withdrawn = { _ in Answer(status: 403) }
        let plan = Plan.forward(forwarding)
        let handler = StrictTransport(
            .seconds(31_536_000), before: TestHandler { _, _ in plan })
        let loop = Loop(
            EmbeddedEventLoop(), counters: Counters(), resolver: Resolver { _ in [] })
        let client = ClientConnection(
            address: nil, port: 0, listener: 0, tls: nil, loop: loop.handle)
        var parser = RequestHeadParser()
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        guard case .head(let head, _) = try parser.parse(bytes.span),
            case .forward(let marked) = handler.plan(head, from: client)
        else {
            Issue.record("it is not forwarded")
            return
        }
        let fields = try #require(marked.withdrawn?(0)).fields
        #expect(fields.map(\.name) == ["strict-transport-security"])
        #expect(fields.map(\.value) == ["max-age=31536000"])
    }

    @Test func whatAFailedUpstreamIsAnsweredWithSaysSo() async throws {
        let said = try await answers { _ in
            let nobody = Upstream(.unix(path: "/nonexistent"))
            return (try? .forward(self.forwarding(to: nobody))) ?? .answer(Answer(status: 500))
        }
        #expect(said.hasPrefix("HTTP/1.1 502 "))
        #expect(said.contains(Self.line))
    }
}
