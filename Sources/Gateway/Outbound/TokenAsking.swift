import Federation
import OpenSSL
import Transport

/// The gateway's request to a peer's token endpoint (`protocol.md` 5, RFC 6749 section 4.1.3).
extension Gateway {
    /// Exchanges the code of a share once, in a signed request; one `ocm.decision` tells of it.
    func exchange(
        _ data: DataShare, _ use: DataShare.TokenUse, for client: ClientConnection
    ) async -> Result<PeerToken, ExchangeFailure> {
        let asked = environment.monotonicSeconds()
        let member = underWay.enter()
        defer { withExtendedLifetime(member) {} }
        let snapshot = policy.snapshot
        var decision = DecisionRecord(
            id: DecisionID.make(now: environment.now()), kind: Received.Kind.token.text,
            direction: .outbound, action: .fail, by: Decider.undecided.name, status: 0,
            client: client.addressText)
        decision.certificate = client.shownCertificate
        decision.policy = snapshot.policy.hash
        decision.lists = snapshot.policy.contentsHash
        decision.peer = data.peer.description
        if case .recorded(let id, _) = data.share { decision.share = id.description }
        decision.signature = .init(generation: use.way.generation.name, result: "sent")
        var asking = Asking(
            snapshot: snapshot, record: JournalRecord(decision),
            watch: Stopwatch(at: environment.monotonicMicroseconds()))
        let result = await ask(data, use, client, asked, &asking)
        asking.record.decision.tell(result, under: snapshot.policy)
        asking.record.decision.timings = asking.watch.stop(
            at: environment.monotonicMicroseconds())
        let members = LogMembers(asking.record.decision)
        log.decision(asking.record.decision, members)
        do throws(Denial) {
            try await journal.append(asking.record, members, asking.place)
        } catch { return .failure(.denied(error)) }
        if case .failure(.unusable) = result,
            use.endPoint == nil || Self.nothingThere.contains(asking.record.decision.status),
            await peers.renewDocument(of: data.peer)
        {
            // The endpoint may have moved while the document was fresh.
            dataShares.forget(data.peer)
        }
        return result
    }

    /// Statuses of a place where no token endpoint is.
    private static let nothingThere = [404, 405, 410]

    /// What is told of one exchange.
    private struct Asking {
        let snapshot: PolicySnapshot
        var record: JournalRecord
        var watch: Stopwatch
        /// Whether the journal has room for the record.
        var place = JournalQueue.Place.none
    }

    private func ask(
        _ data: DataShare, _ use: DataShare.TokenUse, _ client: ClientConnection, _ asked: Int,
        _ asking: inout Asking
    ) async -> Result<PeerToken, ExchangeFailure> {
        let sent: SignedSending
        let judgement: Judgement
        var room: PendingRoom?
        defer { room?.end() }
        do throws(Denial) {
            asking.watch.enters(.policy, at: environment.monotonicMicroseconds())
            judgement = try judge(data, use, client, &asking.record, under: asking.snapshot)
            asking.watch.enters(nil, at: environment.monotonicMicroseconds())
            room = judgement.pending
            guard let endPoint = use.endPoint else {
                return .failure(.unusable("the peer names no token endpoint of its own"))
            }
            try admit(endPoint.host, namedBy: data.peer, asking.snapshot.policy)
            asking.place = try await journal.reserve(
                OwedRecords.Entry(asking.record.decision))
            asking.watch.enters(.peer, at: environment.monotonicMicroseconds())
            guard let share = registry[use.lease.name.share] else {
                throw Denial(.shareEnded, "share \(use.lease.name.share) is gone")
            }
            let host = site.name(share.site)
            sent = try await signedSending(
                of: try tokenRequest(share, use.lease.name.place, from: host, endPoint), for: host,
                to: data.peer, use.way)
        } catch { return .failure(.denied(error)) }
        asking.record.decision.signature = .init(
            generation: sent.generation.name, result: "sent")
        if sent.isRepeated { asking.record.decision.altered.append("signed again") }
        switch sent.reply {
        case .failure(let failure): return .failure(.unreachable(failure.code))
        case .success(let reply):
            asking.record.decision.status = reply.status
            switch TokenReply(status: reply.status, body: reply.body) {
            case .granted(let token, let lifetime):
                let most =
                    data.settings.and(judgement.verdict.settings).tokenTTL.map(\.wholeSeconds)
                    ?? lifetime
                return .success(
                    PeerToken(token, asked: asked, lifetime: min(lifetime, most)))
            case .grantRefused: return .failure(.grantRefused)
            case .clientRefused(let text):
                return .failure(.clientRefused(text + remark(on: reply)))
            case .unusable(let text): return .failure(.unusable(text + remark(on: reply)))
            }
        }
    }

