import NIOCore

/// A connection that has become a tunnel: bytes go both ways as they come, with back-pressure, until
/// one side closes. Then the other is closed too; neither is ever used for another request.
extension ServerConnection {
    /// The upstream has granted what was asked for; what the client has said by now goes through.
    func openTunnel() {
        loop.counters.count(.tunnels)
        cycle.doom()
        cycle.enter(.tunnelling)
        deadline = .never
        _ = passTunnel()
    }

    /// Hands on what came from the client; whether there may be more to do.
    func passTunnel() -> Bool {
        guard inbound.readableBytes > 0, let connection = passage?.connection,
            connection.takesMore
        else { return false }
        let bytes = inbound
        inbound = ByteBuffer()
        passage?.requestBytes += bytes.readableBytes
        connection.send(bytes)
        return false
    }

    /// The client has closed its side, or the server is being stopped: what came before is sent on.
    func closeTunnel() {
        _ = passTunnel()
        passage?.connection?.flush()
        endPassage(.complete, keepsUpstream: false)
        finish()
    }
}
