import Federation
import OpenSSL
import Transport

/// What the backend is shown as `Authorization`.
enum ShownCredential: Sendable {
    /// What the client sent: nothing of it was judged.
    case clients
    /// None; the path says it.
    case nothing
    case field(Secret)
}

/// The share that a request for data was let through by: it goes on for as long as that stands.
struct DataGrant: Sendable {
    let share: ShareID
    let epoch: UInt32
    let access: AccessFact
}

/// By what a request for data goes on.
enum DataBasis: Sendable {
    /// Nothing of it was judged, which is the backend's to do.
    case unjudged
    /// A share, and what is to be settled when the request is over.
    case granted(DataGrant, StreamedRoom?)
}

/// The secret that no answer to a request for data may tell.
enum UntoldSecret: Sendable {
    case none
    /// The one in the path that the backend gets, where the reader's has a code of ours.
    case inPath(HiddenSecret)
    /// One that the backend writes into its answers itself.
    case inAnswers(SecretReplacement)

    /// Refused (`backend_unavailable`): an answer in which it could not be found.
    func refuseCoding(_ head: ResponseHead, to method: Method) throws(Denial) {
        switch self {
        case .none: break
        case .inPath(let hidden): try hidden.refuseCoding(head, to: method)
        case .inAnswers(let mask): try mask.refuseCoding(head, to: method)
        }
    }
}

extension Gateway {
    /// Sends a request for data on.
    ///
    /// - Parameters:
    ///   - path: in the place of the client's, where that held a code of ours.
    ///   - destination: the path at the backend, for MOVE and COPY; judged, unless the credential is the
    ///     client's.
    func forward(
        _ request: DataRequest, as credential: ShownCredential, by basis: DataBasis,
        untold: UntoldSecret, path: String? = nil, destination: String? = nil,
        depth: DataRequest.Depth = .asSent
    ) throws(Denial) -> Plan {
        let reading = reading(request, untold)
        let head = try head(
            for: request, as: credential, by: basis, untold: untold, path: path,
            destination: destination, depth: depth, reader: reading == nil ? .client : .gateway)
        var onHead = backend.view.backend.tellsAccessTokens ? Self.untold(after: reading) : reading
        let room: StreamedRoom?
        var withdrawn: (@Sendable (Int) -> Answer?)?
        var onEnd: (@Sendable (ForwardingEnd) -> Void)?
        let firstByte: Duration
        switch basis {
        case .unjudged:
            room = nil
            firstByte = backend.timeouts.pages
        case .granted(let grant, let pending):
            room = pending
            firstByte = self.firstByte(request.head.method)
            withdrawn = { [self] passed in withdrawal(of: grant, request, after: passed) }
            if backend.view.backend.credential == .basic {
                onHead = heard(
                    of: grant.share, inPath: request.secretInPath != nil, before: onHead)
            }
            if let pending { onEnd = { _ in pending.end() } }
        }
        return .forward(
            Forwarding(
                to: backend.upstream, head: head, firstByte: firstByte,
                onHead: onHead, replacing: replacing(request, untold, room),
                onFailure: { [self] failure in unavailable(Denial(failure), to: request.client) },
                onData: room?.onData { [self] denial in refusal(denial, of: request) },
                withdrawn: withdrawn, onEnd: onEnd))
    }

    /// The head of a request for data, as the backend gets it.
    ///
    /// Refused: an `If` whose tags name what is not here, or cannot be read.
    private func head(
        for request: DataRequest, as credential: ShownCredential, by basis: DataBasis,
        untold: UntoldSecret, path: String?, destination: String?, depth: DataRequest.Depth,
        reader: BackendHead.Reader
    ) throws(Denial) -> HeadWriter {
        var dropped: [FieldName] = []
        var authorization: Secret?
        switch credential {
        case .clients:
            dropped = FieldName.otherLogins + (destination == nil ? [] : [.destination])
        case .nothing: dropped = Self.clientsFields
        case .field(let field):
            dropped = Self.clientsFields
            authorization = field
        }
        var added: [(FieldName, String)] = []
        if let destination {
            added.append(
                (.destination, "\(backend.head.scheme)://\(backend.head.host)\(destination)"))
        }
        switch depth {
        case .asSent: break
        case .one: added.append((.depth, "1"))
        }
        if case .granted = basis, request.head.method == .lock {
            dropped.append(.timeout)
            added.append((.timeout, request.lockTimeout))
        }
        if !request.mayAskForPart { dropped += FieldName.parts }
        if let condition = try condition(of: request, untold) {
            dropped.append(.if)
            added.append((.if, condition))
        }
        return try backend.head.writer(
            for: request.head, path: path ?? request.path.text, query: request.head.query,
            client: request.client, dropping: dropped, reader: reader,
            authorization: authorization, adding: added)
    }

