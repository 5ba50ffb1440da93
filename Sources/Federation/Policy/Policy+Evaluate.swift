extension Policy {
    /// What the lists say of a peer at `now` (Unix seconds); the first check of all, before
    /// anything is fetched. A message that names nobody is unknown, and waits for no person: there is
    /// nobody to decide about.
    package func standing(of peer: PeerHost?, now: Int) -> Standing {
        guard let peer else {
            return standing(by: nil, memberships: [], refusing: refusals.nobody)
        }
        let (best, memberships) = entries(of: peer, now: now)
        var standing = standing(by: best, memberships: memberships, refusing: refusals.unknown)
        if standing.word == .unknown { standing.over = over(of: peer) }
        return standing
    }

    /// The firmest entry that names a peer of which no entry counts now; nil for want of any.
    private func over(of peer: PeerHost) -> Standing.Over? {
        entries(of: peer, now: .min).best.map {
            Standing.Over(list: lists[$0.list].name, entry: $0.entry)
        }
    }

    /// The entry that speaks most firmly of a peer, and all lists that name it; of one tier alone
    /// when it is given.
    func entries(
        of peer: PeerHost, now: Int, in tier: PeerList.Tier? = nil
    ) -> (best: (list: Int, entry: ListEntry)?, memberships: [Int]) {
        var best: (list: Int, entry: Int, rank: ListRank)?
        var memberships: [Int] = []
        index.forEachMatch(peer, now: now) { list, entry in
            if let tier, lists[list].tier != tier { return }
            if !memberships.contains(list) { memberships.append(list) }
            let rank = ListRank(lists[list], lists[list].entries[entry].pattern)
            if let known = best {
                if rank < known.rank { return }
                // Which of two equal entries is named must not hang on their order.
                if rank == known.rank, lists[list].name >= lists[known.list].name { return }
            }
            best = (list, entry, rank)
        }
        return (best.map { ($0.list, lists[$0.list].entries[$0.entry]) }, memberships)
    }

    /// The standing of a peer that is on these lists, one of which decided by this entry.
    ///
    /// - Parameter stranger: how one that is on none is refused where it is.
    func standing(
        by best: (list: Int, entry: ListEntry)?, memberships: [Int], refusing stranger: Refusal
    ) -> Standing {
        let word: Standing.Word
        let refusal: Refusal?
        if let best {
            switch lists[best.list].stance {
            case .allow: (word, refusal) = (.allow, nil)
            case .block: (word, refusal) = (.block, refusals.blocked)
            }
        } else {
            word = .unknown
            switch unknown {
            case .allow: refusal = nil
            case .deny, .hold: refusal = stranger
            }
        }
        let list = best.map { lists[$0.list] }
        let isInDirectory = memberships.contains { lists[$0].isDirectory }
        let waiting = unloadedBlock(beating: list)
        let ruling = waiting == nil ? refusal : refusals.listUnavailable
        let by = waiting?.label ?? list?.label ?? Decider.unknown.name
        return Standing(
            word: word, entry: best?.entry, list: list?.name,
            memberships: memberships, isInDirectory: isInDirectory, by: by,
            refusal: mode == .enforce ? ruling : nil,
            would: mode == .report && ruling != nil ? by : nil, uncertain: unloaded,
            waitsFor: waiting?.name)
    }

    /// The built-in requirement that a peer which advertises keys signs.
    package static let advertisedKeysLabel = "built-in:advertised-keys"
    /// What decides where nothing is judged, and where nothing is refused.
    static let openLabel = Decider.mode(.open).name
    static let reportLabel = Decider.mode(.report).name

    /// Judges a message; every check is in the verdict, in the order of judgement.
    package func evaluate(_ facts: Facts, room: (_ limit: Int) -> Room) -> Verdict {
        evaluate(facts, standings(of: facts), room: room)
    }

    /// Judges a message of whose hosts it is known what the lists say at the same time.
    package func evaluate(
        _ facts: Facts, _ standings: Standings, room: (_ limit: Int) -> Room
    ) -> Verdict {
        evaluate(facts, standings.first, room: room).held(by: standings.waiting?.standing)
    }

    /// Room for everything: for questions that no message stands behind.
    package static func roomForAll(_ limit: Int) -> Room { .room }

    /// Judges a message of a peer whose standing at the same time is known.
    ///
    /// - Parameter room: whether the limit at this place of ``limits`` (or ``pingPongPlace``) has
    ///   room for the message, which it then takes. Asked only for limits that match, in their
    ///   order, and only as long as nothing has refused the message; those in report mode are asked
    ///   and reported.
    package func evaluate(
        _ facts: Facts, _ standing: Standing, room: (_ limit: Int) -> Room
    ) -> Verdict {
        if mode == .open {
            return Verdict(
                action: .allow, by: Self.openLabel, refusal: nil, would: [], settings: .none,
                checks: [Check(Self.openLabel, .allowed)])
        }
        var judgement = JudgementUnderWay(
            mode: mode, capacity: requirements.count + limits.count + rules.count + 4)
        judgement.judge(standing)
        judgement.judge(facts, keysOf: refusals.unsigned)
        for requirement in requirements { judgement.judge(requirement, facts, standing) }
        judgement.judgePingPong(facts, refusals.pingPong, room)
        for (place, limit) in limits.enumerated() {
            judgement.judge(limit, at: place, facts, standing, room)
        }
        for rule in rules { judgement.judge(rule, facts, standing) }
        switch fallback {
        case .allow: judgement.end(.allow(.none))
        case .deny: judgement.end(.deny(refusals.fallback))
        }
        return judgement.verdict
    }
}

