import Federation
import Transport

/// The way of one inbound message, from top to bottom.
///
///     Received → identify → Claimed → verify → Verified → evaluate → Permitted
///              → transform → BackendMessage → forward → Answer
///
/// What the backend tells its own site of shares goes past them (``deliverOwn(_:of:_:)``). Any phase may
/// refuse; then the peer learns a code and the decision's id, and the log the rest.
/// Either end is answered and recorded once, here.
extension Gateway {
    func receive(
        _ request: ReceivedRequest, as kind: Received.Kind, through entrance: Entrance
    ) async -> Answer {
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
            switch entrance {
            case .wayOut where kind.isOfShares:
                answer = try await deliverOwn(message, of: received, trail)
            case .listener, .wayOut: answer = try await decide(message, of: received, trail)
            }
            trail.answered(answer.status)
        } catch {
            answer = refusal(error, of: kind.family, decision: trail.decision)
            trail.refused(error, status: answer.status)
        }
        return await recorded(answer, trail) { refusal($0, of: kind.family, decision: $1) }
    }

    /// The phases of a message that anybody may have sent.
    private func decide(
        _ message: Message, of received: Received, _ trail: Trail
    ) async throws(Denial) -> Answer {
        await settle(message)
        let claimed = try identify(message, of: received, trail)
        let offer = takeInHand(claimed)
        defer { offersIn.end(offer) }
        trail.enters(.verify)
        let verified = try await verify(claimed, trail)
        // That it was seen is remembered though it is not carried out; nobody waits for that.
        defer { store.commitLater(verified.memory.takeSeen()) }
        trail.enters(.policy)
        let permitted = try evaluate(verified, trail)
        trail.enters(nil)
        try await takePlace(trail)
        return try await carryOut(permitted, trail)
    }

    /// What is held is kept for the person who decides; of a peer that has not waited before at once, since
    /// it is told that somebody was asked: what is to be written of it then.
    ///
    /// - Parameter peer: who waits, where it is another one than the message is of.
    func keepHeld(_ record: JournalRecord, of peer: PeerHost?) -> Change? {
        guard record.decision.action == .hold, let facts = record.facts,
            let peer = peer ?? facts.peer
        else { return nil }
        let message = HeldMessage(facts, record.decision, of: peer, at: environment.now())
        return holds.note(message, of: peer) ? holds.flush() : nil
    }

    /// What a permitted message is for: the backend, or the gateway's own token endpoint.
    private func carryOut(
        _ permitted: consuming Permitted, _ trail: Trail
    ) async throws(Denial) -> Answer {
        switch permitted.verified.claimed.message {
        case .token(let request): return try await exchange(request, permitted, trail)
        case .notification(let notification)
        where backend.view.backend.handling(of: notification.type) == .acknowledge:
            return try await acknowledge(notification, permitted, trail)
        case .share, .notification, .inviteAccepted, .requestShare, .ocsShare, .ocsChange:
            let message = try await prepare(permitted, trail)
            return try await forward(message, trail)
        }
    }

    /// Turns a message into the backend's words. That it was seen, and the share that it makes, are durable
    /// when this returns; of two at the same time that bring one share the second finds the first one's.
    private func prepare(
        _ permitted: consuming Permitted, _ trail: Trail
    ) async throws(Denial) -> BackendMessage {
        let offered = Offered(permitted.verified)
        if let offered { await drafts.begin(offered) }
        defer { if let offered { drafts.end(offered) } }
        let message = try transform(permitted, trail)
        try await makeDurable(message.verified.memory.take() + message.memory, owing: trail)
        return message
    }

    /// The answer to a message that is refused, in the form of its API. It asks for no signature of
    /// RFC 9421 where none is taken.
    func refusal(_ denial: Denial, of family: RouteFamily, decision: String) -> Answer {
        var answer = answer(to: denial, of: family, decision: decision)
        if !configuration.signature.accept.contains(.rfc9421) {
            answer.fields.removeAll { $0.name == "accept-signature" }
        }
        return answer
    }

    private func answer(to denial: Denial, of family: RouteFamily, decision: String) -> Answer {
        switch family {
        case .ocm, .unknownEndpoint, .discovery, .ocsProvider, .jwks, .shareInfo, .linkShare,
            .application, .inviteDialog, .status, .webdav:
            return denial.answer(decision: decision)
        case .token:
            let status = denial.oauthStatus
            return Answer(
                status: status, fields: denial.fields(status: status) + [("pragma", "no-cache")],
                body: denial.oauthBody(decision: decision))
        case .ocs:
            return Answer(
                status: denial.status, fields: denial.fields(status: denial.status),
                body: OCSAnswer.refusal(denial, decision: decision))
        }
    }
}
