import Federation
import OpenSSL
import Transport

/// What the journal tells of requests for shared data: of those that are refused, and of those that
/// blocks in report mode, or profile `observe`, let pass.
extension Gateway {
    /// Tells that a request would have been refused, by the names of the blocks.
    func tolerate(
        _ would: [String], _ judgement: Judgement, _ facts: Facts, _ standing: Standing,
        _ share: ShareRecord?, _ head: RequestHead, _ client: ClientConnection,
        under policy: Policy
    ) {
        let direction = facts.occasion.direction
        var decision = DecisionRecord(
            id: DecisionID.make(now: facts.now), kind: "webdav", direction: direction,
            action: .allow, by: judgement.verdict.by, status: 0, client: client.addressText)
        let peer = facts.peer?.description
        switch direction {
        case .inbound: decision.claimed = peer
        case .outbound: decision.peer = peer
        }
        decision.method = head.method.rawValue
        decision.standing = standing.by
        decision.policy = policy.hash
        decision.lists = policy.contentsHash
        decision.would = would
        if let share { decision.fill(from: share, facts) }
        log.toleratedData(decision)
        var record = JournalRecord(decision, facts: facts)
        record.checks = judgement.verdict.checks
        record.note(judgement.beside)
        journal.note(record, LogMembers(record.decision))
    }

    /// What is known of a refused request beside the refusal: how it was asked, and the share that its
    /// credential is of.
    func tell(
        _ record: inout JournalRecord, _ head: RequestHead, _ client: ClientConnection,
        _ known: Shown?, _ denial: Denial
    ) {
        record.decision.method = head.method.rawValue
        guard let known else { return }
        let facts = facts(
            of: known.share, known.access, known.peer, client, now: environment.now())
        record.decision.fill(from: known.share, facts)
        record.decision.fingerprints = known.secret.map { [$0.fingerprint(key: fingerprint)] } ?? []
        tell(&record, facts, denial)
    }

    /// The same of a request of the backend's for a peer's data, once its share is known.
    func tell(_ record: inout JournalRecord, of request: PeerRequest, _ denial: Denial) {
        record.decision.method = request.head.method.rawValue
        guard let field = try? authorization(request.head),
            let data = dataShares.find(
                request.peer, field, now: environment.monotonicSeconds())
        else { return }
        var facts = data.facts
        facts.now = request.now
        facts.access = data.way.fact
        facts.address = request.client.address.map { NetworkAddress($0) }
        if let share = shareRecord(of: data) {
            record.decision.fill(from: share, facts)
        }
        tell(&record, facts, denial)
    }

    /// What the policy knew, and what it says, where it was the policy that refused.
    private func tell(_ record: inout JournalRecord, _ facts: Facts, _ denial: Denial) {
        let snapshot = policy.snapshot
        let policy = snapshot.policy
        let standings = policy.standings(of: facts)
        let standing = standings.deciding
        record.facts = facts
        if record.decision.peer == nil { record.decision.claimed = facts.peer?.description }
        record.decision.standing = standings.own.by
        record.decision.policy = policy.hash
        record.decision.lists = policy.contentsHash
        let full = policy.limits.firstIndex { $0.label == denial.by }
        let verdict = policy.evaluate(facts, standings) { place in
            place == full ? .full(retryAfter: denial.retryAfter ?? 1) : .room
        }
        guard verdict.by == record.decision.by else { return }
        record.note(
            snapshot.beside.map { beside in
                let other = beside.policy.evaluate(facts, room: Policy.roomForAll)
                return BesideVerdict(other, on: facts, of: beside.policy, beside: verdict)
            })
        if standing.by == verdict.by {
            record.checks = policy.checks(
                of: facts, upTo: standing, of: standings.decidingHost)
            record.decision.place = policy.place(of: standing)?.description
        } else {
            record.checks = verdict.checks
            record.decision.would = verdict.would
        }
    }

    /// A share that a refused request shows a token or a secret of, whether or not they are good
    /// any more.
    struct Shown {
        let share: ShareRecord
        /// Who uses it is not visible: whom it was made for.
        let peer: PeerHost
        let access: AccessFact
        let secret: Secret?

        fileprivate init(_ found: FoundAccess, _ secret: Secret) {
            share = found.share
            peer = found.share.peer
            access = .secret
            self.secret = secret
        }

        fileprivate init(_ share: ShareRecord, _ token: AccessToken) {
            self.share = share
            peer = token.peer
            access = .token
            secret = nil
        }
    }

    /// Looked up again, since only refusals need it.
    func shown(by request: DataRequest) -> Shown? {
        let credential = DAVCredential((try? authorization(request.head)) ?? nil)
        if case .bearer(let text) = credential,
            let token = try? sealer.opened(text.text),
            let share = ShareID(token.share).flatMap({ registry[$0] })
        {
            return Shown(share, token)
        }
        let secret: Secret? =
            switch credential {
            case .bearer(let secret): secret
            case .basic: credential.shareSecret
            case .absent, .unreadable: nil
            }
        return (request.secretInPath ?? secret).flatMap { share(of: $0) }
    }

    /// The same of `shareinfo`, whose query names the share by its secret.
    func shown(byShareInfo head: RequestHead) -> Shown? {
        let form = head.query.flatMap { try? FormBody(parsing: Array($0)) }
        return form?["t"].flatMap { share(of: Secret(utf8: $0)) }
    }

    private func share(of secret: Secret) -> Shown? {
        registry.findServed(secret).first { !mayBeALink($0.share) }.map { Shown($0, secret) }
    }
}

extension DecisionRecord {
    /// What a request for data is about.
    fileprivate mutating func fill(from share: ShareRecord, _ facts: Facts) {
        self.share = share.id.description
        providerID = share.providerID?.text
        resourceType = share.resourceType
        protocols = facts.protocols
        permissions = facts.permissions.words
    }
}
