import Federation
import OpenSSL

/// Judges messages of the past, in their order, by one policy; its limits count in their time.
struct PastJudge {
    let policy: Policy
    private let room: PolicySnapshot.Judge
    private let people: PeopleInPolicy
    /// Hashes of contents under which the lists that it downloads held what they hold now.
    private let known: Set<String?>
    /// Limits that count more than the journal holds, by their places.
    private let uncounted: Set<Int>
    /// Those of them that nothing of the past was judged by: what they would have refused, nobody knows.
    private let untried: Set<Int>

    /// How a message would have ended.
    struct Judged: Sendable {
        let outcome: PastOutcome
        let would: [String]
        let certainty: Certainty
        /// Whether downloaded lists held something else at its time than what it was judged by, or nobody
        /// knows.
        let hasOtherLists: Bool
    }

    /// How sure a judgement of the past is; the raw values are the words of `policy replay`.
    enum Certainty: String, Sendable {
        case exact
        /// If its signature, which the lists gave nobody a reason to verify, was good.
        case ifSigned = "if-signed"
        /// What was downloaded of its lists was something else at its time.
        case otherLists = "other-lists"
        /// A condition asks for something personal that is sealed or forgotten, or the peer for what it
        /// publishes; or a limit refused it, or might refuse it now, by what the journal does not hold.
        case unknown
    }

    /// - Parameter inForce: the policy that the gateway has now, with what its lists hold; nil where nobody
    ///   knows it.
    init(_ policy: Policy, beside inForce: Policy? = nil) {
        self.policy = policy
        // A list that the gateway did not have held nothing else then.
        let isAlike = inForce.map(policy.holdsDownloads) ?? true
        known = isAlike ? [policy.contentsHash, inForce?.contentsHash] : [policy.contentsHash]
        let uncounted = Set(policy.limits.indices.filter { policy.countsMoreThanIsKept($0) })
        self.uncounted = uncounted
        untried = uncounted.filter { place in
            inForce.map { !policy.shares(policy.limits[place], with: $0) } ?? true
        }
        // Only hashes names in memory.
        room = PolicySnapshot.Judge(policy, LimitTable(HMACKey(.sha256, Secret(Random.bytes(32)))))
        people = PeopleInPolicy(policy)
    }

    /// Whether the policy asks for anything that may be sealed.
    var asksForPeople: Bool { !people.isEmpty }

    /// The labels of the limits of which nobody knows what they would have refused.
    var untriedLimits: [String] { untried.sorted().map { policy.limits[$0].label } }

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
            outcome.action == .allow
            && answers.keys.contains { place in
                untried.contains(place)
                    || message.outcome.action != .allow && uncounted.contains(place)
            }
        let isUnknown = isOpen || isUncounted || policy.hangsOnDocument(facts)
        // Who is refused by the same block as before needs no signature for it.
        let stays = message.outcome.by == outcome.by && !outcome.differs(from: message.outcome)
        let hasOtherLists = policy.contentsHash != nil && !known.contains(message.lists)
        var certainty = Certainty.exact
        if isUnknown {
            certainty = .unknown
        } else if !stays, hasOtherLists {
            certainty = .otherLists
        } else if !stays, message.unverified != nil {
            certainty = .ifSigned
        }
        return Judged(
            outcome: outcome, would: verdict.would, certainty: certainty,
            hasOtherLists: hasOtherLists)
    }
}

extension Policy {
    /// Whether the journal does not say how much of a limit was used: neither what was under way, nor bytes,
    /// nor which data were let through.
    fileprivate func countsMoreThanIsKept(_ place: Int) -> Bool {
        let limit = limits[place]
        guard mode == .enforce, limit.mode == .enforce else { return false }
        return switch limit.measure {
        case .bytes, .concurrent: true
        case .rate, .distinct:
            Direction.allCases.contains {
                limit.scope.occasions.contains(Occasion(.webdav, $0))
            }
        }
    }
}
