import Testing

@testable import Transport

@Suite struct RequestHeadParserTests {
    private let plain = latin1("GET /a?b HTTP/1.1\r\nHost: A.example\r\n\r\n")

    @Test func headIsTakenApart() throws {
        let head = try #require(try requestHead(latin1(plain)))
        #expect(head.method == .get && head.version == .http11 && head.body == .none)
        #expect(latin1(head.path) == "/a")
        #expect(head.query.map(latin1) == "b")
        #expect(latin1(head.rawTarget) == "/a?b")
        #expect(head.authority?.description == "a.example")
        #expect(head.target.form == .origin)
    }

    @Test func emptyQueryIsNotNoQuery() throws {
        let with = try #require(try requestHead("GET /? HTTP/1.1\r\nHost: a\r\n\r\n"))
        let without = try #require(try requestHead("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(with.query?.isEmpty == true)
        #expect(without.query == nil)
    }

    @Test(arguments: [
        ("http://a", "/", RequestTarget.Form.absolute(.http)),
        ("http://a/x", "/x", .absolute(.http)), ("https://a:443?q", "/", .absolute(.https)),
    ])
    func absoluteTargetHasAPath(_ target: String, _ path: String, _ form: RequestTarget.Form) throws
    {
        let head = try #require(try requestHead("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(latin1(head.path) == path)
        #expect(head.target.form == form)
    }

    @Test func requestsOfAConnectionAreReadOneAfterTheOther() throws {
        var parser = RequestHeadParser()
        for path in ["/1", "/2", "/3"] {
            let host = path == "/3" ? "b" : "a"
            let bytes = latin1("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            guard case .head(let head, let consumed) = try parser.parse(bytes.span) else {
                Issue.record("no head")
                return
            }
            #expect(latin1(head.path) == path && head.authority?.description == host)
            #expect(consumed == bytes.count && !parser.isInsideHead)
        }
    }

    @Test func beginningOfAHeadIsSeen() throws {
        var parser = RequestHeadParser()
        #expect(!parser.isInsideHead)
        _ = try parser.parse(Array(plain[..<1]).span)
        #expect(parser.isInsideHead)
    }

    @Test func afterAFaultNothingIsReadAnyMore() {
        var parser = RequestHeadParser()
        for bytes in [latin1("GET / HTTP/1.1\n"), plain, plain] {
            #expect(throws: RequestFailure.bareLineFeed) { try parser.parse(bytes.span) }
        }
    }

    @Test(arguments: [
        (HeadLimits(startLine: 16, fieldLine: 99, total: 99, fields: 9), "request_line_too_long"),
        (HeadLimits(startLine: 99, fieldLine: 14, total: 99, fields: 9), "field_too_long"),
        (HeadLimits(startLine: 99, fieldLine: 99, total: 37, fields: 9), "head_too_large"),
        (HeadLimits(startLine: 99, fieldLine: 99, total: 99, fields: 0), "too_many_fields"),
        (HeadLimits(startLine: 17, fieldLine: 15, total: 39, fields: 1), ""),
    ])
    func limitsAreParameters(_ limits: HeadLimits, _ code: String) {
        var parser = RequestHeadParser(limits: limits)
        var found = ""
        do { _ = try parser.parse(plain.span) } catch { found = error.rawValue }
        #expect(found == code)
    }

    @Test func halfAHeadIsAskedFor() throws {
        var parser = RequestHeadParser()
        for end in plain.indices {
            guard case .needMore = try parser.parse(Array(plain[..<end]).span) else {
                Issue.record("a head at \(end)")
                return
            }
        }
    }
}
