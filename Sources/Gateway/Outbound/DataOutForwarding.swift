import Federation
import OpenSSL
import Transport

extension Gateway {
    /// What opens the share at its peer.
    enum DataKey: Sendable {
        /// The `Authorization` that the backend sends.
        case asSent
        /// This `Authorization`.
        case secret(Secret)
        case token(PeerToken, DataShare.TokenUse)

        var fact: AccessFact {
            switch self {
            case .asSent, .secret: .secret
            case .token: .token
            }
        }

        /// Adds the `Authorization` that the peer gets to the head of a request, of which none is copied.
        func authorize(
            _ writer: inout HeadWriter, of request: PeerRequest
        ) throws(HeadWriter.InvalidField) {
            switch self {
            case .asSent:
                if let field = request.head.fields.only(.authorization) {
                    try writer.add(.authorization, field)
                }
            case .secret(let field): try writer.add(.authorization, field)
            case .token(let token, _): try writer.add(.authorization, token.field)
            }
        }
    }

    /// Whether the policy was asked about a request before, for the same access.
    enum PolicyAsked: Sendable {
        case not
        /// It let the request through by a token, with this room.
        case byToken(StreamedRoom?)
    }

    /// Sends a request for data on to the peer.
    ///
    /// Refused: what the policy refuses, methods that shared data do not take, paths and
    /// destinations outside of the share.
    func forward(
        _ data: DataShare, _ request: PeerRequest, by key: DataKey, _ asked: PolicyAsked = .not
    ) throws(Denial) -> Plan {
        guard let method = request.head.method.onData else {
            throw Denial(.methodNotAllowed, "not a method of shared data")
        }
        guard let place = data.path.place(of: request.path.text) else {
            throw Denial(.notAllowed, "a path outside of the share")
        }
        let room = try room(data, request, key.fact, asked)
        let mapping = method.answersWithPaths ? PathMapping(place, of: data.path) : nil
        let head = try head(
            data, request, place.path, method.hasDestination ? try destination(data, request) : nil,
            mapping == nil ? .asSent : .identity, key)
        var onEnd: (@Sendable (ForwardingEnd) -> Void)?
        if let room {
            // What takes the place of an answer may go on with it; else it ends with its last reference.
            onEnd = { if $0 != .replaced { room.end() } }
        }
        let isRoot = data.path.isRoot(place)
        let settled = replacing(
            data, request, key, room, isMapped: mapping != nil, isRoot: isRoot)
        let isOfFile = method == .propfind && isRoot && data.path.isOfFile
        return .forward(
            Forwarding(
                to: data.upstream, head: head, firstByte: firstByte(request.head.method),
                onHead: { Self.edit($0, to: method, mapping) },
                replacing: isOfFile ? byHead(data, place, request, key, settled) : settled,
                onFailure: { [self] failure in
                    refusal(Denial(failure, reaching: data.peer), of: request)
                }, onData: room?.onData { [self] denial in refusal(denial, of: request) },
                withdrawn: withdrawal(of: data, request), onEnd: onEnd))
    }

    /// The refusal of a request that is under way, once its share is over.
    private func withdrawal(
        of data: DataShare, _ request: PeerRequest
    ) -> (@Sendable (Int) -> Answer?)? {
        guard case .recorded(let id, _) = data.share else { return nil }
        return { [self] passed in
            guard registry.standing(of: id, now: environment.now()) != .active else { return nil }
            let denial = over("share \(id) is over", to: request.head.method)
            return refusal(denial.cuttingOff(after: passed), of: request)
        }
    }

    /// What takes the place of an answer: another attempt where the token is refused, a refusal
    /// where it would delete a mount, where a limit has no room for it, or where nobody can see which
    /// paths it names.
    private func replacing(
        _ data: DataShare, _ request: PeerRequest, _ key: DataKey, _ room: StreamedRoom?,
        isMapped: Bool, isRoot: Bool
    ) -> @Sendable (ResponseHead) -> Replacement? {
        let token = refusedToken(data, request, key, room)
        return { [self] head in
            if let replacement = token?(head) { return replacement }
            if let answer = keepingMount(head, answering: request, isRoot: isRoot) {
                return .answer(answer)
            }
            do throws(Denial) {
                if isMapped, head.isCoded,
                    head.namesPaths(answering: request.head.method.onData)
                {
                    throw Denial(.peerUnavailable, "the answer is in a content coding")
                }
                try room?.answered(head.status, head.body)
                return nil
            } catch { return .answer(refusal(error, of: request)) }
        }
    }

