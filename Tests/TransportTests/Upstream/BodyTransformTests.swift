import OpenSSL
import Testing

@testable import Transport

/// Bodies that change on their way to the client.
@Suite struct BodyTransformTests {
    /// Doubles every byte and adds an end; refuses `!`.
    private struct Doubling: BodyTransform {
        var count = 0

        mutating func push(_ bytes: Span<UInt8>) throws(BodyTransformFailure) -> [UInt8] {
            var output: [UInt8] = []
            for index in bytes.indices {
                if bytes[index] == UInt8(ascii: "!") { throw BodyTransformFailure() }
                output += [bytes[index], bytes[index]]
            }
            count += bytes.count
            return output
        }

        mutating func finish() throws(BodyTransformFailure) -> [UInt8] {
            Array("(\(count))".utf8)
        }
    }

    /// What a client hears of `answer` when its body is doubled.
    private func heard(_ answer: String, _ request: String) async throws -> String {
        let group = LoopGroup(count: 1)
        let upstream = try await ScriptedServer(.closes, on: group) { _ in answer }
        let target = Upstream(
            .tcp(.address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: upstream.port)))
        let address = try #require(IPAddress("127.0.0.1"))
        let server = try await Server.start(
            ServerConfiguration(listeners: [.init(.tcp(address, port: 0))]), on: group,
            handler: TestHandler { head, _ in
                var writer = HeadWriter()
                guard (try? writer.requestLine(head.method, [0x2F])) != nil else {
                    return .answer(Answer(status: 500))
                }
                return .forward(
                    Forwarding(
                        to: target, head: writer,
                        onHead: { _ in HeadEdit(transform: Doubling()) }))
            })
        guard case .tcp(_, let port)? = server.addresses.first else { return "" }
        let heard = try await RawClient.talk([(.zero, request)], to: port, on: group)
        await group.shutdown()
        return heard
    }

    private static let get = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nabc",
    ])
    func aChangedBodyGoesOutChunkedHoweverItCame(_ answer: String) async throws {
        let heard = try await heard(answer, Self.get)
        #expect(heard.lowercased().contains("transfer-encoding: chunked"))
        #expect(!heard.lowercased().contains("content-length"))
        var body: [UInt8] = []
        var decoder = ChunkedDecoder()
        let bytes = Array(try #require(heard.split(separator: "\r\n\r\n", maxSplits: 1).last).utf8)
        var offset = 0
        while case .data(let range) = try decoder.next(in: bytes.span, from: &offset) {
            body += bytes[range]
        }
        #expect(String(decoding: body, as: UTF8.self) == "aabbcc(3)")
    }

    @Test func anEmptyBodyIsChangedToo() async throws {
        let heard = try await heard("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Self.get)
        #expect(heard.hasSuffix("\r\n\r\n3\r\n(0)\r\n0\r\n\r\n"))
    }

    @Test func anOlderClientGetsItUpToTheEndOfTheConnection() async throws {
        let heard = try await heard(
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "GET / HTTP/1.0\r\n\r\n")
        #expect(heard.hasSuffix("\r\n\r\naabbcc(3)"))
        #expect(!heard.lowercased().contains("content-length"))
    }

    @Test func theLengthOfWhatIsNotSentIsNotTold() async throws {
        let heard = try await heard(
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
            "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(heard.hasPrefix("HTTP/1.1 200 "))
        #expect(!heard.lowercased().contains("content-length"))
        #expect(heard.hasSuffix("\r\n\r\n"))
    }

    @Test func noDigestOfTheBodyAsItCameStaysBesideIt() async throws {
        let heard = try await heard(
            "HTTP/1.1 200 OK\r\nContent-Digest: sha-256=:a:\r\nRepr-Digest: sha-256=:a:\r\n"
                + "Digest: SHA-256=a\r\nContent-MD5: a\r\nETag: \"a\"\r\nContent-Length: 3\r\n\r\nabc",
            Self.get
        ).lowercased()
        #expect(heard.contains("etag: \"a\""))
        #expect(!heard.contains("digest") && !heard.contains("content-md5"))
    }

    @Test func aBodyThatCannotBeChangedIsNoWholeOne() async throws {
        let heard = try await heard(
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc!", Self.get)
        #expect(!heard.contains("0\r\n\r\n"))
    }
}
