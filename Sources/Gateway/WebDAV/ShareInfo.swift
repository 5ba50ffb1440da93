import Federation
import OpenSSL
import Transport

/// Nextcloud's `shareinfo?t=<secret>`, which it asks after any failure: 401, 403 and 404 there
/// delete the user's mount for good, so that every refusal of ours is 503 (`protocol.md` 9.4).
extension Gateway {
    func shareInfo(
        _ head: RequestHead, _ path: TargetPath, from client: ClientConnection
    ) -> Plan {
        let writer: HeadWriter
        do throws(Denial) {
            var query = head.query
            if let asked = query { query = try shareInfoQuery(asked, head, client)[...] }
            writer = try backend.head.writer(
                for: head, path: path.text, query: query, client: client,
                coding: .identity)
        } catch { return .answer(refusal(error, ofShareInfo: head, client)) }
        switch head.body {
        case .none, .length(0):
            return .forward(
                Forwarding(
                    to: backend.upstream, head: writer, firstByte: backend.timeouts.headers,
                    onFailure: { [self] failure in unavailable(Denial(failure), to: client) }))
        case .length, .chunked:
            return .read(limit: 16 << 10) { [self] request in
                do throws(Denial) { try Self.checkShareInfoBody(request) } catch {
                    return refusal(error, ofShareInfo: head, client)
                }
                do throws(Denial) { return try await pass(request, writer) } catch {
                    return unavailable(error, to: client)
                }
            }
        }
    }

    /// Sends a request on whose body was judged.
    func pass(_ request: ReceivedRequest, _ writer: HeadWriter) async throws(Denial) -> Answer {
        let message = BufferedRequest(
            request.head.method, head: writer, body: request.body, responseLimit: 4 << 20,
            deadline: backend.timeouts.writes, for: request.client)
        let response: BufferedResponse
        do {
            response = try await request.client.loop.exchange(message, with: backend.upstream)
        } catch { throw Denial(error) }
        try response.refuseCoding()
        return Answer(
            status: response.status, fields: [("content-type", response.contentType)],
            body: response.body)
    }

    /// The answer to a refused one: told as any refusal of data, and for now only.
    private func refusal(
        _ denial: Denial, ofShareInfo head: RequestHead, _ client: ClientConnection
    ) -> Answer {
        let decision = DecisionID.make(now: environment.now())
        var answer = denial.answer(decision: decision, status: 503)
        if denial.retryAfter == nil { answer.fields.append(("retry-after", Self.retryAfter)) }
        log.refusedData(denial, decision: decision, head.method, client, status: answer.status)
        note(denial, decision, "webdav", .inbound, answer.status, client) {
            tell(&$0, ofShareInfo: head, client)
        }
        return answer
    }

    /// Seconds, where the refusal itself names none.
    private static let retryAfter = "30"

    /// PHP puts the parameters of the body before those of the query: there the share must not be
    /// named.
    private static func checkShareInfoBody(_ request: ReceivedRequest) throws(Denial) {
        guard !(try request.parameters()).contains(where: { $0.name == "t" }) else {
            throw Denial(.malformedMessage, "the share is named in the body")
        }
    }

    /// The query with the backend's secret in the place of a code of ours.
    ///
    /// Refused: a share that is not to be read by this secret over WebDAV either.
    private func shareInfoQuery(
        _ query: ArraySlice<UInt8>, _ head: RequestHead, _ client: ClientConnection
    ) throws(Denial) -> [UInt8] {
        var form = try FormBody(parsing: Array(query))
        guard form.repeated == nil, form.hasPlainNames else {
            throw Denial(.malformedMessage, "a parameter stands there twice, or is not plain")
        }
        guard let text = form["t"] else { return Array(query) }
        guard let (access, known) = try access(by: Secret(utf8: text)) else {
            guard configuration.token.acceptSecret != .none else {
                throw Denial(.secretRefused, "a secret that was never seen")
            }
            return Array(query)
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
            try takeSecret(of: access.share, judgement.verdict.settings)
        } catch {
            judgement.pending?.giveBack(beyond: 0)
            throw error
        }
        form.replace("t", with: try permanentSecret(of: access.share, at: access.place).text)
        return form.serialized()
    }
}

extension ReceivedRequest {
    /// The parameters of a body as PHP reads them; of JSON the names and the texts among the values.
    ///
    /// Refused: other media types and content codings, which PHP may read all the same, and names
    /// that it reads as others.
    func parameters() throws(Denial) -> [(name: String, value: String)] {
        guard !head.fields.contains(.contentEncoding) else {
            throw Denial(.unsupportedMediaType, "a content coding")
        }
        switch MediaType(head.fields.text(.contentType)) {
        case .form:
            let form = try FormBody(parsing: body)
            guard form.hasPlainNames else {
                throw Denial(.malformedMessage, "the name of a parameter is not plain")
            }
            return form.parameters
        case .json:
            let object: JSONObject?
            do { object = try JSONValue(parsing: body).object } catch { throw error.denial }
            return object?.members.map { ($0.name, $0.value.string ?? "") } ?? []
        case nil: throw Denial(.unsupportedMediaType, "neither a form nor JSON")
        }
    }
}
