import Federation
import OpenSSL
import Transport

/// What is to be sent of a message, as often as it takes: at most once in each of two generations.
struct Outgoing: Sendable {
    let addressed: Addressed
    let message: Message
    let way: SignedWay
    let request: OutboundRequest
    let endpoint: OCMEndpoint
    let secrets: [Secret]
    /// The share that it makes; nil for what makes none.
    let made: ShareID?
    /// The end of a share that it tells.
    let end: DeliveredShares.End?

    init(_ message: borrowing PeerMessage) {
        addressed = message.addressed
        self.message = message.message
        way = SignedWay(message.dialect, in: message.generation)
        request = message.request
        endpoint = message.endpoint
        secrets = message.secrets
        made = message.made?.share.id
        end = DeliveredShares.End(message.addressed)
    }

    var peer: PeerHost { addressed.peer }
}

extension Gateway {
    /// Signs a message, sends it, and turns what the peer says into what the backend takes.
    ///
    /// A share that is being sent is not sent again meanwhile, and one that the peer has taken never:
    /// the backend that asks again is told the same; so it is of the end of a share that the peer has
    /// heard of. Of a share that the peer refuses for good nothing stays good; when nobody knows what
    /// became of it, it stays, since the peer may have it.
    /// Refused: what the peer refuses, and what it cannot be told now.
    func deliver(_ message: consuming PeerMessage, _ trail: Trail) async throws(Denial) -> Answer {
        let outgoing = Outgoing(message)
        if case .notification(let notification) = outgoing.message,
            message.dialect.handling(of: notification.type) == .acknowledge
        {
            // The peer would refuse it, and the backend repeat it over the older API for hours.
            trail.altered("acknowledged")
            return try await answer(.taken(status: 201, body: Array("[]".utf8)), to: outgoing)
        }
        if let end = outgoing.end, delivered.hasHeard(end) {
            trail.altered("repeated")
            return try await answer(.taken(status: 201, body: Array("[]".utf8)), to: outgoing)
        }
        guard let made = outgoing.made else {
            return try await answer(try await exchange(outgoing, .new, trail), to: outgoing)
        }
        let result = await deliveries.result(for: made) { [self] in
            do throws(Denial) {
                return .success(try await offer(made, outgoing, trail))
            } catch { return Result<PeerAnswer, Denial>.failure(error) }
        }
        return try await answer(try result.get(), to: outgoing)
    }

    /// Sends a share that the peer has not taken yet, and remembers what came of it.
    private func offer(
        _ made: ShareID, _ outgoing: Outgoing, _ trail: Trail
    ) async throws(Denial) -> PeerAnswer {
        if let known = delivered.body(of: made) {
            trail.altered("repeated")
            return .taken(status: 201, body: known)
        }
        let standing = delivered.standing(of: made)
        let answer = try await exchange(outgoing, standing, trail)
        switch answer {
        case .taken(_, let body): delivered.remember(body, of: made)
        case .uncertain: break
        case .refused:
            switch standing {
            case .new:
                // Before the backend hears of it: nobody is to hold a good code of a refused share.
                try await makeDurable([registry.end(made, now: environment.now())])
            // It was sent before, and the peer may have it all the same.
            case .repeated: break
            }
        }
        return answer
    }

    private func exchange(
        _ outgoing: Outgoing, _ standing: DeliveredShares.Standing, _ trail: Trail
    ) async throws(Denial) -> PeerAnswer {
        // Before it answers, the peer may offer what it was asked for.
        let reshare = reshare(askedIn: outgoing)
        ownReshares.begin(reshare)
        defer { ownReshares.end(reshare) }
        trail.enters(.peer)
        let sent = try await signedSending(
            of: outgoing.request, for: outgoing.addressed.site, to: outgoing.peer, outgoing.way)
        trail.enters(nil)
        if let made = outgoing.made, sent.mayHaveArrived { delivered.sent(made) }
        trail.signed(as: sent.generation)
        if sent.isRepeated { trail.altered("signed again") }
        switch sent.reply {
        case .success(let reply):
            trail.peerAnswered(reply.status)
            // A code that was sent before is known to nobody but who got it then: the peer has it. And a
            // share that cannot be declined any more cannot be however often it is.
            if reply.status == 409, standing == .repeated || outgoing.end?.isDecline == true {
                trail.altered("repeated")
                if let end = outgoing.end { delivered.heard(end) }
                return .taken(status: 201, body: Array("{}".utf8))
            }
            let answer = try await read(reply, to: outgoing)
            if case .taken = answer, let end = outgoing.end { delivered.heard(end) }
            return answer
        case .failure(let failure):
            return PeerAnswer(
                missing: "\(outgoing.peer): \(failure.code)", to: outgoing.endpoint,
                for: backend.kind)
        }
    }

