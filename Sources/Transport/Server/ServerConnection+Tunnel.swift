import NIOCore

/// A connection that has become a tunnel: bytes go both ways as they come, with back-pressure, until
/// one side closes. Then the other is closed too; neither is ever used for another request.
extension ServerConnection {
    /// Connects to what CONNECT asks for.
    func open(_ tunnel: Tunnel) {
        guard let head, head.method == .connect else {
            send(Answer(status: 500, connection: .close))
            return
        }
        cycle.enter(.forwarding)
        start(Passage(tunnel, head), .new)
    }

    /// The upstream stands; whatever it sends is the client's.
    func startTunnel(_ connection: UpstreamConnection) {
        connection.beginTunnel(for: self)
        append(Self.connectedHead)
        passage?.answer = .plain
        openTunnel()
    }

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
        guard let connection = passage?.connection, connection.takesMore else { return false }
        passAll(to: connection)
        return false
    }

    private func passAll(to connection: UpstreamConnection) {
        guard inbound.readableBytes > 0 else { return }
        let bytes = inbound
        inbound = ByteBuffer()
        passage?.requestBytes += bytes.readableBytes
        connection.send(bytes)
    }

    /// The client has closed its side, or the server ends: what came before is sent on, however slowly the
    /// upstream takes it.
    func closeTunnel() {
        if let connection = passage?.connection {
            passAll(to: connection)
            connection.finish()
        }
        endPassage(.complete, keepsUpstream: true)
        finish()
    }
}
