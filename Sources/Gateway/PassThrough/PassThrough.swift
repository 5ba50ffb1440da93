import Federation
import OpenSSL
import Transport

/// A body that was read whole, since it may name a public link.
struct JudgedBody {
    let request: ReceivedRequest
    /// What it may hold.
    let holding: LinkBody
}

/// Everything that is not the federation's: the web UI, sync clients, apps.
extension Gateway {
    /// Forwards byte for byte, or answers 404 with `pass = "ocm"`, but for what the backend asks itself for.
    /// Of the answer only a `Location` that names the backend's own place changes.
    ///
    /// WebSocket passes, since the web UIs need it; no other protocol is switched to, and nothing
    /// that policy hangs on comes this way (decision 7) but the secrets of calendars, rooms and boards, which end
    /// with their shares and with the standing of their peers.
    ///
    /// The path goes on in the spelling that was judged: as it came, doubled slashes merged (settled
    /// questions, 18).
    ///
    /// - Parameter judged: the body, where it is judged too.
    func passThrough(
        _ head: RequestHead, _ path: TargetPath?, from client: ClientConnection,
        through entrance: Entrance = .listener, judging judged: JudgedBody? = nil
    ) -> Plan {
        guard configuration.backend.pass == .all || isOwnData(path, through: entrance) else {
            return .answer(refusal(Denial(.notFound, Denial.pagesClosed), from: client))
        }
        let isWebSocket = WebSocketUpgrade.isRequested(by: head)
        do throws(Denial) {
            try refuseSharesOnPages(head, path)
            if let judged {
                try refuseShares(inBodyOf: judged.request, holding: judged.holding)
            }
            try refuseCredentials(of: head)
            let writer = try backend.head.writer(
                for: head,
                path: path?.text ?? String(decoding: head.rawTarget, as: UTF8.self),
                query: path == nil ? nil : head.query, client: client,
                adding: isWebSocket ? WebSocketUpgrade.fields : [])
            return .forward(
                Forwarding(
                    to: backend.upstream, head: writer, body: judged?.request.body,
                    firstByte: backend.timeouts.pages,
                    switching: isWebSocket ? .webSocket : .refused,
                    onHead: { [backendPlaces] head in backendPlaces.edit(head) },
                    onFailure: { [self] failure in unavailable(Denial(failure), to: client) }))
        } catch {
            return .answer(refusal(error, from: client))
        }
    }

    /// Whether the backend asks itself for the bytes of a file: oCIS, OpenCloud and CERNBox do so at the site's
    /// own address for each that is read or written. They name it in a field or behind `/data`. Nobody from
    /// outside comes by that way.
    private func isOwnData(_ path: TargetPath?, through entrance: Entrance) -> Bool {
        guard case .wayOut = entrance, backend.kind.isReva else { return false }
        return path?.text.rest(below: "/data") != nil
    }

    /// Refused: what `refuseData` and `refuseOver` say of the user and the password that are shown, and of what
    /// Deck reads in their place.
    private func refuseCredentials(of head: RequestHead) throws(Denial) {
        guard registry.count > 0 else { return }
        if let field = try authorization(head) {
            let login = BasicLogin(field)
            try refuseData(login, field)
            if let password = login?.password { try refuseOver(password) }
        }
        for secret in head.secretsOfBoards { try refuseOver(secret) }
    }

    /// Refused (`secret_refused`): as the user of `Basic` or as `Bearer`, the secret of a share of files that we
    /// know. It opens data alone, which are judged where the backend has them; until the document of a server of
    /// no known kind has been read, which alone says where that is, it is 503. What is no secret is looked for
    /// once.
    private func refuseData(_ login: BasicLogin?, _ field: String) throws(Denial) {
        guard backend.kind.mayBePHP,
            let secret = login?.user ?? DAVCredential(field).shareSecret
        else { return }
        if backend.kind == .generic, backend.view.document == nil {
            guard registry.findServed(secret).isEmpty else { throw .unplaced }
            return
        }
        guard secret.isLookedForAsCredential else { return }
        for found in registry.findServed(secret)
        where found.share.isOfFiles && !mayBeALink(found.share) {
            throw Denial(
                .secretRefused, "the secret of share \(found.share.id) where no shared data are")
        }
    }

    /// Refused: as the password of `Basic` or in Deck's own field, the secret of a share that is over
    /// (`secret_refused`), or whose peer the lists refuse (their code). So peers reach calendars (Nextcloud from
    /// 32 on), rooms of Talk and boards, whose secrets nothing takes the place of. What is no secret that we know is
    /// the backend's to judge.
    private func refuseOver(_ secret: Secret) throws(Denial) {
        guard secret.isLookedForAsCredential else { return }
        let now = environment.now()
        var refusal: Denial?
        for share in registry.findServed(secret).map(\.share) {
            guard share.standing(now: now) == .active else {
                refusal = refusal ?? Denial(.secretRefused, over: share.id)
                continue
            }
            guard let denial = policy.current.standing(of: share.peer, now: now).denial,
                configuration.profile != .observe
            else { return }
            refusal = denial
        }
        if let refusal { throw refusal }
    }
}

extension RequestHead {
    /// By which calendars, rooms and boards are opened: the password of `Basic`, and what Deck reads in a field of
    /// its own. Of several fields, which one counts is for the web server to say.
    var secretsOfApplications: [Secret] {
        secretsOfBoards
            + fields.values(of: .authorization).compactMap {
                BasicLogin(String(decoding: $0, as: UTF8.self))?.password
            }
    }

    /// The latter.
    fileprivate var secretsOfBoards: [Secret] {
        fields.values(of: .boardSecret).map { Secret(Array($0)) }
    }
}
