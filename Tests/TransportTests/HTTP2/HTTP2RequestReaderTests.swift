import HTTP2
import HTTP2Client
import Testing

@testable import Transport

@Suite struct HTTP2RequestReaderTests {
    private static func block(_ fields: [(String, String)]) -> FieldBlock {
        var block = FieldBlock()
        for (name, value) in fields { block.add(name.utf8.span, value.utf8.span) }
        return block
    }

    private func read(
        _ fields: [(String, String)], isWhole: Bool = true
    ) throws(RequestFailure) -> RequestHead {
        var reader = HTTP2RequestReader(limits: .request)
        return try reader.read(Self.block(fields), isWhole: isWhole)
    }

    private func lines(_ head: RequestHead) -> [String] {
        var lines: [String] = []
        head.fields.forEach { lines.append("\($0): " + String(decoding: $1, as: UTF8.self)) }
        return lines
    }

    /// `:authority` is one of them, as `Host`.
    @Test func asManyFieldsAsThereMayBeAreTaken() throws {
        let most = HeadLimits.request.fields
        let fields = (1..<most).map { ("a\($0)", "") }
        #expect(try read(Frame.request() + fields).fields.count == most)
        #expect(throws: RequestFailure.tooManyFields) {
            try read(Frame.request() + fields + [("b", "")])
        }
    }

    @Test func aRequestIsTheSameHeadAsThatOfHTTP1() throws {
        let head = try read(
            Frame.request(
                "PROPFIND", "/a%20b/?c=%64", [("depth", "1"), ("x-y", ""), ("accept", "*/*")],
                authority: "Cloud.Example:443"))
        #expect(head.method == .propfind && head.version == .http2 && head.body == .none)
        #expect(String(decoding: head.rawTarget, as: UTF8.self) == "/a%20b/?c=%64")
        #expect(head.path.elementsEqual("/a%20b/".utf8))
        #expect(head.query?.elementsEqual("c=%64".utf8) == true)
        #expect(head.authority == (try Authority("cloud.example:443")))
        #expect(head.persistence == .keepAlive && head.expectation == .none)
        #expect(
            lines(head) == ["host: Cloud.Example:443", "depth: 1", "x-y: ", "accept: */*"])
    }

    /// What is copied for the upstream is what a head of HTTP/1 would have given.
    @Test func itsFieldsAreCopiedAsThoseOfHTTP1() throws {
        let head = try read(
            Frame.request(
                "GET", "/",
                [
                    ("a", "b"), ("te", "trailers"), ("x-forwarded-for", "1.2.3.4"), ("c", "d"),
                ]))
        var writer = HeadWriter()
        try writer.requestLine(.get, [0x2F])
        writer.copyFields(of: head)
        #expect(
            String(decoding: writer.finish(), as: UTF8.self)
                == "GET / HTTP/1.1\r\na: b\r\nc: d\r\n\r\n")
    }

    @Test func crumbsOfCookiesAreOneLineAgain() throws {
        let head = try read(
            Frame.request(
                "GET", "/", [("cookie", "a=1"), ("b", "c"), ("cookie", "d=2"), ("cookie", "e")]))
        #expect(lines(head).suffix(2) == ["b: c", "cookie: a=1; d=2; e"])
    }

    @Test(arguments: [
        (3, 4000, nil), (1, 8184, nil), (1, 8185, RequestFailure.fieldTooLong),
        (2, 8185, .fieldTooLong), (20, 1000, .headTooLarge),
    ])
    func eachCrumbHasTheLimitOfALine(
        _ count: Int, _ length: Int, _ failure: RequestFailure?
    ) throws {
        let crumb = ("cookie", String(repeating: "a", count: length))
        let fields = Frame.request("GET", "/", Array(repeating: crumb, count: count))
        guard let failure else {
            let head = try read(fields)
            let line = try #require(lines(head).last)
            #expect(line.utf8.count == 8 + count * length + 2 * (count - 1))
            return
        }
        #expect(throws: failure) { try read(fields) }
    }

    @Test(arguments: [
        ([("content-length", "5")], false, BodyFraming.length(5)),
        ([("content-length", "0")], true, .length(0)), ([], true, .none), ([], false, .chunked),
        ([("expect", "100-continue"), ("content-length", "5")], false, .length(5)),
    ])
    func theBodyIsFramedByLengthOrByFrames(
        _ fields: [(String, String)], _ isWhole: Bool, _ body: BodyFraming
    ) throws {
        let head = try read(Frame.request("PUT", "/", fields), isWhole: isWhole)
        #expect(head.body == body)
        #expect((head.expectation == .continue100) == fields.contains { $0.0 == "expect" })
    }

    @Test func hostAloneNamesTheHost() throws {
        let head = try read(Frame.request("GET", "/", [("host", "a.example")], authority: nil))
        #expect(head.authority == (try Authority("a.example")))
        #expect(lines(head) == ["host: a.example"])
    }

    @Test func hostBesideAuthorityMustBeTheSame() throws {
        let same = try read(Frame.request("GET", "/", [("host", "CLOUD.example:443")]))
        #expect(lines(same) == ["host: cloud.example"])
        #expect(throws: RequestFailure.hostMismatch) {
            try read(Frame.request("GET", "/", [("host", "other.example")]))
        }
        #expect(throws: RequestFailure.hostRepeated) {
            try read(
                Frame.request("GET", "/", [("host", "cloud.example"), ("host", "cloud.example")]))
        }
    }

    private static let refused: [([(String, String)], RequestFailure)] = [
        (Frame.request("CONNECT"), RequestFailure.methodNotAllowed),
        ([(":method", "CONNECT"), (":authority", "a.example:443")], .methodNotAllowed),
        (Frame.request("TRACE"), .methodNotAllowed), (Frame.request("get"), .methodUnknown),
        (Frame.request("POST", "/", [("x-http-method-override", "PATCH")]), .methodOverride),
        (Frame.request("GET", "/", [("x-http-method", "DELETE")]), .methodOverride),
        (Frame.request("GET", "https://a.example/"), .target), (Frame.request("GET", ""), .target),
        (Frame.request("GET", "a"), .target), (Frame.request("GET", "*"), .target),
        (Frame.request("GET", "/a b"), .target), (Frame.request("GET", "/a\r\nb"), .target),
        (Frame.request("GET", "/#a"), .targetFragment),
        (Frame.request("GET", "/ä"), .targetCharacter),
        (Frame.request("GET", "/" + String(repeating: "a", count: 8200)), .requestLineTooLong),
        (Frame.request(authority: "a@b.example"), .hostMalformed),
        (Frame.request(authority: ""), .hostMalformed),
        (Frame.request(authority: nil), .hostMissing),
        (Frame.request(scheme: "ftp"), .http2Message),
        (Frame.request() + [(":path", "/")], .http2Message),
        (Frame.request() + [(":protocol", "websocket")], .http2Message),
        ([(":method", "GET"), (":path", "/"), (":authority", "a")], .http2Message),
        (Frame.request() + [("a", "b"), (":path", "/")], .fieldName),
        (Frame.request() + [("Accept", "b")], .fieldName),
        (Frame.request() + [("", "b")], .fieldName), (Frame.request() + [("a ", "b")], .fieldName),
        (Frame.request() + [(" a", "b")], .fieldFolded),
        (Frame.request() + [("a:b", "c")], .http2Message),
        (Frame.request() + [("a\r\nb", "c")], .fieldName),
        (Frame.request() + [("a", "b\r\nc: d")], .controlCharacter),
        (Frame.request() + [("a", "b\u{0}")], .controlCharacter),
        (Frame.request() + [("a", "b\n")], .controlCharacter),
        (Frame.request() + [("a", " b")], .http2Message),
        (Frame.request() + [("a", "b ")], .http2Message),
        (Frame.request() + [("x_forwarded_for", "b")], .fieldNameAlias),
        (Frame.request() + [("script_name", "/x")], .fieldNameAlias),
        (Frame.request() + [("path_info", "/x")], .fieldNameAlias),
        (Frame.request() + [("remote_user", "b")], .fieldNameAlias),
        (Frame.request() + [("connection", "close")], .http2Message),
        (Frame.request() + [("transfer-encoding", "chunked")], .http2Message),
        (Frame.request() + [("upgrade", "h2c")], .http2Message),
        (Frame.request() + [("keep-alive", "1")], .http2Message),
        (Frame.request() + [("proxy-connection", "1")], .http2Message),
        (Frame.request() + [("te", "gzip")], .http2Message),
        (Frame.request() + [("content-length", "1")], .contentLength),
        (Frame.request() + [("content-length", "+1")], .contentLength),
        (
            Frame.request() + [("content-length", "0"), ("content-length", "0")],
            .contentLengthRepeated
        ),
        (Frame.request() + [("expect", "y")], .expectation),
        (Frame.request() + [("a", String(repeating: "b", count: 8200))], .fieldTooLong),
        (Frame.request() + (0..<101).map { ("a\($0)", "") }, .tooManyFields),
        (
            Frame.request() + (0..<5).map { ("a\($0)", String(repeating: "b", count: 4000)) },
            .headTooLarge
        ),
    ]

    @Test(arguments: refused)
    func whatBreaksARuleIsRefusedByTheSameRules(
        _ fields: [(String, String)], _ failure: RequestFailure
    ) {
        #expect(throws: failure) { try read(fields) }
    }

    @Test(arguments: [
        ([("a", "b")], nil), ([("content-length", "1")], RequestFailure.trailerForbidden),
        ([("authorization", "x")], .trailerForbidden), ([("host", "x")], .trailerForbidden),
        ([("content-digest", "sha-256=:AA==:"), ("date", "x"), ("vary", "x")], nil),
        ([("signature", "x")], .trailerForbidden), ([("content-type", "x")], .trailerForbidden),
        ([("a:b:", "")], nil), ([("", "x")], .trailer), ([("a b", "x")], .trailer),
        ((0..<17).map { ("a\($0)", "b") }, .trailerTooLarge),
        ([("a", String(repeating: "b", count: 4100))], .trailerTooLarge),
    ])
    func trailersAreReadAsThoseOfChunks(_ fields: [(String, String)], _ failure: RequestFailure?) {
        do {
            try Self.block(fields).checkAsTrailers()
            #expect(failure == nil)
        } catch {
            #expect(error == failure)
        }
    }
}
