/// Whom a message speaks for, by its own words.
package struct Claim: Sendable, Equatable {
    /// The peer that is judged where no signature says who speaks: one of the signers.
    package let peer: PeerHost
    /// The hosts whose signature makes the claim true.
    package let signers: [PeerHost]
    /// Every host that the message names as its own side; none of them may be blocked.
    package let named: [PeerHost]

    package init(peer: PeerHost, signers: [PeerHost], named: [PeerHost]) {
        self.peer = peer
        self.signers = signers
        self.named = named
    }

    package init(_ peer: PeerHost) {
        self.init(peer: peer, signers: [peer], named: [peer])
    }

    /// The same at a site that it names as the home of who passed a share of another's on: the site signs nothing
    /// that comes in, and no list says anything of it, so that whoever reads the message has to find out otherwise
    /// whether that is so.
    ///
    /// - Parameter ours: the names of the site.
    package func received(at ours: [PeerHost]) -> Claim {
        guard !ours.contains(peer) else { return self }
        return Claim(
            peer: peer, signers: signers.filter { !ours.contains($0) },
            named: named.filter { !ours.contains($0) })
    }

    /// Every host of the message but this one.
    package func hosts(besides host: PeerHost?) -> [PeerHost] {
        // Most messages speak for one.
        if named.count == 1, signers.count == 1, named[0] == host, signers[0] == host, peer == host
        {
            return []
        }
        return ([peer] + signers + named).reduce(into: []) { others, other in
            if other != host, !others.contains(other) { others.append(other) }
        }
    }
}
