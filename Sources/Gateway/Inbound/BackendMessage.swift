import Federation
import OpenSSL
import Transport

/// A permitted message in the words of the backend, ready to be sent once.
///
/// Only `Gateway.transform` makes one.
struct BackendMessage: ~Copyable {
    let verified: Verified
    let target: [UInt8]
    let body: [UInt8]
    /// Fields of the client that must not pass.
    let dropped: [FieldName]
    /// Fields of ours: the signature, for a backend that verifies.
    let added: [(FieldName, String)]
    /// To be durable before the backend hears of the message.
    let memory: [Change]
    let effect: Effect
    /// What the backend may repeat in its answer and nobody else is to know: the secrets of the
    /// message and the handles in their place.
    let secrets: [Secret]
    /// The API that it goes to, whose form the backend's answer has.
    let api: API

    /// The API of OCM, or the older one.
    enum API: Sendable { case ocm, ocs }

    /// What the backend's word on the message is for the registry.
    enum Effect: Sendable {
        case none
        /// A share, taken back when the backend refuses it.
        case makes(ShareRecord)
        /// A share that is over when the backend takes the message.
        case ends(ShareRecord)
    }

    fileprivate init(
        verified: Verified, target: [UInt8], body: [UInt8], dropped: [FieldName],
        added: [(FieldName, String)], memory: [Change], effect: Effect, secrets: [Secret], api: API
    ) {
        self.verified = verified
        self.target = target
        self.body = body
        self.dropped = dropped
        self.added = added
        self.memory = memory
        self.effect = effect
        self.secrets = secrets
        self.api = api
    }
}

extension Gateway {
    /// Turns a permitted message into what a server of the backend's age could have sent it.
    ///
    /// Refused: `protocol_not_supported` when the backend has no words for it, `not_allowed` for an invitation
    /// that another peer has accepted, and what the message says that nobody here has let it say.
    func transform(
        _ permitted: consuming Permitted, _ trail: Trail
    ) throws(Denial) -> BackendMessage {
        let verified = permitted.verified
        let settings = permitted.settings
        let view = backend.view
        switch verified.claimed.message {
        case .share(let share):
            return try transform(offered(share, verified), verified, settings, view, trail)
        case .notification(let notification):
            return try transform(notification, verified, view, trail)
        case .inviteAccepted(let invite):
            if let other = contacts.peer(ofInvitation: invite.token), other != verified.peer {
                throw Denial(.notAllowed, "the invitation was accepted at \(other)")
            }
            let body = Translation(for: view.backend).inviteAccepted(invite)
            return try message(verified, view, body)
        case .requestShare(let request):
            return try message(
                verified, view, TranslatedBody(bytes: request.received, isChanged: false))
        case .ocsShare(let share):
            return try transform(share, verified, trail)
        case .ocsChange(let change): return try transform(change, verified)
        case .token: throw Denial(.notFound, "a token request is not the backend's")
        }
    }

    private func transform(
        _ offered: OfferedShare, _ verified: Verified, _ settings: RuleSettings,
        _ view: BackendServer.View, _ trail: Trail
    ) throws(Denial) -> BackendMessage {
        let share: Share
        var isCut = false
        switch offered {
        case .asSent(let whole): share = whole
        case .cut(let rest):
            share = rest
            isCut = true
        }
        let translation = Translation(for: view.backend)
        if translation.takesAway(theSenderOf: share), verified.peer != share.owner.host {
            let denial = Denial(
                .senderMismatch,
                "\(Denial.ownersAlone): only \(share.owner.host) may send it"
            )
            try refuse(denial, orTell: trail)
        }
        try checkSharer(
            share.sender, of: share.owner, for: share.shareWith, by: share.secrets, verified, trail)
        // It would take the share for somebody whom the policy was not asked about.
        if view.backend.readsAnother(than: share.shareWith.saidOnce.identifier) {
            throw Denial(.malformedMessage, "the backend reads another person in shareWith")
        }
        if view.backend.takesForPerson(shareType: share.shareType) {
            throw Denial(.shareTypeNotSupported, "the backend would give it to a person")
        }
        // The backend, and whoever opens the share, would look for a peer's data at this site.
        if let data = share.webdav?.uri.flatMap({ URLParts($0) }), site.hosts.contains(data.host),
            !site.hosts.contains(share.owner.host)
        {
            throw Denial(.protocolNotSupported, "data of \(share.owner.host) at this site itself")
        }
        try Self.checkURI(of: share.protocols)
        if gate == nil, hasNoRoom(for: share) { try refuse(Self.longSecret, orTell: trail) }
        do throws(Denial) { try checkOpens(share, verified) } catch {
            try refuse(error, orTell: trail)
        }
        let draft = try draft(
            share, from: verified.peer, settings, now: verified.claimed.received.now)
        var body = try translation.share(
            share, swaps: draft.swaps, taken: Self.takenOver,
            signed: verified.signedBy != nil && signsForBackend,
            told: told(share.providerID, of: draft.made), uri: Self.location(of: share, verified))
        if isCut { body = TranslatedBody(bytes: body.bytes, isChanged: true) }
        if body.isChanged { trail.altered("translated") }
        let untold = translation.waysLeftOut(
            of: share.protocols, Self.takenOver, swaps: draft.swaps)
        if isCut || !untold.isEmpty { trail.altered("ways left out") }
        if !draft.swaps.isEmpty { trail.altered("handle") }
        return try message(
            verified, view, body, memory: draft.changes, effect: .makes(draft.made),
            told: draft.swaps.map(\.new))
    }

