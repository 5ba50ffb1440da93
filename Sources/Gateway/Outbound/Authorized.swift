package import Federation
import Transport

/// A message that the policy lets go out, once: whoever sends it consumes it.
///
/// Only `Gateway.authorize` makes one.
struct Authorized: ~Copyable {
    let addressed: Addressed
    /// The message in the words of OCM; a call of the older API only where the peer takes it so.
    let message: Message
    let peer: ResolvedPeer
    let dialect: PeerDialect
    /// In which the message is to be signed.
    let generation: SignatureGeneration
    /// What the rule that lets it out sets.
    let settings: RuleSettings

    fileprivate init(
        addressed: Addressed, message: Message, peer: ResolvedPeer, dialect: PeerDialect,
        generation: SignatureGeneration, settings: RuleSettings
    ) {
        self.addressed = addressed
        self.message = message
        self.peer = peer
        self.dialect = dialect
        self.generation = generation
        self.settings = settings
    }
}

extension Gateway {
    /// Asks the policy, under the snapshot that the message began with.
    ///
    /// A call of the older API is judged as the message of OCM that it goes out as; as one of its own
    /// kind where it goes out as it is. Refused: whatever the policy denies, in its own words; an
    /// endpoint at the host of another peer, or at one that the lists refuse.
    func authorize(
        _ addressed: Addressed, to peer: ResolvedPeer, _ trail: Trail
    ) throws(Denial) -> Authorized {
        let dialect = dialect(of: peer)
        let message = try sayable(addressed, to: peer, dialect)
        let generation = message.isOCM ? generation(for: dialect) : .none
        var facts = facts(message, of: addressed, to: peer, dialect, signed: generation)
        if message.isOCM {
            let now = addressed.received.now
            facts.alsoNamed = try hostsNamed(by: peer, trail.policy, now: now)
        }
        let judgement = try judge(facts, Amount(of: message, addressed.received), trail)
        return Authorized(
            addressed: addressed, message: message, peer: peer, dialect: dialect,
            generation: generation, settings: judgement.verdict.settings)
    }

    /// The host that a peer's document names for its messages in the place of its own: one below it, or one
    /// that the same entry of a list lets in. A peer that names another peer would have us sign to that one
    /// what it chose itself.
    ///
    /// Refused: `peer_unavailable` for the host of another peer, whatever the lists say of that; its port.
    private func hostsNamed(
        by peer: ResolvedPeer, _ policy: Policy, now: Int
    ) throws(Denial) -> [PeerHost] {
        let host = peer.paths.realHost
        guard host != peer.peer else { return [] }
        try checkPort(of: host, namedBy: peer.peer)
        let entry = policy.standing(of: host, now: now).entry
        let isShared = entry != nil && entry == policy.standing(of: peer.peer, now: now).entry
        guard isShared || host.isBelow(peer.peer) else {
            throw Denial(
                .peerUnavailable, "the endPoint of \(peer.peer)\(Denial.otherServer)\(host)")
        }
        return [host]
    }

    /// The message as the peer can be told it.
    private func sayable(
        _ addressed: Addressed, to peer: ResolvedPeer, _ dialect: PeerDialect
    ) throws(Denial) -> Message {
        guard case .ocs(let call, _) = addressed.received.kind else { return addressed.message }
        let reader = peer.document == nil ? nil : dialect.reader
        // What nobody has recorded may be. Nextcloud says an end here only where it was not taken as OCM.
        let isPassedOn =
            addressed.share?.isOfAnother(than: site.hosts) ?? (backend.kind == .nextcloud)
        let way = OCSTranslation.way(
            of: call.action, by: isPassedOn ? .sender : .owner, to: reader)
        switch (way, addressed.message) {
        case (.ocm, .ocsShare(let share)):
            return .share(try OCSTranslation.share(share, to: peer.peer))
        case (.ocm, .ocsChange(let change)):
            return try OCSTranslation.notification(change).map { .notification($0) }
                ?? addressed.message
        case (.ocm, _), (.ocs, _): return addressed.message
        }
    }

