import HTTP2Client
import Synchronization
import Testing

@testable import Transport

/// Streams of HTTP/2 over real sockets: bodies, answers and forwarding.
@Suite struct HTTP2StreamTests {
    private static let put = Frame.headers(1, Frame.request("PUT"), isWhole: false)

    /// Forwards to `server`; what became of it is put into `results`.
    private static func forwarding(
        to server: ScriptedServer, _ results: Results
    ) -> @Sendable (RequestHead, ClientConnection) -> Plan {
        let upstream = Upstream(
            .tcp(.address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: server.port)))
        return { head, _ in
            var writer = HeadWriter()
            guard (try? writer.requestLine(head.method, Array(head.rawTarget))) != nil else {
                return .answer(Answer(status: 500))
            }
            writer.copyFields(of: head)
            return .forward(
                Forwarding(
                    to: upstream, head: writer,
                    onEnd: { end in results.all.withLock { $0.append(end) } }))
        }
    }

    private final class Results: Sendable {
        let all = Mutex<[ForwardingEnd]>([])
        var last: ForwardingEnd? { all.withLock { $0.last } }
    }

    @Test func aBodyIsReadWhole() async throws {
        try await serveHTTP2({ _ in }, echoing) { world in
            let peer = try await world.peer()
            try await peer.send(Self.put, .data(1, Array("abc".utf8)))
            try await peer.send(.data(1, Array("def".utf8)), .headers(1, [("t", "1")]))
            #expect(try await peer.answer(to: 1) == ("200", "abcdef"))
        }
    }

    @Test(arguments: [[("content-length", "11")], []])
    func aBodyBeyondTheLimitIs413(_ fields: [(String, String)]) async throws {
        try await serveHTTP2({ _ in }, echoing) { world in
            let peer = try await world.peer()
            try await peer.send(
                .headers(1, Frame.request("PUT", "/", fields), isWhole: false),
                .data(1, Array("0123456789a".utf8)))
            #expect(try await peer.answer(to: 1) == ("413", "body_too_large"))
            #expect(world.group.count(of: .bodyTooLarge) == 1)
            try await peer.send(.headers(3, Frame.request("PUT"), isWhole: false))
            try await peer.send(.data(3, [], isLast: true))
            #expect(try await peer.answer(to: 3) == ("200", ""))
        }
    }

    @Test func bodiesBeyondTheMemoryAre503UntilOthersEnd() async throws {
        try await serveHTTP2({ $0.gatheredBytesPerClient = 12 }, echoing) { world in
            let peer = try await world.peer()
            for stream: UInt32 in [1, 3] {
                try await peer.send(
                    .headers(stream, Frame.request("PUT"), isWhole: false),
                    .data(stream, Array("012345".utf8)))
            }
            let long = Frame.request("PUT", "/", [("content-length", "7")])
            try await peer.send(.headers(5, long, isWhole: false))
            #expect(try await peer.answer(to: 5) == ("503", "bodies_too_many"))
            try await peer.send(.data(3, Array("6".utf8)))
            #expect(try await peer.answer(to: 3) == ("503", "bodies_too_many"))
            #expect(world.group.count(of: .bodiesRefused) == 2)
            try await peer.send(.data(1, [], isLast: true))
            #expect(try await peer.answer(to: 1) == ("200", "012345"))
            try await peer.send(
                .headers(7, long, isWhole: false), .data(7, Array("abcdefg".utf8), isLast: true))
            #expect(try await peer.answer(to: 7) == ("200", "abcdefg"))
        }
    }

    @Test func aBodyThatStopsIs408AndTheConnectionGoesOn() async throws {
        try await serveHTTP2({ $0.bodyIdle = .milliseconds(300) }, echoing) { world in
            let peer = try await world.peer()
            try await peer.send(Self.put, .data(1, Array("abc".utf8)))
            #expect(try await peer.answer(to: 1) == ("408", "request_timeout"))
            #expect(world.group.count(of: .bodyTimeout) == 1)
            try await peer.send(.headers(3, Frame.request("PUT"), isWhole: true))
            #expect(try await peer.answer(to: 3).status == "200")
        }
    }

    @Test func aBodyThatIsNotWholeIsNotWaitedForByASuccessor() async throws {
        try await serveHTTP2({ $0.bodyBytesPerSecond = 0 }, echoing) { world in
            let peer = try await world.peer()
            try await peer.send(Self.put, .data(1, Array("abc".utf8)))
            #expect(try await eventually { world.group.count(of: .requests) == 1 })
            await world.server.retire(grace: .seconds(60))
            #expect(try await peer.answer(to: 1) == ("503", "handed_over"))
        }
    }

    @Test func continueIsSentToWhoWaitsForIt() async throws {
        try await serveHTTP2({ _ in }, echoing) { world in
            let peer = try await world.peer()
            try await peer.send(
                .headers(
                    1, Frame.request("PUT", "/", [("expect", "100-continue")]), isWhole: false))
            #expect(try await peer.hears { frames in frames.contains { $0.kind == 1 } })
            let interim = peer.frames.first { $0.kind == 1 }
            #expect(interim.map { FrameReader().fields(of: $0)[0].value } == "100")
            try await peer.send(.data(1, Array("abc".utf8), isLast: true))
            #expect(try await peer.answer(to: 1) == ("200", "abc"))
        }
    }

    /// A little of a body that nobody wants is dropped; a long one is not waited for.
    @Test(arguments: [("5", nil), ("100000", UInt32(0))])
    func anEarlyAnswerIsWhole(_ length: String, _ code: UInt32?) async throws {
        try await serveHTTP2 { world in
            let peer = try await world.peer()
            try await peer.send(
                .headers(1, Frame.request("PUT", "/", [("content-length", length)]), isWhole: false)
            )
            #expect(try await peer.answer(to: 1) == ("200", "hello"))
            if code != nil { #expect(try await peer.hears { $0.reset(1) == code }) }
            try await peer.send(.headers(3, Frame.request()))
            #expect(try await peer.answer(to: 3).status == "200")
            #expect(peer.frames.reset(1) == code)
        }
    }

    /// What comes in the same turn comes from a client that cannot know of the reset yet.
    @Test func whoSendsOnInSmallPiecesLosesOneStreamAndNoOther() async throws {
        try await serveHTTP2 { world in
            let peer = try await world.peer()
            try await peer.send(.headers(1, Frame.request("PUT"), isWhole: false))
            #expect(try await peer.answer(to: 1) == ("200", "hello"))
            let piece = Frame.data(1, [UInt8](repeating: 7, count: 40), isLast: false)
            try await peer.send(bytes: (0..<2_200).flatMap { _ in piece.bytes })
            #expect(try await peer.hears { $0.reset(1) == 0 })
            try await peer.send(.headers(3, Frame.request()))
            #expect(try await peer.answer(to: 3).status == "200")
            #expect(peer.frames.goAway == nil)
        }
    }

    @Test func aRequestIsForwardedWithItsBodyAndItsAnswerComesBack() async throws {
        let away = LoopGroup(count: 1)
        let server = try await ScriptedServer(on: away) { _ in
            "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nConnection: x\r\nX: y\r\n\r\n"
                + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        }
        let results = Results()
        try await serveHTTP2({ _ in }, Self.forwarding(to: server, results)) { world in
            let peer = try await world.peer()
            try await peer.send(
                .headers(
                    1, Frame.request("PUT", "/a?b", [("content-length", "3"), ("c", "d")]),
                    isWhole: false),
                .data(1, Array("xyz".utf8), isLast: true))
            #expect(try await peer.answer(to: 1) == ("201", "abcde"))
            #expect(
                server.heads == ["PUT /a?b HTTP/1.1\r\nc: d\r\ncontent-length: 3"])
            #expect(results.last == .complete)
        }
        await away.shutdown()
    }

    @Test func aBodyWithoutALengthGoesOnInChunks() async throws {
        let away = LoopGroup(count: 1)
        let server = try await ScriptedServer(on: away) { _ in
            "HTTP/1.1 204 No Content\r\n\r\n"
        }
        let results = Results()
        try await serveHTTP2({ _ in }, Self.forwarding(to: server, results)) { world in
            let peer = try await world.peer()
            try await peer.send(Self.put, .data(1, Array("xyz".utf8), isLast: true))
            #expect(try await peer.answer(to: 1) == ("204", ""))
            #expect(server.heads == ["PUT / HTTP/1.1\r\ntransfer-encoding: chunked"])
        }
        await away.shutdown()
    }

    @Test func anUpstreamThatBreaksOffResetsTheStream() async throws {
        let away = LoopGroup(count: 1)
        let server = try await ScriptedServer(.closes, on: away) { _ in
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"
        }
        let results = Results()
        try await serveHTTP2({ _ in }, Self.forwarding(to: server, results)) { world in
            let peer = try await world.peer()
            try await peer.send(.headers(1, Frame.request()))
            #expect(try await peer.hears { $0.reset(1) == 2 })
            #expect(results.last == .upstream(.truncated))
            #expect(world.group.count(of: .aborted) == 1)
        }
        await away.shutdown()
    }

    /// Whatever word it breaks off with.
    @Test(arguments: [Frame.reset(1), Frame.reset(1, code: 1), Frame.data(1, [1, 2, 3, 4])])
    func aClientThatBreaksOffLeavesNoRequestBehind(_ frame: Frame) async throws {
        let away = LoopGroup(count: 1)
        let server = try await ScriptedServer(on: away) { _ in nil }
        let results = Results()
        try await serveHTTP2({ _ in }, Self.forwarding(to: server, results)) { world in
            let peer = try await world.peer()
            try await peer.send(
                .headers(
                    1, Frame.request("PUT", "/", [("content-length", "3")]), isWhole: false))
            #expect(try await eventually { server.heads.count == 1 })
            try await peer.send(frame)
            #expect(try await eventually { server.deserted == 1 })
            #expect(
                results.last == (frame.kind == 3 ? .clientGone : .refused(.http2Message)))
            #expect(world.group.count(of: .malformed) == (frame.kind == 3 ? 0 : 1))
        }
        await away.shutdown()
    }

    @Test func whoTakesNothingOfAnAnswerIsCutOffAlone() async throws {
        try await serveHTTP2(
            { $0.writeStall = .seconds(1) },
            { _, _ in
                .answer(Answer(status: 200, body: [UInt8](repeating: 7, count: 70_000)))
            }
        ) { world in
            let peer = try await world.peer()
            try await peer.send(.headers(1, Frame.request()))
            #expect(try await peer.hears { $0.reset(1) == 8 })
            #expect(world.group.count(of: .writeStall) == 1)
            try await peer.send(.ping())
            #expect(try await peer.hears { frames in frames.contains { $0.kind == 6 } })
        }
    }

    private final class Seen: Sendable {
        let head = Mutex(Kept())

        struct Kept: Sendable { weak var value: RequestHead? }
    }

    @Test func anAnswerThatWaitsForTheClientKeepsNoHead() async throws {
        let seen = Seen()
        try await serveHTTP2(
            { $0.writeStall = .seconds(600) },
            { head, _ in
                seen.head.withLock { $0.value = head }
                return .answer(Answer(status: 200, body: [UInt8](repeating: 7, count: 70_000)))
            }
        ) { world in
            let peer = try await world.peer()
            try await peer.send(.headers(1, Frame.request()))
            #expect(try await peer.hears { frames in frames.contains { $0.kind == 0 } })
            #expect(try await eventually { seen.head.withLock { $0.value == nil } })
            try await peer.send(.window(1 << 20), .window(1 << 20, stream: 1))
            #expect(try await peer.answer(to: 1).body.utf8.count == 70_000)
        }
    }

    /// A client that does not read holds back the upstream, and not more than a little is kept here.
    @Test func aSlowReaderHoldsBackTheUpstream() async throws {
        let away = LoopGroup(count: 1)
        let body = String(repeating: "x", count: 8 << 20)
        let server = try await ScriptedServer(on: away) { _ in
            "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body
        }
        let results = Results()
        try await serveHTTP2({ _ in }, Self.forwarding(to: server, results)) { world in
            let peer = try await world.peer()
            try await peer.send(.headers(1, Frame.request()))
            let count: @Sendable ([Frame]) -> Int = { frames in
                frames.filter { $0.kind == 0 }.reduce(0) { $0 + $1.payload.count }
            }
            #expect(try await peer.hears { count($0) == 65_535 })
            #expect(results.last == nil)
            try await peer.send(.window(16 << 20), .window(16 << 20, stream: 1))
            #expect(try await peer.hears { count($0) == 8 << 20 })
            #expect(results.last == .complete)
        }
        await away.shutdown()
    }
}
