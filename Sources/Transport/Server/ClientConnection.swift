package import OpenSSL
import Synchronization

/// Where a request came from: who is at the other end, as far as the transport knows.
package final class ClientConnection: Sendable {
    /// The address of the client: of the other end of the connection, or, when that is a trusted
    /// proxy, the one that it vouches for. Nil on a Unix socket.
    package let address: IPAddress?
    /// The address as text; `unix` on a Unix socket, which has none.
    package let addressText: String
    /// The port of the client; 0 on a Unix socket, and behind a trusted proxy.
    package let port: Int
    /// The index of the listener in `ServerConfiguration.listeners`.
    package let listener: Int
    /// What the client's TLS handshake settled; nil on a plain listener, and behind a trusted
    /// proxy, whose handshake with us says nothing of its client.
    package let tls: TLSInfo?
    /// The event loop of the connection: exchanges with upstreams are made on it.
    package let loop: LoopHandle

    package init(
        address: IPAddress?, port: Int, listener: Int, tls: TLSInfo?, loop: LoopHandle
    ) {
        self.address = address
        addressText = address?.description ?? Self.noAddress
        self.port = port
        self.listener = listener
        self.tls = tls
        self.loop = loop
    }

    private let lines = Mutex<Lines?>(nil)

    private struct Lines {
        let owner: any AnyObject & Sendable
        let lines: HeadWriter.Lines
    }

    /// Fields of heads that tell of this client and are the same every time: `owner` writes them when
    /// it asks for the first time.
    package func lines(
        of owner: any AnyObject & Sendable,
        _ write: () throws(HeadWriter.InvalidField) -> HeadWriter.Lines
    ) throws(HeadWriter.InvalidField) -> HeadWriter.Lines {
        if let kept = lines.withLock({ $0 }), kept.owner === owner { return kept.lines }
        let written = try write()
        lines.withLock { $0 = Lines(owner: owner, lines: written) }
        return written
    }

    /// What `addressText` says when there is no address.
    package static let noAddress = "unix"

    /// The same connection, as the way of requests from `address`, for which its other end vouches.
    func vouching(for address: IPAddress) -> ClientConnection {
        ClientConnection(
            address: address, port: 0, listener: listener, tls: nil, loop: loop)
    }

    /// The same connection, which its other end made for somebody at this address.
    func announced(as address: IPAddress, port: Int) -> ClientConnection {
        ClientConnection(
            address: address, port: port, listener: listener, tls: tls, loop: loop)
    }

    /// What an upstream is told of it.
    var asProxyHeader: ProxyHeader { address.map { .client($0, port: port) } ?? .own }

    /// The same connection after its handshake.
    func secured(by tls: TLSInfo) -> ClientConnection {
        ClientConnection(
            address: address, port: port, listener: listener, tls: tls, loop: loop)
    }
}

/// What a TLS handshake settled.
package struct TLSInfo: Sendable, Equatable {
    /// The name that the client asked for (RFC 6066, section 3), in lower case and without a
    /// trailing dot.
    package let serverName: String?
    /// What the client showed and a `client_ca` certifies; nil for most.
    package let certificate: Certificate?

    package init(serverName: String?, certificate: Certificate? = nil) {
        self.serverName = serverName
        self.certificate = certificate
    }

    /// An address in the place of the name, which some send all the same, is none (RFC 6066,
    /// section 3).
    init(_ negotiation: TLSNegotiation) {
        let name = negotiation.serverName?.lowercased()
        let host = name.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
        self.init(
            serverName: host.flatMap { IPAddress($0) == nil ? $0 : nil },
            certificate: negotiation.peerCertificate)
    }
}
