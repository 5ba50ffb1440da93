import Glibc
import NIOCore
import NIOPosix
import OpenSSL
import Synchronization

/// A running HTTP server.
package final class Server: Sendable {
    /// Where it listens, in the order of the configuration, with the ports that were chosen.
    package let addresses: [ListenAddress]
    private let channels: [any Channel]
    private let census: Census

    private init(addresses: [ListenAddress], channels: [any Channel], census: Census) {
        self.addresses = addresses
        self.channels = channels
        self.census = census
    }

    /// Starts to listen, on every loop of `group` with a socket of its own (`SO_REUSEPORT`).
    ///
    /// Throws `ListenFailure` when an address cannot be had; then nothing listens.
    package static func start(
        _ configuration: ServerConfiguration, on group: LoopGroup, handler: any RequestHandler
    ) async throws -> Server {
        let census = Census(configuration.limits)
        var channels: [any Channel] = []
        var addresses: [ListenAddress] = []
        for (index, listener) in configuration.listeners.enumerated() {
            let site = ServerSite(
                index: index, handler: listener.chargedHandler(handler), role: listener.role,
                tls: listener.tls, proxies: listener.proxies, counting: listener.counting,
                limits: configuration.limits, census: census)
            do {
                let (bound, opened) = try await bind(listener.address, site, group)
                addresses.append(bound)
                channels += opened
            } catch {
                for channel in channels { channel.close(promise: nil) }
                throw ListenFailure(address: listener.address, error)
            }
        }
        return Server(addresses: addresses, channels: channels, census: census)
    }

    /// Stops accepting, lets the requests in flight end for at most `grace`; what is left then ends
    /// with the loops.
    package func shutdown(grace: Duration) async {
        census.stop()
        for channel in channels { channel.close(promise: nil) }
        let end = ContinuousClock.now + grace
        while census.count > 0, ContinuousClock.now < end {
            do { try await Task.sleep(for: .milliseconds(50)) } catch { return }
        }
    }

    /// How many connections are accepted: what was configured, or fewer when the process may not
    /// have enough files open.
    package var connectionLimit: Int { census.limit }

    /// Open connections of clients.
    package var connections: Int { census.count }

    private static func bind(
        _ address: ListenAddress, _ site: ServerSite, _ group: LoopGroup
    ) async throws -> (ListenAddress, [any Channel]) {
        switch address {
        case .unix(let path):
            try await requireUnheard(path, group.loops[0])
            let channel = try await bootstrap(site, group.loops[0])
                .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            return (address, [channel])
        case .tcp(let ip, let port):
            if port != 0 { try await requireFree(ip, port, group.loops[0]) }
            var chosen = port
            var channels: [any Channel] = []
            for loop in group.loops {
                let channel = try await bootstrap(site, loop)
                    .serverChannelOption(
                        .socketOption(NIOBSDSocket.Option(rawValue: SO_REUSEPORT)), value: 1
                    )
                    .bind(host: ip.description, port: chosen).get()
                chosen = channel.localAddress?.port ?? chosen
                channels.append(channel)
            }
            return (.tcp(ip, port: chosen), channels)
        }
    }

    /// Sockets with `SO_REUSEPORT` join those of another gateway of the same user without a word,
    /// and the kernel would share the clients out between both. One socket without it does not.
    private static func requireFree(
        _ ip: IPAddress, _ port: Int, _ handle: LoopHandle
    ) async throws {
        let probe = try await ServerBootstrap(group: handle.eventLoop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: ip.description, port: port).get()
        try await probe.close().get()
    }

    /// A socket file at which somebody listens is not taken away from him. One at which nobody does
    /// was left by a program that died.
    private static func requireUnheard(_ path: String, _ handle: LoopHandle) async throws {
        let probe: any Channel
        do {
            probe = try await ClientBootstrap(group: handle.eventLoop)
                .connect(unixDomainSocketPath: path).get()
        } catch let error as IOError where [ENOENT, ECONNREFUSED].contains(error.errnoCode) {
            return
        }
        try? await probe.close().get()
        throw IOError(errnoCode: EADDRINUSE, reason: "listens")
    }

    private static func bootstrap(_ site: ServerSite, _ handle: LoopHandle) -> ServerBootstrap {
        ServerBootstrap(group: handle.eventLoop)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let gate = AcceptGate(site.census, loop: handle.loop)
                    try channel.pipeline.syncOperations.addHandler(gate)
                }
            }
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.recvAllocator, value: SocketTuning.allocator)
            .childChannelOption(.writeBufferWaterMark, value: SocketTuning.waterMark)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try accept(channel, site, handle)
                }
            }
    }

    /// A connection past the limit of its client is closed before a byte of it is read.
    private static func accept(
        _ channel: any Channel, _ site: ServerSite, _ handle: LoopHandle
    ) throws {
        let address = channel.remoteAddress?.ipAddress.flatMap { IPAddress($0)?.unmapped }
        let counted = site.counted(address)
        guard site.census.admit(counted) == .admitted else {
            handle.loop.counters.count(.clientLimit)
            throw ClientFull()
        }
        do { try serve(channel, address, site, handle) } catch {
            site.census.leave(counted)
            throw error
        }
    }

    private static func serve(
        _ channel: any Channel, _ address: IPAddress?, _ site: ServerSite, _ handle: LoopHandle
    ) throws {
        if address != nil {
            _ = try channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1)
        }
        let client = ClientConnection(
            address: address, port: channel.remoteAddress?.port ?? 0, listener: site.index,
            tls: nil, loop: handle)
        let connection = ServerConnection(site, client: client, loop: handle.loop)
        if let tls = site.tls {
            let engine = try TLSEngine(server: tls)
            try channel.pipeline.syncOperations.addHandler(
                TLSHandler(engine, handle.loop.shelf, onReady: { connection.shaken($0) }))
        }
        try channel.pipeline.syncOperations.addHandler(connection)
    }
}