    /// Which content coding an answer may have.
    private enum Coding { case asSent, identity }

    private func head(
        _ data: DataShare, _ request: PeerRequest, _ path: String, _ destination: String?,
        _ coding: Coding, _ key: DataKey
    ) throws(Denial) -> HeadWriter {
        let condition = try condition(data, request)
        do throws(HeadWriter.InvalidField) {
            var writer = HeadWriter(reserving: 768)
            try writer.requestLine(
                request.head.method, path: path, query: request.head.query)
            writer.add(data.hostLine)
            var dropped = Self.dropped(coding, hasCondition: condition != nil)
            // Defined for GET alone (RFC 9110, section 14.2); paths are not mapped in pieces.
            if request.head.method != .get, request.head.fields.contains(.range) {
                dropped += FieldName.parts
            }
            writer.copyFields(of: request.head, except: dropped)
            try key.authorize(&writer, of: request)
            switch coding {
            case .asSent: break
            case .identity: try writer.add(.acceptEncoding, "identity")
            }
            if let destination { try writer.add(.destination, destination) }
            if let condition { try writer.add(.if, condition) }
            try writer.add(.via, via)
            return writer
        } catch {
            throw Denial(.malformedRequest, "the field \(error.name) cannot be forwarded")
        }
    }

    /// Where MOVE and COPY lead, at the peer. Refused (`destination_not_allowed`): no place, several, and one
    /// outside of the share.
    private func destination(
        _ data: DataShare, _ request: PeerRequest
    ) throws(Denial) -> String {
        try request.head.refuseSource()
        guard let field = request.head.fields.only(.destination) else {
            throw Denial(.destinationNotAllowed, "no Destination, or several")
        }
        guard let destination = try? Destination(field) else {
            throw Denial(.destinationNotAllowed, "a Destination that cannot be read")
        }
        guard let path = place(of: destination, in: data, request) else {
            throw Denial(.destinationNotAllowed, "a destination outside of the share")
        }
        return data.origin + path
    }

    /// The tags of `If` are URLs too (RFC 4918, section 10.4); nil for a field without tags, and for none.
    /// Refused (`not_allowed`): one outside of the share.
    private func condition(
        _ data: DataShare, _ request: PeerRequest
    ) throws(Denial) -> String? {
        try request.head.mappedCondition { (url) throws(Denial) in
            guard let destination = try? Destination(url),
                let path = place(of: destination, in: data, request)
            else { throw Denial(.notAllowed, "If names a resource outside of the share") }
            return data.origin + path
        }
    }

    /// The peer's path of a URL that the backend wrote; nil for one outside of the share.
    private func place(
        of destination: Destination, in data: DataShare, _ request: PeerRequest
    ) -> String? {
        if let origin = destination.origin {
            let host = PeerHost(origin.authority.description)
            guard host == request.peer || host == data.path.host else { return nil }
        }
        return data.path.place(of: destination.path.text)?.path
    }

    /// The room of a request that the policy lets through; it is asked once about a request that is sent
    /// again with another token.
    private func room(
        _ data: DataShare, _ request: PeerRequest, _ access: AccessFact, _ asked: PolicyAsked
    ) throws(Denial) -> StreamedRoom? {
        switch (asked, access) {
        case (.byToken(let room), .token):
            room?.beginAgain()
            return room
        case (.byToken(let room), .secret): room?.end()
        case (.not, .token), (.not, .secret): break
        }
        return StreamedRoom(
            try judge(data, request, access), request.head.method, request.head.body)
    }