/// What the checks of a message have come to so far. All of them are told, also behind the one that decides.
private struct JudgementUnderWay {
    private let mode: PolicyMode
    private var checks: [Check] = []
    private var would: [String] = []
    /// The first refusal; nothing after it changes the verdict.
    private var refused: (by: String, refusal: Refusal)?
    /// The rule that matched first, or the default.
    private var decided: (by: String, settings: RuleSettings)?

    init(mode: PolicyMode, capacity: Int) {
        self.mode = mode
        checks.reserveCapacity(capacity)
    }

    mutating func judge(_ standing: Standing) {
        let reason = standing.reason
        if let refusal = standing.refusal {
            checks.append(Check("standing", refusal.outcome.result, reason))
            refused = (standing.by, refusal)
        } else if let name = standing.would {
            checks.append(Check("standing", .reported, reason))
            would.append(name)
        } else {
            checks.append(Check("standing", .passed, reason))
        }
    }

    /// A peer which advertises keys signs: the draft's "decision to discard".
    mutating func judge(_ facts: Facts, keysOf refusal: Refusal) {
        let name = Policy.advertisedKeysLabel
        guard facts.occasion.isHeldToKeys else {
            return checks.append(Check(name, .notApplicable, .otherOccasion))
        }
        switch facts.peerKeys {
        case .none: checks.append(Check(name, .notApplicable))
        case .advertised:
            if facts.signature.isValid {
                checks.append(Check(name, .passed))
            } else {
                refuse(name, refusal, .advertisesKeys, mode: .enforce)
            }
        }
    }

    mutating func judge(_ requirement: Requirement, _ facts: Facts, _ standing: Standing) {
        if requirement.mode == .open { return checks.append(Check(requirement.label, .off)) }
        if let mismatch = requirement.scope.mismatch(facts, standing, .restricts) {
            return checks.append(Check(requirement.label, .notApplicable, mismatch))
        }
        for (need, refusal) in zip(requirement.needs, requirement.refusals)
        where !need.isMet(by: facts, standing) {
            return refuse(requirement.label, refusal, .missing(need), mode: requirement.mode)
        }
        checks.append(Check(requirement.label, .passed))
    }

    mutating func judgePingPong(_ facts: Facts, _ refusal: Refusal, _ room: (Int) -> Room) {
        let name = Policy.pingPongLabel
        guard facts.mayPingPong else {
            return checks.append(Check(name, .notApplicable, .otherOccasion))
        }
        ask(name, Policy.pingPongPlace, refusal, room, mode: .enforce)
    }

