import NIOCore
import Synchronization
import Testing

@testable import Transport

/// Answers of an upstream that something else takes the place of.
@Suite struct ReplacementTests {
    private static let refused =
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 7\r\nWWW-Authenticate: x\r\n\r\nnot you"
    private static let granted =
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nServer: x\r\nSet-Cookie: a=b\r\nETag: \"1\"\r\n"
        + "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: close\r\n\r\nyes"

    private static func forwarding(
        _ method: Method, _ text: String, to upstream: Upstream,
        replacing: @escaping @Sendable (ResponseHead) -> Replacement?,
        onData: (@Sendable (Int) -> Answer?)? = nil
    ) -> Plan {
        var writer = HeadWriter()
        guard (try? writer.requestLine(method, Array(text.utf8))) != nil else {
            return .answer(Answer(status: 500))
        }
        return .forward(
            Forwarding(
                to: upstream, head: writer,
                onHead: { _ in HeadEdit(keep: [FieldName("etag"), .date]) }, replacing: replacing,
                onData: onData))
    }

    private func ask(
        _ request: String, answers: @escaping @Sendable (Int) -> String?,
        replacing: @escaping @Sendable (ResponseHead, Upstream) -> Replacement?,
        onData: (@Sendable (Int) -> Answer?)? = nil
    ) async throws -> (answer: String, heads: [String]) {
        let away = LoopGroup(count: 1)
        let server = try await ScriptedServer(on: away, answers: answers)
        let upstream = Upstream(
            .tcp(.address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: server.port)))
        var answer = ""
        try await serve(
            { _ in },
            { head, _ in
                Self.forwarding(
                    head.method, "/first", to: upstream, replacing: { replacing($0, upstream) },
                    onData: onData)
            }
        ) { port, group, _ in
            answer = try await RawClient.talk([(.zero, request)], to: port, on: group)
        }
        let heads = server.heads.map { String($0.prefix { $0 != "\r\n" }) }
        await away.shutdown()
        return (answer, heads)
    }

    @Sendable private static func again(_ head: ResponseHead, _ upstream: Upstream) -> Replacement?
    {
        guard head.status == 401 else { return nil }
        return .plan { forwarding(.get, "/second", to: upstream) { _ in nil } }
    }

    @Test(arguments: ["", "Content-Length: 0\r\n"])
    func aRequestWithoutABodyIsPlannedAnew(_ field: String) async throws {
        let (answer, heads) = try await ask(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(field)\r\n",
            answers: { $0 == 0 ? Self.refused : Self.granted }, replacing: Self.again)
        #expect(heads == ["GET /first HTTP/1.1", "GET /second HTTP/1.1"])
        #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("yes"))
        #expect(!answer.contains("not you"))
    }

    @Test func aSmallBodyGoesOutAgain() async throws {
        let (answer, heads) = try await ask(
            "PROPFIND / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
            answers: { $0 == 0 ? Self.refused : Self.granted }, replacing: Self.again)
        #expect(heads == ["PROPFIND /first HTTP/1.1", "GET /second HTTP/1.1"])
        #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("yes"))
    }

    @Test func aRequestWhoseBodyIsGoneIsNot() async throws {
        let (answer, heads) = try await ask(
            "PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "1\r\nx\r\n0\r\n\r\n",
            answers: { $0 == 0 ? Self.refused : Self.granted }, replacing: Self.again)
        #expect(heads == ["PUT /first HTTP/1.1"])
        #expect(answer.hasPrefix("HTTP/1.1 502 "))
    }

    @Test func anAnswerOfOursTakesThePlaceOfTheUpstreams() async throws {
        let (answer, heads) = try await ask(
            "PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
            answers: { _ in Self.refused },
            replacing: { _, _ in .answer(Answer(status: 503, body: Array("later".utf8))) })
        #expect(heads == ["PUT /first HTTP/1.1"])
        #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.hasSuffix("later"))
    }

    /// What has gone cannot be taken back: an answer is cut off, a request refused.
    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "", 3),
        (
            "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
            "HTTP/1.1 429", 1
        ),
    ])
    func whatMayNotPassEndsTheForwarding(
        _ request: String, _ status: String, _ bytes: Int
    ) async throws {
        let asked = Mutex<[Int]>([])
        let (answer, _) = try await ask(
            request, answers: { _ in Self.granted }, replacing: { _, _ in nil },
            onData: { count in
                asked.withLock { $0.append(count) }
                return Answer(status: 429)
            })
        #expect(answer.hasPrefix(status) && !answer.hasSuffix("yes"))
        #expect(asked.withLock { $0 } == [bytes])
    }

    /// Asked once a second, while anything passes.
    @Test(arguments: [
        (nil, "HTTP/1.1 401 ", "over"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nyes", "HTTP/1.1 200 ", "yes"),
    ])
    func whatIsWithdrawnEndsWhileItsBodyPasses(
        _ begun: String?, _ status: String, _ end: String
    ) async throws {
        let away = LoopGroup(count: 1)
        let server = try await ScriptedServer(on: away) { _ in begun }
        let upstream = Upstream(
            .tcp(.address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: server.port)))
        let plan: @Sendable () throws -> Plan = {
            var writer = HeadWriter()
            try writer.requestLine(.put, Array("/a".utf8))
            return .forward(
                Forwarding(
                    to: upstream, head: writer,
                    withdrawn: { Answer(status: $0 > 0 ? 401 : 500, body: Array("over".utf8)) }))
        }
        var answer = ""
        try await serve(
            { _ in }, { _, _ in (try? plan()) ?? .answer(Answer(status: 500)) }
        ) { port, group, _ in
            let (channel, heard) = try await RawClient.connect(
                to: port, on: group,
                saying: "PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            while channel.isActive {
                try? await channel.writeAndFlush(ByteBuffer(string: "1\r\nx\r\n")).get()
                try await Task.sleep(for: .milliseconds(50))
            }
            answer = try await heard.get()
        }
        await away.shutdown()
        #expect(answer.hasPrefix(status) && answer.hasSuffix(end))
    }

    @Test func onlyTheFieldsThatAreKeptPass() async throws {
        let (answer, _) = try await ask(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            answers: { _ in Self.granted }, replacing: { _, _ in nil })
        #expect(
            answer == "HTTP/1.1 200 OK\r\nETag: \"1\"\r\n"
                + "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\ncontent-length: 3\r\n"
                + "connection: close\r\n\r\nyes")
    }
}