    /// The policy's word: the peer may have been blocked since.
    func judge(
        _ data: DataShare, _ request: PeerRequest, _ access: AccessFact
    ) throws(Denial) -> PendingRoom? {
        let snapshot = policy.snapshot
        let policy = snapshot.policy
        let address = request.client.address
        // The backend shows no certificate of a peer.
        let circumstances = Allowance.Circumstances(
            policy: policy, address: address, mtls: .none, now: request.now)
        let allowance =
            switch access {
            case .token: data.allowances.token
            case .secret: data.allowances.secret
            }
        if snapshot.mayRemember(.outbound), allowance.holds(under: circumstances) { return nil }
        try checkPort(of: data.path.host, namedBy: data.peer)
        var facts = data.facts
        facts.now = request.now
        facts.access = access
        facts.address = address.map { NetworkAddress($0) }
        let judgement = try judgeData(
            facts, of: shareRecord(of: data), request.head, from: request.client,
            under: snapshot)
        allowance.note(under: circumstances)
        return judgement.pending
    }

    /// What follows a 401 to a token, of a request that can be sent again: another token. Of one
    /// with a long body the backend is told to come back.
    private func refusedToken(
        _ data: DataShare, _ request: PeerRequest, _ key: DataKey, _ room: StreamedRoom?
    ) -> (@Sendable (ResponseHead) -> Replacement?)? {
        guard case .token(let token, let use) = key else { return nil }
        return { [self] head in
            guard head.status == 401 else { return nil }
            use.lease.refused(token, now: environment.monotonicSeconds())
            switch request.head.body {
            case .none, .length(0...Replacement.mostKept):
                return .plan { [self] in
                    await planWithToken(data, use, request, .byToken(room))
                }
            case .length, .chunked:
                let denial = ExchangeFailure.tokenRefused.denial(retryAfter: 1)
                return .answer(refusal(denial, of: request))
            }
        }
    }

    /// What of a peer's answer the backend gets: nothing that sets a state of ours or leads
    /// elsewhere (security design, item 88).
    static func edit(
        _ head: ResponseHead, to method: DAVMethod? = nil, _ mapping: PathMapping? = nil
    ) -> HeadEdit {
        if head.status == 401 { return challengingEdit }
        guard let mapping, head.namesPaths(answering: method) else { return plainEdit }
        return HeadEdit(
            keep: keptFields,
            transform: MultistatusTransform(
                from: mapping.path.real, to: mapping.told, hosts: [mapping.path.host]))
    }

    /// Which paths of an answer are other ones to the backend.
    struct PathMapping: Sendable {
        let path: DataPath
        let told: String

        /// nil for a place whose path is the same to both.
        init?(_ place: DataPath.Place, of path: DataPath) {
            guard let told = place.told else { return nil }
            self.path = path
            self.told = told
        }
    }

    private static let keptFields = FieldSet(dataFields)
    private static let plainEdit = HeadEdit(keep: keptFields)
    private static let challengingEdit = HeadEdit(
        keep: keptFields, add: [(wwwAuthenticate, basicChallenge)])

    /// What the backend says of itself and its users, and what is written anew.
    static let replacedFields: [FieldName] = [
        .authorization, .cookie, .destination, FieldName("origin"), FieldName("referer"),
    ]
    private static let codedFields = replacedFields + [.acceptEncoding]

    /// Which fields of the backend's do not pass; lists that stand for the most usual cases.
    private static func dropped(_ coding: Coding, hasCondition: Bool) -> [FieldName] {
        var fields =
            switch coding {
            case .asSent: replacedFields
            case .identity: codedFields
            }
        if hasCondition { fields.append(.if) }
        return fields
    }
    private static let wwwAuthenticate = FieldName("www-authenticate")

    /// The fields of an answer that mean something to a WebDAV client, and set no state.
    static let dataFields: [FieldName] = [
        "accept-ranges", "age", "allow", "cache-control", "content-disposition",
        "content-encoding", "content-language", "content-range", "content-type", "date", "dav",
        "etag", "expires", "last-modified", "lock-token", "ms-author-via", "oc-checksum",
        "oc-etag", "oc-fileid", "oc-total-length", "pragma", "retry-after", "vary",
        "x-oc-mtime",
    ].map { FieldName($0) }
}
