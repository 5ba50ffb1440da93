import Federation
import Transport

/// A message that the policy lets through, once: whoever forwards it consumes it.
///
/// Only `Gateway.evaluate` makes one.
struct Permitted: ~Copyable {
    let verified: Verified
    let settings: RuleSettings

    fileprivate init(verified: Verified, settings: RuleSettings) {
        self.verified = verified
        self.settings = settings
    }
}

extension Gateway {
    /// Asks the policy, under the snapshot that the message began with.
    ///
    /// Refused: whatever the policy denies, in its own words.
    func evaluate(_ verified: Verified, _ trail: Trail) throws(Denial) -> Permitted {
        let facts = facts(
            verified.claimed, trail, peer: verified.peer, signature: verified.signature,
            document: verified.document)
        let standings = trail.policy.standings(of: facts)
        // Of whoever signed it, who need not be the one that was taken to speak.
        trail.noteStanding(standings.own)
        let judgement = judge(
            facts, standings, Amount(of: verified.claimed.message, verified.claimed.received),
            under: trail.snapshot)
        trail.judged(judgement, facts)
        let verdict = judgement.verdict
        if let denial = standings.refusal(verdict, of: facts)
            ?? trail.heldBack(from: verified.peer)
        {
            try refuse(denial, orTell: trail)
        }
        return Permitted(verified: verified, settings: verdict.settings)
    }

    /// What the policy may know of a message: beside what it says itself, which the trail has since it
    /// was read, who sends it, and how.
    func facts(
        _ claimed: Claimed, _ trail: Trail, peer: PeerHost?, signature: SignatureStanding,
        document: DiscoveryDocument?
    ) -> Facts {
        var facts =
            trail.facts ?? Facts(claimed.received.occasion, peer: peer, now: claimed.received.now)
        facts.peer = peer
        if let claim = claimed.claim { facts.alsoNamed = claim.hosts(besides: peer) }
        facts.address = claimed.received.client.address.map { NetworkAddress($0) }
        facts.mtls = claimed.received.client.shows(
            certificateOf: peer, now: claimed.received.now)
        switch signature {
        case .none(let advertised):
            facts.signature = .none
            facts.peerKeys = advertised == .yes ? .advertised : .none
            if advertised != .no, document == nil { facts.document = .unread }
        case .valid(let generation, _, let pinned):
            facts.signature = generation.fact
            facts.peerKeys = .advertised
            if configuration.signature.firstSeen == .pin { facts.keyPinned = pinned }
        case .tolerated:
            facts.signature = .invalid
            if document == nil { facts.document = .unread }
        }
        if document?.advertisesSignatures == true { facts.peerKeys = .advertised }
        facts.mfa = document?.capabilities.contains(.enforceMFA) == true ? .enforced : .notEnforced
        facts.software = document?.software
        if case .token(let request) = claimed.message, let peer {
            // The one that would be granted. Of a code that any peer may exchange, the share is judged
            // whoever shows it.
            let found = shares(of: request.code, for: peer, .none)
            let now = environment.now()
            let meant = found.first { $0.share.standing(now: now) == .active } ?? found.first
            if let meant { facts.fill(from: meant, ours: site.hosts) }
        }
        if let share = claimed.share { facts.complete(from: share, ours: site.hosts) }
        facts.invite = invite(behind: claimed.message, of: peer)
        return facts
    }

    /// Whether an invitation was accepted between those whom a share, or the request for one, is
    /// about.
    private func invite(behind message: Message, of peer: PeerHost?) -> InviteFact {
        switch message {
        case .share(let share):
            invite(between: share.shareWith, andFirstOf: [share.sender, share.owner], at: peer)
        case .ocsShare(let share):
            invite(
                between: OCMAddress(identifier: share.shareWith, host: site.host),
                andFirstOf: [share.sender, share.owner], at: peer)
        case .requestShare(let request): invite(between: request.owner, and: request.shareWith)
        case .notification, .inviteAccepted, .token, .ocsChange: .none
        }
    }
}

