import NIOCore

/// A client that has chosen HTTP/2 in its handshake (ALPN `h2`).
extension ServerConnection {
    /// A connection of HTTP/2 takes the place of this one on the same socket.
    func becomeHTTP2() {
        guard let context else { return }
        do {
            let pipeline = context.pipeline.syncOperations
            let connection = try HTTP2Connection(
                site, client: client, counted: counted, loop: loop)
            try pipeline.addHandler(connection, position: .after(self))
            // The client is counted still; the one that leaves in the end is the other handler.
            release()
            cycle.enter(.closed)
            pipeline.removeHandler(context: context, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }

    static let http2 = "h2"
}
