import NIOCore
import NIOPosix
import Testing

@testable import Transport

/// Who is waited for while a body is on its way.
@Suite struct PausedUploadTests {
    private static let size = 8 << 20

    /// Reads nothing until it is told, then everything, and answers once all has come.
    private final class Pausing: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private var left = PausedUploadTests.size

        func channelActive(context: ChannelHandlerContext) {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: .seconds(3)) {
                _ = bound.value.channel.setOption(.autoRead, value: true)
            }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            left -= unwrapInboundIn(data).readableBytesView.count { $0 == UInt8(ascii: "x") }
            guard left <= 0 else { return }
            left = PausedUploadTests.size
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nkept"
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
        }
    }

    @Test func aBackendThatPausesIsNotTheClientsFault() async throws {
        let away = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let backend = try await ServerBootstrap(group: away)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Pausing())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let upstream = Upstream(
            .tcp(
                .address(.v4(0x7F00_0001)),
                port: UInt16(truncatingIfNeeded: backend.localAddress?.port ?? 0)))
        try await serve(
            { $0.forwardedBodyIdle = .seconds(1) },
            { head, _ in
                var writer = HeadWriter()
                guard (try? writer.requestLine(head.method, Array(head.path))) != nil else {
                    return .answer(Answer(status: 500))
                }
                return .forward(Forwarding(to: upstream, head: writer))
            }
        ) { port, group, _ in
            let head =
                "PUT /up HTTP/1.1\r\nHost: a\r\nContent-Length: \(Self.size)\r\nConnection: close\r\n\r\n"
            let answer = try await RawClient.talk(
                [(.zero, head + String(repeating: "x", count: Self.size))], to: port, on: group)
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("kept"))
            #expect(group.count(of: .bodyTimeout) == 0)
            // The client's own silence has its limit still.
            let silent = try await RawClient.talk([(.zero, head + "x")], to: port, on: group)
            #expect(silent.hasPrefix("HTTP/1.1 408 "))
        }
        try await backend.close()
        try await away.shutdownGracefully()
    }
}