    mutating func judge(
        _ limit: Limit, at place: Int, _ facts: Facts, _ standing: Standing, _ room: (Int) -> Room
    ) {
        if limit.mode == .open { return checks.append(Check(limit.label, .off)) }
        if let mismatch = limit.scope.mismatch(facts, standing, .restricts) {
            return checks.append(Check(limit.label, .notApplicable, mismatch))
        }
        ask(limit.label, place, limit.refusal, room, mode: limit.mode)
    }

    /// What has been refused takes nobody's room.
    private mutating func ask(
        _ name: String, _ place: Int, _ refusal: Refusal, _ room: (Int) -> Room, mode: PolicyMode
    ) {
        guard refused == nil else { return checks.append(Check(name, .notReached)) }
        switch room(place) {
        case .room: checks.append(Check(name, .passed))
        case .full(let retryAfter):
            refuse(name, refusal.until(retryAfter), .noRoom(retryAfter: retryAfter), mode: mode)
        }
    }

    mutating func judge(_ rule: Rule, _ facts: Facts, _ standing: Standing) {
        if decided != nil { return checks.append(Check(rule.label, .notReached)) }
        if rule.mode == .open { return checks.append(Check(rule.label, .off)) }
        if let mismatch = rule.scope.mismatch(facts, standing, rule.effect) {
            return checks.append(Check(rule.label, .notApplicable, mismatch))
        }
        if rule.mode == .report {
            would.append(rule.label)
            return checks.append(Check(rule.label, .reported))
        }
        decide(rule.label, rule.ruling, .none)
    }

    mutating func end(_ ruling: Rule.Ruling) {
        let name = Decider.fallback.name
        if decided != nil { return checks.append(Check(name, .notReached)) }
        decide(name, ruling, .noRule)
    }

    private mutating func decide(_ name: String, _ ruling: Rule.Ruling, _ reason: Check.Reason) {
        switch ruling {
        case .allow(let settings):
            decided = (name, settings)
            checks.append(Check(name, .allowed, reason))
        case .deny(let refusal), .hold(let refusal):
            refuse(name, refusal, reason, mode: .enforce)
            decided = (Policy.reportLabel, .none)
        }
    }

    private mutating func refuse(
        _ name: String, _ refusal: Refusal, _ reason: Check.Reason, mode block: PolicyMode
    ) {
        guard mode == .enforce, block == .enforce else {
            checks.append(Check(name, .reported, reason))
            would.append(name)
            return
        }
        checks.append(Check(name, refusal.outcome.result, reason))
        if refused == nil { refused = (name, refusal) }
    }

    var verdict: Verdict {
        if let refused {
            return Verdict(
                action: refused.refusal.action, by: refused.by, refusal: refused.refusal,
                would: would, settings: .none, checks: checks)
        }
        return Verdict(
            action: .allow, by: decided?.by ?? Policy.reportLabel, refusal: nil, would: would,
            settings: decided?.settings ?? .none, checks: checks)
    }
}

extension Standing {
    fileprivate var reason: Check.Reason {
        if let list = waitsFor { return .notLoaded(list: list) }
        if let over { return .entryOver(over) }
        guard let entry, let list else { return .onNoList }
        return .entry(list: list, pattern: entry.pattern, note: entry.note, until: entry.until)
    }
}

extension Verdict {
    /// The same where a message that nothing else refuses waits for what the lists say of another host;
    /// nil for none. No check behind the lists counts then.
    package func held(by waiting: Standing?) -> Verdict {
        guard let waiting, action == .allow else { return self }
        return Verdict(
            action: .hold, by: waiting.by, refusal: waiting.refusal, would: would,
            settings: .none,
            checks: [Check("standing", .held, waiting.reason)]
                + checks.dropFirst().map { Check($0.name, .notReached) })
    }
}

extension Refusal.Outcome {
    fileprivate var result: Check.Result {
        switch self {
        case .deny: .refused
        case .hold: .held
        }
    }
}
