/// Whom a message speaks for, by its own words.
package struct Claim: Sendable, Equatable {
    /// The peer that is judged: the first of the signers.
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
}
