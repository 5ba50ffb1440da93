import Testing

@testable import Transport

@Suite struct ResponseHeadParserTests {
    private func answer(_ line: String, _ fields: String...) -> String {
        "HTTP/1.1 \(line)\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    @Test func headIsTakenApart() throws {
        let head = try #require(
            try responseHead(answer("207 Multi Status", "Content-Length: 3", "ETag: x")))
        #expect(head.status == 207)
        #expect(head.body == .length(3) && head.contentLength == 3)
        #expect(head.persistence == .keepAlive && !head.isInterim)
        #expect(head.fields.text(FieldName("etag")) == "x")
    }

    @Test(arguments: ["HTTP/1.1 200 \r\n\r\n", "HTTP/1.1 200\r\n\r\n"])
    func reasonMayBeMissing(_ text: String) throws {
        let head = try #require(try responseHead(text))
        #expect(head.status == 200)
    }

    @Test(arguments: [
        ("200", Method.get, ["Content-Length: 5"], ResponseFraming.length(5)),
        ("200", .get, ["Content-Length: 0"], .length(0)),
        ("200", .get, ["Transfer-Encoding: chunked"], .chunked),
        ("200", .get, [], .untilClose), ("500", .post, [], .untilClose),
        ("200", .head, ["Content-Length: 5"], .none), ("200", .head, [], .none),
        ("200", .head, ["Transfer-Encoding: chunked"], .none),
        ("204", .delete, [], .none), ("204", .delete, ["Content-Length: 0"], .none),
        ("304", .get, ["Content-Length: 5"], .none), ("100", .put, [], .none),
        ("103", .get, ["Link: x"], .none), ("101", .get, ["Upgrade: x"], .tunnel),
        ("200", .connect, [], .tunnel), ("502", .connect, ["Content-Length: 1"], .length(1)),
    ])
    func framingGoesByMethodAndStatus(
        _ status: String, _ method: Method, _ fields: [String], _ framing: ResponseFraming
    ) throws {
        let text = "HTTP/1.1 \(status) X\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
        let head = try #require(try responseHead(text, answering: method))
        #expect(head.body == framing)
    }

    @Test(
        arguments: [
            ("200 OK", ["Content-Length: 5", "Transfer-Encoding: chunked"], "length_and_coding"),
            ("200 OK", ["Content-Length: 5", "Content-Length: 5"], "content_length_repeated"),
            ("200 OK", ["Content-Length: 5, 5"], "content_length"),
            ("200 OK", ["Content-Length: +5"], "content_length"),
            ("200 OK", ["Transfer-Encoding: gzip, chunked"], "transfer_coding"),
            ("200 OK", ["Transfer-Encoding: gzip"], "transfer_coding_unknown"),
            (
                "200 OK", ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
                "transfer_coding_repeated"
            ),
            ("200 OK", ["X-A: b", " c"], "field_folded"), ("200 OK", ["X A: b"], "field_name"),
            ("200 OK", ["X-A : b"], "field_name"), ("200 OK", ["X_Real_IP: b"], "field_name_alias"),
            ("200 OK", ["Set-Cookie: a\u{0}b"], "control_character"),
            ("200 OK", ["Location: /\n\nx"], "bare_lf"),
            ("200 OK", ["Connection: Set-Cookie", "Set-Cookie: a=b"], "connection_nomination"),
            ("204 No", ["Content-Length: 5"], "body_unexpected"),
            ("204 No", ["Transfer-Encoding: chunked"], "body_unexpected"),
            ("100 Continue", ["Content-Length: 5"], "body_unexpected"),
            ("101 Switching", ["Content-Length: 5"], "body_unexpected"),
            ("99 X", [], "status_line"), ("600 X", [], "status_line"), ("20 OK", [], "status_line"),
            ("2000 OK", [], "status_line"), ("abc OK", [], "status_line"),
            ("200OK", [], "status_line"),
            (" 200 OK", [], "status_line"), ("+20 OK", [], "status_line"),
            ("200 O\u{7F}K", [], "control_character"),
        ] as [(String, [String], String)])
    func brokenAnswerIsRefused(_ line: String, _ fields: [String], _ code: String) {
        let text = "HTTP/1.1 \(line)\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
        var found = ""
        do { _ = try responseHead(text) } catch {
            found = (error as? RequestFailure)?.rawValue ?? ""
        }
        #expect(found == code)
    }

    @Test(arguments: [
        "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.2 200 OK\r\n\r\n", "http/1.1 200 OK\r\n\r\n",
        "ICY 200 OK     \r\n\r\n", "HTTP/1.1 200 OK\n\n", "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "<html>nothing like HTTP</html>\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ])
    func otherProtocolsAreRefused(_ text: String) {
        #expect(throws: RequestFailure.self) { try responseHead(text) }
    }

    @Test(arguments: [
        ("HTTP/1.1", ["Connection: close"], Persistence.close), ("HTTP/1.1", [], .keepAlive),
        ("HTTP/1.0", [], .close), ("HTTP/1.0", ["Connection: keep-alive"], .keepAlive),
        ("HTTP/1.0", ["Connection: keep-alive, close"], .close),
    ])
    func persistenceGoesByVersionAndConnection(
        _ version: String, _ fields: [String], _ persistence: Persistence
    ) throws {
        let text =
            "\(version) 200 OK\r\nContent-Length: 0\r\n" + fields.map { $0 + "\r\n" }.joined()
            + "\r\n"
        #expect(try responseHead(text)?.persistence == persistence)
    }

    @Test func bodyUntilCloseEndsTheConnection() throws {
        #expect(try responseHead(answer("200 OK"))?.persistence == .close)
        #expect(try responseHead(answer("101 X"))?.persistence == .close)
    }

    @Test func interimAnswersComeBeforeTheFinalOne() throws {
        var parser = ResponseHeadParser()
        let bytes = latin1(answer("100 Continue") + answer("200 OK", "Content-Length: 0"))
        guard case .head(let interim, let consumed) = try parser.parse(bytes.span, answering: .put)
        else {
            Issue.record("no head")
            return
        }
        #expect(interim.isInterim && interim.body == .none && interim.persistence == .keepAlive)
        let rest = Array(bytes[consumed...])
        guard case .head(let final, _) = try parser.parse(rest.span, answering: .put) else {
            Issue.record("no second head")
            return
        }
        #expect(final.status == 200 && !final.isInterim)
    }

    @Test func largeAnswersAreRefused() {
        let field = "X-A: " + String(repeating: "b", count: 8000)
        #expect(throws: RequestFailure.headTooLarge) {
            try responseHead(answer("200 OK", field, field, field, field, field))
        }
        let many = String(repeating: "X: y\r\n", count: 201)
        #expect(throws: RequestFailure.tooManyFields) {
            try responseHead("HTTP/1.1 200 OK\r\n\(many)\r\n")
        }
    }

    @Test func resultDoesNotDependOnHowTheBytesWereCut() throws {
        let bytes = latin1(answer("200 OK", "Content-Length: 5", "X-A: b") + "hello")
        for first in bytes.indices {
            var parser = ResponseHeadParser()
            var consumed = 0
            for end in [first, bytes.count] where consumed == 0 {
                let seen = Array(bytes[..<end])
                if case .head(let head, let count) = try parser.parse(seen.span, answering: .get) {
                    #expect(head.body == .length(5) && head.fields.count == 2)
                    consumed = count
                }
            }
            #expect(consumed == bytes.count - 5)
        }
    }
}
