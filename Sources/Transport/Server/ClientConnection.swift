/// The connection that a request came by: who is at its other end, as far as the transport knows.
package final class ClientConnection: Sendable {
    /// The address of the peer; nil on a Unix socket.
    package let address: IPAddress?
    /// The port of the peer; 0 on a Unix socket.
    package let port: Int
    /// The index of the listener in `ServerConfiguration.listeners`.
    package let listener: Int
    /// What the TLS handshake settled; nil on a plain listener.
    package let tls: TLSInfo?
    /// The event loop of the connection: exchanges with upstreams are made on it.
    package let loop: LoopHandle

    package init(
        address: IPAddress?, port: Int, listener: Int, tls: TLSInfo?, loop: LoopHandle
    ) {
        self.address = address
        self.port = port
        self.listener = listener
        self.tls = tls
        self.loop = loop
    }
}

/// What a TLS handshake settled.
package struct TLSInfo: Sendable, Equatable {
    /// The name that the client asked for (RFC 6066, section 3), in lower case.
    package let serverName: String?
    /// `TLSv1.2` or `TLSv1.3`.
    package let version: String

    package init(serverName: String?, version: String) {
        self.serverName = serverName
        self.version = version
    }
}
