import Glibc
import NIOCore
import NIOPosix
package import OpenSSL
import Synchronization
import SystemPackage

/// The sockets that a server listens on: opened one after the other, and accepted from once all of them
/// are there.
final class ListeningSockets: Sendable {
    private let group: LoopGroup
    private let state = Mutex(State())

    /// Sockets that listened before this process did, as long as no listener has taken them.
    private let inherited: Mutex<[ListenAddress: [Int32]]>
    /// Those of them on which a server of this kind has listened, for another purpose perhaps.
    private let former: Set<ListenAddress>

    private struct State {
        var channels: [any Channel] = []
        var locks: [FileLock] = []
        /// Another process has them, too.
        var isShared = false
    }

    init(
        _ group: LoopGroup, inherited: [ListeningSocket] = [], former: [ListeningSocket] = []
    ) {
        self.group = group
        self.former = Set(former.compactMap { ListenAddress($0.name) })
        var sockets: [ListenAddress: [Int32]] = [:]
        for socket in former + inherited {
            guard let address = ListenAddress(socket.name) else { continue }
            sockets[address, default: []].append(socket.descriptor)
        }
        self.inherited = Mutex(sockets)
    }

    /// Of the inherited sockets, the address of one that none of these listeners takes.
    func unwanted(by listeners: [ListenAddress]) -> ListenAddress? {
        inherited.withLock { $0.keys.first { !listeners.contains($0) } }
    }

    /// Begins to accept. Until then the system keeps who connects waiting.
    func accept() async {
        for channel in state.withLock({ $0.channels }) {
            // It fails for a socket that is closed, from which nobody accepts anyway.
            try? await channel.setOption(.autoRead, value: true).get()
        }
    }