    /// Refused (`protocol_not_supported`): data over WebDAV at a URI with the secret in it, which the backend and
    /// the peer would log, and the registry keep in the clear. Of other ways
    /// ``Translation/waysLeftOut(of:_:swaps:)`` leaves those out.
    private static func checkURI(of ways: [ShareProtocol]) throws(Denial) {
        guard ways.withSecretsInURIs.contains("webdav") else { return }
        throw Denial(.protocolNotSupported, "the URI of the share holds its secret")
    }

    /// Refused: a share that is over already (`malformed_message`), and one whose data nobody would get
    /// (`protocol_not_supported`), since the backend asks for them through us alone, which follow its URI, and
    /// let pass what an application asks for (calendars, rooms, boards) as `egress.other` says.
    private func checkOpens(_ share: Share, _ verified: Verified) throws(Denial) {
        if let expires = share.expiration, expires <= verified.claimed.received.now {
            throw Denial(.malformedMessage, "expiration is past")
        }
        if !share.isOfFiles, backend.kind.mayBePHP, let peer = verified.peer,
            gate?.opensPages(of: peer) == false
        {
            throw Denial(unreadableOf: peer)
        }
        guard gate != nil, !backend.view.backend.looksAtURIs, share.isOfFiles,
            let peer = verified.peer, let uri = share.webdav?.uri
        else { return }
        _ = try place(ofData: uri, at: peer, prefix: nil)
    }

    private func transform(
        _ notification: Federation.Notification, _ verified: Verified, _ view: BackendServer.View,
        _ trail: Trail
    ) throws(Denial) -> BackendMessage {
        if let named = notification.senderDomain, !named.isSaid(of: verified.peer) {
            let denial = Denial(.senderMismatch, "senderDomain is \(named), which did not send it")
            try refuse(denial, orTell: trail)
        }
        let share = verified.claimed.share
        let translation = Translation(for: view.backend)
        var swaps: [SecretSwap] = []
        if let share { swaps = try self.swaps(towardsBackend: share) }
        // As in the offer, whose secrets of these are recorded nowhere.
        let untold = translation.waysLeftOut(
            of: notification.ways, Self.takenOver, swaps: swaps)
        let ways = notification.ways.filter { !untold.contains($0.name) }
        guard untold.isEmpty || !ways.isEmpty else {
            throw Denial(.protocolNotSupported, "no way that the backend could open")
        }
        try Self.checkURI(of: ways)
        try checkWays(ways, of: share, saidBy: verified.peer, trail)
        let owner = share?.ownerAddress?.host
        guard try waysElsewhere(ways, owner: owner, verified).isEmpty else {
            throw Denial(.protocolNotSupported, "a way to the share elsewhere than at its sender")
        }
        try checkStands(share, notification.secret, notification.type)
        if view.backend.readsGrantee { try checkNamed(notification, share, trail) }
        // A notification without a secret from the share's own verified peer (settled questions, 16).
        var filling: Secret?
        // oCIS asks for no other proof, so there has to be one: the signature, or the share's secret.
        var grantee = notification.secret == nil ? nil : share?.recipient
        if let share, case .valid = verified.signature {
            filling = try backendSecret(of: share)
            grantee = share.recipient
        }
        let told = swaps.map(\.new) + [filling].compactMap { $0 }
        let signer = verified.signedBy
        let isPassedOn = signer.map { share?.isPassedOn(by: $0) == true } ?? false
        if let call = OCSTranslation.call(
            notification, by: isPassedOn ? .sender : .owner, to: view.backend, in: view.folder,
            swaps: swaps, filling: filling)
        {
            trail.altered("translated")
            return ocs(
                verified, Array(call.target.utf8), call.form,
                dropped: [.contentType],
                added: [(.contentType, "application/x-www-form-urlencoded")],
                effect: Self.effect(of: notification.type, on: share), told: told)
        }
        // Backends refuse a notification that does not say what it is of.
        let body = translation.notification(
            notification, swaps: swaps, filling: filling, grantee: grantee,
            resourceType: share.map { $0.resourceType ?? "file" },
            told: share.map { self.told(notification.providerID, of: $0) }, without: untold,
            taken: Self.takenOver)
        if !untold.isEmpty { trail.altered("ways left out") }
        if body.isChanged { trail.altered("translated") }
        return try message(
            verified, view, body,
            memory: [permission(notification, share, .inbound)].compactMap { $0 },
            effect: Self.effect(of: notification.type, on: share), told: told)
    }

