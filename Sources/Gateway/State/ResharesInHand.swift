import Federation
import Synchronization

/// Requests to share on that have no answer yet: meanwhile what comes of them is offered in the name of who asked.
final class ResharesInHand<Reshare: Hashable & Sendable>: Sendable {
    private let asked = Mutex<[Reshare: Int]>([:])

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

/// What a peer asks the backend to share on: who, and for whom.
struct PeersReshare: Hashable, Sendable {
    let sharer: PeerHost
    /// In its canonical form.
    let recipient: String
}

/// What somebody of this site asks a peer to share on: of which peer, who, and for whom.
struct OwnReshare: Hashable, Sendable {
    let peer: PeerHost
    /// Both in their canonical forms, people of this site at its own name. Nil where nobody has recorded who of
    /// ours has the share, as of one from before the gateway.
    let sharer: String?
    let recipient: String

    init(of peer: PeerHost, by sharer: OCMAddress?, for recipient: OCMAddress, ours: [PeerHost]) {
        self.peer = peer
        self.sharer = sharer?.saidOnce.canonical(ours: ours)
        self.recipient = recipient.saidOnce.canonical(ours: ours)
    }
}

extension Gateway {
    /// What a message asks to be shared on, and for whom; nil for any other, and for one of nobody.
    func reshare(askedBy verified: Verified) -> PeersReshare? {
        guard let sharer = verified.peer, let person = verified.claimed.message.reshareRecipient
        else { return nil }
        return PeersReshare(
            sharer: sharer, recipient: person.saidOnce.canonical(ours: site.hosts))
    }

    /// The same of a message of ours.
    func reshare(askedIn outgoing: Outgoing) -> OwnReshare? {
        let share = outgoing.addressed.share
        guard let recipient = outgoing.message.reshareRecipient, share?.direction != .outbound
        else { return nil }
        return OwnReshare(
            of: share?.peer ?? outgoing.peer, by: share?.receiver, for: recipient,
            ours: site.hosts)
    }
}
