/// A server that requests are sent on to.
///
/// Connections are kept and used again per value of this type and event loop: two `Upstream`s
/// never share one, even when they name the same server. Make it once, not per request.
package final class Upstream: Sendable {
    package let endpoint: Endpoint
    /// Nil for one that is spoken to without TLS.
    package let security: UpstreamSecurity?
    /// Judges every address of its name before any is dialled; nil for a server that the operator
    /// named.
    package let guarding: AddressGuard?
    /// Whether its name is one that anybody can have invented.
    package let acquaintance: Acquaintance
    /// The HTTP proxy that connections are made through; the guard judges `endpoint` all the same.
    package let proxy: OuterProxy?
    package let announcement: Announcement
    package let limits: UpstreamLimits
    /// Whether it answers; nil for one that is asked whatever it did before.
    package let health: UpstreamHealth?
    /// The limits that every request looks at.
    let firstByte: LoopSpan
    /// `UpstreamLimits.longestSilence`.
    let silence: Duration
    let idle: LoopSpan
    let keepAlive: LoopSpan

    package init(
        _ endpoint: Endpoint, security: UpstreamSecurity? = nil, guarding: AddressGuard? = nil,
        acquaintance: Acquaintance = .known, through proxy: OuterProxy? = nil,
        announcement: Announcement = .none,
        limits: UpstreamLimits = UpstreamLimits(), health: UpstreamHealth? = nil
    ) {
        self.health = health
        self.proxy = proxy
        self.announcement = announcement
        self.endpoint = endpoint
        self.security = security
        self.guarding = guarding
        self.acquaintance = acquaintance
        self.limits = limits
        firstByte = LoopSpan(limits.firstByte)
        silence = UpstreamLimits.longestSilence(limits.firstByte)
        idle = LoopSpan(limits.idle)
        keepAlive = LoopSpan(limits.keepAlive)
    }

    /// Whether a connection begins by saying for whom it is.
    package enum Announcement: String, Sendable, CaseIterable {
        case none = ""
        /// A header of the PROXY protocol, version 2. Such a connection carries the requests of one
        /// client alone.
        case proxyV2 = "v2"
    }

    /// Where the server is.
    package enum Endpoint: Sendable, Hashable {
        /// A host is resolved when a connection is made; up to six of its addresses are tried in turn.
        case tcp(Authority.Host, port: UInt16)
        case unix(path: String)
    }
}

/// An HTTP proxy of the operator's, through which everything goes out (`CONNECT`).
package struct OuterProxy: Sendable, Hashable {
    package let host: Authority.Host
    package let port: UInt16

    package init(host: Authority.Host, port: UInt16) {
        self.host = host
        self.port = port
    }
}

/// How long an upstream may take, and how many connections it gets from one event loop.
package struct UpstreamLimits: Sendable {
    /// To be resolved and connected, TLS included.
    package var connect = Duration.seconds(3)
    /// From the whole request to the first byte of the answer; before it is whole, how long the server may
    /// take nothing of it.
    package var firstByte = Duration.seconds(30)
    /// Between two pieces of the answer.
    package var idle = Duration.seconds(300)
    /// How long an unused connection is kept.
    package var keepAlive = Duration.seconds(15)
    package var connections = 1024
    package var idleConnections = 64

    /// For how long a server may be silent to everybody, however long a request may wait: four times
    /// `firstByte`.
    package static func longestSilence(_ firstByte: Duration) -> Duration { firstByte * 4 }

    package init() {}
}
