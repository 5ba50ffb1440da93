package import OpenSSL

/// Where a server listens, and what it puts up with.
package struct ServerConfiguration: Sendable {
    package var listeners: [Listener]
    package var limits: ServerLimits

    package init(listeners: [Listener], limits: ServerLimits = ServerLimits()) {
        self.listeners = listeners
        self.limits = limits
    }

    /// One address to listen on.
    package struct Listener: Sendable {
        package var address: ListenAddress
        /// Nil for a plain listener.
        package var tls: TLSContext?
        package var purpose: ListenerPurpose
        /// Hops whose word on the client's address is believed.
        package var proxies: TrustedProxies
        /// Hops whose connections begin with a header of the PROXY protocol, and have to.
        package var announcers: TrustedProxies
        /// What every answer says of how long this site is to be asked for by TLS alone (RFC 6797);
        /// nil says nothing. For a listener with TLS.
        package var strictTransport: Duration?
        /// Who is in charge of the requests of this listener; nil for the server's own handler.
        package var handler: (any RequestHandler)?
        package var counting: ClientCounting

        package init(
            _ address: ListenAddress, tls: TLSContext? = nil, purpose: ListenerPurpose = .serve,
            proxies: TrustedProxies = TrustedProxies(),
            announcers: TrustedProxies = TrustedProxies(), strictTransport: Duration? = nil,
            handler: (any RequestHandler)? = nil, counting: ClientCounting = .each
        ) {
            self.address = address
            self.tls = tls
            self.purpose = purpose
            self.proxies = proxies
            self.announcers = announcers
            self.strictTransport = strictTransport
            self.handler = handler
            self.counting = counting
        }
    }
}

/// Where clients connect: a port of an address of this machine, or a socket in its file system.
package enum ListenAddress: Sendable, Hashable {
    /// `port` 0 lets the system choose: see `Server.addresses`.
    case tcp(IPAddress, port: Int)
    case unix(path: String)
}

/// As whom the clients of a listener are counted.
package enum ClientCounting: Sendable {
    /// Each for itself, within `ServerLimits.connectionsPerClient`.
    case each
    /// As one that has room of its own and no limit but that: the server behind, on its way out.
    case together
}

/// What the requests of a listener are for.
package enum ListenerPurpose: Sendable, Equatable {
    /// They go to the `RequestHandler`.
    case serve
    /// As `serve`, with the targets of a client's chosen proxy: CONNECT and absolute ones.
    case forwardProxy
    /// Every one for one of these hosts is answered with 308 to the same target on `https://` and
    /// that authority, one without a `Host` with 308 to the first; all others with 421.
    case redirectToHTTPS([Authority])
}

/// What clients may do, in bytes, counts and times.
package struct ServerLimits: Sendable {
    package var head = HeadLimits.request
    /// From the first byte of a head to its last; also from accept to the first byte.
    package var requestHead = Duration.seconds(10)
    package var tlsHandshake = Duration.seconds(10)
    /// Between two requests; none waits for another with zero.
    package var keepAlive = Duration.seconds(60)
    /// Between two pieces of a body that is read.
    package var bodyIdle = Duration.seconds(30)
    /// Between two pieces of a body that is forwarded.
    package var forwardedBodyIdle = Duration.seconds(60)
    /// What must come per second of a body that is read, once ten seconds have passed.
    package var bodyBytesPerSecond = 512
    /// Without a byte of the answer being taken.
    package var writeStall = Duration.seconds(60)
    package var connectionAge = Duration.seconds(3600)
    package var requestsPerConnection = 1000
    /// On all listeners together, or what the descriptors of the process allow, whichever is less;
    /// further ones are not accepted until one of them ends. Those that count `together` have an eighth of it
    /// beside it, and 16 at least.
    package var connections = 4096
    /// Per IPv4 address or IPv6 /64; further ones are closed at once. Trusted proxies have no
    /// limit of their own.
    package var connectionsPerClient = 64
    /// Requests of one client that are on their way to upstreams at once, beside one for each of its
    /// connections; further ones are answered at once.
    package var exchangesPerClient = 128
    /// What bodies that are read whole may take until their requests are answered, in bytes: all
    /// together, and those of one client. Listeners that count `together` have a quarter of the first beside it.
    package var gatheredBytes = 64 << 20
    package var gatheredBytesPerClient = 4 << 20
    /// Of those of each client, how many may always come, whatever the others take.
    package var gatheredBytesReserved = 16 << 10
    /// The same for bodies that may be longer than `shortestDocument`.
    package var documentBytes = 64 << 20
    package var documentBytesPerClient = 16 << 20
    /// No body that may have so many bytes or less is one of those.
    static let shortestDocument = 4 << 20

    package init() {}
}
