import NIOCore
import OpenSSL

/// CONNECT that is answered here: TLS, and a connection of its own inside of it, take the place of
/// this one on the same socket.
extension ServerConnection {
    /// Tells the client that it is connected and hands the socket over.
    func intercept(_ interception: Interception) {
        guard let context, head?.method == .connect, !inputEnded else {
            send(Answer(status: 500, connection: .close))
            return
        }
        do {
            let inner = ServerConnection(
                site.intercepted(by: interception), client: client, loop: loop)
            let tls = TLSHandler(
                try TLSEngine(server: interception.context), loop.shelf,
                onReady: { inner.shaken($0) })
            loop.counters.count(.interceptions)
            append(Self.connectedHead)
            cycle.enter(.closed)
            settleOutput()
            let rest = inbound
            inbound = ByteBuffer()
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandlers([tls, inner], position: .after(self))
            // The client is counted still; the one that leaves in the end is the inner connection.
            release()
            pipeline.removeHandler(context: context, promise: nil)
            tls.begin(try pipeline.context(handler: tls), with: rest)
        } catch {
            context.close(promise: nil)
        }
    }

    static let connectedHead = Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8)
}

extension ServerSite {
    /// What the connections inside of an intercepted one have in common: the limits and the count
    /// of the listener, and the handler of the interception.
    fileprivate func intercepted(by interception: Interception) -> ServerSite {
        ServerSite(
            index: index, handler: interception.handler, role: .reverseProxy,
            tls: interception.context, proxies: proxies, counting: counting, limits: limits,
            census: census)
    }
}
