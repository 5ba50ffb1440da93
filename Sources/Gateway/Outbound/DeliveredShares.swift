import Federation
import Synchronization

/// What peers know of the shares that go out. Of those that they have taken, what they answered: the
/// backend sends a share again when it did not wait for the answer, over the older API as a rule. And
/// which ends of shares, either way, they have heard of: some backends tell one over both APIs.
final class DeliveredShares: Sendable {
    private let bodies = Mutex<[ShareID: [UInt8]]>([:])
    private let unsent = Mutex<Set<ShareID>>([])
    private let ends = Mutex<Set<End>>([])

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

    /// That a share is over, as a peer is told it.
    struct End: Hashable, Sendable {
        let share: ShareID
        let peer: PeerHost
        /// The word of the notification.
        let type: String

        /// Nil for a message that ends nothing, or a share that we do not know.
        init?(_ addressed: Addressed) {
            guard let share = addressed.share, let type = addressed.message.end else { return nil }
            self.share = share.id
            peer = addressed.peer
            self.type = type.word
        }

        var isDecline: Bool { type == Federation.Notification.Kind.shareDeclined.word }
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

    func hasHeard(_ end: End) -> Bool { ends.withLock { $0.contains(end) } }

    func heard(_ end: End) {
        ends.withLock { ends in
            // Those that are forgotten are told again.
            if ends.count >= Self.capacity { ends.removeAll() }
            ends.insert(end)
        }
    }

    private static let capacity = 10_000
    private static let longest = 4096
}
