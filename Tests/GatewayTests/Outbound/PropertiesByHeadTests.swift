import Federation
import Testing

@testable import Gateway
@testable import Transport

/// opencloudmesh-go serves GET and HEAD of a shared file, and no PROPFIND.
@Suite struct PropertiesByHeadTests {
    private static func answer(_ lines: [String]) throws -> Answer {
        let bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        var parser = ResponseHeadParser()
        guard case .head(let head, _) = try parser.parse(bytes.span, answering: .head) else {
            throw WayOut.Unmade()
        }
        return Gateway.properties(
            head, at: "/public.php/webdav/", .named(["read"]), refused: 405)
    }

    /// Whether the answer of this status to this request is replaced by another question.
    private func asksAgain(
        _ status: Int, _ start: String, type: String = "file", length: String = "0"
    ) async throws -> Bool {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true, type: type)
        let plan = try await world.plan(
            "\(start) HTTP/1.1", basic(handle), "Depth: 0", "Content-Length: \(length)")
        guard case .forward(let forwarding) = plan else { throw WayOut.Unmade() }
        guard case .plan? = forwarding.replacing?(try WayOut.answer(status)) else { return false }
        return true
    }

    @Test(arguments: [405, 501])
    func aFileWhosePropertiesAreRefusedIsAskedForByHead(_ status: Int) async throws {
        for root in ["PROPFIND /public.php/webdav/", "PROPFIND /public.php/webdav"] {
            #expect(try await asksAgain(status, root))
        }
        #expect(try await asksAgain(status, "PROPFIND /public.php/webdav/", length: "300"))
    }

    @Test func nothingElseIs() async throws {
        let root = "PROPFIND /public.php/webdav/"
        for status in [207, 400, 403, 404, 500] {
            #expect(try await !asksAgain(status, root), "\(status)")
        }
        #expect(try await !asksAgain(405, root, type: "folder"))
        #expect(try await !asksAgain(405, root, length: "70000"))
        for start in ["\(root)a", "GET /public.php/webdav/", "PUT /public.php/webdav/"] {
            #expect(try await !asksAgain(405, start), "\(start)")
        }
    }

    @Test func whatHeadTellsIsTheProperties() throws {
        let answer = try Self.answer([
            "HTTP/1.1 200 OK", "Content-Length: 9", "ETag: \"x\"", "Content-Type: text/plain",
            "Last-Modified: Mon, 23 Nov 2026 20:40:44 GMT",
        ])
        #expect(answer.status == 207)
        #expect(answer.values("content-type") == ["application/xml; charset=utf-8"])
        let text = String(decoding: answer.body, as: UTF8.self)
        for each in [
            "<d:href>/public.php/webdav/<", "length>9<", "etag>\"x\"<", "type>text/plain<",
            "modified>Mon, 23 Nov 2026 20:40:44 GMT<", "share-permissions>1<",
        ] {
            #expect(text.contains(each), "\(each)")
        }
    }

    @Test(arguments: [
        (["HTTP/1.1 200 OK"], 405), (["HTTP/1.1 302 Found", "Content-Length: 0"], 405),
        (["HTTP/1.1 200 OK", "Content-Length: 9", "Content-Encoding: gzip"], 405),
        (["HTTP/1.1 404 Not Found", "Content-Length: 0"], 404),
        (["HTTP/1.1 503 Busy", "Content-Length: 0"], 503),
    ])
    func anyOtherAnswerTellsNone(_ lines: [String], _ status: Int) throws {
        let answer = try Self.answer(lines)
        #expect(answer.status == status && answer.body.isEmpty)
    }

    @Test func whenToComeAgainIsPassedOn() throws {
        let answer = try Self.answer([
            "HTTP/1.1 429 Slow", "Retry-After: 7", "Content-Length: 0",
        ])
        #expect(answer.status == 429 && answer.values("retry-after") == ["7"])
    }
}
