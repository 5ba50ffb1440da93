import Federation
import OpenSSL
import Transport

/// What the backend asks of an admitted peer beside the federation's messages and data: pages of
/// Talk and Deck, handshakes of trusted servers, keys.
extension Gateway {
    /// Passes as `egress.other` says; refused (`egress_refused`) otherwise. `shareinfo` is of a share,
    /// wherever it is asked for, and so is what shows the secret of a peer's.
    func planOther(_ request: PeerRequest) -> Plan {
        // In a sub-folder that no document names.
        if let message = request.applicationMessage {
            return .answer(refusal(.application(message, to: request.peer), leaving: request))
        }
        if request.isOfShareInfo { return planShareInfoOut(request) }
        // Where a share says that its data are is the peer's to choose.
        if shareShown(by: request, .inbound) != nil { return planDataOut(request) }
        switch configuration.egress?.other {
        case .tunnel: return passOut(request, answers: Self.pageFields)
        case .hosts(let hosts) where hosts.contains(request.peer):
            return passOut(request, answers: Self.pageFields)
        case .hosts, .refuse, nil:
            return .answer(
                refusal(
                    Denial(
                        .egressRefused,
                        "\(request.head.method.rawValue) of \(request.peer): egress.other refuses it"
                    ), leaving: request)
            )
        }
    }

    /// The answer to a request of the backend's that is no message and does not go out, or came back
    /// with nothing.
    ///
    /// - Parameter told: what the backend hears in its place, and nobody writes down.
    func refusal(
        _ denial: Denial, leaving request: PeerRequest, as told: Denial? = nil
    ) -> Answer {
        let told = told ?? denial
        let decision = DecisionID.make(now: environment.now())
        noteEgress(denial, decision, to: request.peer.description, request.client, told.status)
        return told.answer(decision: decision)
    }

    /// What log and journal say of a refusal on the way out.
    ///
    /// - Parameter target: where the backend wanted to go; empty when it named nobody.
    func noteEgress(
        _ denial: Denial, _ decision: String, to target: String, _ client: ClientConnection,
        _ status: Int
    ) {
        log.refusedEgress(
            denial, decision: decision, target: target, client, status: status,
            under: policy.current)
        note(
            denial, decision, "egress", .outbound, status, client,
            peer: target.isEmpty ? nil : PeerHost(target)?.description ?? target)
    }

    /// Sends a request on as it is, without what says where it comes from inside.
    ///
    /// Refused (`not_allowed`): what looks like a message of the federation or a request for shared
    /// data; those go out judged, signed and with codes, or not at all. `shareinfo` is told to come
    /// back, so that no mount is deleted. Refused (`secret_refused`): a path or query that names the
    /// secret of a share that we know, and a credential that is one, or stands for it. Refused (`share_ended`): the
    /// credential of what an application of the peer's has shared, once that is over.
    ///
    /// - Parameter answers: the fields of the answer that the backend gets; by default those of a
    ///   page, and where it leads.
    func passOut(
        _ request: PeerRequest, answers: HeadEdit = Gateway.ledFields
    ) -> Plan {
        guard !request.isOfTheFederation else {
            let denial = Denial(
                .notAllowed,
                "a message or shared data for \(request.peer), \(Denial.noAdmittedPeer)")
            if request.isOfShareInfo {
                return .answer(refusal(denial, of: request, as: Self.temporary(denial)))
            }
            return .answer(refusal(denial, unread: request))
        }
        var target = Array(request.path.text.utf8)
        if let query = request.head.query { target += [UInt8(ascii: "?")] + query }
        do throws(Denial) {
            try refuseSecrets(in: target, for: request.peer)
            try refuseCredential(of: request)
            return .forward(
                Forwarding(
                    to: outbound.upstream(scheme: .https, authority: request.authority),
                    head: try peerHead(of: request, target: target),
                    onHead: { _ in answers },
                    onFailure: { [self] failure in
                        refusal(Denial(failure, reaching: request.peer), leaving: request)
                    }))
        } catch { return .answer(refusal(error, leaving: request)) }
    }

    /// Refused (`secret_refused`): a target that names the secret of a share of our own, which goes nowhere, what
    /// stands for a peer's, or at its side the peer's own, as a word of it, however often it is escaped. None of
    /// them ever stands in a URI.
    private func refuseSecrets(in target: [UInt8], for peer: PeerHost) throws(Denial) {
        guard registry.count > 0 else { return }
        var text = target
        // A URL in a parameter of a URL is escaped once more for each of them.
        for _ in 0..<Self.urlsInURLs {
            for secret in Self.secretWords(in: text[...]) {
                let own = registry.findServed(secret).filter { !mayBeALink($0.share) }
                guard let found = (own + peersShares(meantBy: secret, at: peer)).first else {
                    continue
                }
                throw .secretInURI("the secret of share \(found.share.id), for \(peer)")
            }
            let decoded = TargetPath.decode(text[...])
            guard decoded != text else { return }
            text = decoded
        }
    }

