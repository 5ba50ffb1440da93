extension Facts {
    /// An ordinary message, from which tests and `policy explain` start: a signed user share of
    /// one file over WebDAV, read permission, with `must-exchange-token`, from a peer that can do
    /// both, is known by its key, and was invited. A message of another kind has what such a one says,
    /// or what is known of the share that it is about; what cannot be signed is not signed.
    ///
    /// - Parameter isChange: whether one of the older API, of which alone it is asked, tells of a share that
    ///   is there already: such a one says as little of it as a notification.
    package static func ordinary(
        _ occasion: Occasion, peer: PeerHost?, now: Int = PolicyTest.ordinaryNow,
        isChange: Bool = false
    ) -> Facts {
        if isChange, occasion.kind == .ocs {
            var facts = ordinary(
                Occasion(.notification, occasion.direction), peer: peer, now: now)
            (facts.occasion, facts.signature, facts.notificationType) = (occasion, .none, nil)
            return facts
        }
        var facts = Facts(occasion, peer: peer, now: now)
        facts.mfa = .enforced
        facts.keyPinned = .pinned
        switch occasion.kind {
        case .share, .notification, .invite, .requestShare, .token: facts.signature = .rfc9421
        case .webdav, .ocs: break
        }
        switch occasion.kind {
        case .share:
            (facts.access, facts.invite) = (.token, .accepted)
            facts.shareType = "user"
            facts.setShare()
        case .ocs:
            facts.invite = .accepted
            facts.shareType = "user"
            facts.setShare()
            // It does not name any.
            facts.permissions = .unspecified
        case .token, .webdav:
            facts.access = .token
            facts.setShare()
        case .notification: facts.notificationType = "SHARE_ACCEPTED"
        case .requestShare: facts.invite = .accepted
        case .invite: break
        }
        if occasion == Occasion(.webdav, .inbound) {
            // Who asks is not visible: nothing that a server says of itself is known.
            (facts.mfa, facts.keyPinned) = (.notEnforced, .none)
        }
        facts.setParties()
        return facts
    }

    /// What is said of it beyond the ordinary that no message of its kind can have, in the words of
    /// tests; nil where there may be such a one.
    package var impossibleWord: String? {
        let usual = Facts.ordinary(occasion, peer: peer, now: now)
        if signature.isValid, !usual.signature.isValid, !Need.signature.mayBeMet(by: occasion) {
            return "signature"
        }
        return Need.allCases.first { need in
            guard let fact = need.fact, has(fact) == true else { return false }
            return usual.has(fact) != true && !need.mayBeMet(by: occasion)
        }?.fact?.rawValue
    }

    /// What the registry knows of a share too.
    private mutating func setShare() {
        resourceType = "file"
        protocols = ["webdav"]
        permissions = Permissions(words: ["read"])
    }

    /// Owner, sender and recipient that fit the peer and the direction. What answers a share, or asks
    /// for one, goes the other way than the share.
    private mutating func setParties() {
        let other = peer?.description ?? "peer.example"
        let (ours, theirs) = ("here.example", other)
        let sharer: String
        switch (occasion.kind, occasion.direction) {
        case (.share, .inbound), (.ocs, .inbound), (.invite, .inbound): sharer = theirs
        case (.share, .outbound), (.ocs, .outbound), (.invite, .outbound): sharer = ours
        case (_, .inbound): sharer = ours
        case (_, .outbound): sharer = theirs
        }
        let (alice, bob) = ("alice@\(sharer)", "bob@\(sharer == ours ? theirs : ours)")
        switch occasion.kind {
        case .share, .ocs, .notification, .token, .webdav:
            (owner, sender, recipient) = (alice, alice, bob)
        case .requestShare: (owner, recipient) = (alice, bob)
        case .invite: sender = alice
        }
    }
}
