import Federation
import Synchronization
import Transport

/// The room of a request whose bodies stream: what its head tells is taken before, what the head of
/// its answer tells is taken then, and all else as it passes. So of many requests at once none
/// passes because the others have not ended yet.
final class StreamedRoom: Sendable {
    private let room: PendingRoom
    private let method: Method
    private let request: BodyFraming
    private struct Bytes {
        /// Taken, and not yet passed.
        var ahead: Int
        var passed = 0
        var isOver = false
    }
    private let bytes: Mutex<Bytes>

    /// Nil when there is nothing to settle.
    ///
    /// - Parameter request: how its body is framed; a length was taken with its judgement.
    init?(_ room: PendingRoom?, _ method: Method, _ request: BodyFraming) {
        guard let room else { return nil }
        self.room = room
        self.method = method
        self.request = request
        bytes = Mutex(Bytes(ahead: Amount(of: request).bytes))
    }

    /// Whether a piece of a body goes on.
    enum Passing: Sendable, Equatable {
        case goesOn
        /// No byte more: a limit has no room for what nobody told.
        case ends(Denial)
    }

    /// What is asked before each piece of a body; nil when no limit counts bytes.
    ///
    /// - Parameter refusal: the answer that ends the transfer.
    func onData(
        _ refusal: @escaping @Sendable (Denial) -> Answer
    ) -> (@Sendable (Int) -> Answer?)? {
        guard room.countsBytes else { return nil }
        return { [self] count in
            switch passes(count) {
            case .goesOn: nil
            case .ends(let denial): refusal(denial)
            }
        }
    }

    /// Takes what the head of an answer tells.
    ///
    /// Refused: an answer that a limit has no room for, to a request that changes nothing and has no
    /// body; any other has had its effect, and its answer is counted.
    func answered(_ status: Int, _ body: ResponseFraming) throws(Denial) {
        guard case .length(let length) = body, length > 0, room.countsBytes else { return }
        let isRefusable = method.isSafe && (200...299).contains(status)
        switch request {
        case .none where isRefusable, .length(0) where isRefusable: try room.take(length, .asked)
        case .none, .length, .chunked: try room.take(length, .counted)
        }
        bytes.withLock { $0.ahead += length }
    }

    /// Whether so many bytes of either body may go on.
    func passes(_ count: Int) -> Passing {
        let (unpaid, passed) = bytes.withLock { bytes in
            let paid = min(bytes.ahead, count)
            let passed = bytes.passed
            bytes.ahead -= paid
            bytes.passed += count
            return (count - paid, passed)
        }
        if unpaid == 0 { return .goesOn }
        return room.pass(unpaid).map { .ends($0.cuttingOff(after: passed)) } ?? .goesOn
    }

    /// The request is sent once more, in the place of an answer: the bytes of its body were taken already.
    func beginAgain() {
        bytes.withLock { bytes in
            bytes.ahead = Amount(of: request).bytes
            bytes.passed = 0
        }
    }

    /// It is over; what did not pass is given back, the first time only.
    func end() {
        let passed: Int? = bytes.withLock { bytes in
            if bytes.isOver { return nil }
            bytes.isOver = true
            return bytes.passed
        }
        guard let passed else { return }
        if room.countsBytes { room.giveBack(beyond: passed) }
        room.end()
    }

    /// What is refused after it was judged never comes to pass.
    deinit { end() }
}
