import NIOCore
import NIOPosix
import OpenSSL
import Testing

@testable import Transport

/// CONNECT over real sockets: TLS in the place of the host that was asked for, tunnels, and what is
/// smuggled along.
@Suite struct InterceptionTests {
    /// A forward proxy whose CONNECTs are planned by `plan`, an authority, and who believes it.
    private struct World {
        let group = LoopGroup(count: 1)
        let trust: TLSContext
        let context: TLSContext
        let server: Server
        let port: Int

        init(
            limits: ServerLimits = Self.patient,
            _ plan: @escaping @Sendable (RequestHead, TLSContext) -> Plan
        ) async throws {
            let peer = try TestIdentity("peer.example")
            let context = try TLSContext.server(identities: [peer.identity], alpn: ["http/1.1"])
            self.context = context
            trust = try .client(trust: peer.trust, alpn: ["http/1.1"])
            let address = try #require(IPAddress("127.0.0.1"))
            server = try await Server.start(
                ServerConfiguration(
                    listeners: [
                        .init(
                            .tcp(address, port: 0), purpose: .forwardProxy,
                            handler: TestHandler { head, _ in plan(head, context) })
                    ], limits: limits),
                on: group, handler: TestHandler { _, _ in .answer(Answer(status: 599)) })
            guard case .tcp(_, let port)? = server.addresses.first else {
                throw FetchFailure.connect
            }
            self.port = port
        }

        /// Beside hundreds of other tests a step of one may come late.
        static let patient: ServerLimits = {
            var limits = ServerLimits()
            limits.requestHead = .seconds(600)
            limits.tlsHandshake = .seconds(600)
            limits.keepAlive = .seconds(600)
            return limits
        }()

        /// A client that goes out through the proxy.
        func client() throws -> OutboundClient {
            var configuration = OutboundConfiguration.patient(
                tls: trust, guarding: AddressGuard(allowing: [try CIDR("192.0.2.0/24")]))
            configuration.resolve = [
                try Authority("peer.example:443"): try Authority("192.0.2.1:4443")
            ]
            configuration.proxy = OuterProxy(
                host: .address(try #require(IPAddress("127.0.0.1"))),
                port: UInt16(truncatingIfNeeded: port))
            return OutboundClient(configuration, on: group)
        }
    }

    /// Tells what the inner connection knows.
    private static func inner(_ authority: Authority) -> TestHandler {
        TestHandler { head, client in
            .answer(
                Answer(
                    status: 200,
                    body: Array("\(head.method.rawValue) \(authority) ".utf8)
                        + Array((client.tls?.serverName ?? "-").utf8)))
        }
    }

    @Sendable private static func intercepting(_ head: RequestHead, _ context: TLSContext) -> Plan {
        guard head.method == .connect, let authority = head.authority else {
            return .answer(Answer(status: 400))
        }
        return .intercept(
            Interception(context: context, handler: inner(authority)))
    }

    private static let connect = "CONNECT peer.example:443 HTTP/1.1\r\nHost: peer.example\r\n\r\n"
    private static let get = "GET / HTTP/1.1\r\nHost: peer.example\r\n\r\n"

    @Test func requestsInsideOfAConnectGoToItsHandler() async throws {
        let world = try await World(Self.intercepting)
        let client = try world.client()
        let request = OutboundRequest(
            .get, authority: try Authority("peer.example"), target: [0x2F])
        let start = ContinuousClock.now
        for _ in 0..<3 {
            let response = try await client.fetch(request)
            #expect(response.status == 200)
            // What the proxy was asked for is the address that was judged.
            #expect(latin1(response.body) == "GET 192.0.2.1:4443 peer.example")
        }
        // The connection is kept and used again, for as long as the client keeps one.
        if ContinuousClock.now - start < .seconds(10) {
            #expect(world.group.count(of: .interceptions) == 1)
            #expect(world.server.connections == 1)
        }
        await world.group.shutdown()
    }

    @Test func aClientHelloBehindTheConnectIsNotLost() async throws {
        let world = try await World(Self.intercepting)
        let promise = world.group.group.any().makePromise(of: String.self)
        do {
            let channel = try await Self.connect(to: world, hearing: promise)
            try await channel.writeAndFlush(ByteBuffer(string: Self.get)).get()
            let heard = try await promise.futureResult.get()
            #expect(heard.hasSuffix("GET peer.example:443 peer.example"))
            try await channel.close()
        } catch {
            promise.fail(error)
            throw error
        }
        #expect(try await eventually { world.server.connections == 0 })
        await world.group.shutdown()
    }

