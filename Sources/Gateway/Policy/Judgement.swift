import Federation
import Logging
import Transport

/// What policy and candidate say of a message, with the room that it has taken.
struct Judgement: Sendable {
    let verdict: Verdict
    /// nil without a candidate.
    let beside: BesideVerdict?
    /// What is to be settled at the message's end; nil when nothing is.
    let pending: PendingRoom?
}

/// What of a message limits count by, beside the facts.
struct Amount: Sendable {
    /// Of the share that a notification is about.
    var providerID: String?
    /// Bytes that the message brings, as far as it is known before.
    var bytes = 0
}

extension Gateway {
    /// Asks the policy, and the candidate beside it, under one snapshot.
    ///
    /// The message takes room of the limits that it falls under; when it is refused, by whatever
    /// block, it has taken none. The candidate counts by itself.
    ///
    /// - Parameter standings: what the lists say. For another host that waits, a message that nothing refuses
    ///   is held; the verdict is that without it, since profile `observe` only tells of it.
    func judge(
        _ facts: Facts, _ standings: Standings, _ amount: Amount, under snapshot: PolicySnapshot
    ) -> Judgement {
        let microseconds = environment.monotonicMicroseconds()
        var taking = RoomTaking(snapshot.live, facts, amount, microseconds: microseconds)
        let verdict = snapshot.policy.evaluate(facts, standings.first) { taking.take($0) }
        // What the message comes to.
        let outcome = verdict.held(by: standings.waiting?.standing)
        if outcome.action != .allow, configuration.profile != .observe { taking.giveBack() }
        guard let beside = snapshot.beside else {
            return Judgement(
                verdict: verdict, beside: nil,
                pending: taking.pending(nil, configuration.profile, environment))
        }
        var besideTaking = RoomTaking(beside, facts, amount, microseconds: microseconds)
        let other = beside.policy.evaluate(facts) { besideTaking.take($0) }
        // What the policy refuses never comes to use the candidate's room.
        if other.action != .allow || outcome.action != .allow { besideTaking.giveBack() }
        let judged = BesideVerdict(other, on: facts, of: beside.policy, beside: outcome)
        policy.count.note(differs: judged.differs)
        return Judgement(
            verdict: verdict, beside: judged,
            pending: taking.pending(besideTaking, configuration.profile, environment))
    }

    /// Asks the policy about a request for shared data.
    ///
    /// Refused: what the policy denies. What is only reported, and under profile `observe` all of
    /// it, is told and passes.
    ///
    /// - Parameter would: what else would have refused the request, had the profile been another.
    func judgeData(
        _ facts: Facts, of share: @autoclosure () -> ShareRecord?,
        _ head: RequestHead, from client: ClientConnection, under snapshot: PolicySnapshot,
        would: [String] = []
    ) throws(Denial) -> Judgement {
        let standings = snapshot.policy.standings(of: facts)
        let judgement = judge(facts, standings, Amount(of: head), under: snapshot)
        log.differs(judgement.beside, facts, judgement.verdict)
        var would = would + judgement.verdict.would
        if let denial = standings.refusal(judgement.verdict, of: facts) {
            would.append(try observed(denial))
        }
        if !would.isEmpty {
            tolerate(
                would, judgement, facts, standings.own, share(), head, client,
                under: snapshot.policy)
        }
        return judgement
    }

    /// What the candidate says of a message whose peer the lists do not let in: as it would judge
    /// it if its signature were good. Nothing of it is counted by limits.
    func judgeBeside(
        _ facts: Facts, refusedBy standing: Standing, under snapshot: PolicySnapshot
    ) -> BesideVerdict? {
        guard let beside = snapshot.beside else { return nil }
        let live = snapshot.policy.evaluate(facts, standing, room: Policy.roomForAll)
        let other = beside.policy.evaluate(facts, room: Policy.roomForAll)
        let judged = BesideVerdict(other, on: facts, of: beside.policy, beside: live)
        policy.count.note(differs: judged.differs)
        return judged
    }

    /// Tells how the candidate does.
    func tellOfCandidate() {
        guard let candidate = policy.snapshot.candidate, let news = policy.count.news() else {
            return
        }
        log.write(
            .info, .candidateCounted,
            [
                LogEntry(.candidate, candidate.hash), LogEntry(.count, news.judged),
                LogEntry(.differing, news.differing),
            ])
    }
}

extension GatewayLog {
    /// The candidate says something else of a request for shared data.
    func differs(_ beside: BesideVerdict?, _ facts: Facts, _ verdict: Verdict) {
        guard let beside, beside.differs else { return }
        sample(
            "candidate_differs", .notice, .candidateDiffers,
            [
                LogEntry(.candidate, beside.policy),
                facts.peer.map { LogEntry(.peer, $0.description) },
                LogEntry(.kind, facts.occasion.description),
                LogEntry(.action, beside.verdict.action.rawValue),
                LogEntry(.by, beside.verdict.by), LogEntry(.was, verdict.by),
            ])
    }
}

extension Standings {
    /// Why the lists do not let a message in, for whichever host it is; nil where they do.
    func denial(of facts: Facts) -> Denial? {
        guard let denial = deciding.denial else { return nil }
        guard let host = decidingHost else { return denial }
        switch (facts.occasion.direction, facts.occasion.kind, facts.peer) {
        case (.outbound, _, let peer?): return denial.about(host, namedBy: peer.description)
        case (.inbound, .webdav, _): return denial.about(host, namedBy: "the share")
        case (.inbound, _, _), (.outbound, _, nil): return denial.about(host)
        }
    }

    /// Why a message is refused: by its verdict, or since another host that it names waits for a person.
    func refusal(_ verdict: Verdict, of facts: Facts) -> Denial? {
        guard let denial = verdict.denial, verdict.by != first.by else {
            return self.denial(of: facts)
        }
        return denial
    }
}
