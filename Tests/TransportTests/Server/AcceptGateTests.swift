import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import Transport

@Suite struct AcceptGateTests {
    /// Whether nothing is accepted for a while is the system's shortage; a client that has left is none.
    @Test(arguments: [(EMFILE, true), (ENOBUFS, true), (ECONNABORTED, false)])
    func onlyShortagesOfThisMachineAreWaitedFor(_ number: CInt, _ waits: Bool) async throws {
        let group = LoopGroup(count: 1)
        let handle = group.loops[0]
        let channel = try await ServerBootstrap(group: handle.eventLoop)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let gate = AcceptGate(Census(ServerLimits()), loop: handle.loop)
                    try channel.pipeline.syncOperations.addHandler(gate)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        channel.pipeline.fireErrorCaught(IOError(errnoCode: number, reason: "accept"))
        #expect(try await channel.getOption(.autoRead).get() == !waits)
        #expect(group.count(of: .acceptFailed) == 1)
        // It goes on by itself.
        var accepts = !waits
        for _ in 0..<1500 where !accepts {
            try await Task.sleep(for: .milliseconds(20))
            accepts = try await channel.getOption(.autoRead).get()
        }
        #expect(accepts && group.count(of: .acceptPaused) == 0)
        try await channel.close()
        await group.shutdown()
    }
}
