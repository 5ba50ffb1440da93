import Federation
import OpenSSL
import Transport

/// What Nextcloud asks about a share whose data failed, before it deletes it: 401 and 403 to `shareinfo`,
/// and 404 where the server shows a version, delete the mount for good (`protocol.md` 9.4); ownCloud (10.4
/// and later) goes by the answers of the data themselves. Only its own peer ends a share, by a
/// notification.
extension Gateway {
    /// What the backend hears in the place of an answer of the peer's that would delete the mount, or that leads
    /// elsewhere: it is told no `Location`, and Nextcloud then takes the body for the file. nil for all others.
    ///
    /// - Parameter isRoot: whether it was the root of the share that was asked for.
    func keepingMount(
        _ head: ResponseHead, answering request: PeerRequest, isRoot: Bool
    ) -> Answer? {
        switch head.status {
        case 401, 300...303, 305...399: break
        case 404 where isRoot && request.head.method == .propfind && deletesWhatIsNotFound: break
        case _: return nil
        }
        let denial = Denial(.peerUnavailable, "status \(head.status) to shared data")
        return refusal(denial, of: request, as: Denial(.overloaded))
    }

    /// Whether the backend deletes a mount whose root is not found where the peer has
    /// `/ocs-provider/`, which it is always told. Nextcloud asks for `shareinfo` before.
    private var deletesWhatIsNotFound: Bool {
        switch backend.kind {
        case .owncloud10, .generic: true
        case .nextcloud, .ocis, .opencloud, .cernbox, .seafile: false
        }
    }

    /// What ownCloud hears in the place of a refusal that it would take for a fatal error of all the
    /// files of a user, and nobody writes down (decision 29); nil for all others, and for other backends.
    ///
    /// Of a peer's documents it is 404: it goes on without them, as where nobody answers. Else it is 503
    /// where the refusal is 401 or 403, or a 404 of the policy's own, which would delete the mount.
    func keepingFiles(_ denial: Denial, at path: String) -> Denial? {
        guard backend.kind == .owncloud10 else { return nil }
        switch PeerRequest.anywhere.route(method: "GET", path: path) {
        case .discovery, .ocsProvider, .status, .unplaced(.discovery), .unplaced(.ocsProvider):
            return Denial(.notFound)
        case _: break
        }
        switch denial.status {
        case 401, 403: return Denial(.overloaded)
        case 404 where denial.ruling?.block != nil: return Denial(.overloaded)
        case _: return nil
        }
    }

    /// `POST /index.php/apps/files_sharing/shareinfo?t=<secret>` to a peer: a handle becomes the
    /// peer's secret. A refusal, ours or the peer's, is 503.
    ///
    /// Of a share that is reached by tokens the secret is shown to nobody: 503 at once.
    func planShareInfoOut(_ request: PeerRequest) -> Plan {
        .prepare { [self] _ in
            do throws(Denial) { return try await shareInfoOut(request) } catch {
                return .answer(refusal(error, of: request, as: Self.temporary(error)))
            }
        }
    }

    private func shareInfoOut(_ request: PeerRequest) async throws(Denial) -> Plan {
        guard let query = request.head.query else { throw Denial(.notFound, "no share is named") }
        var form = try FormBody(parsing: Array(query))
        guard form.repeated == nil, form.hasPlainNames, let text = form["t"] else {
            throw Denial(.malformedMessage, "no share is named, or several")
        }
        let field = DAVCredential.field(for: Secret(utf8: text), .basic).text
        let data = try await dataShare(field, at: request.peer)
        // Its answer is small, and over before anybody could count it.
        _ = try judge(data, request, .secret)
        if case .recorded(let id, let place) = data.share {
            guard let share = registry[id], case .secret = data.way else {
                throw Denial(.tokenExchangeRequired, "share \(id) is reached by tokens")
            }
            form.replace("t", with: try permanentSecret(of: share, at: place).text)
        }
        return try plainly(
            request,
            target: Array(request.path.text.utf8) + [UInt8(ascii: "?")] + form.serialized()
        ) { [self] head in
            switch head.status {
            case 401, 403, 404:
                let denial = Denial(.peerUnavailable, "status \(head.status) to shareinfo")
                return .answer(refusal(denial, of: request, as: Self.temporary(denial)))
            case _: return nil
            }
        }
    }

    /// A refusal of the gate; one that may pass where it is for `shareinfo`.
    static func keepingMounts(_ denial: Denial, at path: ArraySlice<UInt8>) -> Denial {
        isOfShareInfo(path) ? temporary(denial) : denial
    }

    fileprivate static func isOfShareInfo(_ path: ArraySlice<UInt8>) -> Bool {
        String(decoding: path, as: UTF8.self).hasSuffix("/apps/files_sharing/shareinfo")
    }

    /// What the backend hears in the place of a refusal that would delete a mount.
    static func temporary(_ denial: Denial) -> Denial {
        Denial(.overloaded, "shareinfo: \(denial.code.rawValue) \(denial.detail)")
    }

    /// `status.php` of a peer. One that exchanges tokens seems to have none: without it nobody asks
    /// for `shareinfo`, which knows no tokens. Nor does one that has no `shareinfo`. ownCloud asks for
    /// none, and adds no link from a server without a status.
    func planStatusOut(_ request: PeerRequest) -> Plan {
        .prepare { [self] _ in
            do throws(Denial) {
                let target = Array(request.path.text.utf8)
                if backend.kind == .owncloud10 {
                    return try plainly(request, target: target) { _ in nil }
                }
                let peer = try await resolution.resolve(request.peer)
                let dialect = dialect(of: peer)
                guard dialect.tokenEndPoint == nil else {
                    throw Denial(.notFound, "\(request.peer) exchanges tokens")
                }
                guard dialect.reader.kind.hasShareInfo else {
                    throw Denial(.notFound, "\(request.peer) has no shareinfo")
                }
                return try plainly(request, target: target) { _ in nil }
            } catch { return .answer(refusal(error, of: request)) }
        }
    }

    /// Sends a request on without anything of the backend's in it that lets somebody in.
    private func plainly(
        _ request: PeerRequest, target: [UInt8],
        replacing: @escaping @Sendable (ResponseHead) -> Replacement?
    ) throws(Denial) -> Plan {
        .forward(
            Forwarding(
                to: outbound.upstream(scheme: .https, authority: request.authority),
                head: try peerHead(of: request, target: target, dropping: Self.replacedFields),
                onHead: { Self.edit($0) }, replacing: replacing,
                onFailure: { [self] failure in
                    refusal(Denial(failure, reaching: request.peer), of: request)
                }))
    }
}

extension PeerRequest {
    /// Whether it asks for `shareinfo`.
    var isOfShareInfo: Bool { Gateway.isOfShareInfo(Array(path.text.utf8)[...]) }

    /// The routes of a server of which nothing is known, not even in which folder it lives.
    fileprivate static let anywhere = RouteTable(kind: .generic, isPlaceKnown: false)
}
