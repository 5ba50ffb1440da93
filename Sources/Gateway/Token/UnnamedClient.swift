import Federation
import Transport

/// Token requests that nobody signed, and whose `client_id` is no peer's or is not there.
extension Gateway {
    /// The peer that such a request is for: that of the share whose code it shows, while that one has never
    /// signed and the lists let it in. Nil where it names a peer, as a list or a signature of before knows it, or
    /// one that its code is for, and where no share of one such peer has the code.
    ///
    /// CERNBox from 3.10 to 3.13 names whoever its user logs in at, or nobody (`legacy-wire.md` 7.2).
    /// Refused (`limit_exceeded`): more of these than one client may send, known codes or not.
    func peer(
        ofCodeIn request: TokenRequest, _ received: Received, under policy: Policy
    ) throws(Denial) -> PeerHost? {
        guard configuration.refusalOfUnsigned == nil else { return nil }
        if let client = request.client {
            let standing = policy.standing(of: client, now: received.now)
            guard standing.word != .block, !standing.names(client), !hasSigned(client),
                shares(of: request.code, for: client, .none).isEmpty
            else { return nil }
        }
        let address = received.client.address.map { "\($0.ofClient)" }
        guard
            unnamedClients.take(
                address ?? received.client.addressText, now: environment.monotonicSeconds())
        else {
            throw Denial(.limitExceeded, "token requests of no peer's name")
        }
        let now = environment.now()
        let served = registry.findServed(request.code).filter {
            ($0.credential == .handle || !$0.access.hasHandle) && $0.share.origin == .seen
                && $0.share.standing(now: now) == .active
        }
        let peers = Set(served.map(\.share.peer))
        guard peers.count == 1, let peer = peers.first, !site.hosts.contains(peer),
            !hasSigned(peer), policy.standing(of: peer, now: received.now).denial == nil
        else { return nil }
        return peer
    }
}
