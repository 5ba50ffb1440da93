import OpenSSL

/// A client and a server engine that talk through memory, cut into pieces as a test likes.
struct TLSPair {
    /// One side with what it has received and what it still has to send.
    struct Side {
        let engine: TLSEngine
        var outgoing: [UInt8] = []
        var received: [UInt8] = []
        /// Room lent for plaintext and for replies.
        var room = 32768

        init(_ engine: TLSEngine) { self.engine = engine }

        /// Feeds bytes until all are used or the engine ends.
        mutating func take(_ bytes: [UInt8]) {
            var rest = bytes
            while true {
                var plaintext: [UInt8] = []
                var progress: TLSEngine.Progress?
                let reply = appending(room) { reply in
                    plaintext = appending(room) { plaintext in
                        progress = engine.step(
                            ciphertext: rest.rawSpan, plaintext: &plaintext, reply: &reply)
                    }
                }
                received += plaintext
                outgoing += reply
                guard let progress else { return }
                rest.removeFirst(progress.consumed)
                if !progress.plaintextWaits && !progress.replyWaits { return }
            }
        }

        /// Encrypts all of `bytes`, if the engine takes it.
        mutating func send(_ bytes: [UInt8]) {
            var rest = bytes
            while !rest.isEmpty {
                var taken = 0
                outgoing += appending(TLSEngine.ciphertextBound(rest.count)) { output in
                    taken = engine.encrypt(plaintext: rest.rawSpan, into: &output)
                }
                if taken == 0 { return }
                rest.removeFirst(taken)
            }
        }

        mutating func close() {
            outgoing += appending(64) { engine.close(reply: &$0) }
        }
    }

    var client: Side
    var server: Side
    /// The sizes of the pieces, taken in turn.
    var piece = Int.max

    init(client: TLSEngine, server: TLSEngine) {
        self.client = Side(client)
        self.server = Side(server)
    }

    /// Carries bytes both ways until both are silent.
    mutating func run() {
        if client.engine.state == .handshaking { client.take([]) }
        while !client.outgoing.isEmpty || !server.outgoing.isEmpty {
            let toServer = client.outgoing
            client.outgoing = []
            for part in parts(toServer) { server.take(part) }
            let toClient = server.outgoing
            server.outgoing = []
            for part in parts(toClient) { client.take(part) }
        }
    }

    private func parts(_ bytes: [UInt8]) -> [[UInt8]] {
        stride(from: 0, to: bytes.count, by: min(piece, max(bytes.count, 1))).map {
            Array(bytes[$0..<min(bytes.count, $0 + min(piece, bytes.count))])
        }
    }
}

/// What a body appends to a span with that much room.
func appending(_ room: Int, _ body: (inout OutputRawSpan) -> Void) -> [UInt8] {
    [UInt8](rawCapacity: room, initializingWith: body)
}
