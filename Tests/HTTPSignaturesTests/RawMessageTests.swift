import HTTPSignatures
import Testing

@Suite struct RawMessageTests {
    static let request = """
        POST /ocm/shares?a=1 HTTP/1.1
        Host: Cloud.Example:443
        X-Spaces:   b \t
        Empty:
        Content-Length: 5

        hello
        """

    @Test(arguments: ["\n", "\r\n"]) func aRequestIsRead(lineEnd: String) throws {
        let head = Self.request.dropLast(5).split(separator: "\n", omittingEmptySubsequences: false)
        let text = head.joined(separator: lineEnd) + "hello"
        let raw = try RawMessage(Array(text.utf8))
        #expect(raw.body == Array("hello".utf8))
        #expect(
            raw.message.fields == [
                .init("host", "Cloud.Example:443"), .init("x-spaces", "b"), .init("empty", ""),
                .init("content-length", "5"),
            ])
        guard case .request(let method, let target) = raw.message.start else {
            throw Missing(what: "request")
        }
        #expect(method == "POST")
        #expect(target.origin.description == "https://cloud.example")
        #expect(target.path == "/ocm/shares")
        #expect(target.query == "a=1")
        let added = raw.adding([("Signature", "x")])
        let expected = head.dropLast(2).joined(separator: "\r\n") + "\r\nSignature: x\r\n\r\nhello"
        #expect(String(decoding: added, as: UTF8.self) == expected)
    }

    @Test func theOriginGivenBeatsTheHost() throws {
        let raw = try RawMessage(
            Array(Self.request.utf8), origin: Origin("https://public.example:8443"))
        guard case .request(_, let target) = raw.message.start else {
            throw Missing(what: "request")
        }
        #expect(target.origin.description == "https://public.example:8443")
    }

    @Test func aResponseIsRead() throws {
        let raw = try RawMessage(Array("HTTP/1.1 201 Created\nA: b\n\n".utf8))
        guard case .response(201, nil) = raw.message.start else {
            throw Missing(what: "response")
        }
        #expect(raw.body.isEmpty)
    }

    static let refused: [(String, RawMessageError.Reason, Int?)] = [
        ("", .startLine, 1),
        ("\n", .startLine, 1),
        ("GET / HTTP/1.1", .startLine, 1),
        ("GET / HTTP/1.1\nHost: a", .unendedHead, 1),
        ("GET / HTTP/1.1\nHost: a\n", .unendedHead, 2),
        ("GET /\nHost: a\n\n", .startLine, 1),
        ("GET / HTTP/2\nHost: a\n\n", .startLine, 1),
        ("GET  / HTTP/1.1\nHost: a\n\n", .startLine, 1),
        ("G(T / HTTP/1.1\nHost: a\n\n", .startLine, 1),
        ("GET /\u{E9} HTTP/1.1\nHost: a\n\n", .startLine, 1),
        ("GET /#x HTTP/1.1\nHost: a\n\n", .startLine, 1),
        ("HTTP/1.1 99 No\n\n", .startLine, 1),
        ("HTTP/1.1\n\n", .startLine, 1),
        ("GET / HTTP/1.1\nHost : a\n\n", .fieldName, 2),
        ("GET / HTTP/1.1\n: a\n\n", .fieldName, 2),
        ("GET / HTTP/1.1\nHost\n\n", .fieldName, 2),
        ("GET / HTTP/1.1\nHost: a\nB: \u{1}\n\n", .fieldValue, 3),
        ("GET / HTTP/1.1\nHost: a\n b\n\n", .foldedLine, 3),
        ("GET / HTTP/1.1\r\nHost: a\n\n", .mixedLineEnds, 2),
        ("GET / HTTP/1.1\nHost: a\r\n\n", .mixedLineEnds, 2),
        ("GET / HTTP/1.1\nHost: a\rb\n\n", .controlByte, 2),
        ("GET / HTTP/1.1\nHost: a\0\n\n", .controlByte, 2),
        ("GET / HTTP/1.1\n\n", .host, nil),
        ("GET / HTTP/1.1\nHost: a\nHost: a\n\n", .host, nil),
        ("GET / HTTP/1.1\nHost: user@a\n\n", .host, nil),
        ("GET / HTTP/1.1\nHost: a/b\n\n", .host, nil),
        ("GET / HTTP/1.1\nHost: a:99999\n\n", .host, nil),
        ("POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n", .transferEncoding, nil),
        ("POST / HTTP/1.1\nHost: a\nContent-Length: 2\n\nabc", .contentLength(3), nil),
        ("POST / HTTP/1.1\nHost: a\nContent-Length: +3\n\nabc", .contentLength(3), nil),
        ("POST / HTTP/1.1\nHost: a\nContent-Length:\n\n", .contentLength(0), nil),
    ]

    @Test(arguments: refused) func whatIsNoMessageIsRefusedWithItsLine(
        text: String, reason: RawMessageError.Reason, line: Int?
    ) {
        let error = #expect(throws: RawMessageError.self) { try RawMessage(Array(text.utf8)) }
        #expect(error?.reason == reason)
        #expect(error?.line == line)
        #expect(error?.description.isEmpty == false)
    }

    @Test func arbitraryBytesNeverTrap() {
        var random = SeededRandom(seed: 5)
        let request = Array(Self.request.utf8)
        for _ in 0..<5_000 {
            var bytes = request
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] =
                    [0, 9, 10, 13, 32, 58, 255].randomElement(using: &random) ?? 0
            }
            _ = try? RawMessage(Array(bytes.prefix(Int.random(in: 0...200, using: &random))))
        }
    }
}
