import Federation
import OpenSSL
import Transport

/// Requests for shared data: the credential is judged and replaced by the one that the backend
/// takes; bodies stream.
///
/// Who uses a token or a secret is not visible here, there is no signature (settled questions, 5).
/// A secret that we do not know goes to the backend as it is, since public links live on the same
/// paths, unless `accept_secret = "none"`. A token never does, nor what was one.
extension Gateway {
    /// What becomes of a request below a WebDAV root.
    func sharedData(
        _ route: WebDAVRoute, _ head: RequestHead, _ path: TargetPath,
        from client: ClientConnection, through entrance: Entrance, at view: BackendServer.View
    ) -> Plan {
        let request = DataRequest(
            route: route, head: head, path: path, client: client, entrance: entrance)
        do throws(Denial) {
            return try authorized(try request.resolved(at: view))
        } catch {
            return .answer(refusal(error, of: request))
        }
    }

    private func authorized(_ request: DataRequest) throws(Denial) -> Plan {
        try request.head.refuseSource()
        if backend.view.backend.tellsAccessTokens { try request.head.refuseLoginsInQuery() }
        try refuseTokens(in: request.head.query)
        if let shown = request.head.fields.only(.authorization),
            let entry = openedTokens.find(shown), request.secretInPath == nil
        {
            return try withToken(entry, request)
        }
        let field = try authorization(request.head)
        let credential = DAVCredential(field)
        guard credential != .unreadable else {
            // What we cannot read the backend may: nothing unjudged goes there.
            throw Denial(.secretRefused, "Authorization is neither Bearer nor Basic to the letter")
        }
        if let secret = request.secretInPath {
            return try withSecretInPath(secret, credential, request)
        }
        switch credential {
        case .absent:
            // Nextcloud to 26 asks without credentials first and needs the challenge.
            return .answer(challenge())
        case .bearer(let secret):
            guard let opened = try openedToken(secret) else {
                return try withSecret(secret, request)
            }
            return try withToken(opened, shownAs: field ?? "", request)
        case .basic, .unreadable:
            guard let secret = credential.shareSecret else { return try unknownSecret(request) }
            return try withSecret(secret, request)
        }
    }

    /// Refused (`invalid_request`): a token of ours in the query, which the backend would log. Whoever shows one
    /// shows it in one way (RFC 6750, section 2), which is `Authorization` here.
    private func refuseTokens(in query: ArraySlice<UInt8>?) throws(Denial) {
        guard let query, Self.secretWords(in: query).contains(where: { sealer.hasForm($0.text) })
        else { return }
        throw Denial(
            .invalidRequest, hint: "Show an access token in Authorization alone (RFC 6750 2).",
            "an access token in the query")
    }

    /// Refused (`malformed_request`): several fields, or bytes beyond ASCII: of two credentials no
    /// one can say which the backend takes.
    func authorization(_ head: RequestHead) throws(Denial) -> String? {
        guard head.fields.contains(.authorization) else { return nil }
        guard let text = head.fields.text(.authorization) else {
            throw Denial(.malformedRequest, "Authorization is there twice, or is not ASCII")
        }
        return text
    }

    /// The token that a bearer credential is; nil when it is none of ours.
    ///
    /// Refused: `token_expired`; `token_invalid` for what has the form of one, and is not known as the
    /// secret of a share either.
    private func openedToken(_ shown: Secret) throws(Denial) -> AccessToken? {
        let text = shown.text
        do throws(Denial) {
            return try sealer.open(text, now: environment.now())
        } catch {
            if error.code == .tokenExpired { throw error }
            if sealer.hasForm(text), registry.findServed(shown).isEmpty { throw error }
            return nil
        }
    }

    private func withToken(
        _ token: AccessToken, shownAs field: String, _ request: DataRequest
    ) throws(Denial) -> Plan {
        let form = backend.view.backend.credential
        guard let id = ShareID(token.share), let share = registry[id] else {
            throw Denial(.tokenInvalid, "share \(token.share) is over")
        }
        let entry = OpenedTokens.Entry(
            token: token, share: id,
            secret: try permanentSecret(of: share, at: share.webdavPlace), form: form)
        openedTokens.keep(field, entry)
        return try withToken(entry, request)
    }

