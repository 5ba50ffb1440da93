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
        }
        let result = await ask(data, use, client, asked, trail)
        tell(result, trail)
        let (record, place) = trail.finished()
        if let held = keepHeld(record, of: trail.heldPeer) { store.commitLater([held]) }
        let members = LogMembers(record.decision)
        log.decision(record.decision, members)
        do throws(Denial) { try await journal.append(record, members, place) } catch {
            return .failure(.denied(error))
        }
        if Self.mayHaveMoved(result, record.decision.status),
            await peers.renewDocument(of: data.peer)
        {
            dataShares.forget(data.peer)
        }
        return result
    }

    /// Whether the endpoint may have moved while the document was fresh.
    private static func mayHaveMoved(
        _ result: Result<PeerToken, ExchangeFailure>, _ status: Int
    ) -> Bool {
        switch result {
        case .failure(.nowhere): true
        case .failure(.unusable): nothingThere.contains(status)
        case .success, .failure: false
        }
    }

    /// How the exchange ended.
    private func tell(_ result: Result<PeerToken, ExchangeFailure>, _ trail: Trail) {
        switch result {
        case .success: trail.note { $0.action = .allow }
        case .failure(.refused(let denial, _, _)), .failure(.denied(let denial)):
            trail.refused(denial, status: 0)
        case .failure(let failure):
            trail.note { record in
                record.by = Decider.guard(failure.code).name
                record.code = failure.code.rawValue
                record.detail = failure.detail
            }
        }
    }

    /// Statuses of a place where no token endpoint is.
    private static let nothingThere = [404, 405, 410]

    private func ask(
        _ data: DataShare, _ use: DataShare.TokenUse, _ client: ClientConnection, _ asked: Int,
        _ trail: Trail
    ) async -> Result<PeerToken, ExchangeFailure> {
        let sent: SignedSending
        let judgement: Judgement
        trail.enters(.policy)
        do throws(Denial) { judgement = try judge(data, use, client, trail) } catch {
            return .failure(
                .refused(error, decision: trail.decision, under: PolicyHashes(trail.policy)))
        }
        trail.enters(nil)
        do throws(Denial) {
            guard let endPoint = use.endPoint else { return .failure(.nowhere) }
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
            case .unusable(let text):
                return .failure(.unusable(text + remark(on: reply), retryAfter: reply.retryAfter))
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

extension ExchangeFailure {
    /// What the log calls it.
    fileprivate var code: DenialCode {
        switch self {
        case .grantRefused: .invalidGrant
        case .clientRefused: .unauthorizedClient
        case .unreachable, .unusable, .nowhere, .tokenRefused: .peerUnavailable
        case .refused(let denial, _, _), .denied(let denial): denial.code
        }
    }

    /// What exactly happened; for the log.
    var detail: String {
        switch self {
        case .grantRefused: "the peer says that the code is over"
        case .clientRefused(let text): "the peer takes no codes from us: \(text)"
        case .unreachable(let text): "no answer: \(text)"
        case .unusable(let text, _): "no token in the answer: \(text)"
        case .nowhere: "the peer names no token endpoint of its own"
        case .tokenRefused: "the peer does not take the tokens that it gives"
        case .refused(let denial, _, _), .denied(let denial): denial.detail
        }
    }

    /// What the backend is told when there is no way without a token.
    func denial(retryAfter: Int) -> Denial {
        switch self {
        case .grantRefused: Denial(.shareEnded, detail)
        case .refused(let denial, let decision, _):
            Denial(
                denial, ofExchange: decision, retryAfter: denial.retryAfter.map { _ in retryAfter })
        case .denied(let denial): denial
        case .clientRefused, .unreachable, .unusable, .nowhere, .tokenRefused:
            Denial(.peerUnavailable, "token: \(detail)", retryAfter: retryAfter)
        }
    }
}
