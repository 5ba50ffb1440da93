import Federation
import OpenSSL
import Transport

/// The gateway's own token endpoint (`protocol.md` 5, RFC 6749 sections 4.1.3 and 5): a code, which
/// is the secret of a share, against a short-lived access token.
extension Gateway {
    /// Exchanges the code of a permitted request.
    ///
    /// A code is good until its share ends, and only for the peer that the share is for (settled
    /// questions, 1 and 5). Refused: `invalid_grant` for unknown, ended and foreign codes alike,
    /// `invalid_client` for a request of nobody, `limit_exceeded`, `store_unavailable`, and what the backend
    /// fails by.
    func exchange(
        _ request: TokenRequest, _ permitted: consuming Permitted, _ trail: Trail
    ) async throws(Denial) -> Answer {
        let verified = permitted.verified
        guard let peer = verified.peer else {
            throw Denial(.invalidClient, "the request names no peer")
        }
        let now = verified.claimed.received.now
        let (share, memory) = try await grant(
            request.code, to: peer, permitted.settings, verified, trail)
        try await makeDurable(verified.memory.take() + memory, owing: trail)
        trail.exchanged(share)
        let settings = share.settings.and(permitted.settings)
        let longest = (settings.tokenTTL ?? configuration.token.lifetime).wholeSeconds
        // The token of a share that ends sooner is good no longer.
        let lifetime = share.expires.map { max(1, min(longest, $0 - now)) } ?? longest
        let token = try sealer.seal(
            AccessToken(
                share: share.id.description, peer: peer,
                permissions: share.webdavAccess?.permissions ?? .unspecified,
                pathPrefix: backend.view.dataPath(of: share), issued: now,
                expires: now + lifetime, epoch: share.epoch))
        return Answer(
            status: 200, fields: Self.jsonFields + [("pragma", "no-cache")],
            body: TokenAnswer.body(token: token, lifetime: lifetime))
    }

    /// The share that the code stands for, and what must be durable before a token goes out.
    ///
    /// A code of another peer costs what an unknown one costs, and gets the same answer: nobody
    /// learns by asking which codes there are.
    ///
    /// Refused: `invalid_grant`, `limit_exceeded`, and what ``learn(_:from:_:_:)`` refuses.
    private func grant(
        _ code: Secret, to peer: PeerHost, _ settings: RuleSettings, _ verified: Verified,
        _ trail: Trail
    ) async throws(Denial) -> (ShareRecord, [Change]) {
        var own = shares(of: code, for: peer, settings)
        let guesser = guesser(verified.signedBy, verified.claimed.received.client)
        // What a peer signs for of its own is no guess, whatever else it has shown.
        let isGuess = verified.signedBy == nil || own.first?.share.peer != peer
        if isGuess { try refuseGuesses(of: guesser) }
        if own.isEmpty {
            _ = guesses.take(guesser, now: seconds)
            do throws(Denial) {
                // Anybody may write a peer's name below what they have found.
                if verified.signedBy == nil {
                    let denial = Denial(
                        .invalidGrant, "a code that was never seen, and no signature")
                    try refuse(denial, orTell: trail)
                }
                try await learn(code, from: peer, verified.claimed.received.client, trail)
            } catch {
                throw error.code == .invalidGrant ? ofAnother(code, than: peer) ?? error : error
            }
            own = shares(of: code, for: peer, settings)
        }
        let now = environment.now()
        let active = own.first { $0.share.standing(now: now) == .active }
        guard let share = (active ?? own.first)?.share else {
            throw ofAnother(code, than: peer)
                ?? Denial(.invalidGrant, "a code of another peer")
        }
        guard exchanges.take("share \(share.id)", now: seconds) else {
            throw Denial(.limitExceeded, "exchanges of share \(share.id)")
        }
        guard active != nil else { throw Denial(.invalidGrant, over: share.id) }
        try await refuseDoubted(share, for: verified.claimed.received.client, trail)
        guard binding(of: share, settings) == .peer else { return (share, []) }
        switch registry.bind(share.id, to: peer) {
        case .bound(let changes): return (share, changes)
        case .otherPeer: throw Denial(.invalidGrant, "another peer exchanged it first")
        case .unknown: throw Denial(.invalidGrant, "share \(share.id) is gone")
        }
    }