    private func withToken(
        _ entry: OpenedTokens.Entry, _ request: DataRequest
    ) throws(Denial) -> Plan {
        let token = entry.token
        let now = environment.now()
        if let expiry = token.expiry(at: now) { throw expiry }
        guard registry.isGood(entry.share, epoch: token.epoch, now: now) else {
            throw Denial(.tokenInvalid, "share \(token.share) is over")
        }
        if let inside = try request.inside(share: token.pathPrefix, entry.form) {
            return try withToken(entry, inside)
        }
        let (destination, would) = try permit(token.scope, request)
        let depth = try request.depth()
        let snapshot = policy.snapshot
        let circumstances = Allowance.Circumstances(
            policy: snapshot.policy, address: request.client.address,
            mtls: request.client.shows(certificateOf: token.peer, now: now), now: now)
        var room: StreamedRoom?
        let isAllowed =
            snapshot.mayRemember(.inbound) && entry.allowance.holds(under: circumstances)
        if !isAllowed || !would.isEmpty {
            let share = try share(of: entry, now: now)
            let judgement = try judge(
                request.head, request.client, share, .token, token.peer, snapshot, now,
                would: would)
            room = StreamedRoom(
                judgement.pending, request.head.method, request.head.body)
            entry.allowance.note(under: circumstances)
        }
        let credential =
            entry.form == backend.view.backend.credential
            ? entry.credential : try credential(of: share(of: entry, now: now))
        try refuseDoubted(entry.share, by: .tokenInvalid)
        let grant = DataGrant(share: entry.share, epoch: token.epoch, access: .token)
        return try forward(
            request, as: .field(credential), by: .granted(grant, room),
            untold: untold(entry.secret, below: token.pathPrefix, request),
            destination: destination, depth: depth)
    }

    /// The secret of a share, which is kept out of the answers of a backend that tells it.
    ///
    /// - Parameter root: the share's own path.
    private func untold(
        _ secret: Secret, below root: String, _ request: DataRequest
    ) -> UntoldSecret {
        let backend = backend.view.backend
        guard backend.tellsSecrets else { return .none }
        switch request.route.root {
        case .ocm, .discovered: break
        case .publicWebDAV, .publicFiles, .publicUploads, .seafdav: return .none
        }
        let name =
            switch backend.credential {
            case .bearer: root.split(separator: "/").last ?? ""
            case .basic: Substring()
            }
        return .inAnswers(
            SecretReplacement(of: secret.text, by: String(name), in: .textsAndIDs))
    }

    private func share(
        of entry: OpenedTokens.Entry, now: Int
    ) throws(Denial) -> ShareRecord {
        let token = entry.token
        guard let share = registry.share(ofToken: entry.share, epoch: token.epoch, now: now) else {
            throw Denial(.tokenInvalid, "share \(token.share) is over")
        }
        return share
    }

    /// Refused (`token_invalid`): what has the form of a token of ours, shown as a secret.
    private func refuseToken(_ shown: Secret) throws(Denial) {
        if sealer.hasForm(shown.text), registry.findServed(shown).isEmpty {
            throw Denial(.tokenInvalid, "a token that is not shown as Bearer")
        }
    }

    private func withSecret(_ secret: Secret, _ request: DataRequest) throws(Denial) -> Plan {
        guard
            let (access, would) = try access(
                by: secret, from: request.client, through: request.entrance,
                isBasic: request.showsBasic)
        else {
            try refuseToken(secret)
            return try unknownSecret(request)
        }
        let permanent = try permanentSecret(of: access.share, at: access.place)
        let view = backend.view
        let root = view.dataPath(of: access.share)
        let inside = try request.inside(share: root, view.backend.credential) ?? request
        let depth = try inside.depth()
        let (destination, room) = try permit(access, inside, below: root, would: would)
        return try forward(
            inside, as: .field(DAVCredential.field(for: permanent, view.backend.credential)),
            by: .granted(access.grant, room), untold: untold(permanent, below: root, inside),
            destination: destination, depth: depth)
    }

    /// Where the path names a link or a share by its secret: what is known is held to the same
    /// rules as when it comes as a credential. Whatever else is shown there does not count for it.
    ///
    /// Refused (`not_allowed`): the uploads of a share's owner, which Nextcloud opens by its secret whatever
    /// the share is of, and for more than it may.
    private func withSecretInPath(
        _ secret: Secret, _ credential: DAVCredential, _ request: DataRequest
    ) throws(Denial) -> Plan {
        guard
            let (access, would) = try access(
                by: secret, from: request.client, through: request.entrance)
        else {
            // A token is never the password of a link.
            if case .bearer(let text) = credential, try openedToken(text) != nil {
                throw Denial(.notAllowed, "a path outside the share of the token")
            }
            try refuseToken(secret)
            return try unknownSecret(request)
        }
        // A link is written to there, where its web page cuts what it sends.
        guard request.route.root == .publicFiles else {
            throw Denial(.notAllowed, "the uploads of whose share \(access.share.id) is")
        }
        let root = request.rootPath
        let depth = try request.depth()
        let (destination, room) = try permit(access, request, below: root, would: would)
        let hidden = HiddenSecret(
            try permanentSecret(of: access.share, at: access.place), behind: secret, told: root,
            below: request.route.prefix)
        return try forward(
            request, as: .nothing, by: .granted(access.grant, room),
            untold: access.credential == .handle ? .inPath(hidden) : .none,
            path: hidden.root + request.route.rest,
            destination: destination.map { hidden.inside($0) }, depth: depth)
    }

