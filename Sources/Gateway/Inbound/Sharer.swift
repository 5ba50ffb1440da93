import Federation
import OpenSSL

/// Shares of peers that somebody of this site is said to have passed on.
extension Gateway {
    /// Refused (`sender_mismatch`): a share of a peer's that it says somebody of this site has passed on, who has
    /// not: no such request is with the peer, nor is the share what came of one. A name alone is the peer's word,
    /// at another port of the site too, unless the peer is there.
    func checkSharer(
        _ sharer: OCMAddress, of owner: OCMAddress, for recipient: OCMAddress,
        by secrets: [Secret], _ verified: Verified, _ trail: Trail
    ) throws(Denial) {
        guard site.hosts.contains(where: { $0.name == sharer.host.name }),
            !site.hosts.contains(owner.host), let peer = verified.peer, sharer.host != peer
        else { return }
        let named = OwnReshare(of: peer, by: sharer, for: recipient, ours: site.hosts)
        let unnamed = OwnReshare(of: peer, by: nil, for: recipient, ours: site.hosts)
        guard ![named, unnamed].contains(where: ownReshares.contains),
            !isRecorded(named, by: secrets)
        else { return }
        try refuse(
            Denial(
                .senderMismatch,
                "sender is of this site, which \(Denial.notAsked) \(peer) to share on"),
            orTell: trail)
    }

    /// Whether the peer has answered to it, with one of these secrets.
    private func isRecorded(_ reshare: OwnReshare, by secrets: [Secret]) -> Bool {
        let now = environment.now()
        return secrets.flatMap { registry.find($0, .outbound) }.map(\.share).contains { share in
            guard !share.isServedHere, share.standing(now: now) == .active,
                let sharer = share.senderAddress, let recipient = share.receiver
            else { return false }
            return OwnReshare(of: share.peer, by: sharer, for: recipient, ours: site.hosts)
                == reshare
        }
    }
}
