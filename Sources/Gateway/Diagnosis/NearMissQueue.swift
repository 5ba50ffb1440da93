import Federation
import Synchronization

/// Messages whose failed signatures are to be looked into, bounded in number, in bytes, and in how
/// many of one peer are looked into: beyond that they are left out, since answers must not wait.
final class NearMissQueue: Sendable {
    private struct State {
        var waiting: [SuspectMessage] = []
        var bytes = 0
    }

    private let state = Mutex(State())
    private let peers: TokenBuckets
    private let all: TokenBuckets
    private let wake: AsyncStream<Void>.Continuation
    /// Yields when something may be waiting.
    let calls: AsyncStream<Void>

    init() {
        peers = TokenBuckets(perMinute: Self.perMinuteOfPeer, burst: Self.burstOfPeer)
        all = TokenBuckets(perMinute: Self.perMinute, burst: Self.burst)
        (calls, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes a message, or leaves it out. `now` in seconds of a clock that never steps.
    ///
    /// - Returns: whether it was taken.
    @discardableResult
    func offer(_ message: SuspectMessage, at now: Int) -> Bool {
        let hasRoom = state.withLock { state in
            state.waiting.count < Self.capacity
                && state.bytes + message.byteCount <= Self.byteLimit
        }
        guard hasRoom, peers.take(message.peer.name, now: now), all.take("", now: now) else {
            return false
        }
        state.withLock { state in
            state.waiting.append(message)
            state.bytes += message.byteCount
        }
        wake.yield()
        return true
    }

    /// The one that waits for longest; nil when there is none.
    func take() -> SuspectMessage? {
        state.withLock { state in
            guard !state.waiting.isEmpty else { return nil }
            let message = state.waiting.removeFirst()
            state.bytes -= message.byteCount
            return message
        }
    }

    static let capacity = 32
    /// Bytes; two threads that offer at once may go beyond it by one message.
    static let byteLimit = 8 << 20
    /// Two in a second at most: 80 ms of one core.
    static let perMinute = 120
    static let burst = 20
    static let perMinuteOfPeer = 12
    static let burstOfPeer = 4
}