    /// The share that a secret opens; nil when it was never seen, and of one that may be a link: that a
    /// peer showed it as a code makes it nobody's share for all others (decision 14). Nil too by the way out for
    /// the backend's own secret of a share that a peer had passed on to one of this site, who has no code
    /// (decision 71); from outside that one is as replaced as any other.
    ///
    /// Refused (`secret_refused`): of a share that is over, one that a code took the place of (its peer is to
    /// hold that; profile `observe` only tells of it), the code of one to somebody of this site, by which
    /// whoever passed it on speaks of it and nobody reads, and a secret with a space at its end, which the
    /// database of a backend compares as if it were not there (`PAD SPACE`).
    ///
    /// - Parameter isBasic: whether the secret was shown as `Basic`.
    func access(
        by secret: Secret, from client: ClientConnection, through entrance: Entrance,
        isBasic: @autoclosure () -> Bool = false
    ) throws(Denial) -> (found: FoundAccess, would: [String])? {
        guard secret.withBytes({ $0.isEmpty || $0[$0.count - 1] != 0x20 }) else {
            throw Denial(.secretRefused, "a secret that ends with a space")
        }
        let now = environment.now()
        let found = registry.findServed(secret)
        guard !found.allSatisfy({ mayBeALink($0.share) }) else { return nil }
        // After a reshare several shares have one secret.
        let active = found.first { $0.share.standing(now: now) == .active }
        guard let access = active ?? found.first else { return nil }
        let share = access.share
        guard active != nil else { throw Denial(.secretRefused, over: share.id) }
        if found.allSatisfy({ site.hosts.contains($0.share.peer) }) {
            guard access.credential == .secret else {
                throw Denial(.secretRefused, "the code of share \(share.id), which names it alone")
            }
            if entrance == .wayOut { return nil }
        }
        guard !access.isReplaced else {
            let denial = Denial(
                .secretRefused, replacedOf: share.id, demandsToken: access.demandsToken)
            let settings = settings(of: share, shownBy: client, now: now)
            switch settings.acceptSecret ?? configuration.token.acceptSecret {
            case .all, .legacy: return (access, [try observed(denial)])
            // Nor would what it was replaced by be taken.
            case .none:
                let none = Self.noneTaken(denial.detail, isBasic: isBasic())
                return (access, [try observed(none)])
            }
        }
        return (access, [])
    }

    /// What the rules set that let a share through, and a request by its secret; nothing is counted by it.
    private func settings(
        of share: ShareRecord, shownBy client: ClientConnection, now: Int
    ) -> RuleSettings {
        let judging = policy.snapshot.policy
        let verdict = judging.evaluate(
            facts(of: share, .secret, share.peer, client, now: now),
            judging.standing(of: share.peer, now: now), room: Policy.roomForAll)
        return share.settings.and(verdict.settings)
    }

    /// Refused: what `accept_secret` does not take, of the rules that let the share and the request
    /// through, else of the configuration.
    ///
    /// - Parameter isBasic: whether the secret was shown as `Basic`.
    func takeSecret(
        _ access: FoundAccess, _ settings: RuleSettings = .none,
        isBasic: @autoclosure () -> Bool = false
    ) throws(Denial) {
        let share = access.share
        switch share.settings.and(settings).acceptSecret ?? configuration.token.acceptSecret {
        case .all: break
        case .none:
            throw Self.noneTaken("accept_secret = \"none\"", isBasic: isBasic())
        case .legacy:
            // One that was learned we did not see being made: it may be a link that others use too.
            guard !access.demandsToken else {
                throw Denial(.secretRefused, "the peer of share \(share.id) exchanges tokens")
            }
        }
    }

    /// The refusal of every permanent secret, which a person has decided: to `Basic` it is 403, since
    /// ownCloud deletes its mount for a 401 and tells that the share is declined.
    private static func noneTaken(_ detail: String, isBasic: Bool) -> Denial {
        guard isBasic else { return Denial(.secretRefused, detail) }
        return Denial(.secretRefused, status: 403, detail)
    }

