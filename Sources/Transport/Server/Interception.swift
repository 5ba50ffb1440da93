package import OpenSSL

/// What becomes of a CONNECT when this server speaks TLS in the place of the host that was asked
/// for.
///
/// The client is told that it is connected; what it sends from then on is a TLS handshake, and
/// then HTTP/1.1 requests, which go to `handler`. Bytes that came right behind the CONNECT belong
/// to the handshake and to nothing else.
package struct Interception: Sendable {
    /// Shows a certificate for the host of the CONNECT; its ALPN is `http/1.1`.
    package let context: TLSContext
    package let handler: any RequestHandler

    package init(context: TLSContext, handler: any RequestHandler) {
        self.context = context
        self.handler = handler
    }
}

/// What becomes of a CONNECT when bytes are to go both ways unseen (RFC 9110, section 9.3.6).
package struct Tunnel: Sendable {
    /// Without TLS of its own; its guard judges every address before it is dialled.
    package let upstream: Upstream
    /// The answer when there is no connection. On the event loop.
    package let onFailure: @Sendable (UpstreamFailure) -> Answer

    package init(
        to upstream: Upstream, onFailure: @escaping @Sendable (UpstreamFailure) -> Answer
    ) {
        self.upstream = upstream
        self.onFailure = onFailure
    }
}