    /// In which generation messages to a peer are signed; `none` where `egress.sign` is off.
    func generation(for dialect: PeerDialect) -> SignatureGeneration {
        if configuration.egress?.signing == .off { return .none }
        let signer = signer(for: site.host)
        if signer.canSign(dialect.signatures) { return dialect.signatures }
        guard let other = dialect.otherSignatures, signer.canSign(other) else { return .none }
        return other
    }

    /// What the policy may know of a message that goes out.
    private func facts(
        _ message: Message, of addressed: Addressed, to peer: ResolvedPeer,
        _ dialect: PeerDialect, signed generation: SignatureGeneration
    ) -> Facts {
        let received = addressed.received
        var facts = Facts(
            Occasion(message.kind, .outbound), peer: peer.peer, now: received.now)
        facts.address = received.client.address.map { NetworkAddress($0) }
        facts.fill(from: message, ours: site.hosts)
        if let share = addressed.share { facts.complete(from: share, ours: site.hosts) }
        facts.know(peer, pins: pins)
        facts.signature = SignatureFact(generation, dialect.verificationOfSent)
        if case .share(let share) = message {
            facts.access = translation(to: dialect).access(of: share)
        }
        facts.invite = invite(behind: message, to: peer.peer)
        return facts
    }

    /// Whether an invitation was accepted between those whom a share, or the request for one, is
    /// about.
    private func invite(behind message: Message, to peer: PeerHost) -> InviteFact {
        switch message {
        case .share(let share): invite(between: share.sender, and: share.shareWith)
        case .ocsShare(let share):
            invite(
                between: share.sender, and: OCMAddress(identifier: share.shareWith, host: peer))
        case .requestShare(let request): invite(between: request.shareWith, and: request.owner)
        case .notification, .inviteAccepted, .token, .ocsChange: .none
        }
    }

    /// Into the words of a peer.
    func translation(to dialect: PeerDialect) -> OutboundTranslation {
        let view = backend.view
        return OutboundTranslation(
            to: dialect, data: site.origin + view.webdav + "/", names: view.names)
    }

    /// Whether an invitation was accepted between one of ours and one of a peer's.
    func invite(between local: OCMAddress, and remote: OCMAddress) -> InviteFact {
        contacts.contains(
            Contact(
                peer: remote.host, remote: remote.identifier, local: local.identifier,
                site: local.host)) ? .accepted : .none
    }

    /// The same for the people of a share, of whom a peer can speak for its own alone.
    func invite(
        between local: OCMAddress, andFirstOf people: [OCMAddress], at peer: PeerHost?
    ) -> InviteFact {
        people.first { $0.host == peer }.map { invite(between: local, and: $0) } ?? .none
    }
}

extension Facts {
    /// What is known of the peer that something goes out to: what it says of itself, and its keys.
    mutating func know(_ peer: ResolvedPeer, pins: PinBook) {
        know(peer.document, pins[peer.peer])
    }

    /// What a peer says of itself, and whether it is known by any key.
    package mutating func know(_ document: DiscoveryDocument?, _ pins: [Pin]) {
        peerKeys = document?.advertisesSignatures == true ? .advertised : .none
        mfa = document?.capabilities.contains(.enforceMFA) == true ? .enforced : .notEnforced
        software = document?.software
        keyPinned = pins.isEmpty ? .none : .pinned
    }
}

extension SignatureFact {
    /// The signature of a request of ours; one that nobody looks at is none.
    init(_ generation: SignatureGeneration, _ verification: PeerDialect.Verification) {
        switch verification {
        case .unknown: self = .none
        case .verifies: self = generation.fact
        }
    }
}

extension Message {
    /// What the policy calls it.
    var kind: MessageKind {
        switch self {
        case .share: .share
        case .notification: .notification
        case .inviteAccepted: .invite
        case .requestShare: .requestShare
        case .token: .token
        case .ocsShare, .ocsChange: .ocs
        }
    }

    /// Whether it is one that can be signed.
    var isOCM: Bool {
        switch self {
        case .share, .notification, .inviteAccepted, .requestShare, .token: true
        case .ocsShare, .ocsChange: false
        }
    }
}