    /// What the peer's answer is to the backend; who was invited is durable before that.
    private func read(
        _ reply: PeerReply, to outgoing: Outgoing
    ) async throws(Denial) -> PeerAnswer {
        let asks = outgoing.message.asksForReshare
        if case .ocs(let call, _) = outgoing.addressed.received.kind, !outgoing.message.isOCM {
            let answer = Self.read(ocs: reply, to: call, for: backend.kind)
            if asks, case .taken(_, let body) = answer, let reshare = ReshareAnswer(parsing: body) {
                try await rememberReshare(reshare, of: outgoing)
            }
            return answer
        }
        // Both spellings of the new secret, whichever the backend reads.
        let reshare = asks ? ReshareAnswer(parsing: reply.body) : nil
        let answer = PeerAnswer(
            to: outgoing.endpoint, status: reply.status, body: reply.body, for: backend.kind,
            secrets: outgoing.secrets,
            swaps: reshare.map { [SecretSwap($0.secret, by: $0.secret)] } ?? []
        ).adding(remark(on: reply))
        if case .taken = answer, let reshare { try await rememberReshare(reshare, of: outgoing) }
        if case .taken(let status, let body) = answer,
            case .inviteAccepted(let invite) = outgoing.message,
            let inviter = try? JSONValue(parsing: body).object?["userID"]?.string
        {
            guard OCMAddress(identifier: inviter, host: outgoing.peer).isUnambiguous else {
                return PeerAnswer(
                    missing: "\(outgoing.peer): its userID reads as somebody of another host",
                    to: outgoing.endpoint, for: backend.kind)
            }
            let contact = Contact(
                peer: outgoing.peer, remote: inviter, local: invite.userID,
                site: invite.recipientProvider)
            try await makeDurable([
                contacts.learn(contact, invitation: invite.token, now: environment.now())
            ])
            let told = Translation(for: backend.view.backend).answer(
                body, ofInviterAt: outgoing.peer)
            return .taken(status: status, body: told)
        }
        return answer
    }

    /// What a peer's refusal says beside its status.
    func remark(on reply: PeerReply) -> String {
        reply.remark(
            now: environment.now(), skew: configuration.signature.skew.wholeSeconds)
    }

    /// Durable before the backend hears of the share that it asked for: it speaks of it, and is spoken to.
    private func rememberReshare(
        _ answer: ReshareAnswer, of outgoing: Outgoing
    ) async throws(Denial) {
        guard let recipient = outgoing.message.reshareRecipient,
            let change = recordPassedOn(
                answer.secret, to: recipient, of: outgoing.addressed.share)
        else { return }
        try await makeDurable([change])
    }

    /// The answer to a call that went out as it was: v1 says 200 for a failure too.
    private static func read(
        ocs reply: PeerReply, to call: OCSCall, for backend: BackendKind
    ) -> PeerAnswer {
        let status = OCSAnswer.status(reply.status, body: reply.body)
        guard status == 201 else {
            return PeerAnswer(
                to: backend.endpoint(like: call), status: status, body: [], for: backend)
        }
        return .taken(
            status: 201, body: OCSAnswer.data(of: reply.body) ?? Array("[]".utf8))
    }

    /// What the backend hears, in the form of the API that it used.
    private func answer(
        _ answer: PeerAnswer, to outgoing: Outgoing
    ) async throws(Denial) -> Answer {
        switch answer {
        case .refused(let denial), .uncertain(let denial): throw denial
        case .taken(let status, let body):
            guard case .ocs(let call, _) = outgoing.addressed.received.kind else {
                return Answer(status: status, fields: Self.jsonFields, body: body)
            }
            let reshare = outgoing.message.asksForReshare ? ReshareAnswer(parsing: body) : nil
            return Answer(
                status: 200, fields: Self.jsonFields,
                body: OCSTranslation.taken(call.version, reshare: reshare))
        }
    }

    /// The answer to a message that does not go out, in the form of its API, with the status that
    /// makes the backend do the right thing.
    func failure(
        _ denial: Denial, of kind: Received.Kind, decision: String
    ) -> Answer {
        let end: BackendKind.End = denial.isOutage ? .uncertain : .refused(denial.status)
        var answer = refusal(denial, of: kind.family, decision: decision)
        // What came of an answer of the peer's has its status already.
        if denial.code == .notDelivered { return answer }
        switch kind {
        case .ocm(let endpoint): answer.status = backend.kind.status(of: end, at: endpoint)
        case .ocs(let call, _):
            answer.status = backend.kind.status(of: end, at: backend.kind.endpoint(like: call))
        case .token: break
        }
        return answer
    }
}

extension BackendKind {
    /// Whose ends a call of the older API has: ownCloud (10.6 and later) takes a 4xx to a share for its success,
    /// and goes by the status of whatever else it sends.
    func endpoint(like call: OCSCall) -> OCMEndpoint {
        self == .owncloud10 && call.action == .share ? .shares : .notifications
    }
}

extension Denial {
    /// Whether the same may be asked again with another end.
    var isOutage: Bool { code.isFailure || status == 503 || status == 429 }
}

extension Message {
    /// For whom a reshare is asked for; nil for any other message, and for one that does not say.
    var reshareRecipient: OCMAddress? {
        switch self {
        case .notification(let notification) where asksForReshare: notification.shareWith
        case .ocsChange(let change) where asksForReshare: change.shareWith
        case .share, .notification, .inviteAccepted, .requestShare, .token, .ocsShare, .ocsChange:
            nil
        }
    }
}
