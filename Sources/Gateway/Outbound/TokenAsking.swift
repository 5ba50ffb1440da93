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
        let trail = Trail(
            Received.Kind.token.text, .outbound, from: client, now: environment.now(),
            under: policy.snapshot, clock: environment, fingerprint: fingerprint)
        trail.addressed(data.peer)
        trail.note { record in
            // Before the peer has answered.
            record.status = 0
            if case .recorded(let id, _) = data.share { record.share = id.description }
            record.signature = .init(generation: use.way.generation.name, result: "sent")
        }
        let result = await ask(data, use, client, asked, trail)
        trail.note { $0.tell(result, under: trail.policy) }
        let (record, place) = trail.finished()
        let members = LogMembers(record.decision)
        log.decision(record.decision, members)
        do throws(Denial) { try await journal.append(record, members, place) } catch {
            return .failure(.denied(error))
        }
        if case .failure(.unusable) = result,
            use.endPoint == nil || Self.nothingThere.contains(record.decision.status),
            await peers.renewDocument(of: data.peer)
        {
            // The endpoint may have moved while the document was fresh.
            dataShares.forget(data.peer)
        }
        return result
    }

    /// Statuses of a place where no token endpoint is.
    private static let nothingThere = [404, 405, 410]

    private func ask(
        _ data: DataShare, _ use: DataShare.TokenUse, _ client: ClientConnection, _ asked: Int,
        _ trail: Trail
    ) async -> Result<PeerToken, ExchangeFailure> {
        let sent: SignedSending
        let judgement: Judgement
        do throws(Denial) {
            trail.enters(.policy)
            judgement = try judge(data, use, client, trail)
            trail.enters(nil)
            guard let endPoint = use.endPoint else {
                return .failure(.unusable("the peer names no token endpoint of its own"))
            }
            try checkPort(of: endPoint.host, namedBy: data.peer)
            trail.markReserved(try await journal.reserve(trail.owed))
            trail.enters(.peer)
            guard let share = registry[use.lease.name.share] else {
                throw Denial(.shareEnded, "share \(use.lease.name.share) is gone")
            }
            let host = site.name(share.site)
            sent = try await signedSending(
                of: try tokenRequest(share, use.lease.name.place, from: host, endPoint), for: host,
                to: data.peer, use.way)
        } catch { return .failure(.denied(error)) }
        trail.note { $0.signature = .init(generation: sent.generation.name, result: "sent") }
        if sent.isRepeated { trail.altered("signed again") }
        switch sent.reply {
        case .failure(let failure): return .failure(.unreachable(failure.code))
        case .success(let reply):
            trail.note { $0.status = reply.status }
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
        _ trail: Trail
    ) throws(Denial) -> Judgement {
        var facts = data.facts
        facts.occasion = Occasion(.token, .outbound)
        facts.now = environment.now()
        facts.address = client.address.map { NetworkAddress($0) }
        facts.access = .token
        facts.signature = SignatureFact(use.way.generation, use.way.verification)
        facts.alsoNamed = [use.endPoint?.host].compactMap { $0 }.filter { $0 != data.peer }
        return try judge(facts, Amount(), trail)
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
