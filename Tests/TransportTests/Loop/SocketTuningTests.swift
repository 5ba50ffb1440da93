import NIOCore
import NIOPosix
import Testing

@testable import Transport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite struct SocketTuningTests {
    @Test func whoIsGoneWithoutAWordIsFoundOutAfterTwoMinutes() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try SocketTuning.watch(channel) }
            }
            .connect(to: #require(server.localAddress)).get()
        #expect(try await channel.getOption(.socketOption(.so_keepalive)).get() != 0)
        var seconds: [Int] = []
        for name in [TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT] {
            seconds.append(
                try await channel.getOption(.tcpOption(.init(rawValue: name))).get())
        }
        #expect(seconds[0] + seconds[1] * seconds[2] == 120)
        try await channel.close()
        try await server.close()
        try await group.shutdownGracefully()
    }
}