    /// The share of files whose secret, or what stands for it, a request shows to be let in.
    private func shareShown(
        by request: PeerRequest, _ direction: ShareDirection
    ) -> FoundAccess? {
        guard registry.count > 0 else { return nil }
        for value in request.head.fields.values(of: .authorization) {
            let field = String(decoding: value, as: UTF8.self)
            guard let secret = DAVCredential(field).shareSecret else { continue }
            let meant =
                switch direction {
                case .outbound: registry.findServed(secret).filter { !mayBeALink($0.share) }
                case .inbound: peersShares(meantBy: secret, at: request.peer)
                }
            let shown = meant.first { $0.access.protocolName == "webdav" && $0.share.isOfFiles }
            if let shown { return shown }
        }
        return nil
    }

    /// Refused: the secret of a share of files as a credential, where nobody judges what it opens
    /// (`secret_refused`; 403, not the row's 401: no other credential is asked for); at a peer, that of a
    /// calendar, a room or a board of its own that is over (`share_ended`).
    private func refuseCredential(of request: PeerRequest) throws(Denial) {
        if let found = shareShown(by: request, .inbound) ?? shareShown(by: request, .outbound) {
            throw Denial(
                .secretRefused, status: 403,
                "the secret of share \(found.share.id), shown to \(request.peer)")
        }
        guard registry.count > 0 else { return }
        for secret in request.head.secretsOfApplications where secret.isLookedForAsCredential {
            let meant = peersShares(meantBy: secret, at: request.peer).map(\.share)
            guard let first = meant.first,
                meant.allSatisfy({ $0.standing(now: request.now) != .active })
            else { continue }
            throw Denial(.shareEnded, "share \(first.id) is over")
        }
    }

    /// How often a target is looked at, and decoded again.
    private static let urlsInURLs = 4

    /// What of an answer means something to whoever asks for a page or calls an application, and
    /// sets no state and no rule for a browser (security design, item 88); the last ones are Talk's.
    static let pageFields = HeadEdit(keep: FieldSet(pageNames))

    private static let pageNames =
        dataFields
        + [
            "x-chat-last-common-read", "x-chat-last-given", "x-nextcloud-has-user-statuses",
            "x-nextcloud-talk-federation-invites", "x-nextcloud-talk-hash",
            "x-nextcloud-talk-modified-before", "x-nextcloud-talk-proxy-hash",
        ].map { FieldName($0) }

    /// The same, and where a page leads.
    static let ledFields = HeadEdit(keep: FieldSet(pageNames + [.location]))

    /// What tells of pages and sessions inside.
    private static let inner: [FieldName] = [.cookie, FieldName("origin"), FieldName("referer")]

    /// The request line and the fields of a request as the peer gets them: cookies and what names
    /// the client inside are left out, `Via` says that it went through us. Refused (`malformed_request`): a
    /// field that cannot be sent.
    func peerHead(
        of request: PeerRequest, target: [UInt8], dropping dropped: [FieldName] = [],
        adding added: [(FieldName, String)] = []
    ) throws(Denial) -> HeadWriter {
        do throws(HeadWriter.InvalidField) {
            var writer = HeadWriter(reserving: 960)
            try writer.requestLine(request.head.method, target)
            try writer.add(.host, request.authority.normalized(for: .https).description)
            writer.copyFields(of: request.head, except: dropped + Self.inner)
            try writer.add(.via, via)
            for (name, value) in added { try writer.add(name, value) }
            return writer
        } catch {
            throw Denial(.malformedRequest, "the field \(error.name) cannot be sent")
        }
    }
}

extension Denial {
    /// For a request of the backend's in whose path or query the secret of a share stands: it asks for
    /// no credential, so that no 401 says so.
    static func secretInURI(_ detail: String) -> Denial {
        Denial(.secretRefused, status: 403, "\(detail), \(inURI)")
    }
}

extension ShareRecord {
    /// Whether it is of files, or nobody has recorded of what: applications show the secrets of theirs at
    /// paths of their own.
    var isOfFiles: Bool {
        switch resourceType {
        case nil, "file"?, "folder"?, "library"?, "ro-crate"?: true
        case _?: false
        }
    }
}

extension PeerRequest {
    /// Whether any server of the federation would take it for a message or for shared data.
    var isOfTheFederation: Bool {
        let method = head.method.rawValue
        switch Self.usual.route(method: method, path: path.text) {
        case .ocm, .ocs, .token, .webdav, .shareInfo, .methodNotAllowed, .unknownEndpoint,
            .application, .unplaced, .elsewhere:
            return true
        case .discovery, .ocsProvider, .jwks, .linkShare, .inviteDialog, .status, .passThrough:
            break
        }
        return namedEndpoint != nil || isOfShareInfo
    }

    /// What an application says past OCM, in whatever folder the server asked is; nil for anything else.
    var applicationMessage: ApplicationMessage? {
        let family = Self.usual.familyAnywhere(
            head.method.rawValue, Substring(path.text).utf8)
        guard case .application(let message) = family else { return nil }
        return message
    }

    /// The endpoint of OCM that the end of the path names, wherever its API is; nil for no message.
    var namedEndpoint: OCMEndpoint? {
        guard head.method == .post, let last = path.text.split(separator: "/").last else {
            return nil
        }
        return OCMEndpoint(rawValue: String(last))
    }

    /// The routes of a server of which nothing is known.
    static let usual = RouteTable(kind: .generic)
}
