import Glibc
import NIOCore
import NIOPosix
package import OpenSSL

/// A running HTTP server.
package final class Server: Sendable {
    /// Where it listens, in the order of the configuration, with the ports that were chosen.
    package let addresses: [ListenAddress]
    private let sockets: ListeningSockets
    private let doors: [ServerDoor]
    private let censuses: Censuses
    private let handler: any RequestHandler
    private let group: LoopGroup

    private init(
        addresses: [ListenAddress], sockets: ListeningSockets, doors: [ServerDoor],
        censuses: Censuses, handler: any RequestHandler, group: LoopGroup
    ) {
        self.addresses = addresses
        self.sockets = sockets
        self.doors = doors
        self.censuses = censuses
        self.handler = handler
        self.group = group
    }

    /// Starts to listen, on every loop of `group` with a socket of its own (`SO_REUSEPORT`), and
    /// accepts nothing before it has all of its sockets.
    ///
    /// `inherited` sockets, and those of the server before, `former`, take the place of those that would be
    /// bound to the same addresses. Throws
    /// `ListenFailure` when an address cannot be had, or one is inherited that no listener has; then
    /// nothing listens, and nobody was answered.
    package static func start(
        _ configuration: ServerConfiguration, on group: LoopGroup,
        inherited: [ListeningSocket] = [], former: [ListeningSocket] = [],
        handler: any RequestHandler
    ) async throws -> Server {
        let censuses = Censuses(
            configuration, .current(loops: group.loops.count), group.pressure)
        let sockets = ListeningSockets(group, inherited: inherited, former: former)
        // Before anything is bound, to which it could be in the way.
        if let address = sockets.unwanted(by: configuration.listeners.map(\.address)) {
            throw ListenFailure(unwanted: address)
        }
        var doors: [ServerDoor] = []
        var addresses: [ListenAddress] = []
        for (index, listener) in configuration.listeners.enumerated() {
            let door = ServerDoor(
                site(index, listener, configuration.limits, censuses, handler))
            do {
                addresses.append(
                    try await sockets.open(listener.address, door, mode: listener.mode))
            } catch {
                await sockets.close()
                throw ListenFailure(address: listener.address, error)
            }
            doors.append(door)
        }
        await sockets.accept()
        return Server(
            addresses: addresses, sockets: sockets, doors: doors, censuses: censuses,
            handler: handler, group: group)
    }

    private static func site(
        _ index: Int, _ listener: ServerConfiguration.Listener, _ limits: ServerLimits,
        _ censuses: Censuses, _ handler: any RequestHandler
    ) -> ServerSite {
        ServerSite(
            index: index, handler: listener.chargedHandler(handler), role: listener.role,
            tls: listener.tls, proxies: listener.proxies, announcers: listener.announcers,
            counting: listener.counting, limits: limits, census: censuses[listener.counting])
    }

    /// Accepts connections on other terms from now on; those that stand end under their own.
    ///
    /// `configuration` has the listeners that this began with, in their order. How many connections
    /// there may be stays as it was.
    package func change(_ configuration: ServerConfiguration) {
        precondition(configuration.listeners.count == doors.count, "other listeners")
        for (index, listener) in configuration.listeners.enumerated() {
            doors[index].change(
                to: Self.site(index, listener, configuration.limits, censuses, handler))
        }
    }

    /// Stops accepting, lets the requests in flight end for at most `grace`; what is left then ends
    /// with the loops.
    ///
    /// Tunnels, which could go on for ever, have what `grace` is longer than half a minute, and are closed
    /// then: at once by an end that others wait for.
    package func shutdown(grace: Duration) async {
        let end = ContinuousClock.now + grace
        await self.end(within: grace, tunnelsAfter: grace - .seconds(30)) { true }
        // What the clients of tunnels have said, and upstreams have not taken.
        await wait(until: end) { await group.isFinishing() }
    }

    /// The listening sockets once more, for the process that takes this one's place.
    package func duplicateSockets() async -> [Int32] { await sockets.duplicates() }

    /// Stops accepting, and waits until nothing is left but tunnels and answers that stream from upstreams,
    /// at most for `grace`. From then on no request is begun, on whatever connection it comes. One that is not
    /// whole soon was not judged, and holds up nobody: it is answered with 503.
    package func retire(grace: Duration) async {
        let end = ContinuousClock.now + grace
        let patience = Loop.time(group.group.any()) + ServerConnection.welcome
        censuses.forEach { $0.handOver(by: patience) }
        await self.end(within: grace, tunnelsAfter: grace) { await group.isBusy() }
        censuses.forEach { $0.retire() }
        // What was begun between the two.
        await wait(until: end) { await group.isBusy() }
    }

    private func wait(
        until end: ContinuousClock.Instant, while isUnderWay: () async -> Bool
    ) async {
        while await isUnderWay(), ContinuousClock.now < end {
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
        }
    }

    private func end(
        within grace: Duration, tunnelsAfter patience: Duration,
        while isUnderWay: () async -> Bool
    ) async {
        censuses.forEach { $0.stop() }
        let start = ContinuousClock.now
        if patience <= .zero { censuses.forEach { $0.endTunnels() } }
        await sockets.close()
        let end = start + grace
        while censuses.count > 0, await isUnderWay(), ContinuousClock.now < end {
            if patience < grace, ContinuousClock.now >= start + patience {
                censuses.forEach { $0.endTunnels() }
            }
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
        }
    }

    /// How many connections are accepted, beside those of the way out: what was configured, or fewer when the
    /// process may not have enough files open.
    package var connectionLimit: Int { censuses.clients.limit }

    /// Open connections of clients, also of the way out.
    package var connections: Int { censuses.count }
}

