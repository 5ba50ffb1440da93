import Federation

/// The people of a share, who are recorded as texts, and where they live.
extension ShareRecord {
    var ownerAddress: OCMAddress? { owner.flatMap { OCMAddress($0) } }

    var senderAddress: OCMAddress? { sender.flatMap { OCMAddress($0) } }

    /// Who receives it; nil where nobody has recorded that, or it cannot be read.
    var receiver: OCMAddress? { recipient.flatMap { OCMAddress($0) } }

    /// Where its sender lives.
    var senderHost: PeerHost? { senderAddress?.host }

    /// Whether the share was made for its peer because a third party asked: its sender is there.
    func isPassedOn(by host: PeerHost) -> Bool {
        peer != host && senderHost == host
    }

    /// Whether it may have been shared on by somebody whom nobody has recorded (`share add`, or learned from
    /// its peer): who did has its permanent secret, as its peer has.
    var isOfUnknownSender: Bool {
        isServedHere && sender == nil && accesses.allSatisfy { !$0.hasHandle }
    }

    /// Where the third party lives who passed the share on; nil where it was one of ours.
    func sharer(besides ours: [PeerHost]) -> PeerHost? {
        guard let host = senderHost, !ours.contains(host),
            // Of a share from before a renaming of the site both have its old name.
            ownerAddress?.host != host, isPassedOn(by: host)
        else { return nil }
        return host
    }

    /// Whether it is another site's, which one of ours passed on.
    func isOfAnother(than ours: [PeerHost]) -> Bool {
        guard direction == .outbound, let host = ownerAddress?.host else { return false }
        // Of a share from before a renaming of the site both have its old name.
        return !ours.contains(host) && host != senderHost
    }

    /// Whether a host has a part in the share: as the other side, or as the home of its owner, of
    /// the third party that shared it on (`protocol.md` 9.7), or of its receiver.
    func involves(_ host: PeerHost) -> Bool {
        if peer == host { return true }
        return [ownerAddress, senderAddress, receiver].contains { $0?.host == host }
    }
}
