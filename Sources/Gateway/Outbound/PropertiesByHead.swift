import Federation
import Transport

/// Peers whose shared files have no PROPFIND: opencloudmesh-go serves GET and HEAD alone (`legacy-wire.md`
/// 5.1), and old servers use no file whose properties they do not get.
extension Gateway {
    /// What takes the place of an answer to a PROPFIND of a shared file: where the peer refuses the method,
    /// the properties that its answer to HEAD tells.
    ///
    /// - Parameter settled: what takes the place of any answer of the peer's.
    func byHead(
        _ data: DataShare, _ place: DataPath.Place, _ request: PeerRequest, _ key: DataKey,
        _ settled: @escaping @Sendable (ResponseHead) -> Replacement?
    ) -> @Sendable (ResponseHead) -> Replacement? {
        { [self] head in
            guard head.status == 405 || head.status == 501 else { return settled(head) }
            switch request.head.body {
            case .none, .length(0...Replacement.mostKept):
                let status = head.status
                return .plan { [self] in
                    await planByHead(data, place, request, key, refused: status, settled)
                }
            case .length, .chunked: return settled(head)
            }
        }
    }

    private func planByHead(
        _ data: DataShare, _ place: DataPath.Place, _ request: PeerRequest, _ key: DataKey,
        refused status: Int, _ settled: @Sendable (ResponseHead) -> Replacement?
    ) async -> Plan {
        do throws(Denial) {
            let head = try await head(of: data, place.path, request, key)
            // It may have ended while the peer was asked.
            try checkStands(data, request, now: environment.now())
            switch settled(head) {
            case .answer(let answer)?: return .answer(answer)
            case .plan(let decide)?: return await decide()
            case nil:
                return .answer(
                    Self.properties(
                        head, at: request.path.text, permissions(of: data), refused: status))
            }
        } catch { return .answer(refusal(error, of: request)) }
    }

    /// What the peer answers to HEAD.
    ///
    /// Refused: `peer_unavailable`, and what else the exchange fails by; a field that cannot be forwarded
    /// (`malformed_request`).
    private func head(
        of data: DataShare, _ path: String, _ request: PeerRequest, _ key: DataKey
    ) async throws(Denial) -> ResponseHead {
        var writer = HeadWriter(reserving: 512)
        do throws(HeadWriter.InvalidField) {
            try writer.requestLine(.head, path: path, query: request.head.query)
            writer.add(data.hostLine)
            if let agent = request.head.fields.only(.userAgent) {
                try writer.add(.userAgent, agent)
            }
            try key.authorize(&writer, of: request)
            try writer.add(.acceptEncoding, "identity")
            try writer.add(.via, via)
        } catch {
            throw Denial(.malformedRequest, "the field \(error.name) cannot be forwarded")
        }
        let question = BufferedRequest(
            .head, head: writer, deadline: firstByte(.head), for: request.client)
        do {
            return try await request.client.loop.exchange(question, with: data.upstream).head
        } catch { throw Denial(error, reaching: data.peer) }
    }

    /// What the share allows now.
    private func permissions(of data: DataShare) -> SharePermissions {
        guard case .recorded(let id, let place) = data.share, let share = registry[id],
            share.accesses.indices.contains(place)
        else { return .unspecified }
        return share.accesses[place].permissions
    }

    /// The answer to PROPFIND by that to HEAD. One without a length tells nothing, and neither does a
    /// redirection: the method stays refused.
    static func properties(
        _ head: ResponseHead, at path: String, _ permissions: SharePermissions, refused: Int
    ) -> Answer {
        guard head.status == 200, !head.isCoded, let length = head.contentLength else {
            return Answer(
                status: head.status < 400 ? refused : head.status,
                fields: head.fields.text(.retryAfter).map { [("retry-after", $0)] }
                    ?? [])
        }
        let file = FileProperties(
            length: length, modified: head.fields.text(.lastModified),
            tag: head.fields.text(.etag), type: head.fields.text(.contentType),
            permissions: permissions)
        return Answer(
            status: 207, fields: [("content-type", "application/xml; charset=utf-8")],
            body: file.multistatus(at: path))
    }
}