    /// What a code stands for when this peer shows it: the peer's own shares before those that anybody
    /// may exchange, and the newest first.
    ///
    /// The permanent secret of a share that went out under a handle is no code: it never left.
    func shares(
        of code: Secret, for peer: PeerHost, _ settings: RuleSettings
    ) -> [FoundAccess] {
        let codes = registry.findServed(code).filter { !$0.isReplaced }
        // That of a share to one of this site names it for the peer that passed it on, and opens nothing.
        let free = codes.filter {
            $0.share.peer != peer && !site.hosts.contains($0.share.peer)
                && binding(of: $0.share, settings) == .none
        }
        return codes.filter { $0.share.peer == peer } + free
    }

    /// What only we learn of a code that is refused: that it is another peer's, and whether it is good. Nil when
    /// it is not.
    private func ofAnother(_ code: Secret, than peer: PeerHost) -> Denial? {
        let now = environment.now()
        let found = registry.findServed(code).filter { $0.share.peer != peer && !$0.isReplaced }
        let active = found.first { $0.share.standing(now: now) == .active }
        return (active ?? found.first).map { Denial(codeOf: $0.share, $0.share.standing(now: now)) }
    }

    /// Who may exchange the code of a share: as the rules that let the share and the request through
    /// say, else as configured.
    private func binding(of share: ShareRecord, _ settings: RuleSettings) -> CodeBinding {
        share.settings.and(settings).bind ?? configuration.token.bind
    }

    /// A code that we never saw: made before the gateway came, or on a way around it. The backend is
    /// asked, with a PROPFIND, whether it is good (`verify_unknown`); if so, the code is
    /// this peer's from now on. As a secret it stays what it was: it may be a link.
    ///
    /// Refused: `invalid_grant`, `limit_exceeded`, an outage of the backend or of the store.
    private func learn(
        _ code: Secret, from peer: PeerHost, _ client: ClientConnection, _ trail: Trail
    ) async throws(Denial) {
        guard configuration.token.verifyUnknown == .backend else {
            throw Denial(.invalidGrant, "a code that was never seen")
        }
        guard unknownCodes.take(peer.name, now: seconds) else {
            throw Denial(.limitExceeded, "unknown codes of \(peer)")
        }
        // Of several who ask at once the first learns it, and the others find it learned.
        let name = code.fingerprint(key: fingerprint)
        let denial = await learning.result(for: name) { [self] in
            do throws(Denial) {
                try await probe(code, client, trail)
                guard registry.findServed(code).isEmpty else { return nil }
                trail.altered("learned")
                try await makeDurable([learned(code, by: peer)])
                return nil
            } catch { return error }
        }
        if let denial { throw denial }
    }

    /// Whose guesses count together: a signer's, whoever runs a host having as many ports of it as they like; else
    /// those from a client's address, since anybody may write a peer's name.
    func guesser(_ signer: PeerHost?, _ client: ClientConnection) -> String {
        if let signer { return signer.name }
        return "client \(client.address.map { "\($0.ofClient)" } ?? client.addressText)"
    }

    /// Refused (`limit_exceeded`): who has shown too many codes that open nothing, whatever is shown now: else
    /// the next guess could be right.
    func refuseGuesses(of guesser: String) throws(Denial) {
        guard !guesses.isEmpty(guesser, now: seconds) else {
            throw Denial(.limitExceeded, "codes that open nothing, of \(guesser)")
        }
    }

    /// Time for rates: nobody gets more by setting the wall clock.
    private var seconds: Int { environment.monotonicSeconds() }

