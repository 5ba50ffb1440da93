import Federation
import Transport

/// A message that was read, and the peer it claims to come from, whose standing lets it go on.
///
/// Nothing of it is believed yet; but the policy has said that this peer may be asked for its keys.
/// Only `Gateway.identify` makes one. A class, since each phase hands it on and it holds very many texts.
final class Claimed: Sendable {
    let received: Received
    let message: Message
    /// Nil when the message names nobody and is not about a share that we know
    /// (`docs/decisions/0004`).
    let claim: Claim?
    /// The share that a notification is about.
    let share: ShareRecord?
    /// Why the notification is refused once its signature, where it has one, has been verified; before
    /// that nobody learns which shares there are.
    let doubt: Denial?
    /// The signature that speaks for the message, where it had to be read to know whom the message speaks
    /// for; nil when nobody has read it.
    let presented: Result<Presented, Denial>?

    fileprivate init(
        received: Received, message: Message, claim: Claim?, share: ShareRecord?, doubt: Denial?,
        presented: Result<Presented, Denial>?
    ) {
        self.received = received
        self.message = message
        self.claim = claim
        self.share = share
        self.doubt = doubt
        self.presented = presented
    }
}

extension Gateway {
    /// Finds out whom a message speaks for, and asks the lists about them.
    ///
    /// Refused: peers that are blocked, or unknown under `unknown = "deny"`: nothing is ever fetched from
    /// those. Those that wait for a person (`unknown = "hold"`) go on to be verified, and no further.
    /// Messages for, or about, somebody who is none of ours; token requests of nobody (`invalid_request`).
    ///
    /// - Parameter peer: who has signed, where that is known already.
    func identify(
        _ message: Message, of received: Received, signedBy peer: PeerHost? = nil, _ trail: Trail
    ) throws(Denial) -> Claimed {
        let presented = received.isNamedByItsKey ? self.presented(by: received) : nil
        let signer = peer.map { NamedSigner.host($0) } ?? NamedSigner(presented)
        let meant = shareMeant(by: message, signer: signer)
        let byCode = try claimByCode(message, of: received, presented, trail)
        let claim =
            byCode ?? message.claim(signedFor: signer.host)?.received(at: site.hosts)
            ?? meant.peer.map { Claim($0) } ?? signer.host.map { Claim($0) }
        trail.read(
            message, claim, as: received.occasion, peer: claim?.peer, ours: site.hosts,
            now: received.now)
        let claimed = Claimed(
            received: received, message: message, claim: claim, share: meant.share,
            doubt: meant.doubt, presented: presented)
        if case .token(let request) = message, request.client == nil, byCode == nil {
            throw Denial(.invalidRequest, "client_id is missing")
        }
        try admit(claimed, signer, trail)
        do throws(Denial) { try checkOurs(message) } catch { try refuse(error, orTell: trail) }
        return claimed
    }

    /// Whom a token request speaks for by its code alone, which is as much as an unsigned one ever shows
    /// (`docs/decisions/0014`). Nil where it is signed or names a peer, and where no block of the policy could let
    /// that peer have a token unsigned, or wait for one: then it is answered as with any code.
    ///
    /// Refused: what ``peer(ofCodeIn:_:under:mayHaveToken:)`` refuses.
    private func claimByCode(
        _ message: Message, of received: Received, _ presented: Result<Presented, Denial>?,
        _ trail: Trail
    ) throws(Denial) -> Claim? {
        guard case .token(let request) = message, case .success(let shown)? = presented,
            case .none = shown.signature
        else { return nil }
        let holder = try peer(ofCodeIn: request, received, under: trail.policy) { holder in
            let claimed = Claimed(
                received: received, message: message, claim: Claim(holder), share: nil, doubt: nil,
                presented: presented)
            var facts = self.facts(
                claimed, trail, peer: holder, signature: .none(.no), document: nil)
            facts.access = .token
            let standing = trail.policy.standing(of: holder, now: received.now)
            return trail.policy.mayAllow(facts, standing)
        }
        return holder.map { Claim($0) }
    }

    /// What its owner says of a share that is still being judged here waits for that one's answer, where it
    /// shows the share's secret: before, nobody knows what is meant, nor by which handle the backend
    /// knows it.
    func settle(_ message: Message) async {
        guard let name = message.ownersWord, let secret = message.secrets.first else { return }
        for offer in offersIn.find(name, knownBy: secret) { await offer.over() }
    }

    /// The same of what shows no secret, once it is known who signs: only then may it learn, by having to
    /// wait, that there is such a share. It is looked up after that: an older one of that name, which was sent
    /// again with something changed, is not all that is meant.
    ///
    /// Refused: what is in doubt still.
    func settle(
        _ claimed: Claimed, signedBy peer: PeerHost, _ trail: Trail
    ) async throws(Denial) -> Claimed {
        guard let name = claimed.message.ownersWord, claimed.message.word?.secret == nil else {
            if let doubt = claimed.doubt { throw doubt }
            return claimed
        }
        for offer in offersIn.find(name, of: peer) { await offer.over() }
        // Also where none is in hand any more: it may have been while the key was fetched.
        let again = try identify(claimed.message, of: claimed.received, signedBy: peer, trail)
        if let doubt = again.doubt { throw doubt }
        return again
    }

    /// A share is in hand from here until it has its answer; nil for another message. What there is no
    /// room for is not waited for.
    func takeInHand(_ claimed: Claimed) -> OffersInHand.Offer? {
        guard let name = claimed.message.offered else { return nil }
        return offersIn.begin(
            name, of: claimed.claim?.signers ?? [], knownBy: claimed.message.secrets)
    }

