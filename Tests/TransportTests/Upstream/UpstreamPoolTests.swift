import NIOCore
import NIOPosix
import Testing

@testable import Transport

@Suite struct UpstreamPoolTests {
    /// With room for one connection, the kept one makes room for a fresh one of the same upstream, as often
    /// as it is asked for.
    @Test func roomThatIsMadeByTheLastConnectionOfAnUpstreamIsNotLost() async throws {
        let away = LoopGroup(count: 1)
        let server = try await ScriptedServer(on: away) { _ in
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        }
        let upstream = Upstream(
            .tcp(.address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: server.port)))
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = LoopHandle(
            Loop(group.next(), counters: Counters(), resolver: Resolver(), upstreams: 1))
        for method in [Method.get, .post, .get, .post, .get] {
            // A connection that may be about to be closed does not do for a POST.
            if method == .post { try await Task.sleep(for: .seconds(4)) }
            var head = HeadWriter()
            try head.requestLine(method, Array("/".utf8))
            let request = BufferedRequest(method, head: head, body: method == .post ? [] : nil)
            #expect(try await loop.exchange(request, with: upstream).status == 200)
        }
        #expect(server.connections == 3)
        try await group.shutdownGracefully()
        await away.shutdown()
    }
}
