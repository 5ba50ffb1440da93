import Federation
import OpenSSL
import Transport

/// Nextcloud's `shareinfo?t=<secret>`, which it asks after any failure: 401, 403 and 404 there
/// delete the user's mount for good, so that every refusal of ours is 503 (`protocol.md` 9.4), and so
/// is what a backend without it would say.
///
/// Who asks is known by the query alone: nobody is logged in by it, though the backend would look for a
/// password here too.
extension Gateway {
    func shareInfo(
        _ head: RequestHead, _ path: TargetPath, from client: ClientConnection,
        through entrance: Entrance
    ) -> Plan {
        guard backend.kind.hasShareInfo else {
            let denial = Denial(.notFound, "the backend has no shareinfo")
            return .answer(refusal(denial, ofShareInfo: head, client))
        }
        switch head.body {
        case .none, .length(0):
            return judgeShareInfo(head, path, nil, from: client, through: entrance)
        case .length, .chunked:
            // Judged once it is there: the share may have ended since it began.
            return .read(limit: 16 << 10) { [self] request in
                judgeShareInfo(head, path, request, from: client, through: entrance)
            }
        }
    }

    /// - Parameter read: the request with its body; nil where it has none.
    private func judgeShareInfo(
        _ head: RequestHead, _ path: TargetPath, _ read: ReceivedRequest?,
        from client: ClientConnection, through entrance: Entrance
    ) -> Plan {
        do throws(Denial) {
            if let read { try Self.checkShareInfoBody(read) }
            let asked = try head.query.map { query throws(Denial) in
                try shareInfoQuery(query, head, client, entrance)
            }
            let writer = try backend.head.writer(
                for: head, path: path.text, query: asked?.query[...], client: client,
                dropping: FieldName.logins, reader: .gatewayWhole)
            var forwarding = forwarding(
                ofShareInfo: writer, read?.body, hiding: asked?.hidden, from: client)
            if let share = asked?.share {
                forwarding.withdrawn = { [self] passed in
                    guard !registry.isGood(share.id, epoch: share.epoch, now: environment.now())
                    else { return nil }
                    let denial = Denial(.secretRefused, over: share.id).cuttingOff(after: passed)
                    return refusal(denial, ofShareInfo: head, client)
                }
            }
            return .forward(forwarding)
        } catch { return .answer(refusal(error, ofShareInfo: head, client)) }
    }

    private func forwarding(
        ofShareInfo writer: HeadWriter, _ body: [UInt8]?, hiding hidden: SecretReplacement?,
        from client: ClientConnection
    ) -> Forwarding {
        // With a body the whole tree is looked through before the first byte.
        var forwarding = Forwarding(
            to: backend.upstream, head: writer, body: body,
            firstByte: body == nil ? backend.timeouts.headers : backend.timeouts.patient,
            onFailure: { [self] failure in unavailable(Denial(failure), to: client) })
        forwarding.onHead = { head in
            let edit = hidden?.edit(head, body: head.hasBody ? hidden : nil) ?? .none
            return HeadEdit(
                remove: edit.remove + Self.logins,
                add: edit.add.filter { !Self.logins.contains($0.name) },
                transform: edit.transform)
        }
        if hidden != nil {
            forwarding.replacing = { [self] head in
                do throws(Denial) {
                    try head.refuseCoding()
                    try head.refusePart()
                } catch { return .answer(unavailable(error, to: client)) }
                return nil
            }
        }
        return forwarding
    }

    /// The answer to a refused one: told as any refusal of data, and for now only.
    private func refusal(
        _ denial: Denial, ofShareInfo head: RequestHead, _ client: ClientConnection
    ) -> Answer {
        var answer = refusedData(denial, 503, head, client, shown(byShareInfo: head))
        if denial.retryAfter == nil { answer.fields.append(("retry-after", Self.retryAfter)) }
        return answer
    }

