import Federation

/// A message of the backend that was read, speaks for this site and nobody else, and is for a peer
/// that the lists let us speak to.
///
/// Only `Gateway.address` makes one.
struct Addressed: Sendable {
    let received: Received
    let message: Message
    let peer: PeerHost
    /// The share that a notification is about; nil for one that we did not see being made.
    let share: ShareRecord?
    /// The name of this site that it speaks for, in which it is signed.
    let site: PeerHost

    fileprivate init(
        received: Received, message: Message, peer: PeerHost, share: ShareRecord?, site: PeerHost
    ) {
        self.received = received
        self.message = message
        self.peer = peer
        self.share = share
        self.site = site
    }
}

extension Gateway {
    /// Reads the message, finds out whom it is for, and asks the lists about them.
    ///
    /// What is about a share that stands under a handle is for its peer, whoever it is sent to.
    /// What the owner says of a share that is on its way to the same host waits for that one's answer: a
    /// peer that hears of the end first knows no such share, and then takes it; and what is about a share
    /// that is not recorded yet would show its permanent secret. That it is over it is here at once.
    /// Refused: what cannot be read; a message that speaks for another site than ours, or is for
    /// another host than the one it is sent to (`sender_mismatch`), a secret that is another peer's
    /// (`secret_mismatch`); peers that are blocked, or unknown under `unknown = "deny"`.
    func address(
        _ received: Received, to asked: PeerHost, _ trail: Trail
    ) async throws(Denial) -> Addressed {
        let message = try Message(received)
        let host = reader(of: message, sentTo: asked)
        trail.read(
            message, nil, as: Occasion(message.kind, .outbound), peer: host, ours: site.hosts,
            now: received.now)
        trail.addressed(host)
        if host != asked { trail.altered("addressee") }
        let standing = trail.policy.standing(of: host, now: received.now)
        trail.noteStanding(standing)
        // One that waits for a person is refused by the policy, once it knows all of the message.
        if let denial = standing.denial, !standing.waits {
            guard configuration.profile == .observe else {
                var facts = trail.facts
                // Nobody asks it for one.
                facts?.document = .unread
                trail.noteTurnedAway(by: standing, knowing: facts)
                throw denial
            }
            trail.tolerated(denial)
        }
        try check(message, for: host)
        let before = message.ownersWord.map { offersOut.find($0, of: host) } ?? []
        if !before.isEmpty {
            if let known = try? addressed(message, of: received, to: host) {
                try await endShare(meantBy: known, trail)
            }
            trail.enters(.peer)
            for offer in before { await offer.over() }
            trail.enters(nil)
        }
        return try addressed(message, of: received, to: host)
    }

    /// Whom a message of the backend's is for: of a share of a peer's that stands there under a handle, as
    /// one that was shared on does with Seafile, the peer, which alone knows its secret and can end it.
    private func reader(of message: Message, sentTo host: PeerHost) -> PeerHost {
        guard let secret = message.word?.secret,
            let found = registry.find(secret, .inbound).first,
            found.credential == .handle, found.share.involves(host)
        else { return host }
        return found.share.peer
    }

    /// The message with the share that it is about, as far as that is known now.
    private func addressed(
        _ message: Message, of received: Received, to host: PeerHost
    ) throws(Denial) -> Addressed {
        let share = try shareMeant(byOurs: message, for: host)
        return Addressed(
            received: received, message: message, peer: host, share: share,
            site: speaker(of: message, about: share))
    }

    /// A share is in hand from here until it has its answer; nil for another message.
    ///
    /// Refused (`overloaded`): one more than can be waited for.
    func takeInHand(_ addressed: Addressed) throws(Denial) -> OffersInHand.Offer? {
        guard let name = addressed.message.offered else { return nil }
        guard let offer = offersOut.begin(name, of: [addressed.peer]) else {
            throw Denial(.overloaded, "too many shares are being sent")
        }
        return offer
    }

    /// The name of this site that a message speaks for (`protocol.md` 4): the one that it says; of a
    /// share the owner's, where peers look for keys (`protocol.md` 9.6); in a notification the one
    /// by which the peer knows the share.
    private func speaker(of message: Message, about share: ShareRecord?) -> PeerHost {
        switch message {
        case .share(let share): share.owner.host
        case .ocsShare(let share): share.owner.host
        case .inviteAccepted(let invite): invite.recipientProvider
        case .requestShare(let request): request.shareWith.host
        case .notification, .ocsChange, .token: site.name(share?.site)
        }
    }

