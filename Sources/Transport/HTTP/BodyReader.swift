/// Finds the bytes of one body among those of a connection, whatever way it is framed.
///
/// Data is handed out as ranges over the caller's bytes, nothing is copied.
struct BodyReader: Sendable {
    private enum State: Sendable {
        case ended
        case length(remaining: Int)
        case chunked(ChunkedDecoder)
        case untilClose
    }

    private var state: State

    /// No body, or one that is over.
    static let none = BodyReader(.none as BodyFraming)

    init(_ framing: BodyFraming) {
        switch framing {
        case .none: state = .ended
        case .length(let length): state = length == 0 ? .ended : .length(remaining: length)
        case .chunked: state = .chunked(ChunkedDecoder())
        }
    }

    /// One whose end is told from outside, by the frames of HTTP/2.
    init(framed framing: BodyFraming) {
        switch framing {
        case .none, .length(0): state = .ended
        case .length, .chunked: state = .untilClose
        }
    }

    /// A tunnel is no body, and ends with its head.
    init(_ framing: ResponseFraming) {
        switch framing {
        case .none, .tunnel: state = .ended
        case .length(let length): state = length == 0 ? .ended : .length(remaining: length)
        case .chunked: state = .chunked(ChunkedDecoder())
        case .untilClose: state = .untilClose
        }
    }

    /// Whether the last byte of the body has been read.
    var hasEnded: Bool {
        if case .ended = state { return true }
        return false
    }

    /// Whether the end of the connection is the end of the body.
    var endsWithConnection: Bool {
        if case .untilClose = state { return true }
        return false
    }

    /// How many bytes are missing; nil when only their sender knows.
    var remaining: Int? {
        switch state {
        case .ended: return 0
        case .length(let remaining): return remaining
        case .chunked, .untilClose: return nil
        }
    }

    /// Goes on at `offset`, and moves it past what was used.
    mutating func next(
        in bytes: Span<UInt8>, from offset: inout Int
    ) throws(RequestFailure) -> ChunkedDecoder.Step {
        switch state {
        case .ended: return .end
        case .length(let remaining):
            let piece = min(remaining, bytes.count - offset)
            guard piece > 0 else { return .needMore }
            let start = offset
            offset += piece
            state = piece == remaining ? .ended : .length(remaining: remaining - piece)
            return .data(start..<offset)
        case .untilClose:
            guard offset < bytes.count else { return .needMore }
            let start = offset
            offset = bytes.count
            return .data(start..<offset)
        case .chunked(var decoder):
            state = .ended
            let step = try decoder.next(in: bytes, from: &offset)
            if step != .end { state = .chunked(decoder) }
            return step
        }
    }
}
