import Federation
import OpenSSL
import Transport

extension Gateway {
    /// Sends a message to the backend, once, and turns what it says into the peer's answer.
    ///
    /// A share that the backend refuses, in words that can be read, and has not stored, is forgotten,
    /// and that a share is over is durable before the peer hears of it. Refused: `store_unavailable`,
    /// `backend_unavailable`, `backend_timeout`, and what the backend refuses.
    func forward(_ message: consuming BackendMessage, _ trail: Trail) async throws(Denial) -> Answer
    {
        let received = message.verified.claimed.received
        let assertion = BackendHead.Assertion(
            peer: message.verified.signedBy, decision: trail.decision)
        let head = try backend.head.writer(
            for: received.head, path: String(decoding: message.target, as: UTF8.self),
            client: received.client, dropping: message.dropped + message.logins,
            reader: .gatewayWhole, adding: message.added, asserting: assertion)
        let reshare = reshare(askedBy: message.verified)
        reshares.begin(reshare)
        defer { reshares.end(reshare) }
        let response = try await ask(head, message.body, for: received.client, trail)
        let (secrets, effect) = (message.secrets, message.effect)
        switch message.verified.claimed.message {
        case .ocsShare:
            return try await ocsAnswer(response, effect)
        case .ocsChange(let change):
            guard OCSAnswer.outcome(status: response.status, body: response.body) == .taken else {
                return try await ocsAnswer(response, effect)
            }
            let swaps = try await reshareSwaps(
                response.status, OCSAnswer.data(of: response.body) ?? [],
                message.verified.claimed, for: change.shareWith)
            return try await ocsAnswer(response, effect, swaps)
        case .share(let share):
            return try await ocmAnswer(
                .shares, status: response.status, response.body, secrets, effect,
                recipient: share.shareWith.saidOnce.identifier)
        case .notification where message.api == .ocs:
            let status = OCSAnswer.status(response.status, body: response.body)
            return try await ocmAnswer(
                .notifications, status: status, Array("[]".utf8), secrets, effect)
        case .notification(let notification):
            return try await notificationAnswer(
                response, to: notification, message.verified, secrets, effect)
        case .inviteAccepted(let invite):
            try checkInvitations(response.status)
            let reader = Backend(reading: message.verified.document)
            var answer = try await ocmAnswer(
                .inviteAccepted, status: response.status, response.body, secrets, effect)
            try await remember(invite, answer.body)
            answer.body = Translation(for: reader).answer(answer.body, ofInviterAt: site.host)
            return answer
        case .requestShare:
            return try await ocmAnswer(
                .requestShare, status: response.status, response.body, secrets, effect)
        case .token: throw Denial(.notFound, "a token request is not the backend's")
        }
    }

    /// What the backend answers to a message.
    ///
    /// Refused: `backend_unavailable`, `backend_timeout`.
    func ask(
        _ head: HeadWriter, _ body: [UInt8], for client: ClientConnection, _ trail: Trail
    ) async throws(Denial) -> BufferedResponse {
        let request = BufferedRequest(
            .post, head: head, body: body, responseLimit: BackendServer.longestAnswer,
            deadline: backend.timeouts.headers, for: client)
        let response: BufferedResponse
        trail.enters(.backend)
        do {
            response = try await client.loop.exchange(request, with: backend.upstream)
        } catch {
            trail.backendFailed(error.code)
            throw Denial(error)
        }
        trail.enters(nil)
        trail.backendAnswered(response.status)
        try response.refuseCoding()
        return response
    }

    /// Takes a notification that the backend has no use for: what is told is that it was seen. The
    /// share that it ends is over here, what it says that a share allows is so, and either is durable
    /// before the peer hears of it.
    func acknowledge(
        _ notification: Federation.Notification, _ permitted: consuming Permitted, _ trail: Trail
    ) async throws(Denial) -> Answer {
        let verified = permitted.verified
        let share = verified.claimed.share
        let ended = notification.type.endsShare ? share : nil
        let ends = ended.map { endings(of: $0) } ?? []
        let changes = ends + [permission(notification, share, .inbound)].compactMap { $0 }
        try await makeDurable(verified.memory.take() + changes, owing: trail)
        trail.altered("acknowledged")
        return Answer(status: 201, fields: Self.jsonFields, body: Array("[]".utf8))
    }

    /// Writes and syncs; nothing may be acknowledged before. Refused (`store_unavailable`): what the disk does
    /// not take.
    func makeDurable(_ changes: [Change]) async throws(Denial) {
        do { try await store.commit(changes) } catch {
            throw Denial(.storeUnavailable, error.description)
        }
    }

