/// Which messages a block is about: `on`, `peer`, `except` and `when`.
package struct BlockScope: Sendable {
    package var occasions: OccasionSet
    /// Nil: every peer.
    package var peers: PeerSelector?
    package var excepted: PeerSelector?
    package var conditions: [Condition]

    /// Whether the block is also about messages of which nobody can say whether an invitation stands
    /// behind them.
    var hasMessagesWithoutInvite: Bool {
        occasions.occasions.contains { occasion in
            switch occasion.kind {
            case .share, .requestShare, .ocs: false
            case .notification, .invite, .token, .webdav: true
            }
        }
    }

    /// Nil when the block is about the message, else why it is not.
    func mismatch(
        _ facts: Facts, _ standing: Standing, _ effect: Condition.Effect
    ) -> Check.Reason? {
        guard occasions.contains(facts.occasion) else { return .otherOccasion }
        if let peers, !peers.contains(facts.peer, standing, whenUncertain: effect == .restricts) {
            return .otherPeer
        }
        if let excepted,
            excepted.contains(facts.peer, standing, whenUncertain: effect != .restricts)
        {
            return .exceptedPeer
        }
        for condition in conditions where !condition.holds(for: facts, in: effect) {
            return .condition(condition.key)
        }
        return nil
    }
}

/// Some peers: members of lists (`@name`) and hosts by pattern.
package struct PeerSelector: Sendable, Hashable {
    /// By their place in the policy.
    package let lists: [Int]
    package let patterns: [HostPattern]

    /// - Parameter uncertain: what holds of a peer that may be on a list which was never loaded:
    ///   that which admits less.
    func contains(
        _ peer: PeerHost?, _ standing: Standing, whenUncertain uncertain: Bool = false
    ) -> Bool {
        if uncertain, lists.contains(where: standing.uncertain.contains) { return true }
        if lists.contains(where: standing.memberships.contains) { return true }
        guard let peer else { return false }
        return patterns.contains { $0.matches(peer) }
    }
}
