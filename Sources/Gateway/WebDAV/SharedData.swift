import Federation
import OpenSSL
import Transport

/// Requests for shared data: the credential is judged and replaced by the one that the backend
/// takes; bodies stream.
///
/// Who uses a token or a secret is not visible here, there is no signature (settled questions, 5).
/// A secret that we do not know goes to the backend as it is, since public links live on the same
/// paths, unless `accept_secret = "none"`.
extension Gateway {
    /// What becomes of a request below a WebDAV root.
    func sharedData(
        _ route: WebDAVRoute, _ head: RequestHead, _ path: TargetPath,
        from client: ClientConnection
    ) -> Plan {
        let request = DataRequest(route: route, head: head, path: path, client: client)
        do throws(Denial) {
            return try authorized(request)
        } catch {
            return .answer(refusal(error, of: request))
        }
    }

    private func authorized(_ request: DataRequest) throws(Denial) -> Plan {
        let credential = DAVCredential(try authorization(request.head))
        switch credential {
        case .absent:
            // Nextcloud to 26 asks without credentials first and needs the challenge; where the path
            // itself names a public link there is nothing to ask for.
            if request.route.root == .publicFiles { return try forward(request, as: nil) }
            return .answer(challenge())
        case .bearer(let secret):
            if let opened = try openedToken(secret.text) { return try withToken(opened, request) }
            return try withSecret(secret, request)
        case .basic:
            guard let secret = credential.shareSecret else { return try unknownSecret(request) }
            return try withSecret(secret, request)
        case .unreadable: return try unknownSecret(request)
        }
    }

    /// Refused (`malformed_request`): several fields, or bytes beyond ASCII: of two credentials no
    /// one can say which the backend takes.
    private func authorization(_ head: RequestHead) throws(Denial) -> String? {
        guard head.fields.contains(.authorization) else { return nil }
        guard let text = head.fields.text(.authorization) else {
            throw Denial(.malformedRequest, "Authorization is there twice, or is not ASCII")
        }
        return text
    }

    /// The token that a bearer credential is; nil when it is none of ours.
    ///
    /// Refused: `token_expired`.
    private func openedToken(_ text: String) throws(Denial) -> AccessToken? {
        do throws(Denial) {
            return try sealer.open(text, now: environment.now())
        } catch {
            guard error.code == .tokenExpired else { return nil }
            throw error
        }
    }

    private func withToken(
        _ token: AccessToken, _ request: DataRequest
    ) throws(Denial) -> Plan {
        let now = environment.now()
        guard let id = ShareID(token.share), let share = registry[id],
            registry.standing(token: id, epoch: token.epoch, now: now) == .active
        else { throw Denial(.tokenInvalid, "share \(token.share) is over") }
        let destination = try token.permit(
            method: request.head.method.rawValue, path: try request.canonical(),
            destination: request.head.fields.text(.destination), origins: site.hosts)
        try judge(request, share, .token, token.peer, now)
        return try forward(
            request, as: credential(of: share, at: 0), destination: destination?.text)
    }

    private func withSecret(_ secret: Secret, _ request: DataRequest) throws(Denial) -> Plan {
        let found = registry.find(secret, .outbound)
        guard let access = found.first else { return try unknownSecret(request) }
        let share = access.share
        let now = environment.now()
        switch share.standing(now: now) {
        case .active: break
        case .ended, .expired: throw Denial(.secretRefused, "share \(share.id) is over")
        }
        guard access.credential == .handle || !access.access.hasHandle else {
            throw Denial(
                .secretRefused, "the permanent secret of share \(share.id), which never left")
        }
        try acceptSecret(of: share)
        let destination = try access.access.permit(
            request, below: backend.view.dataPath(of: share), origins: site.hosts,
            share: share, now: now)
        try judge(request, share, .secret, share.peer, now)
        return try forward(
            request, as: credential(of: share, at: access.place), destination: destination?.text)
    }

    /// `accept_secret`, for a share that we know.
    private func acceptSecret(of share: ShareRecord) throws(Denial) {
        switch configuration.token.acceptSecret {
        case .all: return
        case .none: throw Denial(.secretRefused, "accept_secret = \"none\"")
        case .legacy:
            let demandsTokens = share.accesses.contains {
                $0.requirements.contains(.mustExchangeToken)
            }
            // A share that was learned at the token endpoint has a peer that can exchange.
            guard !demandsTokens, share.origin == .seen else {
                throw Denial(.secretRefused, "the peer of share \(share.id) exchanges tokens")
            }
        }
    }

    private func unknownSecret(_ request: DataRequest) throws(Denial) -> Plan {
        guard configuration.token.acceptSecret != .none else {
            throw Denial(.secretRefused, "a secret that was never seen")
        }
        return try forward(request, as: nil)
    }

    /// The policy's word on a share that we know: its peer may have been blocked since.
    private func judge(
        _ request: DataRequest, _ share: ShareRecord, _ access: AccessFact, _ peer: PeerHost,
        _ now: Int
    ) throws(Denial) {
        let policy = policy.current
        if let denial = policy.standing(of: peer, now: now).denial { throw denial }
        var facts = Facts(Occasion(.webdav, .inbound), peer: peer, now: now)
        facts.access = access
        facts.address = request.client.address.flatMap { NetworkAddress($0.description) }
        facts.resourceType = share.resourceType
        facts.owner = share.owner
        facts.recipient = share.recipient
        facts.protocols = ["webdav"]
        facts.permissions = share.webdavAccess?.permissions.facts ?? .unspecified
        if let denial = policy.evaluate(facts).denial { throw denial }
    }

    private func credential(of share: ShareRecord, at place: Int) throws(Denial) -> String {
        do {
            return DAVCredential.field(
                for: try registry.secret(of: share, place: place),
                backend.view.backend.credential
            ).text
        } catch { throw Denial(.storeUnavailable, "share \(share.id): \(error)") }
    }
}

/// A request for shared data, with its path in the one spelling that is judged and forwarded.
struct DataRequest: Sendable {
    let route: WebDAVRoute
    let head: RequestHead
    let path: TargetPath
    let client: ClientConnection

    /// The path as tokens name it.
    func canonical() throws(Denial) -> CanonicalPath { try CanonicalPath(path.text) }
}

extension ShareAccess {
    /// Holds a request by secret to the permissions that the share names, as a token would be.
    fileprivate func permit(
        _ request: DataRequest, below prefix: String, origins: [PeerHost], share: ShareRecord,
        now: Int
    ) throws(Denial) -> CanonicalPath? {
        let token = AccessToken(
            share: share.id.description, peer: share.peer, permissions: permissions,
            pathPrefix: prefix, issued: now, expires: now + 1, epoch: share.epoch)
        return try token.permit(
            method: request.head.method.rawValue, path: try request.canonical(),
            destination: request.head.fields.text(.destination), origins: origins)
    }
}