extension Received {
    /// What the policy calls this message.
    var occasion: Occasion {
        switch kind {
        case .ocm(.shares): Occasion(.share, .inbound)
        case .ocm(.notifications): Occasion(.notification, .inbound)
        case .ocm(.inviteAccepted): Occasion(.invite, .inbound)
        case .ocm(.requestShare): Occasion(.requestShare, .inbound)
        case .token: Occasion(.token, .inbound)
        case .ocs: Occasion(.ocs, .inbound)
        }
    }
}

extension Facts {
    /// What the message itself says.
    ///
    /// - Parameter ours: the names of this site, its own first; people of it are at that one,
    ///   whatever name a message uses.
    mutating func fill(from message: Message, ours: [PeerHost]) {
        switch message {
        case .share(let share):
            shareType = share.shareType
            resourceType = share.resourceType
            protocols = share.protocols.map(\.name)
            permissions = share.granted
            accessTypes = share.protocols.flatMap(\.accessTypes)
            size = share.size
            owner = share.owner.saidOnce.canonical(ours: ours)
            sender = share.sender.saidOnce.canonical(ours: ours)
            recipient = share.shareWith.saidOnce.canonical(ours: ours)
            access = share.requires(.mustExchangeToken) ? .token : .secret
        case .notification(let notification):
            notificationType = notification.type.word
            resourceType = notification.resourceType
        case .inviteAccepted(let invite):
            let person = "\(invite.userID)@\(invite.recipientProvider)"
            sender = OCMAddress(person)?.saidOnce.canonical ?? person
        case .requestShare(let request):
            owner = request.owner.saidOnce.canonical(ours: ours)
            recipient = request.shareWith.saidOnce.canonical(ours: ours)
        case .token: access = .token
        case .ocsShare(let share):
            shareType = share.shareType
            resourceType = "file"
            protocols = ["webdav"]
            permissions = .unspecified
            owner = share.owner.saidOnce.canonical(ours: ours)
            sender = share.sender.saidOnce.canonical(ours: ours)
            // The older API names the account alone, on the side that the message goes to.
            let host = occasion.direction == .inbound ? ours.first : peer
            recipient = host.map { "\(share.shareWith)@\($0)" } ?? share.shareWith
        case .ocsChange(let change): notificationType = change.notificationType.word
        }
    }
}

extension Facts {
    /// What the registry knows of the share that a request is about.
    ///
    /// - Parameter ours: the names of this site, its own first.
    mutating func fill(from found: FoundAccess, ours: [PeerHost]) {
        fill(from: found.share, ours: ours)
        protocols = [found.access.protocolName]
        permissions = found.access.permissions.facts
    }

    /// What it is of, and between whom it is.
    mutating func fill(from share: ShareRecord, ours: [PeerHost]) {
        resourceType = nil
        complete(from: share, ours: ours)
    }

    /// The same of the share that a notification is about, which may say itself what that is of.
    mutating func complete(from share: ShareRecord, ours: [PeerHost]) {
        // Those of this site are at its own name, whatever that was when the share was made.
        func named(_ person: String?) -> String? {
            guard let person, let address = OCMAddress(person),
                ours.contains(address.host) || address != address.saidOnce
            else { return person }
            return address.saidOnce.canonical(ours: ours)
        }
        resourceType = resourceType ?? share.resourceType
        owner = named(share.owner)
        sender = named(share.sender)
        recipient = named(share.recipient)
    }
}

extension Share {
    /// What its ways grant together; of one that does not say, that too.
    var granted: Permissions {
        Permissions(words: protocols.flatMap { $0.permissions.facts.words })
    }
}

extension SharePermissions {
    var facts: Permissions {
        switch self {
        case .unspecified: .unspecified
        case .named(let words): Permissions(words: words)
        }
    }
}
