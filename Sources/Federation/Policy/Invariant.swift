/// An `[[invariant]]` block: what no message of a class may ever get.
package struct Invariant: Sendable {
    package let name: String
    package let file: String
    package let position: SourcePosition
    package let given: MessageClass
    package let never: Verdict.Action
}

/// The messages that an invariant speaks of: all that fit what is given.
package struct MessageClass: Sendable {
    /// Everything when it is not given.
    package var occasions: OccasionSet = .everything
    package var standing: Standing.Word?
    package var peers: PeerSelector?
    /// `peer_not`.
    package var excepted: PeerSelector?
    /// Empty: not given.
    package var signatures: [SignatureFact] = []
    /// Those that are given.
    var plainFacts: [PlainFact: Bool] = [:]
    /// In the words of `when`, read as in a block that restricts: of several protocols or
    /// permissions one is enough, so that the class is rather too large than too small.
    package var conditions: [Condition] = []

    package init() {}

    /// Whether a message is one of the class, under a policy in which its peer has this standing.
    package func contains(_ facts: Facts, _ standing: Standing) -> Bool {
        guard occasions.contains(facts.occasion),
            self.standing.map({ $0 == standing.word }) ?? true,
            peers.map({ $0.contains(facts.peer, standing) }) ?? true,
            excepted.map({ !$0.contains(facts.peer, standing) }) ?? true,
            signatures.isEmpty || signatures.contains(facts.signature),
            plainFacts.allSatisfy({ fact, isThere in facts.has(fact, standing) == isThere })
        else { return false }
        return conditions.allSatisfy { $0.holds(for: facts, in: .restricts) }
    }
}
