import HTTP2Client
import Testing

@testable import Transport

/// The `Date` of answers (RFC 9110, section 6.6.1).
@Suite struct AnswerDateTests {
    private static let own = "Date: Sun, 06 Nov 1994 08:49:37 GMT"

    /// The lines with a date in what the server says to a request.
    private func dates(
        _ request: String = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        to plan: @escaping @Sendable () -> Plan
    ) async throws -> [String] {
        var said = ""
        try await serve({ _ in }, { _, _ in plan() }) { port, group, _ in
            said = try await RawClient.talk([(.zero, request)], to: port, on: group)
        }
        return said.split(separator: "\r\n").map(String.init)
            .filter { $0.lowercased().hasPrefix("date:") }
    }

    private func isNow(_ line: String) -> Bool {
        let pattern =
            /date: [A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} 20\d{2} \d{2}:\d{2}:\d{2} GMT/
        return line.wholeMatch(of: pattern) != nil
    }

    /// The second request is refused by the transport itself.
    @Test func anAnswerOfOursHasOne() async throws {
        let found = try await dates("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/9.9\r\n\r\n") {
            .answer(Answer(status: 204))
        }
        #expect(found.count == 2 && found.allSatisfy(isNow), "\(found)")
        let said = try await dates {
            .answer(Answer(status: 200, fields: [("Date", "Sun, 06 Nov 1994 08:49:37 GMT")]))
        }
        #expect(said == ["date: Sun, 06 Nov 1994 08:49:37 GMT"])
    }

    /// What passes of the upstream's own is left as it is.
    @Test(arguments: [
        ("", nil, nil), (own + "\r\n", nil, own), (own + "\r\n", HeadEdit(keep: [.etag]), nil),
        (own + "\r\n", HeadEdit(remove: [.date]), nil),
        (own + "\r\n", HeadEdit(keep: [.date]), own),
    ])
    func aForwardedAnswerHasOne(
        _ field: String, _ edit: HeadEdit?, _ passed: String?
    ) async throws {
        let away = LoopGroup(count: 1)
        let server = try await ScriptedServer(on: away) { _ in
            "HTTP/1.1 200 OK\r\n\(field)Content-Length: 2\r\n\r\nok"
        }
        let upstream = Upstream(
            .tcp(.address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: server.port)))
        var writer = HeadWriter()
        try writer.requestLine(.get, Array("/".utf8))
        var forwarding = Forwarding(to: upstream, head: writer)
        if let edit { forwarding.onHead = { _ in edit } }
        let plan = Plan.forward(forwarding)
        let found = try await dates { plan }
        await away.shutdown()
        #expect(found.count == 1)
        if let passed { #expect(found == [passed]) } else { #expect(isNow(found.first ?? "")) }
    }

    @Test func anAnswerOverHTTP2HasOne() async throws {
        try await serveHTTP2 { world in
            let peer = try await world.peer()
            try await peer.send(.headers(1, Frame.request()))
            #expect(try await peer.answer(to: 1).status == "200")
            let reader = FrameReader()
            let fields = peer.frames.filter { $0.kind == 1 }.flatMap { reader.fields(of: $0) }
            let found = fields.filter { $0.name == "date" }.map { "date: \($0.value)" }
            #expect(found.count == 1 && found.allSatisfy(isNow), "\(found)")
        }
    }
}