    /// How the answer is read here for what it may tell; nil for one that passes as it is.
    private func reading(
        _ request: DataRequest, _ untold: UntoldSecret
    ) -> (@Sendable (ResponseHead) -> HeadEdit)? {
        switch untold {
        case .inPath(let hidden):
            let method = request.head.method
            return { [self] head in
                hidden.edit(head, to: method, hosts: backend.view.names.hosts)
            }
        case .inAnswers(let mask):
            return { [self] head in
                mask.edit(head, to: request.head.method, then: pathsTold(head, to: request))
            }
        case .none where request.told != nil && Self.mayNamePaths(request):
            return { [self] head in HeadEdit(transform: pathsTold(head, to: request)) }
        case .none: return nil
        }
    }

    /// Notes what the backend says to the secret of a share, before whoever asked can come again; nothing
    /// else changes in the answer.
    ///
    /// - Parameter inPath: whether the path shows it, which is then not there for an unknown secret either.
    private func heard(
        of share: ShareID, inPath: Bool, before others: (@Sendable (ResponseHead) -> HeadEdit)?
    ) -> @Sendable (ResponseHead) -> HeadEdit {
        { [self] head in
            if !inPath || head.status != 404 {
                doubtedShares.heard(
                    head.status, of: share, now: environment.monotonicSeconds())
            }
            return others?(head) ?? .none
        }
    }

    /// What changes in an answer that may tell a token of the backend's own: it opens the data of the share
    /// past every check, also once that is over.
    private static func untold(
        after others: (@Sendable (ResponseHead) -> HeadEdit)?
    ) -> @Sendable (ResponseHead) -> HeadEdit {
        { head in
            let edit = others?(head) ?? .none
            guard head.fields.contains(.accessToken) else { return edit }
            return HeadEdit(
                keep: edit.keep, remove: edit.remove + [.accessToken],
                add: edit.add.filter { $0.name != .accessToken }, transform: edit.transform)
        }
    }

    /// The refusal of a request that is under way, of which so many bytes have passed, once its share is over.
    private func withdrawal(
        of grant: DataGrant, _ request: DataRequest, after passed: Int
    ) -> Answer? {
        guard !registry.isGood(grant.share, epoch: grant.epoch, now: environment.now()) else {
            return nil
        }
        let denial =
            switch grant.access {
            case .token: Denial(.tokenInvalid, "share \(grant.share) is over")
            case .secret: Denial(.secretRefused, over: grant.share)
            }
        return refusal(denial.cuttingOff(after: passed), of: request)
    }

    /// What takes the place of an answer: a refusal, where a limit has no room for it or nobody can
    /// see what it tells.
    private func replacing(
        _ request: DataRequest, _ untold: UntoldSecret, _ room: StreamedRoom?
    ) -> (@Sendable (ResponseHead) -> Replacement?)? {
        let isMapped = request.told != nil && Self.mayNamePaths(request)
        switch untold {
        case .none where room == nil && !isMapped: return nil
        case .none, .inPath, .inAnswers: break
        }
        return { [self] head in
            do throws(Denial) {
                try untold.refuseCoding(head, to: request.head.method)
                if isMapped, head.namesPaths(answering: request.head.method.onData) {
                    try head.refuseCoding()
                }
            } catch { return .answer(unavailable(error, to: request.client)) }
            do throws(Denial) {
                try room?.answered(head.status, head.body)
                return nil
            } catch { return .answer(refusal(error, of: request)) }
        }
    }

    /// Whether the answer may name paths that its reader knows under another one.
    private static func mayNamePaths(_ request: DataRequest) -> Bool {
        request.head.method.onData?.answersWithPaths ?? false
    }

    /// What an answer's paths go through where its reader has others.
    private func pathsTold(
        _ head: ResponseHead, to request: DataRequest
    ) -> MultistatusTransform? {
        guard let told = request.told, Self.mayNamePaths(request),
            head.namesPaths(answering: request.head.method.onData)
        else { return nil }
        return MultistatusTransform(
            from: told.root, to: told.told, hosts: backend.view.names.hosts)
    }

