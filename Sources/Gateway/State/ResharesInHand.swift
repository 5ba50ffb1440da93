import Federation
import Synchronization

/// Requests of peers to share on that are with the backend: meanwhile it offers what comes of them in the
/// name of who asked.
final class ResharesInHand: Sendable {
    private let asked = Mutex<[Reshare: Int]>([:])

    /// Who has asked, and for whom.
    struct Reshare: Hashable, Sendable {
        let sharer: PeerHost
        /// In its canonical form.
        let recipient: String
    }

    func contains(_ reshare: Reshare) -> Bool { asked.withLock { $0[reshare] != nil } }

    func begin(_ reshare: Reshare?) {
        guard let reshare else { return }
        asked.withLock { $0[reshare, default: 0] += 1 }
    }

    func end(_ reshare: Reshare?) {
        guard let reshare else { return }
        asked.withLock { asked in
            let left = (asked[reshare] ?? 0) - 1
            asked[reshare] = left > 0 ? left : nil
        }
    }
}

extension Gateway {
    /// What a message asks to be shared on, and for whom; nil for any other, and for one of nobody.
    func reshare(askedBy verified: Verified) -> ResharesInHand.Reshare? {
        guard let sharer = verified.peer, let person = verified.claimed.message.reshareRecipient
        else { return nil }
        return ResharesInHand.Reshare(
            sharer: sharer, recipient: person.saidOnce.canonical(ours: site.hosts))
    }
}
