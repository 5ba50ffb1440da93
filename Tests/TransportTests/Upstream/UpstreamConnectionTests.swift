import Glibc
import NIOCore
import NIOEmbedded
import Testing

@testable import Transport

/// What an upstream connection sends of a body, against what its head has declared.
@Suite struct UpstreamConnectionTests {
    private static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    @Test(arguments: [
        (BodyFraming.length(3), ["abc"]), (.length(3), ["a", "bc"]), (.length(0), []), (.none, []),
        (.chunked, ["1\r\na\r\n", "0\r\n\r\n"]),
    ])
    func aBodyAsItWasDeclaredIsSentAndAnswered(
        _ framing: BodyFraming, _ pieces: [String]
    ) throws {
        let world = try World()
        try world.send(framing, pieces)
        world.connection.endRequest()
        world.connection.flush()
        #expect(try world.sent() == Self.head(framing) + pieces.joined())
        try world.channel.writeInbound(ByteBuffer(string: Self.answer))
        #expect(world.receiver.heard == ["200", "ended"])
    }

    @Test(arguments: [
        (BodyFraming.length(3), ["abc", "d"], "abc"), (.length(3), ["abcd"], ""),
        (.length(0), ["GET / HTTP/1.1\r\n\r\n"], ""), (.none, ["a"], ""),
    ])
    func moreThanWasDeclaredIsNotSentAndEndsTheConnection(
        _ framing: BodyFraming, _ pieces: [String], _ sent: String
    ) throws {
        let world = try World()
        try world.send(framing, pieces)
        world.connection.endRequest()
        world.connection.flush()
        #expect((Self.head(framing) + sent).hasPrefix(try world.sent()))
        #expect(world.receiver.heard == ["body_length"])
        #expect(!world.channel.isActive)
    }

    @Test(arguments: [(BodyFraming.length(3), ["ab"]), (.length(3), [])])
    func aBodyThatEndsShortEndsTheConnection(
        _ framing: BodyFraming, _ pieces: [String]
    ) throws {
        let world = try World()
        try world.send(framing, pieces)
        world.connection.endRequest()
        #expect(world.receiver.heard == ["body_length"])
        #expect(!world.channel.isActive)
    }

