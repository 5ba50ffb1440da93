import Federation
import OpenSSL
import Transport

/// What the backend tells its own site, by the way out: one of its people shares with another by their
/// address, or a peer has a share passed on to one of them.
///
/// The site is no peer (`docs/decisions/0071`): no list, rule or limit is asked, no secret is replaced, and
/// the backend gets its own words as they came, but of a peer's share that it has under a code. Whoever makes
/// it send something speaks for the people of this site at most, and for no peer.
extension Gateway {
    /// Hands a message that the backend has sent to its own site back to it, once it is checked: the middle of
    /// ``receive(_:as:through:)`` for these. A share of the registry that it ends is over once the backend
    /// has taken it.
    func deliverOwn(
        _ message: Message, of received: Received, _ trail: Trail
    ) async throws(Denial) -> Answer {
        trail.readOwn(message, as: received.occasion, ours: site.hosts, now: received.now)
        let effect = try checkOwn(message, trail)
        let words = try words(of: message, ending: effect)
        if words != nil { trail.altered("translated") }
        let body = words ?? received.body
        try await reserve(trail)
        let target = try backendTarget(of: received.kind, at: backend.view)
        var signature: [(FieldName, String)]?
        if message.isOCM {
            var speaker = site.name(in: received.head.authority)
            if case .share(let share) = message { speaker = share.owner.host }
            signature = try signatureForBackend(of: speaker, Array(target.utf8), body)
        }
        // Signatures that nobody has looked at, and logins: a message speaks for a site.
        let head = try backend.head.writer(
            for: received.head, path: target, client: received.client,
            dropping: Self.signatures + FieldName.logins + (signature == nil ? [] : [.date]),
            reader: .gatewayWhole, adding: signature ?? [],
            asserting: BackendHead.Assertion(peer: nil, decision: trail.decision))
        let response = try await ask(head, body, for: received.client, trail)
        let isTaken =
            message.isOCM
            ? (200...299).contains(response.status)
            : OCSAnswer.outcome(status: response.status, body: response.body) == .taken
        if isTaken { try await taken(effect) }
        return Answer(
            status: response.status, fields: [("content-type", response.contentType)],
            body: response.body)
    }

    /// The message by the code that the backend has in the place of the secret of the share that it ends, which
    /// it knows from having passed it on; nil for one that it reads as it wrote it.
    func words(
        of message: Message, ending effect: BackendMessage.Effect
    ) throws(Denial) -> [UInt8]? {
        guard case .ends(let share) = effect, share.direction == .inbound else { return nil }
        let swaps = try swaps(towardsBackend: share)
        guard let told = message.secrets.first,
            let code = swaps.first(where: { $0.old == told })?.new
        else { return nil }
        switch message {
        case .notification(let notification):
            return Translation(for: backend.view.backend).notification(notification, swaps: swaps)
                .bytes
        case .ocsChange(let change):
            var form = change.form
            form.replace("token", with: code.text)
            return form.serialized()
        case .share, .ocsShare, .inviteAccepted, .requestShare, .token: return nil
        }
    }

    /// What the backend's word on the message is for the registry, which knows no shares between two of ours.
    ///
    /// Refused: what speaks for another site (`sender_mismatch`), or is for nobody of this one; that a share
    /// moves (`notification_type_not_supported`), and what no site tells itself (`not_found`).
    private func checkOwn(
        _ message: Message, _ trail: Trail
    ) throws(Denial) -> BackendMessage.Effect {
        try checkOurs(message)
        switch message {
        case .share(let share):
            try checkSpeakers(share.owner, share.sender, for: share.shareWith, trail)
            return .none
        case .ocsShare(let share):
            let recipient = OCMAddress(identifier: share.shareWith, host: site.host)
            try checkSpeakers(share.owner, share.sender, for: recipient, trail)
            return .none
        case .notification(let notification):
            if let named = notification.senderDomain {
                try checkSpeaker(named, "senderDomain", trail)
            }
            return try effect(of: notification.type, saidIn: message, trail)
        case .ocsChange(let change):
            guard change.verb != .move else {
                throw Denial(
                    .notificationTypeNotSupported, "a share stays at the site that made it")
            }
            return try effect(of: change.notificationType, saidIn: message, trail)
        case .inviteAccepted, .requestShare, .token:
            throw Denial(.notFound, "nothing that a site tells itself")
        }
    }

