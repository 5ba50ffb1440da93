import Testing

@testable import Transport

@Suite struct HeadWriterTests {
    @Test func headIsRebuiltFromWhatWasParsed() throws {
        let head = try #require(
            try requestHead(
                "POST //x HTTP/1.1\r\nhost: A.example\r\nAccept:*/*\r\nContent-Length: 005\r\n"
                    + "Connection: X-Hop, close\r\nX-Hop: 1\r\nTE: trailers\r\nCookie:  a=b \r\n"
                    + "X-Forwarded-For: evil\r\nExpect: 100-continue\r\nDate: d\r\n\r\n"))
        var writer = HeadWriter()
        try writer.requestLine(head.method, Array("/x".utf8))
        try writer.add(.host, "backend.example")
        writer.copyFields(of: head, except: [.date])
        writer.frame(head.body)
        try writer.add(.xForwardedFor, "192.0.2.1")
        #expect(
            latin1(writer.finish())
                == "POST /x HTTP/1.1\r\nhost: backend.example\r\nAccept: */*\r\nCookie: a=b\r\n"
                + "content-length: 5\r\nx-forwarded-for: 192.0.2.1\r\n\r\n")
    }

    @Test func answerKeepsWhatOnlyRequestsMayNotSet() throws {
        let head = try #require(
            try responseHead(
                "HTTP/1.1 201 Made\r\nContent-Length: 0\r\nX-Forwarded-Host: a\r\n"
                    + "Connection: X-Gone\r\nX-Gone: 1\r\nUpgrade: h2c\r\nETag: x\r\n\r\n"))
        var writer = HeadWriter()
        writer.statusLine(head.status)
        writer.copyFields(of: head)
        #expect(
            latin1(writer.finish())
                == "HTTP/1.1 201 Created\r\nX-Forwarded-Host: a\r\nETag: x\r\n\r\n")
    }

    @Test(arguments: ["a\r\nX: y", "a\nb", "a\rb", "a\u{0}", "\u{7F}", "a\u{B}b"])
    func valueThatWouldBreakTheLineIsRefused(_ value: String) {
        var writer = HeadWriter()
        #expect(throws: HeadWriter.InvalidField.self) { try writer.add(.location, value) }
        #expect(throws: HeadWriter.InvalidField.self) {
            try writer.add(.location, Array(value.utf8)[...])
        }
    }

    @Test(arguments: ["", "/a b", "/a\r\nX: y", "/a#b", "/\u{E9}", "/a\u{0}"])
    func targetThatWouldBreakTheLineIsRefused(_ target: String) {
        var writer = HeadWriter()
        #expect(throws: HeadWriter.InvalidField.self) {
            try writer.requestLine(.get, latin1(target))
        }
    }

    @Test(arguments: [
        (BodyFraming.none, ""), (.length(0), "content-length: 0\r\n"),
        (.length(70_000), "content-length: 70000\r\n"),
        (.chunked, "transfer-encoding: chunked\r\n"),
    ])
    func bodyIsFramedAsItWasParsed(_ framing: BodyFraming, _ line: String) {
        var writer = HeadWriter()
        writer.frame(framing)
        #expect(latin1(writer.finish()) == line + "\r\n")
    }

    @Test(arguments: [(200, "200 OK"), (431, "431 Request Header Fields Too Large"), (299, "299 ")])
    func statusLineHasThreeDigits(_ status: Int, _ line: String) {
        var writer = HeadWriter()
        writer.statusLine(status)
        #expect(latin1(writer.finish()) == "HTTP/1.1 \(line)\r\n\r\n")
    }

    @Test func whatIsWrittenCanBeReadAgain() throws {
        for entry in Corpus.shared.cases where entry.accepted != nil && entry.role == nil {
            let head = try #require(try requestHead(latin1(entry.bytes.bytes)))
            var writer = HeadWriter()
            try writer.requestLine(head.method, Array(head.rawTarget))
            try writer.add(.host, head.authority?.description ?? "none.example")
            writer.copyFields(of: head)
            writer.frame(head.body)
            let again = try #require(try requestHead(latin1(writer.finish())))
            #expect(again.body == head.body && again.method == head.method)
            #expect(latin1(again.rawTarget) == latin1(head.rawTarget))
        }
    }
}