    @Test func anAnswerMayComeInSingleBytes() throws {
        let world = try World()
        try world.send(.none, [])
        world.connection.endRequest()
        world.connection.flush()
        for byte in "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8 {
            try world.channel.writeInbound(ByteBuffer(bytes: [byte]))
        }
        #expect(world.receiver.heard == ["200", "o", "k", "ended"])
    }

    @Test func whatGoesWithTheHeadIsAllOfTheBody() throws {
        let world = try World()
        var head = HeadWriter()
        try head.requestLine(.put, Array("/".utf8))
        world.connection.begin(
            .put, head: head, framing: .length(3), body: Array("abc".utf8), firstByte: nil,
            for: world.receiver)
        world.connection.endRequest()
        world.connection.flush()
        #expect(try world.sent() == Self.head(.length(3)) + "abc")
        try world.channel.writeInbound(ByteBuffer(string: Self.answer))
        #expect(world.receiver.heard == ["200", "ended"])
    }

    private static func head(_ framing: BodyFraming) -> String {
        "PUT / HTTP/1.1\r\n" + String(decoding: HeadWriter.end(framing), as: UTF8.self)
    }

    @Test func aTunnelMaySendWhatItWants() throws {
        let world = try World()
        world.connection.beginTunnel(for: world.receiver)
        world.connection.send(ByteBuffer(string: "anything"))
        world.connection.flush()
        #expect(try world.sent() == "anything")
        #expect(world.channel.isActive)
        try world.end()
    }

    /// Whoever is sent something is not silent: a tunnel may carry much one way, and a server may answer while
    /// it takes the rest.
    @Test(arguments: [true, false]) func whatIsSentIsNoSilence(_ isTunnel: Bool) throws {
        var limits = UpstreamLimits()
        limits.idle = .seconds(2)
        let world = try World(limits)
        if isTunnel {
            world.connection.beginTunnel(for: world.receiver)
        } else {
            try world.send(.chunked, ["a"])
            world.connection.flush()
            try world.channel.writeInbound(
                ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"))
        }
        for _ in 0..<5 {
            world.clock.advanceTime(by: .milliseconds(1500))
            #expect(world.channel.isActive)
            world.connection.send(ByteBuffer(string: "b"))
            world.connection.flush()
        }
        world.clock.advanceTime(by: .seconds(3))
        #expect(!world.channel.isActive && world.receiver.heard.last == "idle_timeout")
    }

    /// It would stand before those that can be used.
    @Test func whoGivesUpAtTheHeadOfAWholeAnswerKeepsNoConnection() throws {
        let good = try World()
        let pool = good.loop.pool
        guard case .dialling = pool.supply(good.connection.upstream, .new, for: good.receiver)
        else {
            Issue.record("nothing is kept yet")
            return
        }
        let bad = try World(beside: good)
        try bad.channel.pipeline.syncOperations.addHandler(Sudden(), position: .first)
        bad.receiver.giveUp = bad.connection
        for world in [good, bad] {
            try world.send(.none, [])
            world.connection.endRequest()
            world.connection.flush()
            try world.channel.writeInbound(ByteBuffer(string: Self.answer))
        }
        #expect(good.receiver.heard == ["200", "ended"] && bad.receiver.heard == ["200"])
        #expect(good.channel.isActive && !bad.channel.isActive)
        guard
            case .ready(let next) = pool.supply(good.connection.upstream, .any, for: good.receiver)
        else {
            Issue.record("what is kept is not found")
            return
        }
        #expect(next === good.connection)
    }

    /// It has taken all that was sent, and does not close its side.
    @Test func aServerWhoseTunnelHasEndedIsNotWaitedForForLong() throws {
        let world = try World()
        try world.channel.pipeline.syncOperations.addHandler(Halves(), position: .first)
        world.connection.beginTunnel(for: world.receiver)
        world.connection.finish()
        world.connection.tick(at: LoopTime(milliseconds: 29_000))
        #expect(world.channel.isActive)
        world.connection.tick(at: LoopTime(milliseconds: 60_000))
        #expect(!world.channel.isActive && world.receiver.heard == [])
    }

    @Test func aServerThatSaysOnAfterItsTunnelHasEndedIsCutOff() throws {
        let world = try World()
        try world.channel.pipeline.syncOperations.addHandler(Halves(), position: .first)
        world.connection.beginTunnel(for: world.receiver)
        world.connection.finish()
        try world.channel.writeInbound(ByteBuffer(repeating: 0, count: 16 << 20))
        #expect(world.channel.isActive)
        try world.channel.writeInbound(ByteBuffer(repeating: 0, count: 1))
        #expect(!world.channel.isActive && world.receiver.heard == [])
    }

    /// A client that holds back the rest of its body says nothing of the server.
    @Test func aServerIsNotSilentBeforeItHasTheWholeRequest() throws {
        let world = try World()
        try world.send(.length(3), ["ab"])
        world.connection.flush()
        for seconds in [31, 62, 93] {
            world.connection.tick(at: LoopTime(milliseconds: seconds * 1000))
        }
        #expect(world.receiver.heard == [] && world.channel.isActive)
        world.connection.send(ByteBuffer(string: "c"))
        world.connection.endRequest()
        world.connection.flush()
        world.connection.tick(at: LoopTime(milliseconds: 29_000))
        #expect(world.receiver.heard == [])
        world.connection.tick(at: LoopTime(milliseconds: 200_000))
        #expect(world.receiver.heard == ["first_byte_timeout"])
    }

    /// The longest silence of the server is told after four times `firstByte`, however long a request waits.
    @Test func aRequestWaitsOnWhenTheSilenceHasBeenTold() throws {
        let health = UpstreamHealth(.init(failures: 1, rest: .seconds(1))) { _ in }
        let world = try World(health: health)
        try world.send(.length(3), ["ab"], firstByte: .seconds(3600))
        world.connection.flush()
        world.connection.tick(at: LoopTime(milliseconds: 121_000))
        #expect(health.isGood)
        world.connection.send(ByteBuffer(string: "c"))
        world.connection.endRequest()
        world.connection.flush()
        world.connection.tick(at: LoopTime(milliseconds: 119_000))
        #expect(health.isGood)
        for seconds in [122, 200, 3500] {
            world.connection.tick(at: LoopTime(milliseconds: seconds * 1000))
            #expect(!health.isGood && world.receiver.heard == [])
        }
        world.connection.tick(at: LoopTime(milliseconds: 3_800_000))
        #expect(world.receiver.heard == ["first_byte_timeout"])
    }

    @Test func anAnswerAfterTheSilenceIsAnAnswer() throws {
        let health = UpstreamHealth(.init(failures: 1, rest: .seconds(1))) { _ in }
        let world = try World(health: health)
        try world.send(.none, [], firstByte: .seconds(3600))
        world.connection.endRequest()
        world.connection.flush()
        world.connection.tick(at: LoopTime(milliseconds: 130_000))
        #expect(!health.isGood)
        try world.channel.writeInbound(ByteBuffer(string: Self.answer))
        #expect(world.receiver.heard == ["200", "ended"])
        #expect(health.isGood)
    }

    /// It says nothing of how long the final one may take, nor how long that may pause.
    @Test(arguments: [
        (UpstreamConnectionTests.answer, ["200", "ended"]), ("", ["first_byte_timeout"]),
    ])
    func anInterimAnswerIsNotTheBeginningOfTheFinalOne(
        _ final: String, _ heard: [String]
    ) throws {
        var limits = UpstreamLimits()
        limits.firstByte = .seconds(10)
        limits.idle = .seconds(2)
        let world = try World(limits)
        try world.send(.length(3), ["ab"])
        world.connection.flush()
        try world.channel.writeInbound(ByteBuffer(string: "HTTP/1.1 103 Early Hints\r\n\r\n"))
        world.connection.send(ByteBuffer(string: "c"))
        world.connection.endRequest()
        world.connection.flush()
        for seconds in [5, 9] {
            world.connection.tick(at: LoopTime(milliseconds: seconds * 1000))
        }
        #expect(world.receiver.heard == [])
        try world.channel.writeInbound(ByteBuffer(string: final))
        world.connection.tick(at: LoopTime(milliseconds: 11_000))
        #expect(world.receiver.heard == heard)
    }

    /// Nobody knows what the server would have said before its end.
    @Test(arguments: [(true, "truncated"), (false, "ended")])
    func anAnswerWhoseEndIsAFailedWriteIsNotWhole(_ fails: Bool, _ end: String) throws {
        let world = try World()
        let socket = Failing()
        try world.channel.pipeline.syncOperations.addHandler(socket, position: .first)
        try world.send(.length(3), ["a"])
        world.connection.flush()
        try world.channel.writeInbound(ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\nab"))
        if fails {
            socket.fails = true
            world.connection.send(ByteBuffer(string: "b"))
            world.connection.flush()
        } else {
            world.connection.send(ByteBuffer(string: "b"))
            world.connection.flush()
            world.channel.close(promise: nil)
        }
        #expect(world.receiver.heard == ["200", "ab", end])
    }

    /// A socket whose other end is gone: as SwiftNIO does, it closes after the first write that fails.
    private final class Failing: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var fails = false

        func write(
            context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
        ) {
            guard fails else {
                context.write(data, promise: promise)
                return
            }
            promise?.fail(IOError(errnoCode: ECONNRESET, reason: "write"))
            context.close(promise: nil)
        }
    }

    /// A socket whose two sides end each by itself.
    private final class Halves: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        func close(
            context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
        ) {
            if mode == .all { context.close(mode: mode, promise: promise) }
        }
    }

    /// A socket that is gone when `close` returns, as those of SwiftNIO are.
    private final class Sudden: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        func close(
            context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
        ) {
            context.fireChannelInactive()
            context.close(mode: mode, promise: promise)
        }
    }

    /// A connection without a socket, and who asked for it.
    private final class World {
        let clock: EmbeddedEventLoop
        let loop: Loop
        let channel: EmbeddedChannel
        let connection: UpstreamConnection
        let receiver = Receiver()
        private static let resolver = Resolver()

        init(
            _ limits: UpstreamLimits = UpstreamLimits(), health: UpstreamHealth? = nil,
            beside other: World? = nil
        ) throws {
            clock = other?.clock ?? EmbeddedEventLoop()
            loop = other?.loop ?? Loop(clock, counters: Counters(), resolver: Self.resolver)
            let upstream =
                other?.connection.upstream
                ?? Upstream(
                    .tcp(.address(.v4(0x7F00_0001)), port: 9), limits: limits, health: health)
            connection = UpstreamConnection(upstream, loop: loop, announced: .own)
            channel = EmbeddedChannel(handler: connection, loop: clock)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 9)).wait()
        }

        func send(
            _ framing: BodyFraming, _ pieces: [String], firstByte: Duration? = nil
        ) throws {
            var head = HeadWriter()
            try head.requestLine(.put, Array("/".utf8))
            connection.begin(
                .put, head: head, framing: framing, firstByte: firstByte, for: receiver)
            for piece in pieces { connection.send(ByteBuffer(string: piece)) }
        }

        func sent() throws -> String {
            var text = ""
            while let piece = try channel.readOutbound(as: ByteBuffer.self) {
                text += String(buffer: piece)
            }
            return text
        }

        func end() throws { _ = try channel.finish() }
    }

    private final class Receiver: AnswerReceiver {
        var heard: [String] = []
        var giveUp: UpstreamConnection?

        func upstreamReady(_ connection: UpstreamConnection) {}
        func upstreamAnswered(_ head: ResponseHead) {
            heard.append("\(head.status)")
            giveUp?.abandon()
        }
        func upstreamSent(_ body: ByteBuffer) { heard.append(String(buffer: body)) }
        func upstreamEnded() { heard.append("ended") }
        func upstreamFailed(_ failure: UpstreamFailure, reply: RetryRule.Reply) {
            heard.append(failure.code)
        }
        func upstreamDrained() {}
        func upstreamPaused() {}
        var takesMore: Bool { true }
        var owesBody: Bool { false }
        var askedFor: ProxyHeader { .own }
    }
}
