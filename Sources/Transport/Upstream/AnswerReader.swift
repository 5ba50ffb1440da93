/// What one upstream connection sends, read as the answers to our requests, one after the other.
///
/// Interim answers are read over, at most five for one request. Bytes that nobody asked for, a
/// switch of protocols that nobody asked for, and every broken rule end the connection.
struct AnswerReader: Sendable {
    /// What `next` found.
    enum Step: Sendable {
        case needMore
        case head(ResponseHead)
        /// This range of the bytes belongs to the body.
        case body(Range<Int>)
        case end
    }

    private enum Phase: Sendable {
        case idle
        case head(Method, Switching)
        case body(BodyReader)
    }

    private var phase = Phase.idle
    private var parser = ResponseHeadParser()
    private var interim = 0
    /// Some bytes of an answer have come, be it an interim one.
    private(set) var hasBegun = false
    /// The head of the final answer has come.
    private(set) var hasAnswered = false
    /// Whether the answers so far leave the connection fit for another request.
    private(set) var persistence = Persistence.keepAlive

    /// A request of `method` was sent; its answer is read next.
    mutating func expect(answerTo method: Method, switching: Switching = .refused) {
        phase = .head(method, switching)
        interim = 0
        hasBegun = false
        hasAnswered = false
    }

    /// No request is sent: all that comes until the end of the connection is handed on.
    mutating func expectTunnel() {
        phase = .body(BodyReader(.untilClose as ResponseFraming))
        hasBegun = true
        hasAnswered = true
        persistence = .close
    }

    var isIdle: Bool {
        if case .idle = phase { return true }
        return false
    }

    /// Whether the end of the connection is the end of the answer.
    var endsWithConnection: Bool {
        guard case .body(let body) = phase else { return false }
        return body.endsWithConnection
    }

    /// Goes on at `offset`, and moves it past what was used. Call it until `.needMore` or `.end`.
    mutating func next(
        in bytes: Span<UInt8>, from offset: inout Int
    ) throws(UpstreamFailure) -> Step {
        do {
            return try advance(bytes, &offset)
        } catch {
            persistence = .close
            throw error
        }
    }

    private mutating func advance(
        _ bytes: Span<UInt8>, _ offset: inout Int
    ) throws(UpstreamFailure) -> Step {
        while true {
            switch phase {
            case .idle:
                guard offset == bytes.count else { throw .malformed(.bodyUnexpected) }
                return .needMore
            case .head(let method, let switching):
                guard offset < bytes.count else { return .needMore }
                hasBegun = true
                guard let head = try head(bytes, &offset, method) else { return .needMore }
                if head.isInterim {
                    interim += 1
                    guard interim <= Self.mostInterim else { throw .interimFlood }
                    continue
                }
                hasAnswered = true
                if head.body == .tunnel {
                    guard switching == .webSocket, WebSocketUpgrade.isGranted(by: head) else {
                        throw .switchedProtocols
                    }
                    // All that comes is handed on; never is this connection used again.
                    persistence = .close
                    phase = .body(BodyReader(.untilClose as ResponseFraming))
                    return .head(head)
                }
                if head.persistence == .close { persistence = .close }
                phase = .body(BodyReader(head.body))
                return .head(head)
            case .body(var body):
                // Taken out first, so that the decoder is not copied when it changes.
                phase = .idle
                do {
                    let step = try body.next(in: bytes, from: &offset)
                    switch step {
                    case .end: return .end
                    case .needMore:
                        phase = .body(body)
                        return .needMore
                    case .data(let range):
                        phase = .body(body)
                        return .body(range)
                    }
                } catch {
                    throw .malformed(error)
                }
            }
        }
    }

    private mutating func head(
        _ bytes: Span<UInt8>, _ offset: inout Int, _ method: Method
    ) throws(UpstreamFailure) -> ResponseHead? {
        do {
            let rest = bytes.extracting(offset..<bytes.count)
            switch try parser.parse(rest, answering: method) {
            case .needMore: return nil
            case .head(let head, let consumed):
                offset += consumed
                return head
            }
        } catch {
            throw .malformed(error)
        }
    }

    /// The connection has ended; `close` says whether it was closed as the protocol below wants
    /// it. Returns when that is a proper end of the answer, and throws otherwise.
    mutating func connectionEnded(_ close: Close) throws(UpstreamFailure) {
        persistence = .close
        switch phase {
        case .idle: return
        case .head: throw .closedEarly
        case .body(let body):
            guard body.endsWithConnection, close == .clean else { throw .truncated }
            phase = .idle
        }
    }

    /// How a connection ended.
    enum Close: Sendable, Equatable {
        /// With FIN, and over TLS with close_notify before it.
        case clean
        case broken
    }

    private static let mostInterim = 5
}
