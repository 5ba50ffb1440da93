import Federation
import Transport

/// Token requests that nobody signed, and whose `client_id` is no peer's or is not there.
extension Gateway {
    /// The peer that such a request is for: that of the share whose code it shows, while that one has never
    /// signed and the lists let it in. Nil where it names a peer, as a list or a signature of before knows it, or
    /// one that its code is for, and where no share of one such peer has the code, or policy gives that one none.
    ///
    /// CERNBox from 3.10 to 3.13 names whoever its user logs in at, or nobody (`legacy-wire.md` 7.2).
    /// Refused (`limit_exceeded`): what comes from where too many codes came that open nothing.
    func peer(
        ofCodeIn request: TokenRequest, _ received: Received, under policy: Policy,
        mayHaveToken: (PeerHost) -> Bool
    ) throws(Denial) -> PeerHost? {
        guard configuration.refusalOfUnsigned == nil else { return nil }
        if let client = request.client {
            let standing = policy.standing(of: client, now: received.now)
            guard standing.word != .block, !standing.names(client), !hasSigned(client),
                shares(of: request.code, for: client, .none).isEmpty
            else { return nil }
        }
        let guesser = guesser(nil, received.client)
        try refuseGuesses(of: guesser)
        let now = environment.now()
        let served = registry.findServed(request.code).filter {
            !$0.isReplaced && $0.share.origin == .seen
                && $0.share.standing(now: now) == .active
        }
        let peers = Set(served.map(\.share.peer))
        guard peers.count == 1, let peer = peers.first, !site.hosts.contains(peer),
            !hasSigned(peer), policy.standing(of: peer, now: received.now).denial == nil,
            mayHaveToken(peer)
        else {
            _ = guesses.take(guesser, now: environment.monotonicSeconds())
            return nil
        }
        return peer
    }
}
