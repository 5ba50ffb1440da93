import HTTP2
import HTTP2Client
import Testing

@Suite struct HTTP2SessionTests {
    @Test func theServerSaysWhatItTakesAndAcknowledges() throws {
        let server = try ServerInMemory(greeted: false)
        let frames = server.receive(Frame.greeting)
        let settings = frames.only(.settings)
        #expect(settings.count == 2)
        let values = stride(from: 0, to: settings[0].payload.count, by: 6).map { index in
            [UInt32(settings[0].payload[index + 1]), settings[0].number(at: index + 2)]
        }
        #expect(values == [[3, 100], [4, 65536], [6, 16384]])
        #expect(settings[1].has(Frame.acknowledgement))
        #expect(frames.only(.windowUpdate).map { $0.number(at: 0) } == [(1 << 20) - 65535])
    }

    @Test func aRequestComesWithItsFieldsInTheirOrder() throws {
        let server = try ServerInMemory()
        server.receive(
            .headers(1, Frame.request("GET", "/a?b", [("accept", "*/*"), ("cookie", "a=b")])))
        guard case .request(1, let fields, isWhole: true) = server.events.first else {
            Issue.record("\(server.events)")
            return
        }
        #expect(
            fields.lines == [
                ":method GET", ":scheme https", ":path /a?b", ":authority cloud.example",
                "accept */*", "cookie a=b",
            ])
        #expect(!fields.isTooLarge)
    }

    @Test func aBodyComesAsRangesOfTheBytesAndHasAnEnd() throws {
        let server = try ServerInMemory()
        let head = Frame.headers(1, Frame.request("PUT"), isWhole: false).bytes
        let bytes = head + Frame.data(1, Array("hello".utf8)).bytes
        server.receive(bytes + Frame.data(1, Array("you".utf8), isLast: true).bytes)
        var text = ""
        var hasEnded = false
        for event in server.events {
            switch event {
            case .data(1, let range):
                let all = bytes + Frame.data(1, Array("you".utf8), isLast: true).bytes
                text += String(decoding: all[range], as: UTF8.self)
            case .ended(1): hasEnded = true
            case .request(_, _, let isWhole): #expect(!isWhole)
            default: Issue.record("\(event)")
            }
        }
        #expect(text == "helloyou" && hasEnded)
    }

    @Test func trailersComeApart() throws {
        let server = try ServerInMemory()
        server.receive(
            .headers(1, Frame.request("PUT"), isWhole: false), .data(1, [1]),
            .headers(1, [("a", "b")]))
        guard case .trailers(1, let fields) = server.events.last else {
            Issue.record("\(server.events)")
            return
        }
        #expect(fields.lines == ["a b"])
    }

    @Test func anAnswerGoesOutWithItsBody() throws {
        let server = try ServerInMemory()
        server.receive(.headers(1, Frame.request()))
        server.bodies[1] = (Array("hello".utf8), true)
        server.session.respond(
            1, FieldBlock([(":status", "200"), ("content-length", "5")]), body: .follows)
        let frames = server.flush()
        #expect(frames.map(\.kind) == [1, 0])
        #expect(
            server.reader.fields(of: frames[0]).map { $0.name + " " + $0.value } == [
                ":status 200", "content-length 5",
            ])
        #expect(frames[1].payload == Array("hello".utf8) && frames[1].has(.endStream))
        guard case .closed(1, code: 0, by: .us) = server.events.last else {
            Issue.record("\(server.events)")
            return
        }
    }

    @Test func aBodyThatComesLaterIsSentLater() throws {
        let server = try ServerInMemory()
        server.receive(.headers(1, Frame.request()))
        server.session.respond(1, FieldBlock([(":status", "200")]), body: .follows)
        #expect(server.flush().map(\.kind) == [1])
        server.bodies[1] = ([1, 2], false)
        server.session.resume(1)
        #expect(server.flush().map(\.payload) == [[1, 2]])
        server.bodies[1] = ([], true)
        server.session.resume(1)
        let last = server.flush()
        #expect(last.map(\.payload) == [[]] && last[0].has(.endStream))
    }

    @Test func anInterimAnswerIsFollowedByTheAnswer() throws {
        let server = try ServerInMemory()
        server.receive(.headers(1, Frame.request("PUT"), isWhole: false))
        server.session.inform(1, status: 100)
        server.session.respond(1, FieldBlock([(":status", "204")]), body: .none)
        let frames = server.flush()
        #expect(frames.map { server.reader.fields(of: $0)[0].value } == ["100", "204"])
        #expect(frames.map { $0.has(.endStream) } == [false, true])
    }

    // MARK: Windows

    @Test func aBodyStopsAtTheClientsWindow() throws {
        let server = try ServerInMemory()
        server.receive(.headers(1, Frame.request()))
        server.bodies[1] = ([UInt8](repeating: 7, count: 100_000), true)
        server.session.respond(1, FieldBlock([(":status", "200")]), body: .follows)
        let first = server.flush().only(.data)
        #expect(first.reduce(0) { $0 + $1.payload.count } == 65_535)
        #expect(server.receive(.window(10_000)).isEmpty)
        let second = server.receive(.window(50_000, stream: 1)).only(.data)
        #expect(second.reduce(0) { $0 + $1.payload.count } == 10_000)
    }

    @Test func onlyWhatWasUsedMaySendAgain() throws {
        let server = try ServerInMemory()
        server.receive(Frame(.settings, Frame.acknowledgement))
        server.receive(.headers(1, Frame.request("PUT"), isWhole: false))
        let piece = [UInt8](repeating: 7, count: 16_384)
        for _ in 0..<4 { #expect(server.receive(.data(1, piece)).isEmpty) }
        server.session.consume(1, 16_384)
        #expect(server.flush().isEmpty)
        server.session.consume(1, 20_000)
        let updates = server.flush().only(.windowUpdate)
        #expect(updates.map(\.stream) == [1] && updates[0].number(at: 0) == 36_384)
    }

    @Test func moreThanTheWindowIsAnError() throws {
        let server = try ServerInMemory()
        server.receive(Frame(.settings, Frame.acknowledgement))
        server.receive(.headers(1, Frame.request("PUT"), isWhole: false))
        let piece = [UInt8](repeating: 7, count: 16_384)
        for _ in 0..<4 { server.receive(.data(1, piece)) }
        let frames = server.receive(.data(1, [1]))
        #expect(frames.reset(1) == 3 || frames.goAway == 3)
    }

    @Test func streamsTakeTurns() throws {
        let server = try ServerInMemory()
        server.receive(.window(1 << 20), .settings([(4, 1 << 20)]))
        for stream: UInt32 in [1, 3] { server.receive(.headers(stream, Frame.request())) }
        for stream: UInt32 in [1, 3] {
            server.bodies[Int32(stream)] = ([UInt8](repeating: 0, count: 200_000), true)
            server.session.respond(
                Int32(stream), FieldBlock([(":status", "200")]), body: .follows)
        }
        server.room = 16_000
        let order = (0..<8).flatMap { _ in server.flush().only(.data).map(\.stream) }
        #expect(Set(order.prefix(4)) == [1, 3] && Set(order.suffix(4)) == [1, 3])
    }

    // MARK: Messages that are refused

    private static let refused: [[(String, String)]] = [
        [(":method", "GET"), (":path", "/"), (":authority", "a.example")],
        [(":method", "GET"), (":scheme", "https"), (":authority", "a.example")],
        [(":scheme", "https"), (":path", "/"), (":authority", "a.example")],
        Frame.request("G ET"), Frame.request("GET", ""), Frame.request("GET", "a"),
        Frame.request("GET", "/ HTTP/1.1\r\nx: y"), Frame.request("GET", "/a b"),
        Frame.request("GET", "*"),
        Frame.request() + [(":path", "/")], Frame.request() + [(":status", "200")],
        Frame.request() + [("a", "b"), (":unknown", "c")],
        [
            (":method", "GET"), (":scheme", "https"), ("a", "b"), (":path", "/"),
            (":authority", "a"),
        ],
        Frame.request() + [("Accept", "b")], Frame.request() + [("a b", "c")],
        Frame.request() + [("", "c")], Frame.request() + [(" a", "c")],
        Frame.request() + [("a:", "c")], Frame.request() + [("a\r\nb", "c")],
        Frame.request() + [("a", "b\r\nc: d")], Frame.request() + [("a", "b\u{0}c")],
        Frame.request() + [("a", " b")], Frame.request() + [("a", "b\t")],
        Frame.request() + [("connection", "close")], Frame.request() + [("upgrade", "h2c")],
        Frame.request() + [("keep-alive", "1")], Frame.request() + [("proxy-connection", "a")],
        Frame.request() + [("transfer-encoding", "chunked")], Frame.request() + [("te", "gzip")],
        Frame.request() + [("content-length", "1")], Frame.request() + [("content-length", "-1")],
        Frame.request() + [("content-length", "0"), ("content-length", "0")],
        [
            (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"),
            (":path", "/"), (":authority", "a.example"),
        ],
    ]

    @Test(arguments: refused)
    func aMessageAgainstTheRulesResetsItsStreamAlone(_ fields: [(String, String)]) throws {
        let server = try ServerInMemory()
        let frames = server.receive(.headers(1, fields))
        #expect(frames.reset(1) == 1)
        #expect(frames.goAway == nil)
        for event in server.events {
            if case .request = event { Issue.record("\(fields) is a request") }
        }
        #expect(
            server.events.contains {
                if case .malformed(stream: 1, _) = $0 { true } else { false }
            })
        server.events = []
        server.receive(.headers(3, Frame.request()))
        guard case .request(3, _, _) = server.events.first else {
            Issue.record("no stream after it")
            return
        }
    }

    @Test(arguments: [
        [Frame.data(1, [1, 2, 3, 4])], [.data(1, [1, 2]), .data(1, [], isLast: true)],
        [.data(1, [1, 2]), .headers(1, [("a", "b")])], [.headers(1, [(":path", "/")])],
        [.headers(1, [("a", "b")], isWhole: false)],
    ])
    func aBodyAgainstItsLengthOrBadTrailersResetTheStream(_ frames: [Frame]) throws {
        let server = try ServerInMemory()
        server.receive(
            .headers(1, Frame.request("PUT", "/", [("content-length", "3")]), isWhole: false))
        let answer = server.receive(frames.flatMap(\.bytes))
        #expect(answer.reset(1) == 1 && answer.goAway == nil)
        #expect(
            server.events.contains {
                if case .closed(stream: 1, code: 1, by: .us) = $0 { true } else { false }
            })
    }

    @Test func fieldsThatAreTooLargeComeAsFarAsTheyFit() throws {
        let server = try ServerInMemory()
        let big = String(repeating: "x", count: 9000)
        server.receive(.headers(1, Frame.request("GET", "/p", [("a", big), ("b", "c")])))
        server.receive(
            Frame(
                .headers, .endStream, stream: 3,
                payload: Frame.literals(Frame.request("GET", "/q", [("a", big)]))),
            Frame(
                .continuation, .endHeaders, stream: 3, payload: Frame.literals([("b", big)])))
        let kept = server.events.compactMap { event -> (Bool, Int)? in
            if case .request(_, let fields, _) = event {
                return (fields.isTooLarge, fields.fields.count)
            }
            return nil
        }
        #expect(kept.map(\.0) == [false, true] && kept.map(\.1) == [6, 5])
    }

    // MARK: Ends

    @Test func theClientsResetIsTold() throws {
        let server = try ServerInMemory()
        server.receive(.headers(1, Frame.request("PUT"), isWhole: false), .reset(1))
        guard case .closed(1, code: 8, by: .client) = server.events.last else {
            Issue.record("\(server.events)")
            return
        }
    }

    @Test func oneStreamTooManyIsRefused() throws {
        var limits = HTTP2Limits()
        limits.streams = 2
        let server = try ServerInMemory(limits)
        for stream: UInt32 in [1, 3] { server.receive(.headers(stream, Frame.request())) }
        #expect(server.receive(.headers(5, Frame.request())).reset(5) == 7)
        guard case .refused(stream: 5) = server.events.last else {
            Issue.record("\(server.events)")
            return
        }
    }

    @Test func anAnnouncedEndLetsWhatIsOpenFinish() throws {
        let server = try ServerInMemory()
        server.receive(.headers(1, Frame.request()))
        server.session.announceEnd()
        #expect(server.flush().only(.goAway).map { $0.number(at: 0) } == [0x7FFF_FFFF])
        server.receive(.headers(3, Frame.request()))
        server.session.refuseStreams()
        #expect(server.flush().only(.goAway).map { $0.number(at: 0) } == [3])
        server.events = []
        #expect(server.receive(.headers(5, Frame.request())).isEmpty)
        #expect(server.events.isEmpty)
        for stream: Int32 in [1, 3] {
            #expect(!server.session.isOver)
            server.session.respond(stream, FieldBlock([(":status", "204")]), body: .none)
            server.flush()
        }
        #expect(server.session.isOver)
    }

    @Test func aFloodEndsTheConnectionAndWhatCameBeforeItCounts() throws {
        let server = try ServerInMemory()
        let pings = (0..<60).flatMap { _ in Frame.ping().bytes }
        let frames = server.receive(Frame.headers(1, Frame.request()).bytes + pings)
        #expect(frames.goAway == 0xb)
        #expect(server.session.isOver)
        guard case .request(1, _, _) = server.events.first,
            case .flood(.control) = server.events.last
        else {
            Issue.record("\(server.events)")
            return
        }
        #expect(server.receive(.ping()).isEmpty)
    }

    @Test func ourOwnResetsCount() throws {
        let server = try ServerInMemory()
        var frames: [Frame] = []
        for index in 0..<120 {
            frames += server.receive(.headers(UInt32(2 * index + 1), [("a", "b")]))
        }
        #expect(frames.only(.reset).count == 100)
        #expect(frames.goAway == 0xb)
    }

    @Test func refusalsCountBeforeTheyAreSent() throws {
        let server = try ServerInMemory()
        server.room = 0
        for index in 0..<300 {
            server.receive(.headers(UInt32(2 * index + 1), [("a", "b")]))
        }
        #expect(server.floods == [.resets])
        #expect(server.session.queued <= 103)
        server.room = 1 << 20
        #expect(server.flush().goAway == 0xb)
        #expect(server.session.isOver)
    }

    @Test func ofRefusalsInOneReadNoneIsLookedAtBeyondTheLimit() throws {
        let server = try ServerInMemory()
        server.room = 0
        server.receive(
            (0..<300).flatMap { Frame.headers(UInt32(2 * $0 + 1), [("a", "b")]).bytes })
        #expect(server.floods == [.resets])
        #expect(server.session.queued <= 103)
    }

    @Test func aResetThatWasCountedIsNotCountedAgainWhenItGoesOut() throws {
        let server = try ServerInMemory()
        for index in 0..<100 {
            server.receive(.headers(UInt32(2 * index + 1), [("a", "b")]))
        }
        #expect(server.floods.isEmpty)
    }

    @Test func windowsThatNobodyReadsEndTheConnection() throws {
        var limits = HTTP2Limits()
        limits.queued = 20
        let server = try ServerInMemory(limits)
        server.room = 0
        for index in 0..<30 {
            let stream = UInt32(2 * index + 1)
            server.receive(.headers(stream, Frame.request("PUT"), isWhole: false))
            for _ in 0..<3 { server.receive(.data(stream, [UInt8](repeating: 0, count: 16384))) }
            server.session.consume(Int32(stream), 3 * 16384)
        }
        #expect(server.floods == [.control])
        #expect(server.session.queued <= 23)
    }

    @Test func indexedFieldsThatExpandEndTheConnection() throws {
        let server = try ServerInMemory()
        // One large field goes into the table, and is named 16,000 times by one byte each.
        let large =
            [0x40] + Array(Frame.literals([("a", String(repeating: "x", count: 3900))])[1...])
        let block = Frame.literals(Frame.request()) + large
        let bomb = [UInt8](repeating: 0xBE, count: 12_000)
        let frames = server.receive(
            Frame(.headers, .endStream, .endHeaders, stream: 1, payload: block + bomb))
        #expect(frames.goAway == 0xb)
        guard case .flood(.fields) = server.events.last else {
            Issue.record("\(server.events)")
            return
        }
    }

    private static let plain: [UInt8] = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    private static let large: [UInt8] = [UInt8](repeating: 0, count: 16_385)

    private static func greeted(_ frame: Frame) -> [UInt8] { Frame.greeting + frame.bytes }

    private static let notHTTP2: [(String, [UInt8], UInt32)] = [
        ("a plain request", plain, 1),
        ("no SETTINGS", Frame.preface + Frame.ping().bytes, 1),
        (
            "field compression that cannot be read",
            greeted(Frame(.headers, .endHeaders, .endStream, stream: 1, payload: [255, 255, 255])),
            9
        ),
        ("a frame beyond the size", greeted(Frame.data(1, large)), 6),
        ("DATA on no stream", greeted(Frame.data(0, [1])), 1),
        (
            "PUSH_PROMISE",
            greeted(Frame(.pushPromise, .endHeaders, stream: 1, payload: [0, 0, 0, 2])), 1
        ),
        ("a stream of even number", greeted(Frame.headers(2, Frame.request())), 1),
    ]

    @Test(arguments: notHTTP2)
    func whatIsNoHTTP2EndsTheConnection(_ name: String, _ bytes: [UInt8], _ code: UInt32) throws {
        let server = try ServerInMemory(greeted: false)
        #expect(server.receive(bytes).goAway == code, "\(name)")
        #expect(server.session.isOver)
    }

    @Test func theOutcomeDoesNotDependOnHowTheBytesAreCut() throws {
        var frames = Frame.greeting
        frames += Frame.headers(1, Frame.request("PUT"), isWhole: false).bytes
        frames += Frame.ping().bytes
        frames += Frame.data(1, Array("hello".utf8)).bytes
        frames += Frame.headers(1, [("t", "1")]).bytes
        for size in [1, 2, 9, 10, 17, frames.count] {
            let server = try ServerInMemory(greeted: false)
            var body: [UInt8] = []
            var kinds: [String] = []
            for start in stride(from: 0, to: frames.count, by: size) {
                let piece = Array(frames[start..<min(start + size, frames.count)])
                server.events = []
                server.receive(piece)
                for event in server.events {
                    if case .data(_, let range) = event {
                        body += piece[range]
                    } else {
                        kinds.append(String("\(event)".prefix { $0 != "(" }))
                    }
                }
            }
            #expect(body == Array("hello".utf8))
            #expect(kinds == ["request", "trailers"])
        }
    }

    @Test func thePartOfAMessageThatIsMissingIsKnown() throws {
        let server = try ServerInMemory()
        server.receive(
            Frame(.headers, stream: 1, payload: Frame.literals(Frame.request())))
        #expect(server.session.isInsideFields)
        server.receive(
            Frame(.continuation, .endHeaders, stream: 1, payload: Frame.literals([("a", "b")])))
        #expect(!server.session.isInsideFields)
    }

    // Else the time of one would count against the next, which begins in the same read.
    @Test func theFieldsOfTwoMessagesAreToldApart() throws {
        let server = try ServerInMemory()
        let fields = Frame.literals(Frame.request())
        server.receive(Frame(.headers, stream: 1, payload: fields))
        let first = server.session.fieldBlocks
        server.receive(
            Frame(.continuation, .endHeaders, stream: 1, payload: Frame.literals([("a", "b")])),
            Frame(.headers, stream: 3, payload: fields))
        #expect(server.session.isInsideFields)
        #expect(server.session.fieldBlocks == first + 1)
    }
}
