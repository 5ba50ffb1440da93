import NIOCore
import NIOPosix
import OpenSSL
import Synchronization

@testable import Transport

/// A client that says what it is told, when it is told, and hears all until the other side closes.
enum RawClient {
    /// What the server sent until it closed; `after` waits before each piece is sent. A first piece
    /// without a wait is sent by the loop itself, however busy the machine is.
    static func talk(
        _ pieces: [(after: Duration, text: String)], to port: Int, on group: LoopGroup
    ) async throws -> String {
        let first = pieces.first.flatMap { $0.after == .zero ? $0.text : nil }
        let (channel, heard) = try await connect(to: port, on: group, saying: first ?? "")
        for piece in pieces.dropFirst(first == nil ? 0 : 1) {
            try await Task.sleep(for: piece.after)
            // A server that has closed already is not to be written to; what it said counts.
            try? await channel.writeAndFlush(ByteBuffer(string: piece.text)).get()
        }
        return try await heard.get()
    }

    /// A connection that reads, and what it will have heard at its end.
    static func connect(
        to port: Int, on group: LoopGroup, reading: Bool = true, saying first: String = ""
    ) async throws -> (any Channel, EventLoopFuture<String>) {
        let heard = group.group.any().makePromise(of: String.self)
        let channel = try await ClientBootstrap(group: group.group)
            .channelOption(.autoRead, value: reading)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Listening(heard, first))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        channel.eventLoop.scheduleTask(in: .seconds(300)) {
            heard.fail(ChannelError.connectTimeout(.seconds(300)))
        }
        return (channel, heard.futureResult)
    }

    final class Listening: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let heard: EventLoopPromise<String>
        private let first: String
        private var text = ""

        init(_ heard: EventLoopPromise<String>, _ first: String) {
            self.heard = heard
            self.first = first
        }

        func channelActive(context: ChannelHandlerContext) {
            guard !first.isEmpty else { return }
            context.writeAndFlush(NIOAny(ByteBuffer(string: first)), promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { heard.succeed(text) }
    }
}

/// The same on a Unix socket.
enum RawUnix {
    static func talk(_ text: String, to path: String, on group: LoopGroup) async throws -> String {
        let heard = group.group.any().makePromise(of: String.self)
        do {
            let channel = try await ClientBootstrap(group: group.group)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            RawClient.Listening(heard, text))
                    }
                }
                .connect(unixDomainSocketPath: path).get()
            channel.eventLoop.scheduleTask(in: .seconds(300)) {
                heard.fail(ChannelError.connectTimeout(.seconds(300)))
            }
        } catch {
            heard.fail(error)
        }
        return try await heard.futureResult.get()
    }
}

/// A server that answers each head with the next of its texts, whatever was asked.
final class ScriptedServer: Sendable {
    /// What follows an answer, or that there is none: it closes after each, or where it says nothing.
    enum Then: Sendable { case stays, closes, leaves }

    let port: Int
    private let channel: any Channel
    private let log: Log

    /// What came.
    final class Log: Sendable {
        let heads = Mutex<[String]>([])
        /// Connections that ended before their answer.
        let deserted = Atomic<Int>(0)
        let connections = Atomic<Int>(0)
    }

    var heads: [String] { log.heads.withLock { $0 } }
    var connections: Int { log.connections.load(ordering: .relaxed) }
    var deserted: Int { log.deserted.load(ordering: .relaxed) }

    /// `answers` by the number of the head; nil says nothing.
    init(
        _ then: Then = .stays, tls: TLSContext? = nil, on group: LoopGroup,
        answers: @escaping @Sendable (Int) -> String?
    ) async throws {
        let log = Log()
        self.log = log
        channel = try await ServerBootstrap(group: group.group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let engine = try TLSEngine(server: tls)
                        try channel.pipeline.syncOperations.addHandler(
                            TLSHandler(engine, BufferShelf(), onReady: { _ in }))
                    }
                    try channel.pipeline.syncOperations.addHandler(Speaking(log, then, answers))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func stop() async throws { try await channel.close() }

    private final class Speaking: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let log: Log
        private let then: Then
        private let answers: @Sendable (Int) -> String?
        private var text = ""
        private var answered = true

        init(_ log: Log, _ then: Then, _ answers: @escaping @Sendable (Int) -> String?) {
            self.log = log
            self.then = then
            self.answers = answers
        }

        func channelActive(context: ChannelHandlerContext) {
            log.connections.add(1, ordering: .relaxed)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            answered = false
            guard let end = text.firstRange(of: "\r\n\r\n") else { return }
            let head = String(text[..<end.lowerBound])
            text = String(text[end.upperBound...])
            let number = log.heads.withLock {
                $0.append(head)
                return $0.count - 1
            }
            guard let answer = answers(number) else {
                if then == .leaves { context.close(promise: nil) }
                return
            }
            answered = true
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
            if then == .closes { context.close(promise: nil) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            if !answered { log.deserted.add(1, ordering: .relaxed) }
        }
    }
}

/// A handler made of one closure; refusals are empty answers.
struct TestHandler: RequestHandler {
    var onRequest: @Sendable (RequestHead, ClientConnection) -> Plan

    init(_ onRequest: @escaping @Sendable (RequestHead, ClientConnection) -> Plan) {
        self.onRequest = onRequest
    }

    func plan(_ head: RequestHead, from client: ClientConnection) -> Plan {
        onRequest(head, client)
    }

    func refuse(
        _ failure: RequestFailure, of start: RequestStart, from client: ClientConnection
    ) -> Answer {
        Answer(status: failure.status, body: Array(failure.rawValue.utf8), connection: .close)
    }
}

/// Waits until `condition` holds, at most thirty seconds.
func eventually(_ condition: @Sendable () -> Bool) async throws -> Bool {
    for _ in 0..<1500 {
        if condition() { return true }
        try await Task.sleep(for: .milliseconds(20))
    }
    return condition()
}