    private func message(
        _ verified: Verified, _ view: BackendServer.View, _ body: TranslatedBody,
        memory: [Change] = [], effect: BackendMessage.Effect = .none, told: [Secret] = []
    ) throws(Denial) -> BackendMessage {
        let target = Array(try backendTarget(of: verified.claimed.received.kind, at: view).utf8)
        let signature = try signatureForBackend(of: verified.signedBy, target, body.bytes)
        let isRFC9421 = verified.claimed.received.head.fields.contains(.signatureInput)
        let isDropped =
            signature != nil || view.backend.dropsSignature(of: body, isRFC9421: isRFC9421)
        let isForm = verified.claimed.received.mediaType == .form
        return BackendMessage(
            verified: verified, target: target, body: body.bytes,
            dropped: (isDropped ? Self.signatures : []) + (signature == nil ? [] : [.date])
                + (isForm ? [.contentType] : []),
            added: (signature ?? []) + (isForm ? [(.contentType, "application/json")] : []),
            memory: memory, effect: effect, secrets: verified.claimed.message.secrets + told,
            api: .ocm)
    }

    /// Where the backend takes messages of a kind: those of the older API at the path that the sender used, by
    /// the verb's own name. Their answer is asked for as JSON, which is what is read of it; without this a
    /// server says XML. No parameter of the sender's query passes: PHP would read it beside those of the body,
    /// which were judged.
    ///
    /// Refused: token requests, which are not the backend's.
    func backendTarget(
        of kind: Received.Kind, at view: BackendServer.View
    ) throws(Denial) -> String {
        switch kind {
        case .ocm(let endpoint): return "\(view.endPoint)/\(endpoint.rawValue)"
        case .ocs(let call, let path): return call.action.onward(path.text) + "?format=json"
        case .token: throw Denial(.notFound, "a token request is not the backend's")
        }
    }

    /// A backend that has taken `RESHARE_UNDO` has the share no more, whoever said it.
    static func effect(
        of type: Federation.Notification.Kind, on share: ShareRecord?
    ) -> BackendMessage.Effect {
        guard let share, type.endsShare || type == .reshareUndo && share.isServedHere else {
            return .none
        }
        return .ends(share)
    }

    /// Where the data of a share are that does not say so in full, by the document of the peer that sends
    /// it: behind a relative URI, at its WebDAV prefix and the id; in the deprecated shape, which has no
    /// URI, at its WebDAV prefix alone (`protocol.md` 6).
    private static func location(of share: Share, _ verified: Verified) -> String? {
        guard let peer = verified.peer,
            let path = verified.document?.webdavRoot(for: share.resourceType, at: peer)
        else { return nil }
        let root = peer.origin + path
        switch share.shape {
        case .legacy, .foreign: return root
        case .single, .multi:
            guard let uri = share.webdav?.uri, URLParts(uri) == nil else { return nil }
            return root + uri.drop { $0 == "/" }
        }
    }

