import OpenSSL
import Testing

@testable import Transport

/// Runs `body` with a server of these limits, whose handler, or what it plans, is given: its port, the loops of it and of
/// its clients, and the server.
func serve(
    _ limits: (inout ServerLimits) -> Void = { _ in },
    _ plan: @escaping @Sendable (RequestHead, ClientConnection) -> Plan = { _, _ in
        .answer(Answer(status: 200, body: Array("hello".utf8)))
    },
    tls: TLSContext? = nil, proxies: TrustedProxies = TrustedProxies(),
    announcers: TrustedProxies = TrustedProxies(), handler: (any RequestHandler)? = nil,
    _ body: (Int, LoopGroup, Server) async throws -> Void
) async throws {
    var changed = ServerLimits()
    limits(&changed)
    let group = LoopGroup(count: 1)
    let address = try #require(IPAddress("127.0.0.1"))
    let server = try await Server.start(
        ServerConfiguration(
            listeners: [
                .init(.tcp(address, port: 0), tls: tls, proxies: proxies, announcers: announcers)
            ], limits: changed),
        on: group, handler: handler ?? TestHandler(plan))
    guard case .tcp(_, let port) = server.addresses[0] else { return }
    do { try await body(port, group, server) } catch {
        await group.shutdown()
        throw error
    }
    await group.shutdown()
}
