import Federation
import OpenSSL
import Transport

/// A message in the words of the peer, ready to be signed and sent.
///
/// Only `Gateway.transform` makes one.
struct PeerMessage: ~Copyable {
    let addressed: Addressed
    let message: Message
    let dialect: PeerDialect
    let generation: SignatureGeneration
    /// Unsigned yet.
    let request: OutboundRequest
    /// The endpoint that it says the same at, for what the backend makes of the answer.
    let endpoint: OCMEndpoint
    /// The share that the message makes.
    let made: Gateway.RecordedShare?
    /// The backend's secrets and what the peer was told in their place, for neither to be repeated.
    let secrets: [Secret]

    fileprivate init(
        addressed: Addressed, message: Message, dialect: PeerDialect,
        generation: SignatureGeneration, request: OutboundRequest, endpoint: OCMEndpoint,
        made: Gateway.RecordedShare?, secrets: [Secret]
    ) {
        self.addressed = addressed
        self.message = message
        self.dialect = dialect
        self.generation = generation
        self.request = request
        self.endpoint = endpoint
        self.made = made
        self.secrets = secrets
    }
}

extension Gateway {
    /// Turns a message into what a server of the peer's age reads, and puts codes in the place of the
    /// backend's secrets.
    ///
    /// What must not be lost is durable when this returns: the share that goes out with its codes,
    /// and that a share allows something else, which it does at once, whatever the peer says. Refused:
    /// what the peer has no words for, `store_unavailable`.
    func transform(
        _ authorized: consuming Authorized, _ trail: Trail
    ) async throws(Denial) -> PeerMessage {
        let (addressed, message) = (authorized.addressed, authorized.message)
        let (peer, dialect) = (authorized.peer, authorized.dialect)
        let (generation, settings) = (authorized.generation, authorized.settings)
        let translation = translation(to: dialect)
        let endpoint: OCMEndpoint
        var made: RecordedShare?
        var secrets = addressed.message.secrets
        var replaced: [SecretSwap] = []
        let body: TranslatedBody
        switch message {
        case .share(let sent):
            let (recorded, told) = try await offered(
                sent, to: peer.peer, by: translation, settings, addressed.received.client, trail)
            (endpoint, made, replaced, body) = (.shares, recorded, recorded.swaps, told)
        case .notification(let notification):
            endpoint = .notifications
            if let change = permission(notification, addressed.share, .outbound) {
                try await makeDurable([change])
            }
            replaced = try told(addressed, trail)
            let filling = try filling(addressed)
            if let secret = filling?.secret { secrets.append(secret) }
            body = translation.notification(
                notification, swaps: replaced, filling: filling?.secret,
                grantee: filling?.grantee, resourceType: filling?.resourceType)
        case .inviteAccepted(let invite):
            (endpoint, body) = (.inviteAccepted, translation.inviteAccepted(invite))
        case .requestShare(let request):
            (endpoint, body) = (.requestShare, translation.requestShare(request))
        case .ocsShare(let call):
            let blank = [SecretSwap(call.secret, by: Secret([]))]
            try Self.refuseLeft(blank, in: Self.form(call.form, call.secret, blank))
            let recorded = try await recorded(
                try OCSTranslation.share(call, to: peer.peer), for: peer.peer,
                demandsTokens: false, settings, trail)
            (endpoint, made, replaced) = (.shares, recorded, recorded.swaps)
            body = Self.form(call.form, call.secret, replaced)
        case .ocsChange(let change):
            endpoint = .notifications
            replaced = try told(addressed, trail)
            body = Self.form(change.form, change.secret, replaced)
        case .token: throw Denial(.notFound, "the gateway exchanges codes itself")
        }
        secrets += replaced.map(\.new)
        try Self.refuseLeft(replaced, in: body)
        if body.isChanged { trail.altered("translated") }
        return PeerMessage(
            addressed: addressed, message: message, dialect: dialect, generation: generation,
            request: try request(
                message, of: addressed.received, to: peer, at: endpoint, body.bytes),
            endpoint: endpoint, made: made, secrets: secrets)
    }

    /// Refused (`protocol_not_supported`): a share of a CERNBox that opens by tokens of its own endpoint
    /// alone (`legacy-wire.md` 7.2). Peers are shown ours, and by the secret nothing would open.
    private func refuseOwnTokens(of share: Share) throws(Denial) {
        let view = backend.view
        guard view.backend.kind == .cernbox, view.document?.tokenEndPoint != nil,
            share.webdav?.requirements.contains(.mustExchangeToken) == true
        else { return }
        throw Denial(
            .protocolNotSupported, "the backend wants its own tokens: turn enable_code_flow off")
    }

    /// Refused (`protocol_not_supported`): a message in which a secret that was to be replaced still
    /// stands somewhere.
    private static func refuseLeft(
        _ swaps: [SecretSwap], in body: TranslatedBody
    ) throws(Denial) {
        guard swaps.contains(where: { $0.isLeft(in: body.bytes) }) else { return }
        throw Denial(
            .protocolNotSupported, "a permanent secret stands where it cannot be replaced")
    }

