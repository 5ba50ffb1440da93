import HTTP2Client
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import Transport

/// Connections of HTTP/2 over real sockets: their limits, each with its counter, and their ends.
@Suite struct HTTP2ConnectionTests {
    private static let get = Frame.headers(1, Frame.request())

    @Test func manyRequestsAtOnceAreAllAnswered() async throws {
        try await serveHTTP2(
            { _ in },
            { head, _ in
                .answer(Answer(status: 200, body: Array(head.path)))
            }
        ) { world in
            let peer = try await world.peer()
            let frames = (0..<90).flatMap { index in
                Frame.headers(UInt32(2 * index + 1), Frame.request("GET", "/\(index)")).bytes
            }
            try await peer.send(bytes: frames)
            for index in 0..<90 {
                let answer = try await peer.answer(to: UInt32(2 * index + 1))
                #expect(answer == ("200", "/\(index)"))
            }
            #expect(world.group.count(of: .requests) == 90)
            #expect(world.group.count(of: .http2Connections) == 1)
            #expect(world.server.connections == 1)
        }
    }

    @Test func aRequestInFrontOfARecordThatIsNoneIsNotBegun() async throws {
        try await serveHTTP2({ _ in }, echoing) { world in
            let peer = try await world.peer()
            #expect(try await peer.hears { $0.only(.settings).count == 2 })
            try await peer.send(spoiled: .headers(1, Frame.request("PUT"), isWhole: false))
            #expect(try await peer.isLeft())
            #expect(try await eventually { world.server.connections == 0 })
            #expect(world.group.count(of: .requests) == 0)
        }
    }

    /// A connection without a socket.
    private struct Unconnected {
        let census = Census(ServerLimits())
        let counters = Counters()
        let handler = Noting()
        let connection: HTTP2Connection
        let channel: EmbeddedChannel

