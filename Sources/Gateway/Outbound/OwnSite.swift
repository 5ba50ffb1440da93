import Federation
import OpenSSL
import Synchronization
import Transport

/// What the backend tells its own site, by the way out: one of its people shares with another by their
/// address, or a peer has a share passed on to one of them.
///
/// The site is no peer (`docs/decisions/0071`): no list, rule or limit is asked, no secret is replaced, and
/// the backend gets its own words as they came. Whoever makes it send something speaks for the people of
/// this site at most, and for no peer.
extension Gateway {
    /// Takes a message that the backend has sent to its own site.
    func receiveOwn(_ request: ReceivedRequest, as kind: Received.Kind) async -> Answer {
        let received = Received(
            kind: kind, head: request.head, body: request.body, client: request.client,
            now: environment.now())
        let trail = Trail(
            kind.text, from: received.client, now: received.now, under: policy.snapshot,
            clock: environment, fingerprint: fingerprint)
        keepBody(of: received, trail)
        let answer: Answer
        do throws(Denial) {
            let message = try Message(received)
            trail.readOwn(
                message, as: received.occasion, ours: site.hosts, now: received.now)
            let share = try checkOwn(message, trail)
            try await reserve(trail)
            answer = try await deliverOwn(message, of: received, about: share, trail)
            trail.answered(answer.status)
        } catch {
            answer = refusal(error, of: kind.family, decision: trail.decision)
            trail.refused(error, status: answer.status)
        }
        return await recorded(answer, trail) { refusal($0, of: kind.family, decision: $1) }
    }

    /// The share that the message is about, where the registry knows it: one that a peer had passed on to
    /// somebody of ours. Those between two of ours it does not know.
    ///
    /// Refused: what speaks for another site (`sender_mismatch`), or is for nobody of this one.
    private func checkOwn(
        _ message: Message, _ trail: Trail
    ) throws(Denial) -> ShareRecord? {
        try checkOurs(message)
        switch message {
        case .share(let share):
            try checkSpeakers(share.owner, share.sender, for: share.shareWith, trail)
            return nil
        case .ocsShare(let share):
            let recipient = OCMAddress(identifier: share.shareWith, host: site.host)
            try checkSpeakers(share.owner, share.sender, for: recipient, trail)
            return nil
        case .notification(let notification):
            if let named = notification.senderDomain {
                try checkSpeaker(named, "senderDomain", trail)
            }
            return try ownShare(meantBy: message, notification.type, trail)
        case .ocsChange(let change):
            guard change.verb != .move else {
                throw Denial(
                    .notificationTypeNotSupported, "a share stays at the site that made it")
            }
            return try ownShare(meantBy: message, change.notificationType, trail)
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
        let asked = ResharesInHand.Reshare(
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

    /// Refused: a notification by the secret of a share that a peer has a side of (`sender_mismatch`), and one
    /// that no secret proves, or to a backend that looks at none (`share_unknown`): it would find any
    /// peer's share by its id.
    private func ownShare(
        meantBy message: Message, _ type: Federation.Notification.Kind, _ trail: Trail
    ) throws(Denial) -> ShareRecord? {
        let secrets = message.secrets
        guard !secrets.isEmpty, backend.view.backend.readsSecret else {
            try refuse(
                Denial(.shareUnknown, "\(Denial.toOwnSite): no secret proves which share is meant"),
                orTell: trail)
            return nil
        }
        let found = secrets.flatMap { secret in
            ShareDirection.allCases.flatMap { registry.find(secret, $0) }
        }
        if let other = found.first(where: { !isOwn($0) })?.share {
            try refuse(
                Denial(
                    .senderMismatch, "\(Denial.toOwnSite): share \(other.id) is with \(other.peer)"),
                orTell: trail)
            return nil
        }
        let share = found.first?.share
        try checkStands(share, secrets.first, type)
        return share
    }

    /// Whether a share that the registry knows is for somebody of ours, or one of ours has shared it on for
    /// its owner, who is told what its receiver says.
    private func isOwn(_ found: FoundAccess) -> Bool {
        let share = found.share
        guard share.direction == .outbound, found.credential == .secret else { return false }
        if site.hosts.contains(share.peer) { return true }
        guard share.owner != share.sender else { return false }
        return [share.owner, share.sender].allSatisfy { text in
            text.flatMap { OCMAddress($0) }.map { site.hosts.contains($0.host) } ?? false
        }
    }

    /// Hands the message to the backend; a share of the registry that it ends is over once the backend has
    /// taken it.
    private func deliverOwn(
        _ message: Message, of received: Received, about share: ShareRecord?, _ trail: Trail
    ) async throws(Denial) -> Answer {
        let target: String
        var dropped = Self.unforwarded
        var signature: [(FieldName, String)]?
        switch received.kind {
        case .ocm(let endpoint):
            target = "\(backend.view.endPoint)/\(endpoint.rawValue)"
            var speaker = site.name(in: received.head.authority)
            if case .share(let share) = message { speaker = share.owner.host }
            signature = try signatureForBackend(of: speaker, Array(target.utf8), received.body)
            if signature != nil { dropped.append(.date) }
        case .ocs(let call, let path): target = call.action.onward(path.text) + "?format=json"
        case .token: throw Denial(.notFound, "nothing that a site tells itself")
        }
        let head = try backend.head.writer(
            for: received.head, path: target, client: received.client, dropping: dropped,
            coding: .identity, adding: signature ?? [],
            asserting: BackendHead.Assertion(peer: nil, decision: trail.decision))
        let response = try await ask(head, received.body, for: received.client, trail)
        let isTaken =
            message.isOCM
            ? (200...299).contains(response.status)
            : OCSAnswer.outcome(status: response.status, body: response.body) == .taken
        if isTaken, message.end != nil, let share, site.hosts.contains(share.peer) {
            try await makeDurable([registry.end(share.id, now: environment.now())])
        }
        return Answer(
            status: response.status, fields: [("content-type", response.contentType)],
            body: response.body)
    }

    /// Signatures that nobody has looked at, and logins: a message speaks for a site.
    private static let unforwarded: [FieldName] =
        [.signature, .signatureInput, .contentDigest, .digest, .authorization, .cookie]
        + FieldName.otherLogins
}

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

extension Received.Kind {
    /// Whether it is about a share, whose two people may be of one site.
    var isOfShares: Bool {
        switch self {
        case .ocm(.shares), .ocm(.notifications), .ocs: true
        case .ocm(.inviteAccepted), .ocm(.requestShare), .token: false
        }
    }
}
