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
        /// Whether downloaded lists held something else at its time than what it was judged by.
        let hasOtherLists: Bool
    }

    enum Certainty: String, Sendable {
        case exact
        /// If its signature, which the lists gave nobody a reason to verify, was good.
        case ifSigned = "if-signed"
        /// The lists decide, now or at its time, and what was downloaded of them was something else then.
        case otherLists = "other-lists"
        /// A condition asks for something personal that is sealed or forgotten, or the peer for what it
        /// publishes; or a limit refused it by what the journal does not hold.
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
        let isUncounted =
            outcome.action == .allow && message.outcome.action != .allow
            && answers.keys.contains(where: countsMoreThanIsKept)
        let isUnknown = isOpen || isUncounted || policy.hangsOnDocument(facts)
        // Who is refused by the same block as before needs no signature for it.
        let stays = message.outcome.by == outcome.by && !outcome.differs(from: message.outcome)
        let hasOtherLists =
            message.lists != nil && policy.contentsHash != nil
            && message.lists != policy.contentsHash
        var certainty = Certainty.exact
        if isUnknown {
            certainty = .unknown
        } else if !stays, hasOtherLists, message.outcome.isOfLists || outcome.isOfLists {
            certainty = .otherLists
        } else if !stays, message.unverified != nil {
            certainty = .ifSigned
        }
        return Judged(
            outcome: outcome, would: verdict.would, certainty: certainty,
            hasOtherLists: hasOtherLists)
    }

    /// Whether the journal does not say how much of a limit was used: neither what was under way, nor bytes,
    /// nor which data were let through.
    private func countsMoreThanIsKept(_ place: Int) -> Bool {
        guard policy.limits.indices.contains(place), policy.mode == .enforce else { return false }
        let limit = policy.limits[place]
        guard limit.mode == .enforce else { return false }
        return switch limit.measure {
        case .bytes, .concurrent: true
        case .rate, .distinct:
            Direction.allCases.contains {
                limit.scope.occasions.contains(Occasion(.webdav, $0))
            }
        }
    }
}