    /// A client whose handshake comes in one piece with its CONNECT.
    private static func connect(
        to world: World, hearing promise: EventLoopPromise<String>
    ) async throws -> any Channel {
        let trust = world.trust
        return try await ClientBootstrap(group: world.group.group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let engine = try TLSEngine(client: trust, serverName: "peer.example")
                    try channel.pipeline.syncOperations.addHandlers([
                        ConnectInFront(Self.connect),
                        TLSHandler(engine, BufferShelf(), onReady: { _ in }),
                        Hearing(promise),
                    ])
                }
            }
            .connect(host: "127.0.0.1", port: world.port).get()
    }

    @Test func whatIsNoHandshakeBehindAConnectReachesNobody() async throws {
        let world = try await World(Self.intercepting)
        let heard = try await RawClient.talk(
            [(.zero, Self.connect + Self.get)], to: world.port, on: world.group)
        #expect(heard.hasPrefix("HTTP/1.1 200 Connection established\r\n\r\n"))
        #expect(!heard.contains("GET peer.example"))
        #expect(world.group.count(of: .handshakeFailed) == 1)
        // The head of the CONNECT is the only request there was.
        #expect(world.group.count(of: .requests) == 1)
        #expect(try await eventually { world.server.connections == 0 })
        await world.group.shutdown()
    }

    @Test(arguments: [
        "Content-Length: 4\r\n", "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
    ])
    func aConnectWithABodyIsRefusedAndTheConnectionClosed(_ framing: String) async throws {
        let world = try await World(Self.intercepting)
        let heard = try await RawClient.talk(
            [
                (
                    .zero,
                    "CONNECT peer.example:443 HTTP/1.1\r\nHost: peer.example\r\n\(framing)\r\n"
                        + "4\r\nabcd\r\n0\r\n\r\n" + Self.get
                )
            ], to: world.port, on: world.group)
        #expect(heard.hasPrefix("HTTP/1.1 400 "))
        #expect(heard.split(separator: "HTTP/1.1").count == 1)
        #expect(world.group.count(of: .interceptions) == 0)
        await world.group.shutdown()
    }

    @Test(arguments: [
        ("peer.example", "peer.example:443"), ("peer.example:443", "other.example"),
        ("peer.example:443", "peer.example:444"), ("peer.example:0", "peer.example"),
        ("peer.example:65536", "peer.example"), ("peer.example:443/", "peer.example"),
        ("https://peer.example:443", "peer.example"), ("a@peer.example:443", "peer.example"),
        ("[peer.example]:443", "peer.example"), ("peer.example:443#", "peer.example"),
        ("127.1:443", "127.1"), ("0x7f.1:443", "0x7f.1"), ("2130706433:443", "2130706433"),
        ("0177.0.0.1:443", "0177.0.0.1"), ("[fe80::1%25eth0]:443", "peer.example"),
        ("p%65er.example:443", "peer.example"), ("*", "peer.example"), ("/", "peer.example"),
    ])
    func aConnectThatIsNotHostAndPortIsRefused(_ target: String, _ host: String) async throws {
        let world = try await World(Self.intercepting)
        let heard = try await RawClient.talk(
            [(.zero, "CONNECT \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n")],
            to: world.port, on: world.group)
        // `peer.example` without a port is none (RFC 9110, section 9.3.6).
        #expect(heard.hasPrefix("HTTP/1.1 400 "), "\(target): \(heard)")
        #expect(world.group.count(of: .interceptions) == 0)
        await world.group.shutdown()
    }

    @Test func aClientThatSaysNothingInsideOfAConnectIsClosed() async throws {
        var limits = ServerLimits()
        limits.tlsHandshake = .milliseconds(300)
        let world = try await World(limits: limits, Self.intercepting)
        let heard = try await RawClient.talk(
            [(.zero, Self.connect)], to: world.port, on: world.group)
        #expect(heard == "HTTP/1.1 200 Connection established\r\n\r\n")
        #expect(try await eventually { world.server.connections == 0 })
        await world.group.shutdown()
    }