    /// Asks the backend whether a secret is good. Refused: one that it does not know (`invalid_grant`), and
    /// whatever says nothing of it (`backend_unavailable`).
    private func probe(
        _ code: Secret, _ client: ClientConnection, _ trail: Trail
    ) async throws(Denial) {
        guard backend.view.backend.credential == .basic else {
            throw Denial(.invalidGrant, "a code that was never seen, and no path that it names")
        }
        let status = try await sharedProperties(
            by: code, limit: BackendServer.longestAnswer, deadline: backend.timeouts.headers,
            for: client, asking: .client, trail
        ).status
        trail.backendAnswered(status)
        switch status {
        case 207: break
        // No such share, and a share whose file is gone.
        case 401, 404:
            throw Denial(.invalidGrant, "the backend does not know the code either (\(status))")
        // A sign-on page, a firewall, trouble: nothing about the code, which its peer is not to give up.
        case _: throw Denial(.backendUnavailable, "status \(status) to the PROPFIND of a code")
        }
    }

    /// Refused: the code of a share whose secret the backend refused, and refuses still; `backend_unavailable`
    /// for as long as that may pass by, then `invalid_grant`. The share stays, and its code is good again once
    /// the backend takes the secret. It is asked after growing pauses, and not in the peer's name, since it may
    /// count a refusal against all that comes from the peer's address.
    private func refuseDoubted(
        _ share: ShareRecord, for client: ClientConnection, _ trail: Trail
    ) async throws(Denial) {
        guard var doubt = doubtedShares.doubt(of: share.id, asking: .gateway, now: seconds)
        else { return }
        if doubt.mayAsk {
            let secret = try permanentSecret(of: share, at: share.webdavPlace)
            let status = try await sharedProperties(
                by: secret, limit: BackendServer.longestAnswer, deadline: backend.timeouts.headers,
                for: client, asking: .gateway, trail
            ).status
            trail.backendAnswered(status)
            doubtedShares.heard(status, of: share.id, now: seconds)
            guard let left = doubtedShares.doubt(of: share.id, asking: .gateway, now: seconds)
            else { return }
            guard status == 401 else {
                throw Denial(.backendUnavailable, "status \(status) to the PROPFIND of a code")
            }
            doubt = left
        }
        guard doubt.isLasting else {
            throw Denial(.backendUnavailable, refusedOf: share.id, retryAfter: doubt.pause)
        }
        throw Denial(.invalidGrant, refusedOf: share.id)
    }

    private func learned(_ code: Secret, by peer: PeerHost) -> Change {
        registry.record(
            NewShare(
                direction: .outbound, origin: .learned, peer: peer, providerID: nil,
                resourceType: nil, boundPeer: peer,
                accesses: [.webdav(code)]),
            now: environment.now()
        ).change
    }
}

extension ShareRecord {
    /// The way over WebDAV; every share that we can give tokens for has one.
    var webdavAccess: ShareAccess? { accesses.isEmpty ? nil : accesses[webdavPlace] }

    /// The place of that access.
    var webdavPlace: Int { accesses.firstIndex { $0.protocolName == "webdav" } ?? 0 }
}

extension BackendServer.View {
    /// The canonical path below which a share's data are, without a slash at its end: where the path
    /// names the share, its own; else the root that all shares have in common.
    func dataPath(of share: ShareRecord) -> String {
        switch backend.credential {
        case .basic: return webdav
        case .bearer:
            let name = share.webdavAccess?.uri ?? share.providerID?.text ?? ""
            // Without a name it would be the root, and with it everybody's data.
            guard name.contains(where: { $0 != "/" }) else { return Self.nowhere }
            if let path = URLParts(name)?.path { return Self.canonical(path) }
            if name.hasPrefix("/") { return Self.canonical(name) }
            return Self.canonical("\(webdav)/\(percentEncoded(name))")
        }
    }

    /// Below it is nothing: canonical paths begin with a slash.
    private static let nowhere = "nowhere"

    /// In the spelling in which paths are judged; one that has none, or is the root, holds nothing.
    private static func canonical(_ path: String) -> String {
        guard let path = try? TargetPath(Array(path.utf8)[...], rule: .routed).text else {
            return nowhere
        }
        let root = path.hasSuffix("/") ? String(path.dropLast()) : path
        return root.isEmpty ? nowhere : root
    }
}