    private func ocmAnswer(
        _ endpoint: OCMEndpoint, status: Int, _ body: [UInt8], _ secrets: [Secret],
        _ effect: BackendMessage.Effect, _ swaps: [SecretSwap] = [], recipient: String = ""
    ) async throws(Denial) -> Answer {
        switch BackendAnswer(
            to: endpoint, status: status, body: body, secrets: secrets, swaps: swaps,
            recipient: recipient)
        {
        case .delivered(let status, let body):
            try await taken(effect)
            return Answer(status: status, fields: Self.jsonFields, body: body)
        case .refused(let denial):
            // What could not be read says nothing of whether the backend has it.
            let isKept = denial.status >= 500 && backend.view.backend.keepsSharesThatFailed
            if denial.code == .notDelivered, !isKept { takeBack(effect) }
            throw denial
        }
    }

    /// The answer to a notification of OCM: of a reshare that was made, its code in the place of its secret. One
    /// by which its peer has signed that a share is over ends it here also where the backend refuses it.
    private func notificationAnswer(
        _ response: BufferedResponse, to notification: Federation.Notification,
        _ verified: Verified, _ secrets: [Secret], _ effect: BackendMessage.Effect
    ) async throws(Denial) -> Answer {
        let swaps = try await reshareSwaps(
            response.status, response.body, verified.claimed, for: notification.shareWith)
        // Of a reshare that was not made nothing is told, whatever the backend says of it.
        let isUnmade =
            verified.claimed.message.asksForReshare && (200...299).contains(response.status)
            && ReshareAnswer(parsing: response.body) == nil
        do throws(Denial) {
            return try await ocmAnswer(
                .notifications, status: response.status,
                isUnmade ? Array("[]".utf8) : response.body, secrets, effect, swaps)
        } catch {
            if let over = verified.over { store.commitLater(endings(of: over)) }
            throw error
        }
    }

    private func ocsAnswer(
        _ response: BufferedResponse, _ effect: BackendMessage.Effect, _ swaps: [SecretSwap] = []
    ) async throws(Denial) -> Answer {
        let body: [UInt8]
        switch OCSAnswer.outcome(status: response.status, body: response.body) {
        case .taken:
            try await taken(effect)
            body = OCSAnswer.taken(response.body, swaps)
        case .failed(let code):
            takeBack(effect)
            body = OCSAnswer.failure(code)
        case .unreadable:
            throw Denial(
                .backendUnavailable, "a \(response.status) that is no answer of the OCS API")
        }
        return Answer(status: response.status, fields: Self.jsonFields, body: body)
    }

    /// The code of a share that the backend made on the peer's request, in the place of the secret
    /// that its answer names; nothing where no share was asked for, or none was made.
    ///
    /// Refused (`backend_unavailable`): an answer that may tell a secret in words that cannot be read.
    private func reshareSwaps(
        _ status: Int, _ said: [UInt8], _ claimed: Claimed, for recipient: OCMAddress?
    ) async throws(Denial) -> [SecretSwap] {
        guard claimed.message.asksForReshare, (200...299).contains(status) else { return [] }
        guard let answer = ReshareAnswer(parsing: said) else {
            guard ReshareAnswer.isAbsent(from: said) else {
                throw Denial(
                    .backendUnavailable, "an answer to a reshare that names no one secret")
            }
            return []
        }
        return try await reshareSwaps(answer, for: recipient, of: claimed.share)
    }

    /// Refused (`protocol_not_supported`): an accepted invitation before a backend that knows none
    /// (`legacy-wire.md` 4.1). Its document names none, and it answers that there is no such place, or with
    /// the page to log in at. In the reva family 404 is an invitation that is unknown.
    private func checkInvitations(_ status: Int) throws(Denial) {
        guard !backend.kind.isReva, let document = backend.view.document,
            !document.capabilities.contains(.invites)
        else { return }
        guard (300...399).contains(status) || status == 404 || status == 405 else { return }
        throw Denial(
            .protocolNotSupported, "the backend knows no invitations: it answered \(status)")
    }

    /// The two people of an invitation of ours that was accepted elsewhere, once the backend says who
    /// invited.
    private func remember(_ invite: InviteAccepted, _ body: [UInt8]) async throws(Denial) {
        guard let inviter = try? JSONValue(parsing: body).object?["userID"]?.string else { return }
        let contact = Contact(
            peer: invite.recipientProvider, remote: invite.userID, local: inviter, site: site.host)
        try await makeDurable([
            contacts.learn(contact, invitation: invite.token, now: environment.now())
        ])
    }

    /// The backend has taken a message: the share that it ends is over, before the peer hears of it.
    func taken(_ effect: BackendMessage.Effect) async throws(Denial) {
        guard case .ends(let share) = effect else { return }
        try await makeDurable(endings(of: share))
    }

    /// The backend has not taken a share: nothing of it is left, unless it came by another message too,
    /// or whoever only sends shares for people who do not exist would fill the registry.
    private func takeBack(_ effect: BackendMessage.Effect) {
        guard case .makes(let made) = effect, let change = registry.takeBack(made) else { return }
        store.commitLater([change])
    }

