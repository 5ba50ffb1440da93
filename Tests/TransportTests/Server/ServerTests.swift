import NIOCore
import NIOEmbedded
import OpenSSL
import Testing

@testable import Transport

/// The limits of a server over real sockets, each with its counter.
@Suite struct ServerTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"

    /// Answers everything with whom it is from.
    private struct Naming: RequestHandler {
        func plan(_ head: RequestHead, from client: ClientConnection) -> Plan {
            .answer(Answer(status: 200, body: Array(client.addressText.utf8)))
        }

        func refuse(
            _ failure: RequestFailure, of start: RequestStart, from client: ClientConnection
        ) -> Answer {
            Answer(status: 400, body: Array(client.addressText.utf8), connection: .close)
        }
    }

    @Sendable private static func echoing(_ head: RequestHead, _ client: ClientConnection) -> Plan {
        .readAndAnswer(limit: 10) { Answer(status: 200, body: $0.body) }
    }

    @Test func aHeadThatTakesTooLongIs408() async throws {
        try await serve({ $0.requestHead = .seconds(4) }) { port, group, _ in
            // A byte now and then buys no time: the last ones come too late.
            let answer = try await RawClient.talk(
                [
                    (.zero, "GET / HT"), (.seconds(3), "T"),
                    (.seconds(3), String(Self.get.dropFirst(9))),
                ],
                to: port, on: group)
            #expect(answer.hasPrefix("HTTP/1.1 408 "))
            #expect(group.count(of: .headTimeout) == 1)
        }
    }

    @Test func whoSaysNothingIsClosedWithoutAWord() async throws {
        try await serve({ $0.requestHead = .milliseconds(300) }) { port, group, _ in
            let nothing = try await RawClient.talk([], to: port, on: group)
            #expect(nothing == "")
            #expect(group.count(of: .headTimeout) == 1)
        }
    }

    @Test func anIdleConnectionIsClosedWithoutAWord() async throws {
        try await serve({ $0.keepAlive = .milliseconds(300) }) { port, group, _ in
            let answer = try await RawClient.talk([(.zero, Self.get)], to: port, on: group)
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("hello"))
            #expect(group.count(of: .keepAliveTimeout) == 1)
        }
    }

    /// A client that sends on in time would not know that nobody hears it.
    @Test func withoutTimeForAnotherRequestTheFirstAnswerSaysSo() async throws {
        try await serve({ $0.keepAlive = .zero }) { port, group, _ in
            let answer = try await RawClient.talk(
                [(.zero, Self.get + Self.get)], to: port, on: group)
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains("connection: close"))
            #expect(answer.split(separator: "HTTP/1.1").count == 1)
            #expect(group.count(of: .keepAliveTimeout) == 0)
        }
    }

    @Test func aBodyThatStopsIs408() async throws {
        try await serve({ $0.bodyIdle = .milliseconds(300) }, Self.echoing) { port, group, _ in
            let answer = try await RawClient.talk(
                [(.zero, Self.post), (.milliseconds(100), "abc")], to: port, on: group)
            #expect(answer.hasPrefix("HTTP/1.1 408 "))
            #expect(group.count(of: .bodyTimeout) == 1)
        }
    }

    @Test func aForwardedBodyThatStopsIs408AndNoEndForTheUpstream() async throws {
        let away = LoopGroup(count: 1)
        let upstream = try await ScriptedServer(on: away) { _ in nil }
        let target = Upstream(
            .tcp(.address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: upstream.port)))
        try await serve(
            { $0.forwardedBodyIdle = .milliseconds(300) },
            { head, _ in
                var writer = HeadWriter()
                guard (try? writer.requestLine(head.method, Array("/up".utf8))) != nil else {
                    return .answer(Answer(status: 500))
                }
                return .forward(Forwarding(to: target, head: writer))
            }
        ) { port, group, _ in
            let answer = try await RawClient.talk(
                [(.zero, Self.post), (.milliseconds(100), "abc")], to: port, on: group)
            #expect(answer.hasPrefix("HTTP/1.1 408 "))
            #expect(group.count(of: .bodyTimeout) == 1)
            #expect(try await eventually { upstream.deserted == 1 })
            #expect(upstream.heads == ["POST /up HTTP/1.1\r\ncontent-length: 10"])
        }
        await away.shutdown()
    }

    @Test func whoTakesNothingOfTheAnswerIsCutOff() async throws {
        let large = [UInt8](repeating: 0x78, count: 64 << 20)
        try await serve(
            { $0.writeStall = .milliseconds(500) },
            { _, _ in .answer(Answer(status: 200, body: large)) }
        ) { port, group, server in
            let (channel, _) = try await RawClient.connect(
                to: port, on: group, reading: false, saying: Self.get)
            #expect(try await eventually { group.count(of: .writeStall) == 1 })
            #expect(try await eventually { server.connections == 0 })
            try? await channel.close()
        }
    }

    @Test func anOldConnectionSaysGoodbye() async throws {
        try await serve({
            $0.connectionAge = .zero
            $0.requestHead = .seconds(300)
        }) { port, group, _ in
            let answer = try await RawClient.talk(
                [(.milliseconds(600), Self.get)], to: port, on: group)
            #expect(answer.contains("connection: close") && answer.hasSuffix("hello"))
            #expect(group.count(of: .ageLimit) == 1)
        }
    }

    /// The words of a trusted proxy on one request are for that one.
    @Test func aBadHeadIsNotOfWhomTheRequestBeforeItWas() async throws {
        let bad = "GET / HTTP/1.1\r\n\r\n"
        let proxies = TrustedProxies([try CIDR("127.0.0.1/32")])
        try await serve(
            { $0.requestHead = .seconds(600) }, proxies: proxies, handler: Naming()
        ) { port, group, _ in
            let answers = try await RawClient.talk(
                [
                    (
                        .zero,
                        "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n" + bad
                    )
                ], to: port, on: group)
            #expect(answers.contains("\r\n\r\n192.0.2.1HTTP/1.1 "))
            #expect(answers.hasSuffix("\r\n\r\n127.0.0.1"))
        }
    }

    @Test func aBodyForWhichThereIsNoMemoryIs503BeforeItIsSent() async throws {
        try await serve(
            {
                $0.gatheredBytes = 5
                $0.gatheredBytesReserved = 0
            }, Self.echoing
        ) { port, group, _ in
            let announced = try await RawClient.talk(
                [
                    (
                        .zero,
                        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n"
                            + "Expect: 100-continue\r\n\r\n"
                    )
                ], to: port, on: group)
            #expect(announced.hasPrefix("HTTP/1.1 503 "))
            let chunked = try await RawClient.talk(
                [
                    (
                        .zero,
                        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + "4\r\n1234\r\n2\r\n56\r\n0\r\n\r\n"
                    )
                ], to: port, on: group)
            #expect(chunked.hasPrefix("HTTP/1.1 503 "))
            #expect(group.count(of: .bodiesRefused) == 2)
        }
    }

    @Test func aBodyThatIsTooLargeIs413BeforeItIsSent() async throws {
        try await serve({ _ in }, Self.echoing) { port, group, _ in
            let announced = try await RawClient.talk(
                [
                    (
                        .zero,
                        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n"
                            + "Expect: 100-continue\r\n\r\n"
                    )
                ], to: port, on: group)
            #expect(announced.hasPrefix("HTTP/1.1 413 "))
            let chunked = try await RawClient.talk(
                [
                    (
                        .zero,
                        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + "6\r\n123456\r\n5\r\n12345\r\n0\r\n\r\n"
                    )
                ], to: port, on: group)
            #expect(chunked.hasPrefix("HTTP/1.1 413 "))
            #expect(group.count(of: .bodyTooLarge) == 2)
        }
    }

    @Test func aClientThatWaitsIsToldToGoOn() async throws {
        // Beside hundreds of other tests the body may come much later than it was meant to.
        let limits: (inout ServerLimits) -> Void = {
            $0.keepAlive = .milliseconds(300)
            $0.bodyIdle = .seconds(600)
            $0.bodyBytesPerSecond = 0
        }
        try await serve(limits, Self.echoing) { port, group, _ in
            let answers = try await RawClient.talk(
                [
                    (
                        .zero,
                        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                            + "Expect: 100-continue\r\n\r\n"
                    ), (.milliseconds(200), "body"),
                ], to: port, on: group)
            #expect(answers.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "))
            #expect(answers.hasSuffix("\r\n\r\nbody"))
        }
    }

    @Test func theRequestBehindABodyThatNobodyReadIsTheNext() async throws {
        try await serve(
            { $0.keepAlive = .milliseconds(300) },
            { head, _ in
                .answer(Answer(status: 200, body: Array(head.method.rawValue.utf8)))
            }
        ) { port, group, _ in
            let answers = try await RawClient.talk(
                [(.zero, Self.post + "GET / HTTP" + Self.get)], to: port, on: group)
            #expect(answers.split(separator: "HTTP/1.1 200 OK").count == 2)
            #expect(answers.contains("\r\n\r\nPOST") && answers.hasSuffix("\r\n\r\nGET"))
            // A long one costs the connection, so that what hides in it is no request.
            let hidden = try await RawClient.talk(
                [
                    (
                        .zero,
                        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n" + Self.get
                    )
                ], to: port, on: group)
            #expect(hidden.split(separator: "HTTP/1.1").count == 1)
            #expect(hidden.contains("connection: close"))
        }
    }

    @Test func moreConnectionsThanAClientMayHaveAreClosed() async throws {
        try await serve({
            $0.connectionsPerClient = 2
            $0.requestHead = .seconds(300)
        }) { port, group, server in
            let first = try await RawClient.connect(to: port, on: group)
            let second = try await RawClient.connect(to: port, on: group)
            let nothing = try await RawClient.talk([], to: port, on: group)
            #expect(nothing == "")
            #expect(group.count(of: .clientLimit) == 1)
            try await first.0.close()
            #expect(try await eventually { server.connections == 1 })
            let (third, heard) = try await RawClient.connect(to: port, on: group)
            try await third.writeAndFlush(
                ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            ).get()
            #expect(try await heard.get().hasSuffix("hello"))
            try await second.0.close()
        }
    }

    /// How a connection was closed; that of one side ends nothing here.
    private final class Ends: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var modes: [CloseMode] = []

        func close(
            context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
        ) {
            modes.append(mode)
            if mode == .all { context.close(mode: mode, promise: promise) }
        }
    }

    /// A connection without a socket.
    private func connected(
        by ends: Ends, on clock: EmbeddedEventLoop
    ) throws -> EmbeddedChannel {
        let loop = Loop(clock, counters: Counters(), resolver: Resolver { _ in [] })
        let limits = ServerLimits()
        let site = ServerSite(
            index: 0, handler: Naming(), role: .reverseProxy, tls: nil, proxies: TrustedProxies(),
            counting: .each, limits: limits, census: Census(limits))
        let client = ClientConnection(
            address: nil, port: 0, listener: 0, tls: nil, loop: loop.handle)
        let connection = ServerConnection(site, client: client, loop: loop)
        let channel = EmbeddedChannel(handlers: [ends, connection], loop: clock)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 9)).wait()
        return channel
    }

    @Test func whoHasClosedItsSideAndHasItsAnswerWaitsForNoTick() throws {
        let ends = Ends()
        let channel = try connected(by: ends, on: EmbeddedEventLoop())
        try channel.writeInbound(ByteBuffer(string: Self.get))
        let answer = try #require(try channel.readOutbound(as: ByteBuffer.self))
        #expect(String(buffer: answer).hasPrefix("HTTP/1.1 200 ") && ends.modes == [])
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(ends.modes == [.output])
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    /// What meets a closed socket is answered with a reset, which may destroy the answer.
    @Test func whoSendsTheRestOfItsBodySlowlyIsStillRead() throws {
        let (ends, clock) = (Ends(), EmbeddedEventLoop())
        let channel = try connected(by: ends, on: clock)
        try channel.writeInbound(ByteBuffer(string: Self.post))
        let answer = try #require(try channel.readOutbound(as: ByteBuffer.self))
        #expect(String(buffer: answer).hasPrefix("HTTP/1.1 200 "))
        for _ in 0..<9 {
            clock.advanceTime(by: .seconds(1))
            try channel.writeInbound(ByteBuffer(string: "a"))
        }
        #expect(ends.modes == [.output])
        clock.advanceTime(by: .seconds(6))
        #expect(ends.modes == [.output, .all])
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }
}
