import NIOCore
import NIOPosix
import OpenSSL
import Synchronization

@testable import Transport

/// A client that sends requests without taking their answers, until it is told to.
final class PipeliningClient: Sendable {
    private let channel: any Channel
    private let heard: Heard

    private final class Heard: Sendable {
        let bytes = Mutex<[UInt8]>([])
        let isClosed = Atomic<Bool>(false)
    }

    /// Over TLS where it trusts somebody. Its socket holds little.
    init(to port: Int, trusting client: TLSContext?, on group: LoopGroup) async throws {
        let heard = Heard()
        self.heard = heard
        channel = try await ClientBootstrap(group: group.group)
            .channelOption(.autoRead, value: client != nil)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.socketOption(.so_rcvbuf), value: 32 << 10)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let client {
                        let engine = try TLSEngine(client: client, serverName: "a.example")
                        try channel.pipeline.syncOperations.addHandler(
                            TLSHandler(engine, BufferShelf()) { _ in
                                _ = channel.setOption(.autoRead, value: false)
                            })
                    }
                    try channel.pipeline.syncOperations.addHandler(Hearing(heard))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text)).get()
    }

    /// Sends nothing more.
    func end() async throws { try await channel.close(mode: .output) }

    /// Takes what there is, from now on.
    func read() async throws { try await channel.setOption(.autoRead, value: true).get() }

    var bytes: [UInt8] { heard.bytes.withLock { $0 } }
    var count: Int { heard.bytes.withLock { $0.count } }
    /// The server has closed.
    var isLeft: Bool { heard.isClosed.load(ordering: .relaxed) }

    private final class Hearing: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let heard: Heard

        init(_ heard: Heard) { self.heard = heard }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            heard.bytes.withLock { $0 += bytes.readableBytesView }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if let event = event as? ChannelEvent, event == .inputClosed {
                context.close(promise: nil)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            heard.isClosed.store(true, ordering: .relaxed)
        }
    }
}
