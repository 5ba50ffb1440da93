import Testing

@testable import Transport

@Suite struct AnswerReaderTests {
    /// What came of feeding `pieces` to a reader that waits for the answer to `method`.
    private struct Outcome: Equatable {
        var status: Int?
        var body = ""
        var ended = false
        var failure: UpstreamFailure?
        var persistence = Persistence.keepAlive
        var rest = 0
    }

    private func read(
        _ pieces: [String], _ method: Method = .get, closing close: AnswerReader.Close? = nil
    ) -> Outcome {
        var reader = AnswerReader()
        reader.expect(answerTo: method)
        var outcome = Outcome()
        var bytes: [UInt8] = []
        do {
            pieces: for piece in pieces {
                bytes += latin1(piece)
                while true {
                    var offset = 0
                    let step = try reader.next(in: bytes.span, from: &offset)
                    switch step {
                    case .needMore:
                        bytes.removeFirst(offset)
                        continue pieces
                    case .head(let head): outcome.status = head.status
                    case .body(let range): outcome.body += latin1(Array(bytes[range]))
                    case .end:
                        outcome.ended = true
                        bytes.removeFirst(offset)
                        break pieces
                    }
                    bytes.removeFirst(offset)
                }
            }
            if let close {
                try reader.connectionEnded(close)
                outcome.ended = true
            }
        } catch {
            outcome.failure = error
        }
        outcome.persistence = reader.persistence
        outcome.rest = bytes.count
        return outcome
    }

    private static let ok = "HTTP/1.1 200 OK\r\n"

    @Test func wholeAnswersLeaveTheConnectionFit() {
        let length = read([Self.ok + "Content-Length: 5\r\n\r\nhello"])
        #expect(length == Outcome(status: 200, body: "hello", ended: true))
        let chunked = read([
            Self.ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "0\r\n\r\n",
        ])
        #expect(chunked == Outcome(status: 200, body: "hello", ended: true))
        let digested = read([
            Self.ok + "Transfer-Encoding: chunked\r\nTrailer: Content-Digest\r\n\r\n",
            "5\r\nhello\r\n0\r\nContent-Digest: sha-256=:AA==:\r\n\r\n",
        ])
        #expect(digested == Outcome(status: 200, body: "hello", ended: true))
        let head = read([Self.ok + "Content-Length: 5\r\n\r\n"], .head)
        #expect(head == Outcome(status: 200, ended: true))
    }

