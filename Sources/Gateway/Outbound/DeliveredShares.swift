import Synchronization

/// What peers know of the shares that go out. Of those that they have taken, what they answered: the
/// backend sends a share again when it did not wait for the answer, over the older API as a rule.
final class DeliveredShares: Sendable {
    private let bodies = Mutex<[ShareID: [UInt8]]>([:])
    private let unsent = Mutex<Set<ShareID>>([])

    /// Whether a peer may know of a share.
    enum Standing: Sendable {
        /// No attempt to send it has left this process.
        case new
        /// It was sent before, as far as is known, and the peer may have it.
        case repeated
    }

    func standing(of share: ShareID) -> Standing {
        unsent.withLock { $0.contains(share) } ? .new : .repeated
    }

    /// It was recorded for the first time, and is yet to be sent.
    func recorded(_ share: ShareID) {
        unsent.withLock { unsent in
            // Those that are forgotten count as sent.
            if unsent.count >= Self.capacity { unsent.removeAll() }
            unsent.insert(share)
        }
    }

    /// An attempt to send it may have reached the peer.
    func sent(_ share: ShareID) { _ = unsent.withLock { $0.remove(share) } }

    /// What the peer said to a share that it has; nil for one that it may not have.
    func body(of share: ShareID) -> [UInt8]? { bodies.withLock { $0[share] } }

    func remember(_ body: [UInt8], of share: ShareID) {
        bodies.withLock { bodies in
            if bodies.count >= Self.capacity { bodies.removeAll() }
            // An answer is a name or two; what is longer is the peer's affair, not ours to keep.
            bodies[share] = body.count <= Self.longest ? body : Array("{}".utf8)
        }
    }

    private static let capacity = 10_000
    private static let longest = 4096
}
