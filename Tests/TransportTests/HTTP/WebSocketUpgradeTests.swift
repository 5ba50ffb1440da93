import Testing

@testable import Transport

@Suite struct WebSocketUpgradeTests {
    private static let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    private static let version = "Sec-WebSocket-Version: 13\r\n"
    private static let asking = "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"

    private func isRequested(_ fields: String, _ line: String = "GET / HTTP/1.1") throws -> Bool {
        let text = line + "\r\nHost: a\r\n" + fields + "\r\n"
        return WebSocketUpgrade.isRequested(by: try #require(try requestHead(text)))
    }

    @Test func theHandshakeIsKnown() throws {
        #expect(try isRequested(Self.asking + Self.key + Self.version))
        #expect(
            try isRequested(
                "Upgrade: websocket\r\nConnection: upgrade\r\n" + Self.key + Self.version))
        #expect(try isRequested(Self.asking + Self.key + Self.version + "Content-Length: 0\r\n"))
    }

    @Test(arguments: [
        asking + key, asking + version, "Upgrade: websocket\r\n" + key + version,
        "Connection: upgrade\r\n" + key + version,
        "Connection: upgrade\r\nUpgrade: h2c\r\n" + key + version,
        "Connection: upgrade\r\nUpgrade: websocket, h2c\r\n" + key + version,
        "Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n" + key + version,
        "Connection: upgraded\r\nUpgrade: websocket\r\n" + key + version,
        asking + key + "Sec-WebSocket-Version: 8\r\n", asking + key + version + version,
        asking + key + key + version, asking + "Sec-WebSocket-Key: short\r\n" + version,
        asking + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j!Q==\r\n" + version,
        asking + key + version + "Content-Length: 1\r\n",
        asking + key + version + "Transfer-Encoding: chunked\r\n",
    ])
    func anythingLessIsAnOrdinaryRequest(_ fields: String) throws {
        #expect(try !isRequested(fields))
    }

    @Test(arguments: ["POST / HTTP/1.1", "HEAD / HTTP/1.1", "GET / HTTP/1.0"])
    func onlyGetOverHTTP11Asks(_ line: String) throws {
        #expect(try !isRequested(Self.asking + Self.key + Self.version, line))
    }

    @Test(arguments: [
        ("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n", true),
        ("Connection: Upgrade\r\nUpgrade: websocket\r\n", false),
        ("Upgrade: websocket\r\nSec-WebSocket-Accept: x\r\n", false),
        ("Connection: Upgrade\r\nUpgrade: h2c\r\nSec-WebSocket-Accept: x\r\n", false),
        ("Connection: Upgrade\r\nSec-WebSocket-Accept: x\r\n", false),
    ])
    func whatGrantsItIsKnown(_ fields: String, _ isGranted: Bool) throws {
        let text = "HTTP/1.1 101 Switching Protocols\r\n" + fields + "\r\n"
        let head = try #require(try responseHead(text))
        #expect(WebSocketUpgrade.isGranted(by: head) == isGranted)
    }

    @Test func anotherAnswerGrantsNothing() throws {
        let fields = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n"
        let head = try #require(try responseHead("HTTP/1.1 200 OK\r\n" + fields))
        #expect(!WebSocketUpgrade.isGranted(by: head))
    }

    @Test(arguments: [
        ("426 Upgrade Required", "websocket", HTTPVersion.http11, true),
        ("426 Upgrade Required", "h2c, WebSocket", .http11, true),
        ("426 Upgrade Required", "h2c", .http11, false),
        ("200 OK", "websocket", .http11, false),
        ("426 Upgrade Required", "websocket", .http10, false),
        ("426 Upgrade Required", "websocket", .http2, false),
    ])
    func whatIsDemandedIsStillSaid(
        _ status: String, _ upgrade: String, _ version: HTTPVersion, _ isSaid: Bool
    ) throws {
        let text =
            "HTTP/1.1 \(status)\r\nConnection: Upgrade\r\nUpgrade: \(upgrade)\r\n"
            + "Content-Length: 0\r\n\r\n"
        let head = try #require(try responseHead(text))
        let request = AnswerHead.Request(method: .get, version: version)
        let edits: [(HeadEdit?, Bool)] = [
            (nil, isSaid), (HeadEdit(), isSaid), (HeadEdit(keep: [.date]), false),
        ]
        for (edit, isSaid) in edits {
            let answer = try AnswerHead.forwarded(
                head, edit: edit, for: request, persistence: .keepAlive, date: Array("x".utf8))
            let lines = String(decoding: answer.bytes, as: UTF8.self).lowercased()
                .split(separator: "\r\n")
            #expect(lines.contains("upgrade: websocket") == isSaid)
            #expect(lines.contains("connection: upgrade") == isSaid)
        }
    }
}
