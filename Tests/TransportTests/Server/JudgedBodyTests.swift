import HTTP2Client
import NIOCore
import Testing

@testable import Transport

/// Bodies that are read whole, and go on to an upstream then.
@Suite struct JudgedBodyTests {
    private static let loopback = UInt32(0x7F00_0001)

    /// Forwards what has a body of at most ten bytes, but for `no`, to a server on loopback.
    private static func judging(
        to port: Int
    ) -> @Sendable (RequestHead, ClientConnection) -> Plan {
        let upstream = Upstream(
            .tcp(.address(.v4(loopback)), port: UInt16(truncatingIfNeeded: port)))
        return { _, _ in
            .read(limit: 10) { request in
                var writer = HeadWriter()
                guard request.body != Array("no".utf8),
                    (try? writer.requestLine(request.head.method, Array(request.head.path)))
                        != nil, (try? writer.add(.host, "a")) != nil
                else { return .answer(Answer(status: 403)) }
                writer.copyFields(of: request.head)
                return .forward(Forwarding(to: upstream, head: writer, body: request.body))
            }
        }
    }

    /// Answers with how the body was framed, and with it.
    @Sendable private static func echoing(_ head: RequestHead, _ client: ClientConnection) -> Plan {
        .readAndAnswer(limit: 100) { request in
            Answer(status: 200, body: Array("\(request.head.body): ".utf8) + request.body)
        }
    }

    @Test(arguments: [
        ("Content-Length: 3\r\n\r\nabc", "200", "length(3): abc"),
        (
            "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "200",
            "length(3): abc"
        ),
        ("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "200", "length(0): "),
        ("Content-Length: 2\r\n\r\nno", "403", ""),
        ("Content-Length: 11\r\n\r\nabcdefghijk", "413", "body_too_large"),
    ])
    func aBodyGoesOnOnceItIsJudged(
        _ request: String, _ status: String, _ end: String
    ) async throws {
        try await serve({ _ in }, Self.echoing) { backend, _, _ in
            try await serve({ _ in }, Self.judging(to: backend)) { port, group, _ in
                let answer = try await RawClient.talk(
                    [(.zero, "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(request)")],
                    to: port, on: group)
                #expect(answer.hasPrefix("HTTP/1.1 \(status) ") && answer.hasSuffix(end))
            }
        }
    }

    /// The connection goes on with the next request.
    @Test func whatFollowsIsReadAsTheNextRequest() async throws {
        let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
        try await serve({ _ in }, Self.echoing) { backend, _, _ in
            try await serve({ _ in }, Self.judging(to: backend)) { port, group, _ in
                let answers = try await RawClient.talk(
                    [(.zero, "\(post)\r\nabc\(post)Connection: close\r\n\r\ndef")],
                    to: port, on: group)
                #expect(answers.contains("length(3): abcHTTP/1.1 200 "))
                #expect(answers.hasSuffix("length(3): def"))
            }
        }
    }

    @Test func aBodyOfAStreamGoesOnOnceItIsJudged() async throws {
        try await serve({ _ in }, Self.echoing) { backend, _, _ in
            try await serveHTTP2({ _ in }, Self.judging(to: backend)) { world in
                let peer = try await world.peer()
                try await peer.send(
                    .headers(1, Frame.request("PUT"), isWhole: false),
                    .data(1, Array("abc".utf8)))
                try await peer.send(.data(1, [], isLast: true))
                #expect(try await peer.answer(to: 1) == ("200", "length(3): abc"))
            }
        }
    }

    /// It is held until its answer has come, and counts for its client so long.
    @Test func itCountsUntilTheUpstreamHasAnswered() async throws {
        let away = LoopGroup(count: 1)
        let upstream = try await ScriptedServer(on: away) { _ in nil }
        try await serve(
            {
                $0.gatheredBytesPerClient = 3
                $0.gatheredBytesReserved = 0
            }, Self.judging(to: upstream.port)
        ) { port, group, _ in
            let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
            let (first, _) = try await RawClient.connect(to: port, on: group, saying: post)
            #expect(try await eventually { upstream.heads.count == 1 })
            let refused = try await RawClient.talk([(.zero, post)], to: port, on: group)
            #expect(refused.hasPrefix("HTTP/1.1 503 ") && refused.hasSuffix("bodies_too_many"))
            try await first.close()
            #expect(try await eventually { upstream.deserted == 1 })
            let (second, _) = try await RawClient.connect(to: port, on: group, saying: post)
            #expect(try await eventually { upstream.heads.count == 2 })
            try await second.close()
        }
        await away.shutdown()
    }
}
