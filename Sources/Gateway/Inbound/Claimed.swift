import Federation

/// A message that was read, and the peer it claims to come from, whose standing lets it go on.
///
/// Nothing of it is believed yet; but the policy has said that this peer may be asked for its keys.
/// Only `Gateway.identify` makes one.
struct Claimed: Sendable {
    let received: Received
    let message: Message
    /// Nil when the message names nobody and is not about a share that we know
    /// (`docs/decisions/0004`).
    let claim: Claim?
    /// The share that a notification is about.
    let share: ShareRecord?
    /// Why the notification is refused once its signature has been verified; before that nobody
    /// learns which shares there are.
    let doubt: Denial?

    fileprivate init(
        received: Received, message: Message, claim: Claim?, share: ShareRecord?, doubt: Denial?
    ) {
        self.received = received
        self.message = message
        self.claim = claim
        self.share = share
        self.doubt = doubt
    }
}

extension Gateway {
    /// Reads the message, finds out whom it speaks for, and asks the lists about them.
    ///
    /// Refused: what cannot be read (`malformed_json`, `malformed_message`, …), and peers that are
    /// blocked, or unknown under `unknown = "deny"`: nothing is ever fetched from those.
    func identify(_ received: Received, _ trail: Trail) throws(Denial) -> Claimed {
        let message = try Message(received)
        let signer = namedSigner(of: received)
        let meant = shareMeant(by: message, signer: signer)
        let claim = message.ownClaim ?? meant.peer.map { Claim($0) } ?? signer.map { Claim($0) }
        trail.read(
            message, claim, as: received.occasion, peer: claim?.peer, now: received.now)
        try admit(claim, received, trail)
        return Claimed(
            received: received, message: message, claim: claim, share: meant.share,
            doubt: meant.doubt)
    }

    /// The host that the signature's key names, for messages that name nobody themselves; nil when
    /// there is none or it cannot be read, which `verify` then refuses.
    private func namedSigner(of received: Received) -> PeerHost? {
        guard case .ocm(.notifications) = received.kind,
            let message = try? signedMessage(received),
            let id = try? PresentedSignature(message).keyID
        else { return nil }
        return PresentedSignature.host(ofKeyID: id)
    }

    /// Every host that the message names as its own side must have a standing that lets it in; the one
    /// that waits for a person still shows its signature first, so that the person knows who asks.
    private func admit(_ claim: Claim?, _ received: Received, _ trail: Trail) throws(Denial) {
        var hosts: [PeerHost?] = [claim?.peer]
        for host in (claim?.signers ?? []) + (claim?.named ?? []) where !hosts.contains(host) {
            hosts.append(host)
        }
        for host in hosts {
            let standing = trail.policy.standing(of: host, now: received.now)
            if host == claim?.peer { trail.stands(standing) }
            guard let denial = standing.denial else { continue }
            if host == claim?.peer, standing.refusal?.outcome == .hold { continue }
            guard configuration.profile == .observe else { throw denial }
            trail.tolerated(denial)
        }
    }

    /// The share that a message without a name of its own is about.
    private func shareMeant(
        by message: Message, signer: PeerHost?
    ) -> ShareMeant {
        switch message {
        case .notification(let notification):
            return shareMeant(
                by: notification.providerID, secret: notification.secret, signer: signer,
                from: notification.type.comesFrom)
        case .ocsChange(let change):
            return shareMeant(
                by: change.providerID, secret: change.secret, signer: nil,
                from: change.notificationType.comesFrom)
        case .share, .inviteAccepted, .requestShare, .token, .ocsShare: return .unknown
        }
    }
}
