/// The requests of one client connection, one after the other: what is being done, how the
/// connection goes on after an answer, and when it ends.
struct RequestCycle: Sendable {
    /// What is being done.
    enum Phase: Sendable, Equatable {
        /// Waiting for a head, or inside one.
        case head
        /// The plan is being made; the body is not touched.
        case deciding
        /// The body is gathered.
        case gathering
        /// The body goes to an upstream, the answer comes from there.
        case forwarding
        /// This is HTTP no more: bytes go both ways.
        case tunnelling
        /// The body has been gathered; the answer is being made.
        case answering
        /// The answer is out; what is left of the body is dropped.
        case dropping
        /// Our side is closed; whatever comes is dropped until the other side closes too, so that
        /// no reset destroys the answer on its way (RFC 9112, section 9.6).
        case lingering
        case closed
    }

    /// What follows an answer.
    enum Next: Sendable, Equatable { case nextRequest, drop, linger, close }

    private(set) var phase = Phase.head
    private(set) var persistence = Persistence.keepAlive
    private(set) var body = BodyReader.none
    private(set) var requests = 0
    /// The client waits for `100 Continue`.
    private(set) var owesContinue = false

    /// A whole head has come. `limit` is how many requests the connection may carry; `wish` is
    /// `.close` when the connection is too old, the server stops, or none waits for another request.
    ///
    /// Nothing behind a CONNECT is a request, also where it is refused (RFC 9931, section 8): what a client
    /// sends before it has its answer may be somebody else's.
    mutating func begin(_ head: RequestHead, limit: Int, wish: Persistence) {
        requests += 1
        body = Self.body(of: head)
        owesContinue = head.expectation == .continue100 && !body.hasEnded
        persistence = requests >= limit ? .close : wish
        if head.persistence == .close || head.method == .connect { persistence = .close }
        phase = .deciding
    }

    /// Moves on to `phase`; one that is closed stays so.
    mutating func enter(_ phase: Phase) {
        if self.phase != .closed { self.phase = phase }
    }

    /// `100 Continue` was sent, or is not needed since the body has begun.
    mutating func continued() { owesContinue = false }

    /// The connection is not to be used again.
    mutating func doom() { persistence = .close }

    /// Decides whether the connection outlives the answer, whose head is about to be written.
    ///
    /// It does not when the rest of the body is long or of unknown length, or when the client was
    /// not told to send it and may or may not do so (RFC 9110, section 10.1.1).
    mutating func settle() -> Persistence {
        if owesContinue { persistence = .close }
        guard let remaining = body.remaining, remaining <= Self.mostDropped else {
            persistence = .close
            return .close
        }
        return persistence
    }

    /// The last byte of the answer was written.
    mutating func answered() -> Next {
        switch (persistence, body.hasEnded) {
        case (.keepAlive, true):
            phase = .head
            return .nextRequest
        case (.keepAlive, false):
            phase = .dropping
            return .drop
        case (.close, true): return .close
        case (.close, false): return .linger
        }
    }

    /// The body is to be read again from its beginning.
    mutating func rewind(_ head: RequestHead) { body = Self.body(of: head) }

    /// The frames of HTTP/2 say that the body is whole.
    mutating func endBody() { body = .none }

    private static func body(of head: RequestHead) -> BodyReader {
        switch head.version {
        case .http10, .http11: BodyReader(head.body)
        case .http2: BodyReader(framed: head.body)
        }
    }

    /// Reads on in the body.
    mutating func nextPiece(
        in bytes: Span<UInt8>, from offset: inout Int
    ) throws(RequestFailure) -> ChunkedDecoder.Step {
        try body.next(in: bytes, from: &offset)
    }

    /// How much of a body is dropped to save the connection.
    static let mostDropped = 64 << 10
    /// How long is waited for more from a client that has its answer.
    static let patience = Duration.seconds(5)
    /// How long a client may go on sending that has its answer. Not how much: what is on its way when the
    /// client reads the answer may be all that the buffers of both sides hold.
    static let longestLingering = Duration.seconds(30)
}
