import Federation
import Transport

/// In which generations requests to one peer are signed.
struct SignedWay: Sendable {
    let generation: SignatureGeneration
    /// The one to try when the peer says that the refusal is for the signature; nil for none.
    let other: SignatureGeneration?
    /// Whether the peer looks at a signature in `generation`.
    let verification: PeerDialect.Verification

    init(_ dialect: PeerDialect, in generation: SignatureGeneration) {
        self.generation = generation
        other = dialect.otherSignatures
        verification = dialect.verificationOfSent
    }
}

/// A request that was signed and sent, at most once in each of two generations.
struct SignedSending: Sendable {
    /// That of the last attempt.
    let generation: SignatureGeneration
    let isRepeated: Bool
    let reply: Result<PeerReply, FetchFailure>

    /// Whether the peer may have taken it. Of two attempts the first was refused for its signature.
    var mayHaveArrived: Bool {
        switch reply {
        case .success: true
        case .failure(let failure): !failure.isBeforeRequest
        }
    }
}

extension Gateway {
    /// Signs a request in the peer's generation and sends it, and once more in the other one that its
    /// document names when the peer says that it is for the signature.
    ///
    /// - Parameter host: the name of this site that it speaks for (`protocol.md` 4).
    ///
    /// That a peer which verifies a generation has taken it is remembered; nobody waits for that.
    /// Refused: what ``OutboundSigner/signed(_:as:now:)`` refuses.
    func signedSending(
        of request: OutboundRequest, for host: PeerHost, to peer: PeerHost, _ way: SignedWay
    ) async throws(Denial) -> SignedSending {
        let signer = signer(for: host)
        let untilForgotten = peers.untilForgotten(peer)
        var generation = way.generation
        var reply = await sender(
            try signer.signed(request, as: generation, now: environment.now()))
        var isRepeated = false
        if case .success(let first) = reply, generation != .none, let other = way.other,
            other != generation, signer.canSign(other),
            PeerAnswer.blamesSignature(status: first.status, body: first.body)
        {
            if other < accepted[peer] { log.steppedBack(peer, to: other) }
            isRepeated = true
            generation = other
            reply = await sender(
                try signer.signed(request, as: other, now: environment.now()))
        }
        if case .success(let last) = reply, (200...299).contains(last.status),
            way.verification == .verifies,
            let change = untilForgotten(
                accepted.learn(peer, generation, now: environment.now()))
        {
            store.commitLater([change])
        }
        return SignedSending(generation: generation, isRepeated: isRepeated, reply: reply)
    }
}
