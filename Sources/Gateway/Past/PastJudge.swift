import Federation
import OpenSSL

/// Judges messages of the past, in their order, by one policy; its limits count in their time.
struct PastJudge {
    let policy: Policy
    private let room: PolicySnapshot.Judge
    private let people: PeopleInPolicy

    /// How a message would have ended.
    struct Judged: Sendable {
        let outcome: PastOutcome
        let would: [String]
        let certainty: Certainty
    }

    enum Certainty: String, Sendable {
        case exact
        /// If its signature, which the lists gave nobody a reason to verify, was good.
        case ifSigned = "if-signed"
        /// A condition asks for something personal that is sealed or forgotten, or the peer for what it
        /// publishes.
        case unknown
    }

    init(_ policy: Policy) {
        self.policy = policy
        // Only hashes names in memory.
        room = PolicySnapshot.Judge(policy, LimitTable(HMACKey(.sha256, Secret(Random.bytes(32)))))
        people = PeopleInPolicy(policy)
    }

    /// Whether the policy asks for anything that may be sealed.
    var asksForPeople: Bool { !people.isEmpty }

    mutating func judge(_ message: PastMessage) -> Judged {
        var facts = message.facts
        if let signature = message.unverified { facts.signature = signature }
        var taking = RoomTaking(
            room, facts, Amount(providerID: message.providerID), microseconds: message.time * 1000)
        var answers: [Int: Room] = [:]
        let verdict = policy.evaluate(facts) { place in
            let answer = taking.take(place)
            answers[place] = answer
            return answer
        }
        // How long a message was under way is not known: none meets another.
        if verdict.action == .allow { taking.end() } else { taking.giveBack() }
        let outcome = PastOutcome(verdict)
        let isOpen =
            people.variants(of: facts)?.contains { other in
                PastOutcome(policy.evaluate(other) { answers[$0] ?? .room }).differs(from: outcome)
            } ?? true
        let isUnknown = isOpen || policy.hangsOnDocument(facts)
        // Who is refused by the same block as before needs no signature for it.
        let stays = message.outcome.by == outcome.by && !outcome.differs(from: message.outcome)
        return Judged(
            outcome: outcome, would: verdict.would,
            certainty: isUnknown
                ? .unknown : message.unverified != nil && !stays ? .ifSigned : .exact)
    }
}