    /// The refusal of a secret that the backend would cut, or not store.
    private static var longSecret: Denial {
        Denial(.protocolNotSupported, "a secret that is longer than the backend's database holds")
    }

    /// What the gateway meets in the backend's place.
    static let takenOver: Set<ShareRequirement> = [.mustExchangeToken]
    /// Fields of a signature, and what one may be about.
    static let signatures: [FieldName] =
        [.signature, .signatureInput] + FieldName.digests
}

extension Gateway {
    private func transform(
        _ share: OCSShare, _ verified: Verified, _ trail: Trail
    ) throws(Denial) -> BackendMessage {
        // No server looks at the type there: a person of the group's name would get the share.
        guard share.shareType == "user" else {
            throw Denial(.shareTypeNotSupported, "the older API shares with people alone")
        }
        try checkSharer(
            share.sender, of: share.owner,
            for: OCMAddress(identifier: share.shareWith, host: site.host), by: [share.secret],
            verified, trail)
        if hasNoRoom(for: share.secret) { try refuse(Self.longSecret, orTell: trail) }
        let received = verified.claimed.received
        let draft = try draft(
            share, from: verified.peer, as: site.name(in: received.head.authority),
            now: received.now)
        return try ocs(verified, share.form, memory: draft.changes, effect: .makes(draft.made))
    }

    private func transform(
        _ change: OCSChange, _ verified: Verified
    ) throws(Denial) -> BackendMessage {
        // The backend would fetch the data at another server, of which nobody knows that it agrees, and
        // to which nothing lets the share's secret go.
        guard change.verb != .move else {
            throw Denial(.notificationTypeNotSupported, "a share stays at the peer that made it")
        }
        var form = change.form
        let share = verified.claimed.share
        try checkStands(share, change.secret, change.notificationType)
        if let share, let secret = try backendSecret(of: share) {
            form.replace("token", with: secret.text)
        }
        return try ocs(verified, form, effect: Self.effect(of: change.notificationType, on: share))
    }

    /// A call of the older API that came as one.
    private func ocs(
        _ verified: Verified, _ form: FormBody, memory: [Change] = [],
        effect: BackendMessage.Effect
    ) throws(Denial) -> BackendMessage {
        let target = try backendTarget(of: verified.claimed.received.kind, at: backend.view)
        return ocs(verified, Array(target.utf8), form, memory: memory, effect: effect)
    }

    private func ocs(
        _ verified: Verified, _ target: [UInt8], _ form: FormBody, dropped: [FieldName] = [],
        added: [(FieldName, String)] = [], memory: [Change] = [],
        effect: BackendMessage.Effect = .none, told: [Secret] = []
    ) -> BackendMessage {
        BackendMessage(
            verified: verified, target: target, body: form.serialized(),
            dropped: Self.signatures + dropped, added: added, memory: memory, effect: effect,
            secrets: verified.claimed.message.secrets + told, api: .ocs)
    }
}

extension PeerHost {
    /// Whether it names a peer, whose port may be left out.
    fileprivate func isSaid(of peer: PeerHost?) -> Bool {
        self == peer || (port == nil && name == peer?.name)
    }
}

extension Federation.Notification.Kind {
    /// Whether the share is over once the backend has taken the notification.
    var endsShare: Bool {
        switch self {
        case .shareDeclined, .shareUnshared: true
        case .shareAccepted, .requestReshare, .reshareUndo, .reshareChangePermission,
            .shareChangePermission, .other:
            false
        }
    }
}

extension Backend {
    /// Nextcloud from 31 on verifies signatures itself: what is unchanged keeps its own. Until 34 it
    /// knows draft-cavage alone, and refuses one of RFC 9421 as invalid (`legacy-wire.md` 6.2).
    func dropsSignature(of body: TranslatedBody, isRFC9421: Bool) -> Bool {
        switch (kind, age) {
        case (.nextcloud, .middle): body.isChanged || isRFC9421
        case (.nextcloud, .current), (.generic, _): body.isChanged
        case (.nextcloud, .old), (.owncloud10, _), (.ocis, _), (.opencloud, _), (.cernbox, _),
            (.seafile, _):
            true
        }
    }
}