/// No more connections from this client.
private struct ClientFull: Error {}

/// An address that cannot be listened on, and what mends it.
package struct ListenFailure: Error, CustomStringConvertible {
    package let address: String
    package let reason: String

    init(address: ListenAddress, _ error: any Error) {
        self.address = address.description
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE?: reason = "another program listens there; ss -lptx shows which"
        case EACCES?:
            reason = "not permitted; ports below 1024 need root or CAP_NET_BIND_SERVICE"
        case EADDRNOTAVAIL?: reason = "this machine does not have this address; ip addr shows them"
        default: reason = "\(error)"
        }
    }

    package var description: String { "cannot listen on \(address): \(reason)" }
}

extension ListenAddress: CustomStringConvertible {
    /// As the configuration writes it.
    package var description: String {
        switch self {
        case .tcp(let address, let port):
            address.description.utf8.contains(UInt8(ascii: ":"))
                ? "[\(address)]:\(port)" : "\(address):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

extension ServerConfiguration.Listener {
    fileprivate var role: RequestHeadParser.Role {
        switch purpose {
        case .serve, .redirectToHTTPS: .reverseProxy
        case .forwardProxy: .forwardProxy
        }
    }

    fileprivate func chargedHandler(_ common: any RequestHandler) -> any RequestHandler {
        let handler = handler ?? common
        switch purpose {
        case .serve, .forwardProxy: return handler
        case .redirectToHTTPS(let sites): return RedirectToHTTPS(sites: sites, other: handler)
        }
    }
}

/// Answers every request for one of the sites with 308 to the same target under https.
private struct RedirectToHTTPS: RequestHandler {
    let sites: [Authority]
    let other: any RequestHandler

    func plan(_ head: RequestHead, from client: ClientConnection) -> Plan {
        let named = head.authority.map(\.host)
        guard let site = sites.first(where: { named == nil || $0.host == named }) else {
            return .answer(Answer(status: 421))
        }
        let path = String(decoding: head.path, as: UTF8.self)
        let query = head.query.map { "?" + String(decoding: $0, as: UTF8.self) } ?? ""
        return .answer(
            Answer(status: 308, fields: [("location", "https://\(site)\(path)\(query)")]))
    }

    func refuse(
        _ failure: RequestFailure, of start: RequestStart, from client: ClientConnection
    ) -> Answer {
        other.refuse(failure, of: start, from: client)
    }
}