    /// The end of a share that its peer has ended, and of those in whose place it came: one that was sent
    /// again with something changed is another to the registry, with the same name and secret for the same
    /// person. A name alone tells of none: Seafile has one for all of its shares.
    private func endings(of share: ShareRecord) -> [Change] {
        let replaced = registry.twins(of: share).filter {
            $0.id < share.id && share.recipient != nil && $0.recipient == share.recipient
        }
        return ([share] + replaced).compactMap(ending)
    }

    /// The end of a share that its peer has ended; nil when nothing of it is left.
    ///
    /// One that was only learned is forgotten: its secret may be a link, and is the backend's again, which
    /// knows what is over. What an operator has ended stays so.
    private func ending(_ share: ShareRecord) -> Change? {
        let now = environment.now()
        guard share.origin == .learned, registry.standing(of: share.id, now: now) == .active else {
            return registry.end(share.id, now: now)
        }
        return registry.takeBack(share)
    }

    static let jsonFields: [(name: String, value: String)] = [
        ("content-type", "application/json"), ("cache-control", "no-store"),
    ]
}

extension BackendMessage {
    /// Fields of the client by which the backend would log it in, as Nextcloud does on any of its paths: a
    /// message speaks for a server, and nobody is to guess passwords by it. What a peer has signed by in
    /// `Authorization` (draft-cavage) is no login; it goes with the other fields of signatures.
    var logins: [FieldName] {
        guard verified.signedBy != nil, !dropped.contains(.signature),
            let shown = verified.claimed.received.head.fields.text(.authorization),
            shown.lowercased().hasPrefix("signature ")
        else { return FieldName.logins }
        return Self.loginsBesideSignature
    }

    private static let loginsBesideSignature = FieldName.logins.filter { $0 != .authorization }
}

extension Denial {
    /// The fields of the answer to what is refused, with what a 401 must say of the credentials that
    /// are wanted (RFC 9110, section 15.5.2) and a 405 of the methods: those of shared data, where
    /// ``Answer/allow(_:)`` says no others (section 15.5.6).
    ///
    /// What is not, or no longer, a valid token is told with `Bearer`, so that the client exchanges again
    /// (RFC 6750, section 3.1); where a signature is missing or wrong, `Accept-Signature` names the
    /// components that one is wanted over (RFC 9421, section 5.1). What the policy or the backend says in
    /// its own name is about neither: it asks for no components.
    func fields(status: Int) -> [(name: String, value: String)] {
        var fields = Gateway.jsonFields
        if let retryAfter { fields.append(("retry-after", "\(retryAfter)")) }
        if status == 405 { fields.append(("allow", Self.dataMethods)) }
        guard status == 401 else { return fields }
        switch code {
        case .tokenExpired, .tokenInvalid, .secretRefused:
            fields.append(("www-authenticate", "Bearer error=\"invalid_token\""))
        case .signatureRequired, .signatureInvalid, .replay, .senderMismatch, .invalidClient:
            fields.append(("www-authenticate", Self.signatureChallenge))
            fields.append(("accept-signature", Self.wantedSignature))
        case _: fields.append(("www-authenticate", Self.signatureChallenge))
        }
        return fields
    }

    /// The answer to what is refused: code, hint and decision.
    func answer(decision: String, status: Int? = nil) -> Answer {
        let status = status ?? self.status
        return Answer(
            status: status, fields: fields(status: status), body: body(decision: decision))
    }

    static let dataMethods =
        DAVMethod.allCases.map(\.rawValue).joined(separator: ", ")
    private static let signatureChallenge = "Signature realm=\"OCM\""
    /// Taken by the peers of all drafts (protocol design, section 4).
    private static let wantedSignature =
        "ocm=(\"@method\" \"@target-uri\" \"content-digest\" \"content-length\" \"date\")"
        + ";created;keyid;tag=\"ocm\""
}

extension Answer {
    /// Says which methods the path of the request takes.
    mutating func allow(_ methods: String) {
        fields.removeAll { $0.name == "allow" }
        fields.append(("allow", methods))
    }
}

extension BufferedResponse {
    /// Its content type; JSON when it says none.
    var contentType: String { fields.text(.contentType) ?? "application/json" }

    /// Refused (`backend_unavailable`): a body in a content coding, which was not asked for and is not
    /// read here (RFC 9110, 12.5.3).
    func refuseCoding() throws(Denial) {
        if isCoded { try head.refuseCoding() }
    }
}

extension Denial {
    /// A backend that gave no whole answer.
    init(_ failure: UpstreamFailure) {
        switch failure.kind {
        case .timeout: self.init(.backendTimeout, failure.code)
        case .overload(let seconds):
            self.init(.overloaded, failure.code, retryAfter: seconds)
        case .addressRefused, .failed: self.init(.backendUnavailable, failure.code)
        }
    }
}