    /// The one of ours whom a message is about has to be one.
    ///
    /// Refused: what ``Site/checkOwn(_:_:)`` refuses, and what no user can be called (`malformed_message`).
    func checkOurs(_ message: Message) throws(Denial) {
        switch message {
        case .share(let share): try site.checkOwn(share.shareWith.saidOnce, "shareWith")
        case .requestShare(let request): try site.checkOwn(request.owner, "owner")
        case .ocsShare(let share):
            guard let recipient = OCMAddress("\(share.shareWith)@\(site.host)") else {
                throw Denial(.malformedMessage, "shareWith is no name of a user")
            }
            try site.checkOwn(recipient, "shareWith")
        case .notification, .inviteAccepted, .token, .ocsChange: break
        }
    }

    /// Every host that the message names as its own side must have a standing that lets it in, or
    /// lets it wait: then the trail keeps what holds it.
    private func admit(
        _ claimed: Claimed, _ signer: NamedSigner, _ trail: Trail
    ) throws(Denial) {
        // `verify` refuses a key that is nobody's as it refuses a wrong one: by asking for ids nobody
        // learns which shares there are.
        if claimed.claim == nil, case .keyOnly = signer { return }
        let (claim, received) = (claimed.claim, claimed.received)
        let standings = trail.policy.standings(
            of: claim?.peer, and: claim?.hosts(besides: claim?.peer) ?? [], now: received.now)
        trail.noteStanding(standings.own)
        let (named, standing) = (standings.decidingHost, standings.deciding)
        guard var denial = standing.denial else { return }
        if let named { denial = denial.about(named) }
        if configuration.profile == .observe {
            trail.tolerated(denial)
        } else if standing.waits {
            trail.noteHeld(named ?? claim?.peer, by: standing, denial)
        } else {
            let presented = signatureShown(by: claimed)
            if let presented { trail.presented(presented, now: received.now) }
            var facts = factsUnverified(claimed, presented, trail)
            trail.noteTurnedAway(by: standing, knowing: facts)
            // The candidate judges it as if its signature were good.
            facts.signature = presented?.generation.fact ?? .none
            trail.noteCandidate(judgeBeside(facts, refusedBy: standing, under: trail.snapshot))
            throw denial
        }
    }

    /// The signature of a message that is not let in; nil for one that cannot be read. Whoever only knocks
    /// costs as little as can be: without a field for one nothing is read.
    private func signatureShown(by claimed: Claimed) -> PresentedSignature? {
        let fields = claimed.received.head.fields
        guard
            fields.contains(.signature) || fields.contains(.signatureInput)
                || fields.contains(.authorization)
        else { return PresentedSignature.none }
        return try? signature(of: claimed).signature
    }

    /// What the policy may know of a message that is not let in: it is its signer's, if the key is what
    /// its name says, and nothing was fetched for it.
    private func factsUnverified(
        _ claimed: Claimed, _ presented: PresentedSignature?, _ trail: Trail
    ) -> Facts {
        let signed = presented.flatMap { try? signer($0, claimed.claim) }
        let peer = signed?.peer ?? claimed.claim?.peer
        let advertised = peer.map { hasSigned($0) ? SignatureStanding.Advertised.yes : .unknown }
        var facts = facts(
            claimed, trail, peer: peer, signature: .none(advertised ?? .no), document: nil)
        if let signed, configuration.signature.firstSeen == .pin,
            pins[signed.peer].contains(where: { $0.key.id == signed.keyID })
        {
            facts.keyPinned = .pinned
        }
        return facts
    }

    /// The share that a message without a name of its own is about.
    private func shareMeant(
        by message: Message, signer: NamedSigner
    ) -> ShareMeant {
        switch message {
        case .notification(let notification):
            var secret = notification.secret
            // Unsigned it is the only proof of what a share allows from now on.
            if case .nobody = signer { secret = secret ?? notification.webdavSecret }
            return shareMeant(
                by: notification.providerID, secret: secret,
                grantee: notification.grantee, resourceType: notification.resourceType,
                signer: signer, of: notification.type)
        case .ocsChange(let change):
            return shareMeant(
                by: change.providerID, secret: change.secret, grantee: nil, resourceType: nil,
                signer: .nobody, of: change.notificationType)
        case .share, .inviteAccepted, .requestShare, .token, .ocsShare: return .unknown
        }
    }
}

extension Received {
    /// Whether whom it speaks for may be said by the name of its key alone: it names nobody itself, or
    /// leaves the port out.
    fileprivate var isNamedByItsKey: Bool {
        switch kind {
        case .ocm(.notifications), .token: true
        case .ocm, .ocs: false
        }
    }
}

extension NamedSigner {
    /// What the name of the key says; nobody where none was read.
    fileprivate init(_ presented: Result<Presented, Denial>?) {
        guard let id = try? presented?.get().signature.keyID else {
            self = .nobody
            return
        }
        if let host = PresentedSignature.host(ofKeyID: id) {
            self = .host(host)
        } else {
            self = PresentedSignature.namesHost(id) ? .nobody : .keyOnly
        }
    }
}

extension Message {
    /// Whom the message speaks for by its own words. Nextcloud 35 leaves its port out of `client_id`, but
    /// not out of its key's name: there the port is the key's.
    fileprivate func claim(signedFor key: PeerHost?) -> Claim? {
        guard case .token(let request) = self, let key, let client = request.client,
            client.port == nil, client.name == key.name
        else { return ownClaim }
        return Claim(key)
    }
}

extension Standing {
    /// Whether a person is asked.
    var waits: Bool { refusal?.outcome == .hold }
}

extension SignatureGeneration {
    /// What the policy would hear of such a signature if it were good.
    var fact: SignatureFact {
        switch self {
        case .none: .none
        case .cavage: .cavage
        case .label, .tag: .rfc9421
        }
    }
}