    /// The sockets once more, for another process: they listen as long as it has them.
    func duplicates() async -> [Int32] {
        var duplicates: [Int32] = []
        let channels = state.withLock { state in
            state.isShared = true
            return state.channels
        }
        for channel in channels {
            let copy = try? await channel.eventLoop.submit {
                try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
                    of: NIOBSDSocket.Handle.self
                ) { dup($0) }
            }.get()
            if let copy, copy >= 0 { duplicates.append(copy) }
        }
        return duplicates
    }

    /// Listens no more, and lets others have its paths then.
    func close() async {
        let old = state.withLock { state in
            defer { state = State() }
            return state
        }
        let paths = old.isShared ? old.channels.compactMap { $0.localAddress?.pathname } : []
        let names = paths.compactMap { SocketName(keeping: $0) }
        // One that is closed already is what is wanted.
        for channel in old.channels { try? await channel.close().get() }
        for name in names { name.restore() }
        for lock in old.locks { lock.release() }
    }

    /// Binds and listens, where nobody did so before; the address, with the port that was chosen.
    ///
    /// - Parameter mode: who may connect to a Unix socket, whatever the umask.
    func open(
        _ address: ListenAddress, _ door: ServerDoor, mode: UInt32
    ) async throws -> ListenAddress {
        if let sockets = inherited.withLock({ $0.removeValue(forKey: address) }) {
            // Of one that belongs to somebody else, who may connect is his matter.
            if case .unix(let path) = address, former.contains(address), SocketName.isOwn(path) {
                try Self.admit(mode, at: path)
            }
            try await take(sockets, door)
            return address
        }
        switch address {
        case .unix(let path):
            // Of two that start at the same moment one has it, and the other changes nothing.
            let lock = try SocketLock.take(path)
            try await Self.requireUnheard(path, group.loops[0])
            let channel = try await Self.bootstrap(door, group.loops[0])
                .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            state.withLock { state in
                state.locks.append(lock)
                state.channels.append(channel)
            }
            try Self.admit(mode, at: path)
            return address
        case .tcp(let ip, let port):
            if port != 0 { try await Self.requireFree(ip, port, group.loops[0]) }
            var chosen = port
            for loop in group.loops {
                let channel = try await Self.bootstrap(door, loop)
                    .serverChannelOption(
                        .socketOption(NIOBSDSocket.Option(rawValue: SO_REUSEPORT)), value: 1
                    )
                    .bind(host: ip.description, port: chosen).get()
                chosen = channel.localAddress?.port ?? chosen
                state.withLock { $0.channels.append(channel) }
            }
            return .tcp(ip, port: chosen)
        }
    }

    private static func admit(_ mode: UInt32, at path: String) throws {
        guard SocketName.admit(mode, at: path) else {
            throw IOError(errnoCode: errno, reason: "chmod \(path)")
        }
    }

    /// Each socket is accepted from by one loop: NIO does not take it that another was faster. Where
    /// there are fewer sockets than loops, some loops have no clients of this listener.
    private func take(_ sockets: [Int32], _ door: ServerDoor) async throws {
        let loops = group.loops
        for (index, descriptor) in sockets.enumerated() {
            let channel = try await Self.bootstrap(door, loops[index % loops.count])
                .withBoundSocket(descriptor).get()
            // Taking it over has shortened the queue of those who wait.
            _ = listen(descriptor, Self.backlog)
            state.withLock { $0.channels.append(channel) }
        }
    }

    /// Sockets with `SO_REUSEPORT` join those of another gateway of the same user without a word,
    /// and the kernel would share the clients out between both. One socket without it does not.
    private static func requireFree(
        _ ip: IPAddress, _ port: Int, _ handle: LoopHandle
    ) async throws {
        let probe = try await ServerBootstrap(group: handle.eventLoop)
            .serverChannelOption(.autoRead, value: false)
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

    private static func bootstrap(_ door: ServerDoor, _ handle: LoopHandle) -> ServerBootstrap {
        ServerBootstrap(group: handle.eventLoop)
            .serverChannelOption(.autoRead, value: false)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let gate = AcceptGate(door.site.census, loop: handle.loop)
                    try channel.pipeline.syncOperations.addHandler(gate)
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try SocketTuning.apply(to: channel)
                    try accept(channel, door.site, handle)
                }
            }
    }

    /// Who waits to be accepted.
    private static let backlog: Int32 = 1024

    /// A connection past the limit of its client is closed before a byte of it is read.
    private static func accept(
        _ channel: any Channel, _ site: ServerSite, _ handle: LoopHandle
    ) throws {
        let address = channel.remoteAddress?.ipAddress.flatMap { IPAddress($0)?.unmapped }
        let counted = site.counted(hop: address)
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
            try SocketTuning.watch(channel)
        }
        let client = ClientConnection(
            address: address, port: channel.remoteAddress?.port ?? 0, listener: site.index,
            tls: nil, loop: handle)
        let connection = ServerConnection(site, client: client, loop: handle.loop)
        if site.announcers.contains(address) {
            try channel.pipeline.syncOperations.addHandler(
                ProxyHeaderReceiver { connection.announced($0) })
        }
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

/// The lock that goes with the path of a Unix socket.
private enum SocketLock {
    /// Refused: a path that another process listens at, or is about to.
    static func take(_ path: String) throws -> FileLock {
        do { return try FileLock(path + ".lock") } catch {
            switch error {
            case .taken: throw IOError(errnoCode: EADDRINUSE, reason: "listens")
            case .unopened(let reason), .unlocked(let reason):
                throw IOError(errnoCode: reason.rawValue, reason: "lock \(path).lock")
            }
        }
    }
}

extension ListenAddress {
    /// What an inherited socket is bound to.
    package init?(_ name: ListeningSocket.Name) {
        switch name {
        case .ip(let bytes, let port):
            guard let address = IPAddress(networkBytes: bytes) else { return nil }
            self = .tcp(address, port: port)
        case .unix(let path): self = .unix(path: path)
        }
    }
}