        init() throws {
            let eventLoop = EmbeddedEventLoop()
            let loop = Loop(eventLoop, counters: counters, resolver: Resolver())
            let site = ServerSite(
                index: 0, handler: handler, role: .reverseProxy, tls: nil,
                proxies: TrustedProxies(), counting: .each, limits: ServerLimits(), census: census)
            let client = ClientConnection(
                address: nil, port: 0, listener: 0, tls: nil, loop: loop.handle)
            connection = try HTTP2Connection(site, client: client, counted: nil, loop: loop)
            channel = EmbeddedChannel(handler: connection, loop: eventLoop)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 9)).wait()
        }

        func read(_ bytes: [UInt8]) {
            channel.pipeline.fireChannelRead(ByteBuffer(bytes: bytes))
            channel.embeddedEventLoop.run()
        }
    }

    /// Reads all bodies, and keeps what was refused.
    private final class Noting: RequestHandler {
        let refused = Mutex<[RequestFailure]>([])

        func plan(_ head: RequestHead, from client: ClientConnection) -> Plan {
            echoing(head, client)
        }

        func refuse(
            _ failure: RequestFailure, of start: RequestStart, from client: ClientConnection
        ) -> Answer {
            refused.withLock { $0.append(failure) }
            return Answer(status: failure.status)
        }
    }

    /// It would be in nobody's table, and hold what it takes for ever.
    @Test func whatComesBehindTheEndBeginsNothing() throws {
        let world = try Unconnected()
        world.channel.close(promise: nil)
        world.read(Frame.greeting + Self.get.bytes)
        #expect(world.counters.total(.requests) == 0)
        _ = try? world.channel.finish(acceptAlreadyClosed: true)
    }

    /// Nobody is answered, but the log and the journal say what came.
    @Test func aBodyThatIsLongerThanItsHeadSaysIsToldWhileItIsGathered() throws {
        let world = try Unconnected()
        let put = Frame.request("PUT", "/", [("content-length", "3")])
        world.read(Frame.greeting + Frame.headers(1, put, isWhole: false).bytes)
        #expect(world.handler.refused.withLock { $0 } == [])
        world.read(Frame.data(1, [1, 2, 3, 4]).bytes)
        #expect(world.handler.refused.withLock { $0 } == [.http2Message])
        _ = try? world.channel.finish(acceptAlreadyClosed: true)
    }

    /// A process that another one takes over from does not wait for what streams on from an upstream.
    @Test func whoHasBeenToldOfTheEndIsBusyOnlyWithWhatIsToBeDecided() throws {
        let world = try Unconnected()
        world.read(Frame.greeting)
        world.census.stop()
        world.connection.tick(at: LoopTime(milliseconds: 0))
        #expect(world.connection.isBusy)
        world.connection.tick(at: LoopTime(milliseconds: 10_000))
        #expect(!world.connection.isBusy)
        _ = try? world.channel.finish(acceptAlreadyClosed: true)
    }

    @Test func theClientOfHTTP1OnTheSamePortIsServedToo() async throws {
        try await serveHTTP2 { world in
            let peer = try await world.peer()
            try await peer.send(Self.get)
            #expect(try await peer.answer(to: 1) == ("200", "hello"))
            await peer.close()
            #expect(try await eventually { world.server.connections == 0 })
            let events: [Counters.Event] = [.connectionsOpened, .connectionsClosed]
            #expect(world.group.count(of: events[0]) == world.group.count(of: events[1]))
        }
    }

    @Test(arguments: [
        (Frame.ping(), Counters.Event.http2Control), (Frame(.settings), .http2Control),
        (Frame(.priority, stream: 3, payload: [0, 0, 0, 0, 9]), .http2Priorities),
        (Frame.window(1), .http2WindowUpdates), (Frame.data(1, []), .http2EmptyFrames),
    ])
    func aFloodEndsItsConnectionAndNoOther(_ frame: Frame, _ event: Counters.Event) async throws {
        try await serveHTTP2 { world in
            let good = try await world.peer()
            let bad = try await world.peer()
            try await bad.send(
                bytes: Frame.headers(1, Frame.request("PUT"), isWhole: false).bytes)
            try await bad.send(bytes: (0..<300).flatMap { _ in frame.bytes })
            #expect(try await bad.hears { $0.goAway == 0xb })
            #expect(try await bad.isLeft())
            #expect(world.group.count(of: event) == 1)
            try await good.send(Self.get)
            #expect(try await good.answer(to: 1) == ("200", "hello"))
        }
    }

    @Test func rapidResetEndsTheConnection() async throws {
        try await serveHTTP2 { world in
            let peer = try await world.peer()
            var frames: [UInt8] = []
            for index: UInt32 in 0..<150 {
                frames += Frame.headers(2 * index + 1, Frame.request()).bytes
                frames += Frame.reset(2 * index + 1).bytes
            }
            try await peer.send(bytes: frames)
            #expect(try await peer.hears { $0.goAway == 0xb })
            #expect(try await peer.isLeft())
            #expect(world.group.count(of: .http2Resets) == 1)
        }
    }

    @Test func whatBreaksSection8IsCountedAsMalformed() async throws {
        try await serveHTTP2 { world in
            let peer = try await world.peer()
            try await peer.send(.headers(1, Frame.request() + [("connection", "close")]))
            #expect(try await peer.hears { $0.reset(1) == 1 })
            try await peer.send(.headers(3, Frame.request("GET", "/#")))
            #expect(try await peer.answer(to: 3) == ("400", "target_fragment"))
            #expect(world.group.count(of: .malformed) == 2)
        }
    }

    @Test func fieldsThatAreNotWholeInTimeEndTheConnection() async throws {
        try await serveHTTP2({ $0.requestHead = .seconds(15) }) { world in
            let peer = try await world.peer()
            try await peer.send(Frame(.headers, stream: 1, payload: [0x82]))
            #expect(try await peer.isLeft())
            #expect(peer.frames.goAway == 0xb)
            #expect(world.group.count(of: .headTimeout) == 1)
        }
    }

    @Test func anIdleConnectionIsToldAndClosed() async throws {
        try await serveHTTP2({ $0.keepAlive = .seconds(4) }) { world in
            let peer = try await world.peer()
            try await peer.send(Self.get)
            #expect(try await peer.answer(to: 1).status == "200")
            #expect(try await peer.isLeft())
            #expect(peer.frames.goAway == 0)
            #expect(world.group.count(of: .keepAliveTimeout) == 1)
        }
    }

    @Test func theFirstRequestHasItsTimeHoweverShortIsTheOneBetweenTwo() async throws {
        try await serveHTTP2({ $0.keepAlive = .zero }) { world in
            let peer = try await world.peer()
            #expect(try await peer.hears { $0.only(.settings).count == 2 })
            // Some ticks of the loop.
            try await Task.sleep(for: .seconds(1))
            try await peer.send(Self.get)
            #expect(try await peer.answer(to: 1).status == "200")
            #expect(try await peer.isLeft())
            #expect(peer.frames.goAway == 0)
        }
    }

    @Test func aConnectionHasSoManyRequests() async throws {
        try await serveHTTP2({ $0.requestsPerConnection = 2 }) { world in
            let peer = try await world.peer()
            try await peer.send(Self.get)
            #expect(try await peer.answer(to: 1).status == "200")
            #expect(peer.frames.goAway == nil)
            try await peer.send(.headers(3, Frame.request()))
            #expect(try await peer.answer(to: 3).status == "200")
            #expect(try await peer.hears { $0.goAway == 0 })
            try await peer.send(
                Frame(.ping, Frame.acknowledgement, payload: Array("8 bytes!".utf8)))
            #expect(try await peer.isLeft())
            #expect(world.group.count(of: .requestsLimit) == 1)
        }
    }

    @Test func aServerThatStopsAnswersWhatIsOpen() async throws {
        try await serveHTTP2({ _ in }, echoing) { world in
            let peer = try await world.peer()
            try await peer.send(.headers(1, Frame.request("PUT"), isWhole: false))
            async let stopped: Void = world.server.shutdown(grace: .seconds(600))
            #expect(try await peer.hears { $0.goAway == 0 })
            // One that was on its way when the word of the end came.
            try await peer.send(.headers(3, Frame.request("PUT"), isWhole: false))
            let ping = try #require(peer.frames.first { $0.kind == Frame.Kind.ping.rawValue })
            try await peer.send(Frame(.ping, Frame.acknowledgement, payload: ping.payload))
            // The last word names the last stream that was looked at; one more is not.
            let isLastWord: @Sendable ([Frame]) -> Bool = { frames in
                frames.contains { $0.kind == Frame.Kind.goAway.rawValue && $0.number(at: 0) == 3 }
            }
            #expect(try await peer.hears(isLastWord))
            try await peer.send(.headers(5, Frame.request("PUT"), isWhole: true))
            try await peer.send(.data(1, Array("a".utf8), isLast: true))
            try await peer.send(.data(3, Array("b".utf8), isLast: true))
            #expect(try await peer.answer(to: 1) == ("200", "a"))
            #expect(try await peer.answer(to: 3) == ("200", "b"))
            #expect(try await peer.isLeft())
            #expect(!peer.frames.contains { $0.stream == 5 })
            await stopped
        }
    }

    @Test func aClientThatTakesNothingIsNotReadEither() async throws {
        let large = [UInt8](repeating: 0x61, count: 48 << 20)
        try await serveHTTP2(
            { _ in },
            { head, _ in
                .answer(
                    Answer(status: 200, body: head.path.elementsEqual("/large".utf8) ? large : []))
            }
        ) { world in
            let peer = try await world.peer()
            #expect(try await peer.hears { $0.only(.settings).count == 2 })
            try await peer.read(false)
            try await peer.send(
                .settings([(4, 0x7FFF_FFFF)]), .window(0x7000_0000),
                .headers(1, Frame.request("GET", "/large")))
            var (sent, read, same) = (1, 0, 0)
            while sent < 60, same < 3 {
                try await peer.send(.headers(UInt32(2 * sent + 1), Frame.request()))
                sent += 1
                try await Task.sleep(for: .milliseconds(200))
                let count = world.group.count(of: .requests)
                (read, same) = (count, count == read ? same + 1 : 0)
            }
            #expect(same == 3 && read < sent)
            try await peer.read(true)
            let all = sent
            #expect(try await eventually { world.group.count(of: .requests) == all })
            await peer.close()
        }
    }

    @Test func oneStreamTooManyIsRefused() async throws {
        try await serveHTTP2({ _ in }, echoing) { world in
            let peer = try await world.peer()
            let frames = (0...100).flatMap { index in
                Frame.headers(UInt32(2 * index + 1), Frame.request("PUT"), isWhole: false).bytes
            }
            try await peer.send(bytes: frames)
            #expect(try await peer.hears { $0.reset(201) == 7 })
            #expect(world.group.count(of: .http2StreamsRefused) == 1)
            try await peer.send(.data(1, Array("a".utf8), isLast: true))
            #expect(try await peer.answer(to: 1) == ("200", "a"))
        }
    }
}