    /// Fields of the answer by which its reader would be logged in.
    private static let logins: [FieldName] = [FieldName("set-cookie"), .accessToken]
    /// Seconds, where the refusal itself names none.
    private static let retryAfter = "30"

    /// PHP puts the parameters of the body before those of the query: there the share must not be
    /// named. Refused (`malformed_message`): a body that names one.
    private static func checkShareInfoBody(_ request: ReceivedRequest) throws(Denial) {
        guard !(try request.parameters()).contains(where: { $0.name == "t" }) else {
            throw Denial(.malformedMessage, "the share is named in the body")
        }
    }

    /// The query with the backend's secret in the place of a code of ours, what hides that secret in the
    /// answer, since a redirect, or a page about an error, may repeat the query, and the share where one is known.
    ///
    /// Refused: a share that is not to be read by this secret over WebDAV either.
    private func shareInfoQuery(
        _ query: ArraySlice<UInt8>, _ head: RequestHead, _ client: ClientConnection,
        _ entrance: Entrance
    ) throws(Denial) -> (query: [UInt8], hidden: SecretReplacement?, share: ShareRecord?) {
        var form = try FormBody(parsing: Array(query))
        guard form.repeated == nil, form.hasPlainNames else {
            throw Denial(.malformedMessage, "a parameter stands there twice, or is not plain")
        }
        guard let text = form["t"] else { return (Array(query), nil, nil) }
        guard
            let (access, known) = try access(
                by: Secret(utf8: text), from: client, through: entrance)
        else {
            guard entrance == .wayOut || configuration.token.acceptSecret != .none else {
                throw Denial(.secretRefused, "a secret that was never seen")
            }
            return (Array(query), nil, nil)
        }
        var would = known
        if !access.access.permissions.includes(DAVMethod.propfind.permission) {
            would.append(
                try observed(
                    Denial(
                        .permissionNotAllowed,
                        "shareinfo needs \(DAVMethod.propfind.permission)")))
        }
        // Its answer is small, and over before anybody could count it.
        let judgement = try judge(
            head, client, access.share, .secret, access.share.peer, policy.snapshot,
            environment.now(), would: would)
        do throws(Denial) {
            try takeSecret(access, judgement.verdict.settings)
        } catch {
            judgement.pending?.giveBack(beyond: 0)
            throw error
        }
        let permanent = try permanentSecret(of: access.share, at: access.place)
        form.replace("t", with: permanent.text)
        let hidden =
            access.credential == .handle
            ? SecretReplacement(of: permanent.text, by: percentEncoded(text)) : nil
        return (form.serialized(), hidden, access.share)
    }
}

extension BackendKind {
    /// Whether it answers `shareinfo`; the 404 of one that does not says nothing of a share.
    var hasShareInfo: Bool { mayBePHP }
}

extension ReceivedRequest {
    /// The parameters of a body as PHP reads them; of JSON the names and the texts among the values.
    ///
    /// Refused: other media types and content codings, which PHP may read all the same, and names
    /// that it reads as others. A document beside them is left out.
    func parameters(
        of holding: LinkBody = .parameters
    ) throws(Denial) -> [(name: String, value: String)] {
        // Over HTTP/2, and in chunks, that there is none may be told late.
        guard !body.isEmpty else { return [] }
        guard !head.fields.contains(.contentEncoding) else {
            throw Denial(.unsupportedMediaType, "a content coding")
        }
        switch MediaType(head.fields.text(.contentType)) {
        case .form:
            let form = try FormBody(parsing: holding.withoutDocuments(body))
            guard form.hasPlainNames else {
                throw Denial(.malformedMessage, "the name of a parameter is not plain")
            }
            return form.parameters
        case .json:
            let object: JSONObject?
            do { object = try JSONValue(parsing: body, limits: holding.json).object } catch {
                throw error.denial
            }
            return object?.members.filter { !holding.isDocument($0.name) }
                .map { ($0.name, $0.value.string ?? "") } ?? []
        case nil: throw Denial(.unsupportedMediaType, "neither a form nor JSON")
        }
    }
}