    /// Whom the message speaks for, and whom it is for, by its own words. Refused: another site
    /// (`sender_mismatch`), and another host than the one that is asked (`misdirected_request`).
    private func check(_ message: Message, for host: PeerHost) throws(Denial) {
        switch message {
        case .share(let share):
            try own(share.owner.host, "owner")
            try meant(share.shareWith.host, host)
        case .inviteAccepted(let invite): try own(invite.recipientProvider, "recipientProvider")
        case .requestShare(let request):
            try own(request.shareWith.host, "shareWith")
            try meant(request.owner.host, host)
        case .ocsShare(let share): try own(share.owner.host, "remote")
        case .notification(let notification):
            if let named = notification.senderDomain { try own(named, "senderDomain") }
        case .ocsChange: break
        case .token: throw Denial(.notFound, "the gateway exchanges codes itself")
        }
    }

    /// The host of `owner` is where peers look for data and keys (`protocol.md` 9.6); a third party
    /// may be the `sender`. Refused (`sender_mismatch`): one that is no name of this site.
    private func own(_ named: PeerHost, _ member: String) throws(Denial) {
        guard !site.hosts.contains(named) else { return }
        throw Denial(
            .senderMismatch,
            "\(member) is at \(named), which is no name of this site: see the "
                + "public URL in the backend's own configuration")
    }

    private func meant(_ named: PeerHost, _ host: PeerHost) throws(Denial) {
        guard named != host else { return }
        throw Denial(.misdirected, "for \(named), and sent to \(host)")
    }

    /// The share that a message of ours is about: the one whose secret the backend knows and that
    /// the other host has a part in, as peer, or else as owner, sender or receiver.
    ///
    /// Ended shares count: that a share is over is told again until it was heard.
    ///
    /// Refused (`secret_mismatch`): a secret that the host has no part in, or that is not the one of the share of this
    /// id; and an id without a secret that stands for shares of both directions.
    private func shareMeant(
        byOurs message: Message, for host: PeerHost
    ) throws(Denial) -> ShareRecord? {
        guard let word = message.word else { return nil }
        let id = word.providerID
        let directions = word.type.comesFrom.shares(of: .us)
        guard let secret = word.secret else {
            let named = directions.flatMap { registry.find(id, $0, peer: host) }
            let standing = named.filter { $0.ended == nil }
            guard Set(standing.map(\.direction)).count <= 1 else {
                throw Denial(.secretMismatch, "shares \(id) go both ways, and no secret says which")
            }
            return standing.first ?? named.first
        }
        let known = ShareDirection.allCases.flatMap { registry.find(secret, $0) }.map(\.share)
        let holders = known.filter { directions.contains($0.direction) }
        let named = holders.filter { $0.providerID == nil || $0.providerID == id }
        let mine = named.filter { $0.peer == host }
        // Of several with one id and secret (Seafile) one that stands, whose end ends all of them.
        let own = mine.first { $0.ended == nil } ?? mine.first
        if let share = own ?? named.first(where: { $0.involves(host) }) { return share }
        // What the backend tells whoever shared on, by the id that the share has there: that the third
        // party has answered, or that the owner has changed it. The host knows the code, also where the
        // third party lives there too.
        if let share = known.first(where: { $0.direction == .outbound && $0.senderHost == host }) {
            return share
        }
        // One that was added by hand may have been shared on from there, and is told as one that we do
        // not know.
        if !known.isEmpty, known.allSatisfy(\.isOfUnknownSender) { return nil }
        guard holders.isEmpty else {
            throw Denial(.secretMismatch, "the secret of a share in which \(host) has no part")
        }
        guard known.isEmpty else {
            throw Denial(.secretMismatch, "the secret of a share that goes the other way")
        }
        // One that we do not know is of a share from before we came, unless the id is one we know. What one
        // of ours passed on goes by its owner's numbers, and its end is told to who has the secret.
        if word.type != .shareUnshared, directions.count == 1, let own = directions.first,
            !registry.find(id, own, peer: host).isEmpty
        {
            throw Denial(.secretMismatch, "the secret is not the one of share \(id)")
        }
        return nil
    }
}