    /// `If` with the backend's paths in its tags; nil for a field without tags, for none, and where
    /// the paths are the same.
    ///
    /// Refused: a URL that cannot be read (`malformed_request`), or of another server (`not_allowed`).
    private func condition(
        of request: DataRequest, _ untold: UntoldSecret
    ) throws(Denial) -> String? {
        let told = request.told
        let hidden: HiddenSecret? =
            switch untold {
            case .inPath(let hidden): hidden
            case .none, .inAnswers: nil
            }
        guard told != nil || hidden != nil else { return nil }
        return try request.head.mappedCondition { (url) throws(Denial) in
            guard let destination = try? Destination(url) else {
                throw Denial(.malformedRequest, "If names a URL that cannot be read")
            }
            if let origin = destination.origin {
                guard let host = PeerHost(origin.authority.description), site.hosts.contains(host)
                else { throw Denial(.notAllowed, "If names a resource of another server") }
            }
            let path = destination.path.text
            return hidden?.inside(path) ?? told?.inside(path) ?? path
        }
    }

    /// 401 with Basic alone: Digest would send Nextcloud to 26 the wrong way (`protocol.md` 9.5).
    func challenge() -> Answer {
        Answer(
            status: 401,
            fields: [("www-authenticate", Self.basicChallenge), ("cache-control", "no-store")])
    }

    /// The answer to a refused request for data, with one log line.
    ///
    /// Nextcloud asks `shareinfo` after a 401, which never refuses for good; refusals that a person
    /// decided are 403.
    func refusal(_ denial: Denial, of request: DataRequest) -> Answer {
        let shown = shown(by: request)
        var answer = refusedData(denial, denial.status, request.head, request.client, shown)
        // RFC 6750, section 3.1. To a secret there is no more to be had.
        if denial.code == .permissionNotAllowed, shown?.access == .token,
            request.secretInPath == nil
        {
            answer.fields.append(("www-authenticate", "Bearer error=\"insufficient_scope\""))
        }
        return answer
    }

    /// The same of whatever asks for what is shared.
    func refusedData(
        _ denial: Denial, _ status: Int, _ head: RequestHead, _ client: ClientConnection,
        _ shown: Shown?
    ) -> Answer {
        let decision = DecisionID.make(now: environment.now())
        log.refusedData(
            denial, decision: decision, head.method, client, status: status,
            peer: shown?.peer, share: shown?.share.id, under: policy.current)
        note(denial, decision, "webdav", .inbound, status, client) {
            tell(&$0, head, client, shown, denial)
        }
        return denial.answer(decision: decision, status: status)
    }

    /// PUT, COPY and MOVE take as long as their bodies (settled questions, 20), DELETE as long as its
    /// folder is large.
    func firstByte(_ method: Method) -> Duration {
        switch method {
        case .put, .copy, .move, .delete: backend.timeouts.patient
        case _: backend.timeouts.headers
        }
    }

    /// The answer when the backend gives none.
    func unavailable(_ denial: Denial, to client: ClientConnection) -> Answer {
        let decision = DecisionID.make(now: environment.now())
        log.backendFailed(denial, decision: decision)
        note(denial, decision, "request", .inbound, denial.status, client)
        return denial.answer(decision: decision)
    }

    /// What does not pass with a credential of ours: what that takes the place of, or is written anew, and by
    /// which Nextcloud deletes without the trash of the owner, who alone is to choose so.
    private static let clientsFields: [FieldName] =
        [
            .authorization, .destination, FieldName("transferheaderauthorization"),
            FieldName("x-nc-skip-trashbin"),
        ] + FieldName.otherLogins
    static let basicChallenge = "Basic realm=\"Shared files\", charset=\"UTF-8\""
}

extension DataRequest {
    /// False when `Range` asks for several ranges or cannot be read: it may be ignored (RFC 9110,
    /// section 14.2), and many overlapping ranges cost a backend dearly (security design, item 35).
    ///
    /// Nor does it pass with another method than GET, for which alone it is defined: Apache cuts whatever
    /// an application answers with 200, and a secret that is cut in two is found in neither part.
    fileprivate var mayAskForPart: Bool {
        guard head.fields.contains(.range) else { return true }
        return head.method == .get && head.fields.only(.range).map { RangeField($0) } == .single
    }
}

extension Method {
    /// As a method of shared data; nil for one that shared data do not take.
    var onData: DAVMethod? {
        switch self {
        case .get: .get
        case .head: .head
        case .put: .put
        case .delete: .delete
        case .options: .options
        case .propfind: .propfind
        case .proppatch: .proppatch
        case .mkcol: .mkcol
        case .copy: .copy
        case .move: .move
        case .lock: .lock
        case .unlock: .unlock
        case .report: .report
        case .post, .patch, .connect, .query, .acl, .baselineControl, .bind, .checkin, .checkout,
            .label, .link, .merge, .mkactivity, .mkcalendar, .mkredirectref, .mkworkspace,
            .orderpatch, .rebind, .search, .unbind, .uncheckout, .unlink, .update,
            .updateredirectref, .versionControl:
            nil
        }
    }
}
