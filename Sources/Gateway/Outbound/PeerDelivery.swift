import Federation
import OpenSSL
import Transport

/// What is to be sent of a message, as often as it takes: at most once in each of two generations.
struct Outgoing: Sendable {
    let addressed: Addressed
    let message: Message
    let dialect: PeerDialect
    let generation: SignatureGeneration
    let request: OutboundRequest
    let endpoint: OCMEndpoint
    let secrets: [Secret]

    init(_ message: borrowing PeerMessage) {
        addressed = message.addressed
        self.message = message.message
        dialect = message.dialect
        generation = message.generation
        request = message.request
        endpoint = message.endpoint
        secrets = message.secrets
    }

    var peer: PeerHost { addressed.peer }
}

extension Gateway {
    /// Signs a message, sends it, and turns what the peer says into what the backend takes.
    ///
    /// A share that is being sent is not sent again meanwhile, and one that the peer has taken never:
    /// the backend that asks again is told the same. Of a share that the peer refuses for good
    /// nothing stays good; when nobody knows what became of it, it stays, since the peer may have it.
    /// Refused: what the peer refuses, and what it cannot be told now.
    func deliver(_ message: consuming PeerMessage, _ trail: Trail) async throws(Denial) -> Answer {
        let outgoing = Outgoing(message)
        guard let made = message.made else {
            return try await answer(try await exchange(outgoing, trail), to: outgoing)
        }
        if let known = delivered.body(of: made.share.id) {
            trail.altered("repeated")
            return try await answer(.taken(status: 201, body: known), to: outgoing)
        }
        let result = await deliveries.result(for: made.share.id) { [self] in
            do throws(Denial) {
                return .success(try await offer(made, outgoing, trail))
            } catch { return Result<PeerAnswer, Denial>.failure(error) }
        }
        return try await answer(try result.get(), to: outgoing)
    }

    /// Sends a share, and remembers what came of it.
    private func offer(
        _ made: RecordedShare, _ outgoing: Outgoing, _ trail: Trail
    ) async throws(Denial) -> PeerAnswer {
        let answer = try await exchange(outgoing, trail)
        switch answer {
        case .taken(_, let body): delivered.remember(body, of: made.share.id)
        case .uncertain: break
        case .refused:
            switch made.standing {
            case .new:
                // Before the backend hears of it: nobody is to hold a good code of a refused share.
                try await makeDurable([registry.end(made.share.id, now: environment.now())])
            // It was sent before, and the peer may have it all the same.
            case .repeated: break
            }
        }
        return answer
    }

    /// Sends a message in the peer's generation, and once more in the other one that its document
    /// names when the peer says that it is for the signature.
    private func exchange(_ outgoing: Outgoing, _ trail: Trail) async throws(Denial) -> PeerAnswer {
        var generation = outgoing.generation
        var reply = try await send(outgoing, as: generation, trail)
        if case .success(let first) = reply, generation != .none,
            let other = outgoing.dialect.otherSignatures, other != generation,
            signer.canSign(other),
            PeerAnswer.blamesSignature(status: first.status, body: first.body)
        {
            if other < accepted[outgoing.peer] { log.steppedBack(outgoing.peer, to: other) }
            trail.altered("signed again")
            generation = other
            reply = try await send(outgoing, as: other, trail)
        }
        switch reply {
        case .success(let reply):
            learn(outgoing, generation, reply)
            return try await read(reply, to: outgoing)
        case .failure(let failure):
            return PeerAnswer(
                missing: "\(outgoing.peer): \(failure.code)", to: outgoing.endpoint,
                for: backend.kind)
        }
    }

    private func send(
        _ outgoing: Outgoing, as generation: SignatureGeneration, _ trail: Trail
    ) async throws(Denial) -> Result<PeerReply, FetchFailure> {
        let request = try signer.signed(
            outgoing.request, as: generation, now: environment.now())
        trail.signed(as: generation)
        trail.enters(.peer)
        let reply = await sender(request)
        trail.enters(nil)
        if case .success(let reply) = reply { trail.peerAnswered(reply.status) }
        return reply
    }

    /// That a peer which verifies has taken a generation is remembered; nobody waits for that.
    private func learn(
        _ outgoing: Outgoing, _ generation: SignatureGeneration, _ reply: PeerReply
    ) {
        guard outgoing.dialect.verification == .verifies, (200...299).contains(reply.status),
            let change = accepted.learn(outgoing.peer, generation, now: environment.now())
        else { return }
        store.commitLater([change])
    }

    /// What the peer's answer is to the backend; who was invited is durable before that.
    private func read(
        _ reply: PeerReply, to outgoing: Outgoing
    ) async throws(Denial) -> PeerAnswer {
        if case .ocs = outgoing.addressed.received.kind, !outgoing.message.isOCM {
            return Self.read(ocs: reply, for: backend.kind)
        }
        // Both spellings of the new secret, whichever the backend reads.
        let told = ReshareAnswer(parsing: reply.body).map { SecretSwap($0.secret, by: $0.secret) }
        let answer = PeerAnswer(
            to: outgoing.endpoint, status: reply.status, body: reply.body, for: backend.kind,
            secrets: outgoing.secrets,
            swaps: outgoing.message.asksForReshare ? [told].compactMap { $0 } : [])
        if case .taken(_, let body) = answer, case .inviteAccepted(let invite) = outgoing.message,
            let inviter = try? JSONValue(parsing: body).object?["userID"]?.string
        {
            let contact = Contact(
                peer: outgoing.peer, remote: inviter, local: invite.userID, site: site.host)
            try await makeDurable([
                contacts.learn(contact, invitation: invite.token, now: environment.now())
            ])
        }
        return answer
    }

    /// The answer to a call that went out as it was: v1 says 200 for a failure too.
    private static func read(ocs reply: PeerReply, for backend: BackendKind) -> PeerAnswer {
        let isTaken = OCSAnswer.neutral(status: reply.status, body: reply.body) == nil
        guard isTaken else {
            let status = (200...299).contains(reply.status) ? 400 : reply.status
            return PeerAnswer(to: .notifications, status: status, body: [], for: backend)
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
        case .ocs: answer.status = backend.kind.status(of: end, at: .notifications)
        case .token: break
        }
        return answer
    }
}

extension Denial {
    /// Whether the same may be asked again with another end.
    fileprivate var isOutage: Bool { code.isFailure || status == 503 || status == 429 }
}

extension Message {
    /// Whether its answer names the secret of a new share.
    var asksForReshare: Bool {
        switch self {
        case .notification(let notification): notification.type == .requestReshare
        case .ocsChange(let change): change.verb == .reshare
        case .share, .inviteAccepted, .requestShare, .token, .ocsShare: false
        }
    }
}
