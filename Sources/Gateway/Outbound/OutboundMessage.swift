import Federation
import Transport

/// The way of one message of the backend's, from top to bottom.
///
///     Received → address → Addressed → resolve → ResolvedPeer → authorize → Authorized
///              → transform → PeerMessage → deliver → Answer
///
/// A share that the backend says is over is so once the message is addressed, whatever becomes of it.
/// Any phase may refuse; then the backend gets an answer that makes it do the right thing, and the
/// log the reason. Either end is answered and recorded once, here.
extension Gateway {
    func dispatch(
        _ body: [UInt8], of request: PeerRequest, as kind: Received.Kind
    ) async -> Answer {
        let received = Received(
            kind: kind, head: request.head, body: body, client: request.client, now: request.now)
        let trail = Trail(
            kind.text, .outbound, from: received.client, now: received.now, under: policy.snapshot,
            clock: environment, fingerprint: fingerprint)
        keepBody(of: received, trail)
        let answer: Answer
        do throws(Denial) {
            let addressed = try await address(received, to: request.peer, trail)
            let offer = try takeInHand(addressed)
            defer { offersOut.end(offer) }
            try await endShare(meantBy: addressed, trail)
            if let word = addressed.message.word {
                try checkStands(addressed.share, word.secret, word.type)
            }
            trail.enters(.fetch)
            let peer = try await resolution.resolve(addressed.peer)
            trail.enters(.policy)
            let authorized = try authorize(addressed, to: peer, trail)
            trail.enters(nil)
            try await reserve(trail)
            let message = try await transform(authorized, trail)
            answer = try await deliver(message, trail)
            trail.answered(answer.status)
        } catch {
            answer = failure(error, of: kind, decision: trail.decision)
            trail.refused(error, status: answer.status)
        }
        return await recorded(answer, trail) { failure($0, of: kind, decision: $1) }
    }
}