    /// The owner is of this site, and so is the sender, but while a peer waits for what comes of its request
    /// to share on: meanwhile the sender may be of that peer, for the person that was asked for.
    private func checkSpeakers(
        _ owner: OCMAddress, _ sender: OCMAddress, for recipient: OCMAddress, _ trail: Trail
    ) throws(Denial) {
        try checkSpeaker(owner.host, "owner", trail)
        let asked = PeersReshare(
            sharer: sender.host, recipient: recipient.saidOnce.canonical(ours: site.hosts))
        if !reshares.contains(asked) { try checkSpeaker(sender.host, "sender", trail) }
    }

    private func checkSpeaker(
        _ host: PeerHost, _ member: String, _ trail: Trail
    ) throws(Denial) {
        guard !site.hosts.contains(host) else { return }
        try refuse(
            Denial(.senderMismatch, "\(Denial.toOwnSite): \(member) is at \(host)"), orTell: trail)
    }

    /// A share ends by it that a peer had passed on to somebody of ours, or one of ours a peer's to another;
    /// any other is its peer's.
    private func effect(
        of type: Federation.Notification.Kind, saidIn message: Message, _ trail: Trail
    ) throws(Denial) -> BackendMessage.Effect {
        let known: ShareRecord?
        do throws(Denial) { known = try ownShare(type, provedBy: message.secrets) } catch {
            try refuse(error, orTell: trail)
            return .none
        }
        try checkStands(known, message.secrets.first, type)
        guard let share = known, share.direction == .inbound || site.hosts.contains(share.peer)
        else { return .none }
        return Self.effect(of: type, on: share)
    }

    /// The share that is meant, where the registry knows it.
    ///
    /// Refused: one that a peer has a side of (`sender_mismatch`), and where no secret proves which is meant,
    /// or the backend looks at none (`share_unknown`): it would find any peer's share by its id.
    private func ownShare(
        _ type: Federation.Notification.Kind, provedBy secrets: [Secret]
    ) throws(Denial) -> ShareRecord? {
        guard !secrets.isEmpty, backend.view.backend.readsSecret else {
            throw Denial(
                .shareUnknown, "\(Denial.toOwnSite): no secret proves which share is meant")
        }
        let found = secrets.flatMap { secret in
            ShareDirection.allCases.flatMap { registry.find(secret, $0) }
        }
        if let other = found.first(where: { !isOwn($0, type) })?.share {
            throw Denial(
                .senderMismatch, "\(Denial.toOwnSite): share \(other.id) is with \(other.peer)")
        }
        // Of what was passed on within the site there are both sides; the receiver's opens something.
        let received = found.last { $0.share.direction == .inbound }
        return (received ?? found.first)?.share
    }

    /// Whether a share that the registry knows is for somebody of ours, or one of ours has shared it on for
    /// its owner, who is told what its receiver says. A peer's is so for its end alone, where one of ours has
    /// passed it on to another.
    private func isOwn(_ found: FoundAccess, _ type: Federation.Notification.Kind) -> Bool {
        let share = found.share
        guard share.direction == .inbound || found.credential == .secret else { return false }
        if type == .shareUnshared, areOurs(share.sender, share.recipient) { return true }
        guard share.direction == .outbound else { return false }
        if site.hosts.contains(share.peer) { return true }
        return share.owner != share.sender && areOurs(share.owner, share.sender)
    }

    private func areOurs(_ people: String?...) -> Bool {
        people.allSatisfy { text in
            text.flatMap { OCMAddress($0) }.map { site.hosts.contains($0.host) } ?? false
        }
    }
}

extension Received.Kind {
    /// Whether it is about a share, whose two people may be of one site.
    var isOfShares: Bool {
        switch self {
        case .ocm(.shares), .ocm(.notifications), .ocs: true
        case .ocm(.inviteAccepted), .ocm(.requestShare), .token: false
        }
    }
}