    @Test func plansForAConnectAreForNothingElse() async throws {
        let world = try await World { head, context in
            guard let authority = head.authority else { return .answer(Answer(status: 400)) }
            return .intercept(
                Interception(context: context, handler: Self.inner(authority)))
        }
        let heard = try await RawClient.talk(
            [(.zero, Self.get)], to: world.port, on: world.group)
        #expect(heard.hasPrefix("HTTP/1.1 500 "))
        await world.group.shutdown()
    }

    // MARK: Tunnels

    /// A proxy that tunnels everything to `port` on loopback, at least as long as `idle`.
    private static func tunnelling(to port: Int, idle: Duration = .seconds(300)) async throws
        -> World
    {
        var limits = UpstreamLimits()
        limits.idle = idle
        let upstream = Upstream(
            .tcp(.address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: port)),
            limits: limits)
        return try await World { _, _ in
            .tunnel(Tunnel(to: upstream, onFailure: { _ in Answer(status: 504) }))
        }
    }

    @Test func aTunnelCarriesBytesBothWaysUntilOneSideCloses() async throws {
        let away = LoopGroup(count: 1)
        let upstream = try await ScriptedServer(.closes, on: away) { "answer \($0)" }
        let world = try await Self.tunnelling(to: upstream.port)
        let heard = try await RawClient.talk(
            [(.zero, Self.connect + "any"), (.milliseconds(100), "thing\r\n\r\n")],
            to: world.port, on: world.group)
        #expect(heard == "HTTP/1.1 200 Connection established\r\n\r\nanswer 0")
        #expect(upstream.heads == ["anything"])
        #expect(world.group.count(of: .tunnels) == 1)
        #expect(try await eventually { world.server.connections == 0 })
        await world.group.shutdown()
        await away.shutdown()
    }

    @Test func aClientThatLeavesItsTunnelTakesTheUpstreamAlong() async throws {
        let away = LoopGroup(count: 1)
        let upstream = try await ScriptedServer(on: away) { _ in nil }
        let world = try await Self.tunnelling(to: upstream.port)
        let (channel, _) = try await RawClient.connect(
            to: world.port, on: world.group, saying: Self.connect + "a\r\n\r\n")
        #expect(try await eventually { upstream.heads.count == 1 })
        try await channel.close(mode: .output)
        #expect(try await eventually { upstream.deserted == 1 })
        #expect(try await eventually { world.server.connections == 0 })
        await world.group.shutdown()
        await away.shutdown()
    }

    @Test func anIdleTunnelIsCutOff() async throws {
        let away = LoopGroup(count: 1)
        let upstream = try await ScriptedServer(on: away) { _ in nil }
        let world = try await Self.tunnelling(to: upstream.port, idle: .milliseconds(300))
        _ = try await RawClient.talk(
            [(.zero, Self.connect + "a\r\n\r\n")], to: world.port, on: world.group)
        #expect(try await eventually { upstream.deserted == 1 })
        await world.group.shutdown()
        await away.shutdown()
    }

    @Test func anOpenTunnelDoesNotHoldUpAShutdown() async throws {
        let away = LoopGroup(count: 1)
        let upstream = try await ScriptedServer(on: away) { _ in "hi" }
        let world = try await Self.tunnelling(to: upstream.port)
        let (_, heard) = try await RawClient.connect(
            to: world.port, on: world.group, saying: Self.connect + "a\r\n\r\n")
        #expect(try await eventually { upstream.heads.count == 1 })
        let start = ContinuousClock.now
        await world.server.shutdown(grace: .seconds(30))
        #expect(ContinuousClock.now - start < .seconds(25))
        #expect(try await heard.get().hasSuffix("hi"))
        await world.group.shutdown()
        await away.shutdown()
    }

    /// As at a hand-over, and when downloads have the time to end.
    @Test func anEndThatHasTimeLeavesATunnelOpen() async throws {
        let away = LoopGroup(count: 1)
        let upstream = try await ScriptedServer(on: away) { _ in "hi" }
        let world = try await Self.tunnelling(to: upstream.port)
        let (channel, heard) = try await RawClient.connect(
            to: world.port, on: world.group, saying: Self.connect + "a\r\n\r\n")
        #expect(try await eventually { upstream.heads.count == 1 })
        await world.server.retire(grace: .seconds(30))
        // Tunnels have ten seconds of it.
        let end = Task { await world.server.shutdown(grace: .seconds(40)) }
        // Connections are looked at five times in a second.
        try await Task.sleep(for: .milliseconds(500))
        #expect(world.server.connections == 1 && upstream.deserted == 0)
        try await channel.writeAndFlush(ByteBuffer(string: "b\r\n\r\n")).get()
        #expect(try await eventually { upstream.heads.count == 2 })
        await end.value
        #expect(try await heard.get().hasSuffix("hihi"))
        await world.group.shutdown()
        await away.shutdown()
    }

    @Test func aTunnelToNobodyIsAnAnswer() async throws {
        // A port that was free a moment ago.
        let away = LoopGroup(count: 1)
        let gone = try await ScriptedServer(on: away) { _ in nil }
        try await gone.stop()
        let world = try await Self.tunnelling(to: gone.port)
        let (_, heard) = try await RawClient.connect(
            to: world.port, on: world.group, saying: Self.connect)
        #expect(try await heard.get().hasPrefix("HTTP/1.1 504 "))
        await world.group.shutdown()
        await away.shutdown()
    }

    // MARK: The outer proxy

    @Test(arguments: [
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "proxy_refused"),
        ("HTTP/1.1 407 Who Are You\r\nContent-Length: 2\r\n\r\nno", "proxy_refused"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "malformed"),
        ("HTTP/1.1 200 OK\r\n\r\n", "tls_verify"),
    ])
    func whatTheOuterProxyRefusesIsNotReached(_ answer: String, _ code: String) async throws {
        let world = try await World(Self.intercepting)
        let outer = try await ScriptedServer(.closes, on: world.group) { _ in answer }
        var configuration = OutboundConfiguration.patient(
            tls: world.trust, guarding: AddressGuard(allowing: [try CIDR("192.0.2.0/24")]))
        configuration.resolve = [try Authority("peer.example:443"): try Authority("192.0.2.1:443")]
        configuration.proxy = OuterProxy(
            host: .address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: outer.port))
        let client = OutboundClient(configuration, on: world.group)
        let request = OutboundRequest(
            .get, authority: try Authority("peer.example"), target: [0x2F])
        do throws(FetchFailure) {
            _ = try await client.fetch(request)
            Issue.record("\(answer) was taken")
        } catch { #expect(error.code == code) }
        #expect(outer.heads.allSatisfy { $0.hasPrefix("CONNECT 192.0.2.1:443 HTTP/1.1\r\nHost: ") })
        #expect(outer.heads.count == 1)
        await world.group.shutdown()
    }

    @Test func anAddressThatTheOuterProxyRefusesIsNotTheLast() async throws {
        let group = LoopGroup(
            count: 1, resolver: Resolver { _ in [.v4(0xC000_0201), .v4(0xC000_0202)] })
        let outer = try await ScriptedServer(.closes, on: group) { _ in
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
        }
        var configuration = OutboundConfiguration.patient(
            tls: try .client(trust: .system(adding: [])),
            guarding: AddressGuard(allowing: [try CIDR("192.0.2.0/24")]))
        configuration.proxy = OuterProxy(
            host: .address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: outer.port))
        let client = OutboundClient(configuration, on: group)
        let request = OutboundRequest(
            .get, authority: try Authority("peer.example"), target: [0x2F])
        await #expect(throws: FetchFailure.proxyRefused(403)) { try await client.fetch(request) }
        #expect(outer.heads.count == 2)
        await group.shutdown()
    }

    /// Cut off in the handshake, or answered by what is no TLS.
    @Test(arguments: ["", "220 mail.example ESMTP\r\n"])
    func anAddressWithoutTLSIsNotTheLast(_ said: String) async throws {
        let group = LoopGroup(
            count: 1, resolver: Resolver { _ in [.v4(0xC000_0201), .v4(0xC000_0202)] })
        let outer = try await ScriptedServer(.closes, on: group) { _ in
            "HTTP/1.1 200 OK\r\n\r\n" + said
        }
        let error = await Self.failure(
            of: try .client(trust: .system(adding: [])), through: outer.port, on: group)
        #expect(error?.code == "tls_verify")
        #expect(outer.heads.count == 2)
        await group.shutdown()
    }

    @Test func anAddressThatCannotProveTheNameIsTheLast() async throws {
        let world = try await World(Self.intercepting)
        let group = LoopGroup(
            count: 1, resolver: Resolver { _ in [.v4(0xC000_0201), .v4(0xC000_0202)] })
        let error = await Self.failure(
            of: try .client(trust: .system(adding: [])), through: world.port, on: group)
        #expect(error?.code == "tls_verify")
        #expect(world.group.count(of: .interceptions) == 1)
        await group.shutdown()
        await world.group.shutdown()
    }

    /// Of a request to `peer.example` through the proxy at that port.
    private static func failure(
        of tls: TLSContext, through port: Int, on group: LoopGroup
    ) async -> FetchFailure? {
        do {
            var configuration = OutboundConfiguration.patient(
                tls: tls, guarding: AddressGuard(allowing: [try CIDR("192.0.2.0/24")]))
            configuration.proxy = OuterProxy(
                host: .address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: port))
            let client = OutboundClient(configuration, on: group)
            _ = try await client.fetch(
                OutboundRequest(
                    .get, authority: try Authority("peer.example"), target: [0x2F]))
            return nil
        } catch { return error as? FetchFailure }
    }

    @Test func aSilentOuterProxyCostsEachAddressItsShareOfTheTime() async throws {
        let group = LoopGroup(
            count: 1, resolver: Resolver { _ in [.v4(0xC000_0201), .v4(0xC000_0202)] })
        let silent = try await ScriptedServer(on: group) { _ in nil }
        var configuration = OutboundConfiguration(
            tls: try .client(trust: .system(adding: [])),
            guarding: AddressGuard(allowing: [try CIDR("192.0.2.0/24")]))
        configuration.connect = .seconds(12)
        configuration.proxy = OuterProxy(
            host: .address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: silent.port))
        let client = OutboundClient(configuration, on: group)
        let request = OutboundRequest(
            .get, authority: try Authority("peer.example"), target: [0x2F])
        await #expect(throws: FetchFailure.timeout) { try await client.fetch(request) }
        #expect(try await eventually { silent.heads.count == 2 })
        await group.shutdown()
    }

    @Test func theGuardHoldsBehindAnOuterProxy() async throws {
        let group = LoopGroup(count: 1, resolver: Resolver { _ in [.v4(0x0A00_0001)] })
        let outer = try await ScriptedServer(.closes, on: group) { _ in "HTTP/1.1 200 OK\r\n\r\n" }
        var configuration = OutboundConfiguration.patient(
            tls: try .client(trust: .system(adding: [])), guarding: AddressGuard())
        configuration.proxy = OuterProxy(
            host: .address(.v4(0x7F00_0001)), port: UInt16(truncatingIfNeeded: outer.port))
        let client = OutboundClient(configuration, on: group)
        let request = OutboundRequest(
            .get, authority: try Authority("peer.example"), target: [0x2F])
        await #expect(throws: FetchFailure.addressRefused(.v4(0x0A00_0001))) {
            try await client.fetch(request)
        }
        #expect(outer.connections == 0)
        await group.shutdown()
    }
}

/// Sends a text in one piece with the first bytes that go out, and takes the head of the answer off.
private final class ConnectInFront: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private var text: String?
    private var answer: String? = ""

    init(_ text: String) { self.text = text }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var bytes = ByteBuffer(string: text ?? "")
        text = nil
        bytes.writeImmutableBuffer(unwrapOutboundIn(data))
        context.write(wrapOutboundOut(bytes), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        while var heard = answer, let byte = bytes.readInteger(as: UInt8.self) {
            heard.append(Character(Unicode.Scalar(byte)))
            answer = heard.hasSuffix("\r\n\r\n") || heard.utf8.count > 200 ? nil : heard
            if heard.utf8.suffix(4).elementsEqual("\r\n\r\n".utf8) { answer = nil }
        }
        if bytes.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(bytes)) }
    }
}

/// Hears one piece.
private final class Hearing: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let heard: EventLoopPromise<String>

    init(_ heard: EventLoopPromise<String>) { self.heard = heard }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard.succeed(String(buffer: unwrapInboundIn(data)))
    }
}