    /// A share as the peer is told of it, recorded with the codes that it has there.
    ///
    /// Refused: what the peer cannot be told, or could not open; of that nothing is recorded.
    private func offered(
        _ sent: Share, to peer: PeerHost, by translation: OutboundTranslation,
        _ settings: RuleSettings, _ client: ClientConnection, _ trail: Trail
    ) async throws(Denial) -> (RecordedShare, TranslatedBody) {
        try refuseOwnTokens(of: sent)
        let openable = try translation.openable(sent)
        let share = await named(openable, by: translation, client, trail)
        // What the peer cannot be told is not recorded, nor a secret at a place that is kept as it is.
        let blanks = share.isOfFiles ? share.secrets.map { SecretSwap($0, by: Secret([])) } : []
        try Self.refuseLeft(blanks, in: try translation.share(share, swaps: blanks))
        let recorded = try await recorded(
            share, for: peer, demandsTokens: translation.access(of: share) == .token, settings,
            trail)
        let body = try translation.share(share, swaps: recorded.swaps)
        let isCut = openable.protocols.count < sent.protocols.count
        if isCut || translation.leavesWaysOut(of: share) { trail.altered("ways left out") }
        return (recorded, body)
    }

    private func recorded(
        _ share: Share, for peer: PeerHost, demandsTokens: Bool, _ settings: RuleSettings,
        _ trail: Trail
    ) async throws(Denial) -> RecordedShare {
        let recorded = try await record(
            share, for: peer, demandsTokens: demandsTokens, settings)
        trail.exchanged(recorded.share)
        if !recorded.swaps.isEmpty { trail.altered("code") }
        return recorded
    }

    /// A share that a message of the backend's says is over is so from now on, also where the peer is
    /// down or the policy is against the message: the backend has ended it. What is told to whoever
    /// shared it on ends nothing: it is about another one's answer, which has been heard. Of several shares
    /// of ours that have one name and secret it is not said which is over, so all are.
    ///
    /// Refused: `store_unavailable`.
    func endShare(meantBy addressed: Addressed, _ trail: Trail) async throws(Denial) {
        guard addressed.message.end != nil, let share = addressed.share, share.ended == nil else {
            return
        }
        guard share.direction == .inbound || !share.isPassedOn(by: addressed.peer) else { return }
        trail.exchanged(share)
        let now = environment.now()
        let twins = share.direction == .outbound ? registry.twins(of: share) : []
        try await makeDurable(([share] + twins).map { registry.end($0.id, now: now) })
    }

    /// The secrets of a notification in the words of the one who is told.
    private func told(_ addressed: Addressed, _ trail: Trail) throws(Denial) -> [SecretSwap] {
        guard let share = addressed.share else { return [] }
        trail.exchanged(share)
        return try swaps(towardsPeer: share)
    }

    /// What the peer finds a share by that it has with us, in its own words: what the backend left out
    /// of a notification is filled in by it, as on the way in. Nil for a share that we do not know, and
    /// for one of a third party's.
    private func filling(
        _ addressed: Addressed
    ) throws(Denial) -> (secret: Secret?, grantee: String?, resourceType: String?)? {
        guard let share = addressed.share, share.peer == addressed.peer else { return nil }
        return (try peerSecret(of: share), share.recipient, share.resourceType)
    }

    /// A form with its `token` replaced.
    private static func form(
        _ form: FormBody, _ secret: Secret, _ swaps: [SecretSwap]
    ) -> TranslatedBody {
        guard let new = swaps.first(where: { $0.old == secret })?.new else {
            return TranslatedBody(bytes: form.serialized(), isChanged: false)
        }
        var form = form
        form.replace("token", with: new.text)
        return TranslatedBody(bytes: form.serialized(), isChanged: true)
    }

    /// The request without a signature.
    ///
    /// Refused (`peer_unavailable`): a peer whose document names no https URL.
    private func request(
        _ message: Message, of received: Received, to peer: ResolvedPeer,
        at endpoint: OCMEndpoint, _ body: [UInt8]
    ) throws(Denial) -> OutboundRequest {
        var text = peer.paths.url(of: endpoint)
        var type = "application/json"
        switch message {
        case .ocsShare, .ocsChange:
            if case .ocs(let call, let path) = received.kind {
                text =
                    peer.paths.origin + call.action.onward(path.text)
                    + (received.query.map { "?\($0)" } ?? "")
            }
            type = "application/x-www-form-urlencoded"
        case .share, .notification, .inviteAccepted, .requestShare, .token: break
        }
        guard let url = try? HTTPURL(text), url.scheme == .https else {
            throw Denial(.peerUnavailable, "\(text) is not an https URL")
        }
        return OutboundRequest(
            .post, authority: url.authority, target: Array(url.target.utf8),
            fields: [
                (.contentType, type), (.accept, "application/json"), (.userAgent, "ocmgate"),
                (.via, via),
            ], body: body)
    }
}