/// An address that cannot be listened on, and what mends it.
package struct ListenFailure: Error, CustomStringConvertible {
    package let address: String
    package let reason: String

    init(unwanted address: ListenAddress) {
        self.address = address.description
        reason =
            "the service manager opened it, and no [[listen]] and no egress.listen has this address; take "
            + "its ListenStream= out of the socket unit (systemctl cat ocmgate.socket), or listen there"
    }

    init(address: ListenAddress, _ error: any Error) {
        self.address = address.description
        if case .unix(let path) = address, let obstacle = SocketObstacle(error) {
            reason = obstacle.reason(at: path)
            return
        }
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE?: reason = "another program listens there; ss -lptx shows which"
        case EACCES?:
            reason = "not permitted; ports below 1024 need root or CAP_NET_BIND_SERVICE"
        case EADDRNOTAVAIL?: reason = "this machine does not have this address; ip addr shows them"
        case EAFNOSUPPORT?:
            let other = Self.withoutIPv6(address).map { "; write \($0)" }
            reason = "the kernel of this machine has no IPv6\(other ?? "")"
        default: reason = "\(error)"
        }
    }

    /// The address that means the same to IPv4.
    private static func withoutIPv6(_ address: ListenAddress) -> ListenAddress? {
        switch address {
        case .tcp(.v6(0, 0), let port): .tcp(.v4(0), port: port)
        case .tcp(.v6(0, 1), let port): .tcp(.v4(0x7F00_0001), port: port)
        case .tcp, .unix: nil
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
    /// Of a Unix socket. What serves everybody is open to all who get through its folder: a proxy in front
    /// runs as another user. What sends in the name of the site is for its user and group.
    fileprivate var mode: UInt32 {
        switch purpose {
        case .serve, .redirectToHTTPS: 0o666
        case .forwardProxy: 0o660
        }
    }

    fileprivate var role: RequestHeadParser.Role {
        switch purpose {
        case .serve, .redirectToHTTPS: .reverseProxy
        case .forwardProxy: .forwardProxy
        }
    }

    fileprivate func chargedHandler(_ common: any RequestHandler) -> any RequestHandler {
        var handler = handler ?? common
        if let strictTransport { handler = StrictTransport(strictTransport, before: handler) }
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
