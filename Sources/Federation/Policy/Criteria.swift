extension Policy {
    /// The criteria for discovery (draft, "Criteria"): what an ordinary peer, on no exception
    /// list, must do to share with us. A requirement that names peers or has conditions is not of
    /// everybody, and one that is not enforced is of nobody.
    package var criteria: [String] {
        guard mode == .enforce else { return [] }
        var criteria: [String] = []
        let share = Occasion(.share, .inbound)
        let needs = requirements.filter { block in
            block.mode == .enforce && block.scope.occasions.contains(share)
                && block.scope.peers == nil && block.scope.conditions.isEmpty
        }.flatMap(\.needs)
        if needs.contains(.signature) || needs.contains(.rfc9421) {
            criteria.append("must-use-http-sig")
        }
        if needs.contains(.tokenExchange) { criteria.append("must-exchange-token") }
        if needs.contains(.invite) { criteria.append("must-invite") }
        switch unknown {
        case .deny, .hold: criteria.append("allowlist")
        case .allow: break
        }
        if lists.contains(where: { $0.stance == .block }) { criteria.append("denylist") }
        return criteria
    }

    /// Whether a requirement that is enforced needs this of a peer, whatever else a message has to be.
    package func needs(_ need: Need, of peer: PeerHost, _ standing: Standing) -> Bool {
        mode == .enforce
            && requirements.contains { block in
                block.mode == .enforce && block.needs.contains(need)
                    && block.scope.peers?.contains(peer, standing) != false
                    && block.scope.excepted?.contains(peer, standing) != true
            }
    }
}
