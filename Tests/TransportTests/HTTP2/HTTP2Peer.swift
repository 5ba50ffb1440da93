import HTTP2Client
import NIOCore
import NIOPosix
import OpenSSL
import Synchronization

@testable import Transport

/// A client of HTTP/2 over TLS that sends what it is told, and keeps what it hears.
final class HTTP2Peer: Sendable {
    private let channel: any Channel
    private let heard: Heard

    private final class Heard: Sendable {
        let frames = Mutex<[Frame]>([])
        let isClosed = Atomic<Bool>(false)
    }

    init(to port: Int, trusting client: TLSContext, on group: LoopGroup) async throws {
        let heard = Heard()
        self.heard = heard
        channel = try await ClientBootstrap(group: group.group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let engine = try TLSEngine(client: client, serverName: "cloud.example")
                    try channel.pipeline.syncOperations.addHandlers([
                        TLSHandler(engine, BufferShelf(), onReady: { _ in }), Listening(heard),
                    ])
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        try await send(bytes: Frame.greeting)
    }

    func send(_ frames: Frame...) async throws { try await send(bytes: frames.flatMap(\.bytes)) }

    func send(bytes: [UInt8]) async throws {
        // A server that has closed already is not to be written to; what it said counts.
        try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    /// Sends frames and, in one piece with them, a record that nobody has sealed. The handshake is done.
    func send(spoiled frames: Frame...) async throws {
        let channel = channel
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(Spoiling(), position: .first)
        }.get()
        try await send(bytes: frames.flatMap(\.bytes))
    }

    private final class Spoiling: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        func write(
            context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
        ) {
            var bytes = unwrapOutboundIn(data)
            bytes.writeBytes([0x17, 3, 3, 0, 32] + [UInt8](repeating: 0, count: 32))
            context.write(wrapOutboundOut(bytes), promise: promise)
        }
    }

    /// Takes nothing more of what the server says, or goes on.
    func read(_ isReading: Bool) async throws {
        try await channel.setOption(.autoRead, value: isReading).get()
    }

    func close() async { try? await channel.close().get() }

    var frames: [Frame] { heard.frames.withLock { $0 } }
    var isClosed: Bool { heard.isClosed.load(ordering: .relaxed) }

    /// Waits for frames that satisfy `condition`.
    func hears(_ condition: @Sendable @escaping ([Frame]) -> Bool) async throws -> Bool {
        try await eventually { condition(self.frames) }
    }

    /// Waits until the server has closed.
    func isLeft() async throws -> Bool { try await eventually { self.isClosed } }

    /// Waits for the end of an answer: its status and its body.
    func answer(to stream: UInt32) async throws -> (status: String, body: String) {
        _ = try await hears { frames in
            frames.contains { $0.stream == stream && ($0.isEnd || $0.kind == 3) }
        }
        let all = frames
        let reader = FrameReader()
        var status = ""
        for frame in all where frame.kind == 1 {
            let fields = reader.fields(of: frame)
            if frame.stream == stream { status = fields.first?.value ?? "" }
        }
        let body = all.filter { $0.kind == 0 && $0.stream == stream }.flatMap(\.payload)
        return (status, String(decoding: body, as: UTF8.self))
    }

    private final class Listening: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let heard: Heard
        private let reader = FrameReader()

        init(_ heard: Heard) { self.heard = heard }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let frames = reader.read(Array(unwrapInboundIn(data).readableBytesView))
            heard.frames.withLock { $0 += frames }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            heard.isClosed.store(true, ordering: .relaxed)
        }
    }
}

extension Frame {
    fileprivate var isEnd: Bool { kind < 2 && has(.endStream) }
}

/// Answers with the body of the request, of at most ten bytes.
@Sendable func echoing(_ head: RequestHead, _ client: ClientConnection) -> Plan {
    .readAndAnswer(limit: 10) { Answer(status: 200, body: $0.body) }
}

/// Runs `body` with a server of HTTP/2, and what makes clients of it.
func serveHTTP2(
    _ limits: (inout ServerLimits) -> Void = { _ in },
    _ plan: @escaping @Sendable (RequestHead, ClientConnection) -> Plan = { _, _ in
        .answer(Answer(status: 200, body: Array("hello".utf8)))
    },
    _ body: (HTTP2World) async throws -> Void
) async throws {
    let own = try TestIdentity("cloud.example")
    let tls = try TLSContext.server(identities: [own.identity], alpn: ["h2", "http/1.1"])
    let trust = try TLSContext.client(trust: own.trust, alpn: ["h2"])
    // A test that waits for its turn on a busy machine breaks none of the times.
    try await serve(
        {
            $0.bodyIdle = .seconds(600)
            $0.forwardedBodyIdle = .seconds(600)
            $0.requestHead = .seconds(600)
            $0.keepAlive = .seconds(600)
            limits(&$0)
        }, plan, tls: tls
    ) { port, group, server in
        try await body(HTTP2World(port: port, group: group, server: server, trust: trust))
    }
}

struct HTTP2World {
    let port: Int
    let group: LoopGroup
    let server: Server
    let trust: TLSContext

    func peer() async throws -> HTTP2Peer {
        try await HTTP2Peer(to: port, trusting: trust, on: group)
    }
}