    private func unknownSecret(_ request: DataRequest) throws(Denial) -> Plan {
        guard request.entrance == .wayOut || configuration.token.acceptSecret != .none else {
            throw Self.noneTaken("a secret that was never seen", isBasic: request.showsBasic)
        }
        // Where the backend may look for one beside the credential: reva took it from the path.
        try refuseShares(namedIn: request.path, request.head.query)
        try refuseShares(namedInDestinationOf: request.head)
        return try forward(
            request, as: .clients, by: .unjudged, untold: .none,
            destination: request.unjudgedDestination(site.hosts))
    }

    /// Holds a request by secret to the permissions that the share names, as a token would be.
    private func permit(
        _ access: FoundAccess, _ request: DataRequest, below prefix: String, would: [String]
    ) throws(Denial) -> (destination: String?, room: StreamedRoom?) {
        let share = access.share
        let (destination, beyond) = try permit(
            DataScope(access.access.permissions, below: prefix), request)
        let judgement = try judge(
            request.head, request.client, share, .secret, share.peer, policy.snapshot,
            environment.now(), would: would + beyond)
        // Before anything else is refused: what does not pass gives back what it has taken.
        let room = StreamedRoom(
            judgement.pending, request.head.method, request.head.body)
        try takeSecret(access, judgement.verdict.settings, isBasic: request.showsBasic)
        try refuseDoubted(share.id, by: .secretRefused)
        return (destination, room)
    }

    /// Refused: what would show the backend a secret that it refused. The first request after each pause goes
    /// on, and its answer is heard.
    private func refuseDoubted(_ share: ShareID, by code: DenialCode) throws(Denial) {
        guard
            let doubt = doubtedShares.doubt(
                of: share, asking: .client, now: environment.monotonicSeconds()),
            !doubt.mayAsk
        else { return }
        throw Denial(code, refusedOf: share)
    }

    /// Refused: what is beyond the scope, and ``refuseBeyondShare(_:to:)``. Profile `observe` only tells of a
    /// permission that is not there.
    private func permit(
        _ scope: DataScope, _ request: DataRequest
    ) throws(Denial) -> (destination: String?, would: [String]) {
        func permitted(_ scope: DataScope) throws(Denial) -> String? {
            let destination = try scope.permit(
                method: request.head.method.onData, path: request.path.text,
                destination: request.destination(site.hosts))
            try refuseBeyondShare(request, to: destination)
            return destination
        }
        do throws(Denial) { return (try permitted(scope), []) } catch {
            guard error.code == .permissionNotAllowed else { throw error }
            let word = try observed(error)
            return (try permitted(scope.withoutLimits), [word])
        }
    }

    /// The policy's word on a share that we know: its peer may have been blocked since.
    func judge(
        _ head: RequestHead, _ client: ClientConnection, _ share: ShareRecord,
        _ access: AccessFact, _ peer: PeerHost, _ snapshot: PolicySnapshot, _ now: Int,
        would: [String] = []
    ) throws(Denial) -> Judgement {
        try judgeData(
            facts(of: share, access, peer, client, now: now), of: share, head,
            from: client, under: snapshot, would: would)
    }

    /// What the policy may know of a request for data.
    func facts(
        of share: ShareRecord, _ access: AccessFact, _ peer: PeerHost,
        _ client: ClientConnection, now: Int
    ) -> Facts {
        var facts = Facts(Occasion(.webdav, .inbound), peer: peer, now: now)
        facts.access = access
        facts.address = client.address.map { NetworkAddress($0) }
        facts.mtls = client.shows(certificateOf: peer, now: now)
        facts.fill(from: share, ours: site.hosts)
        facts.protocols = Self.webdavProtocol
        facts.permissions = share.webdavAccess?.permissions.facts ?? .unspecified
        // Who shared it on knows the secret, and may be who shows it.
        if access == .secret, let sharer = share.sharer(besides: site.hosts), sharer != peer {
            facts.alsoNamed = [sharer]
        }
        return facts
    }

    private func credential(of share: ShareRecord) throws(Denial) -> Secret {
        DAVCredential.field(
            for: try permanentSecret(of: share, at: share.webdavPlace),
            backend.view.backend.credential)
    }

    func permanentSecret(of share: ShareRecord, at place: Int) throws(Denial) -> Secret {
        do { return try registry.secret(of: share, place: place) } catch {
            throw Denial(.storeUnavailable, "share \(share.id): \(error)")
        }
    }

    private static let webdavProtocol = ["webdav"]
}

extension FoundAccess {
    /// What a request by this secret is let through by.
    fileprivate var grant: DataGrant {
        DataGrant(share: share.id, epoch: share.epoch, access: .secret)
    }
}

extension NetworkAddress {
    /// The address as policy compares it.
    init(_ address: IPAddress) {
        switch address {
        case .v4(let number): self.init(high: 0, low: 0xFFFF << 32 | UInt64(number))
        case .v6(let high, let low): self.init(high: high, low: low)
        }
    }
}
