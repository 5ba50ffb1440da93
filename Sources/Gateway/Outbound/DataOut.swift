import Federation
import OpenSSL
import Transport

/// The backend's requests for the data of peers' shares: the handle or secret that it shows becomes
/// a token of the peer's, or what else opens the share; paths are mapped; bodies stream.
extension Gateway {
    /// What becomes of a request below a path of shared data at a peer.
    func planDataOut(_ request: PeerRequest) -> Plan {
        do throws(Denial) {
            guard request.head.fields.contains(.authorization) else {
                // Nextcloud to 26 asks without credentials first and needs the challenge.
                return .answer(challenge())
            }
            let field = try authorization(request.head) ?? ""
            let now = environment.monotonicSeconds()
            guard let data = dataShares.find(request.peer, field, now: now),
                isActive(data, now: request.now)
            else {
                // One that is over may have come again with the same secret.
                return .prepare { [self] _ in await planNewDataOut(request, field) }
            }
            return try dataOut(data, request)
        } catch {
            return .answer(refusal(error, of: request))
        }
    }

    private func planNewDataOut(_ request: PeerRequest, _ field: String) async -> Plan {
        do throws(Denial) {
            let data = try await dataShare(field, at: request.peer, by: request.head.method)
            dataShares.keep(request.peer, field, data)
            // It may have ended while the peer was asked.
            try checkStands(data, request, now: request.now)
            return try dataOut(data, request)
        } catch {
            return .answer(refusal(error, of: request))
        }
    }

    /// Whether its share stands; one that was never seen is the peer's.
    private func isActive(_ data: DataShare, now: Int) -> Bool {
        switch data.share {
        case .unseen: true
        case .recorded(let id, _): registry.standing(of: id, now: now) == .active
        }
    }

    /// What is recorded of its share now; nil of one that was never seen.
    func shareRecord(of data: DataShare) -> ShareRecord? {
        switch data.share {
        case .unseen: nil
        case .recorded(let id, _): registry[id]
        }
    }

    /// Refused (`share_ended`): data of a share that is over.
    func checkStands(_ data: DataShare, _ request: PeerRequest, now: Int) throws(Denial) {
        guard isActive(data, now: now) else {
            throw over("a share of \(data.peer) is over", to: request.head.method)
        }
    }

    /// The refusal (`share_ended`) of data of a share that is over.
    ///
    /// To oCIS, OpenCloud and CERNBox anything but 404 is a fault of theirs, and none of them sets a share aside
    /// for that. What was to change something is 403 to them, too: their client takes a DELETE of what is not
    /// found for done.
    func over(_ detail: String, to method: Method?) -> Denial {
        guard backend.kind.isReva, method?.onData?.permission == "read" else {
            return Denial(.shareEnded, detail)
        }
        return Denial(.shareEnded, status: 404, detail)
    }

    /// Refused: data of a peer, or at a host, that the lists refuse, before anybody is asked for what is then
    /// not used.
    private func checkListed(_ data: DataShare, now: Int) throws(Denial) {
        guard configuration.profile != .observe else { return }
        var facts = data.facts
        facts.now = now
        if let denial = policy.current.standings(of: facts).denial(of: facts) { throw denial }
    }

    /// What becomes of a request for data of a share that stands.
    ///
    /// Refused: what the lists and the policy refuse.
    private func dataOut(_ data: DataShare, _ request: PeerRequest) throws(Denial) -> Plan {
        switch data.way {
        case .asSent: return try forward(data, request, by: .asSent)
        case .secret(let field): return try forward(data, request, by: .secret(field))
        case .token(let use):
            let now = environment.monotonicSeconds()
            return try dataOut(data, use, request, use.lease.next(use.demand, now: now))
        }
    }

    private func dataOut(
        _ data: DataShare, _ use: DataShare.TokenUse, _ request: PeerRequest,
        _ step: TokenLease.Step, _ asked: PolicyAsked = .not
    ) throws(Denial) -> Plan {
        switch step {
        case .use(let token): return try forward(data, request, by: .token(token, use), asked)
        case .useAndRenew(let token):
            tokens.renew(use.lease) { [self] in
                await exchange(data, use, for: request.client)
            }
            return try forward(data, request, by: .token(token, use), asked)
        case .secret(let field): return try forward(data, request, by: .secret(field), asked)
        case .refuse(let failure, let retryAfter):
            throw failure.denial(retryAfter: retryAfter)
        case .ask:
            try checkListed(data, now: request.now)
            return .prepare { [self] _ in await planWithToken(data, use, request, asked) }
        }
    }

    /// Waits for a token.
    func planWithToken(
        _ data: DataShare, _ use: DataShare.TokenUse, _ request: PeerRequest,
        _ asked: PolicyAsked
    ) async -> Plan {
        do throws(Denial) {
            let field = try authorization(request.head) ?? ""
            let step = await tokens.obtain(use.lease, use.demand) { [self] in
                await exchangeAfterRenewing(data, use, field, request)
            }
            if use.endPoint == nil, case .use = step, case .not = asked {
                // Its document is another one by now.
                return await planNewDataOut(request, field)
            }
            // It may have ended while the peer was asked.
            try checkStands(data, request, now: environment.now())
            return try dataOut(data, use, request, step, asked)
        } catch { return .answer(refusal(error, of: request)) }
    }

    /// Asks for a token; where the peer's document names no place for it, where the document says that it
    /// is now: a gateway may have come before the peer while it was fresh.
    private func exchangeAfterRenewing(
        _ data: DataShare, _ use: DataShare.TokenUse, _ field: String, _ request: PeerRequest
    ) async -> Result<PeerToken, ExchangeFailure> {
        guard use.endPoint == nil, await peers.renewDocument(of: data.peer) else {
            return await exchange(data, use, for: request.client)
        }
        dataShares.forget(data.peer)
        guard let renewed = try? await dataShare(field, at: request.peer),
            case .token(let named) = renewed.way
        else { return await exchange(data, use, for: request.client) }
        return await exchange(renewed, named, for: request.client)
    }

    /// The answer to a refused request, with one log line.
    ///
    /// Never 401, which Nextcloud takes for the end of the share's secret (`protocol.md` 9.4); 403
    /// fails the one operation, and 5xx makes it try again later. ownCloud takes a 403 to what only reads
    /// for more than that, and hears 503.
    ///
    /// - Parameter told: what the backend hears in its place, and nobody writes down.
    func refusal(_ denial: Denial, of request: PeerRequest, as told: Denial? = nil) -> Answer {
        let decision = DecisionID.make(now: request.now)
        let isSafe = request.head.method.isSafe
        let told =
            told ?? (isSafe ? keepingFiles(denial, at: request.path.text) : nil) ?? denial
        let status = told.status == 401 ? 403 : told.status
        log.refusedData(
            denial, decision: decision, request.head.method, request.client, status: status,
            peer: request.peer, under: policy.current)
        note(
            denial, decision, "webdav", .outbound, status, request.client,
            peer: request.peer.description
        ) { tell(&$0, of: request, denial) }
        return told.answer(decision: decision, status: status)
    }
}