    @Test func aCutAnswerIsNeverWhole() {
        let cases: [(String, Method)] = [
            ("", .get), ("HTTP/1.1 200", .get), (Self.ok, .get),
            (Self.ok + "Content-Length: 5\r\n\r\nhell", .get),
            (Self.ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", .get),
            (Self.ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", .get),
            ("HTTP/1.1 100 Continue\r\n\r\n", .post),
        ]
        for (bytes, method) in cases {
            for close in [AnswerReader.Close.clean, .broken] {
                let outcome = read(bytes.isEmpty ? [] : [bytes], method, closing: close)
                #expect(outcome.ended == false)
                let failure = outcome.status == nil ? UpstreamFailure.closedEarly : .truncated
                #expect(outcome.failure == failure)
                #expect(outcome.persistence == .close)
            }
        }
    }

    @Test func onlyACleanCloseEndsABodyWithoutLength() {
        let clean = read([Self.ok + "\r\nhello"], closing: .clean)
        #expect(clean == Outcome(status: 200, body: "hello", ended: true, persistence: .close))
        let broken = read([Self.ok + "\r\nhello"], closing: .broken)
        #expect(broken.failure == .truncated && !broken.ended)
    }

    @Test(arguments: [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "Content-Length: 5, 5\r\n\r\nhello", "Content-Length: +5\r\n\r\nhello",
        "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: identity\r\n\r\n", "X-A: 1\r\n folded\r\n\r\n", "X-A : 1\r\n\r\n",
        "X-A\r\n\r\n", "X-A: \u{0}\r\n\r\n", "X-A: 1\n\r\n",
    ])
    func answersWithTwoReadingsAreRefused(_ rest: String) {
        let outcome = read([Self.ok + rest])
        guard case .malformed = outcome.failure else {
            Issue.record("not refused: \(outcome)")
            return
        }
        #expect(outcome.status == nil && outcome.persistence == .close)
    }

    @Test func aBodyWhereNoneMayBeIsRefused() {
        for start in ["HTTP/1.1 204 No Content\r\n", "HTTP/1.1 103 Early Hints\r\n"] {
            let outcome = read([start + "Content-Length: 3\r\n\r\nabc"])
            #expect(outcome.failure == .malformed(.bodyUnexpected))
        }
        // After an answer that has none, the bytes are left over, and cost the connection.
        for (start, method) in [("HTTP/1.1 304 Not Modified\r\n", Method.get), (Self.ok, .head)] {
            let outcome = read([start + "Content-Length: 3\r\n\r\nabc"], method)
            #expect(outcome.ended && outcome.rest == 3)
        }
    }

    @Test func bytesThatNobodyAskedForAreRefused() {
        var reader = AnswerReader()
        var offset = 0
        let bytes = latin1("HTTP/1.1 200 OK\r\n")
        #expect(throws: UpstreamFailure.malformed(.bodyUnexpected)) {
            _ = try reader.next(in: bytes.span, from: &offset)
        }
        #expect(reader.persistence == .close)
    }

    @Test func fiveInterimAnswersAreReadOverAndTheSixthIsNot() {
        let interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        let final = Self.ok + "Content-Length: 0\r\n\r\n"
        #expect(read([String(repeating: interim, count: 5) + final]).status == 200)
        let flood = read([String(repeating: interim, count: 6) + final])
        #expect(flood.failure == .interimFlood && flood.persistence == .close)
    }

    @Test func aSwitchOfProtocolsIsRefused() {
        let outcome = read(["HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"])
        #expect(outcome.failure == .switchedProtocols && outcome.persistence == .close)
    }

    @Test func aServerThatSaysCloseIsNotAskedAgain() {
        let closing = read([Self.ok + "Connection: close\r\nContent-Length: 0\r\n\r\n"])
        #expect(closing.ended && closing.persistence == .close)
        let old = read(["HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"])
        #expect(old.ended && old.persistence == .close)
        let kept = read([
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"
        ])
        #expect(kept.ended && kept.persistence == .keepAlive)
    }
}

/// Answers that may turn the connection into a tunnel.
@Suite struct TunnelAnswerTests {
    @Test func aTunnelHandsOnAllThatComes() throws {
        var reader = AnswerReader()
        reader.expect(answerTo: .get, switching: .webSocket)
        let bytes = latin1(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Accept: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")
        var offset = 0
        guard case .head(let head) = try reader.next(in: bytes.span, from: &offset),
            case .body(let range) = try reader.next(in: bytes.span, from: &offset)
        else {
            Issue.record("no tunnel")
            return
        }
        #expect(head.status == 101 && range.count == 19 && offset == bytes.count)
        #expect(reader.persistence == .close && !reader.isIdle)
        try reader.connectionEnded(.clean)
        #expect(reader.isIdle && reader.persistence == .close)
    }

    @Test func aTunnelThatIsCutIsNoEnd() throws {
        var reader = AnswerReader()
        reader.expect(answerTo: .get, switching: .webSocket)
        let bytes = latin1(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Accept: x\r\n\r\n")
        var offset = 0
        _ = try reader.next(in: bytes.span, from: &offset)
        #expect(throws: UpstreamFailure.truncated) { try reader.connectionEnded(.broken) }
    }

    @Test func anotherSwitchIsRefusedThere() {
        for fields in ["Upgrade: h2c\r\nConnection: upgrade\r\n", "Upgrade: websocket\r\n"] {
            var reader = AnswerReader()
            reader.expect(answerTo: .get, switching: .webSocket)
            let bytes = latin1("HTTP/1.1 101 Switching Protocols\r\n" + fields + "\r\n")
            var offset = 0
            #expect(throws: UpstreamFailure.switchedProtocols) {
                _ = try reader.next(in: bytes.span, from: &offset)
            }
        }
    }
}