    /// The policy's word on exchanging codes at this peer, and what it sets for the token.
    private func judge(
        _ data: DataShare, _ use: DataShare.TokenUse, _ client: ClientConnection,
        _ record: inout JournalRecord, under snapshot: PolicySnapshot
    ) throws(Denial) -> Judgement {
        var facts = data.facts
        facts.occasion = Occasion(.token, .outbound)
        facts.now = environment.now()
        facts.address = client.address.map { NetworkAddress($0) }
        facts.access = .token
        facts.signature = SignatureFact(use.way.generation, use.way.verification)
        let judgement = judge(facts, Amount(), under: snapshot)
        let verdict = judgement.verdict
        record.candidate = judgement.beside.map {
            JournalRecord.Candidate($0.verdict, of: $0.policy, isCertain: $0.isCertain)
        }
        record.decision.candidate = judgement.beside.flatMap(DecisionRecord.Candidate.init)
        record.facts = facts
        record.checks = verdict.checks
        record.decision.by = verdict.by
        record.decision.checks = verdict.checks.compactMap(\.logged)
        record.decision.would = verdict.would
        if let denial = verdict.denial {
            record.decision.would.append(try observed(denial))
        }
        return judgement
    }

    private func tokenRequest(
        _ share: ShareRecord, _ place: Int, from host: PeerHost, _ endPoint: URLParts
    ) throws(Denial) -> OutboundRequest {
        guard endPoint.scheme == .https,
            let authority = try? Authority(endPoint.host.description)
        else { throw Denial(.peerUnavailable, "a token endpoint that is not https") }
        let code = try permanentSecret(of: share, at: place)
        let target = endPoint.pathAndQuery
        return OutboundRequest(
            .post, authority: authority,
            target: Array((target.isEmpty ? "/" : target).utf8),
            fields: [
                (.contentType, "application/x-www-form-urlencoded"),
                (.accept, "application/json"), (.userAgent, "ocmgate"), (.via, via),
            ],
            body: TokenRequest.body(client: host, code: code))
    }
}

extension DecisionRecord {
    /// How the exchange ended.
    fileprivate mutating func tell(
        _ result: Result<PeerToken, ExchangeFailure>, under policy: Policy
    ) {
        switch result {
        case .success: action = .allow
        case .failure(.denied(let denial)): refused(denial, under: policy)
        case .failure(let failure):
            by = Decider.guard(failure.code).name
            code = failure.code.rawValue
            detail = failure.detail
        }
    }
}

extension ExchangeFailure {
    /// What the log calls it.
    fileprivate var code: DenialCode {
        switch self {
        case .grantRefused: .invalidGrant
        case .clientRefused: .unauthorizedClient
        case .unreachable, .unusable, .tokenRefused: .peerUnavailable
        case .denied(let denial): denial.code
        }
    }

    /// What exactly happened; for the log.
    var detail: String {
        switch self {
        case .grantRefused: "the peer says that the code is over"
        case .clientRefused(let text): "the peer takes no codes from us: \(text)"
        case .unreachable(let text): "no answer: \(text)"
        case .unusable(let text): "no token in the answer: \(text)"
        case .tokenRefused: "the peer does not take the tokens that it gives"
        case .denied(let denial): denial.detail
        }
    }

    /// What the backend is told when there is no way without a token.
    func denial(retryAfter: Int) -> Denial {
        switch self {
        case .grantRefused: Denial(.shareEnded, detail)
        case .denied(let denial): denial
        case .clientRefused, .unreachable, .unusable, .tokenRefused:
            Denial(.peerUnavailable, "token: \(detail)", retryAfter: retryAfter)
        }
    }
}
