extension Facts {
    /// An ordinary message, from which tests and `policy explain` start: a signed user share of
    /// one file over WebDAV, read permission, with `must-exchange-token`, from a peer that can do
    /// both, is known by its key, and was invited. What is no share has no facts of one; what cannot be signed is not signed.
    package static func ordinary(
        _ occasion: Occasion, peer: PeerHost?, now: Int = PolicyTest.ordinaryNow
    ) -> Facts {
        var facts = Facts(occasion, peer: peer, now: now)
        switch occasion.kind {
        case .share, .requestShare, .notification, .invite, .token:
            facts.signature = .rfc9421
            facts.access = .token
        case .webdav: facts.access = .token
        case .ocs: break
        }
        facts.invite = .accepted
        facts.mfa = .enforced
        facts.keyPinned = .pinned
        facts.setParties()
        switch occasion.kind {
        case .share, .requestShare, .ocs, .token, .webdav:
            facts.shareType = "user"
            facts.resourceType = "file"
            facts.protocols = ["webdav"]
            facts.permissions = Permissions(words: ["read"])
        case .notification: facts.notificationType = "SHARE_ACCEPTED"
        case .invite: break
        }
        return facts
    }

    /// Owner, sender and recipient that fit the peer and the direction.
    mutating func setParties() {
        let other = peer?.description ?? "peer.example"
        switch occasion.direction {
        case .inbound:
            owner = "alice@\(other)"
            recipient = "bob@here.example"
        case .outbound:
            owner = "alice@here.example"
            recipient = "bob@\(other)"
        }
        sender = owner
    }
}
