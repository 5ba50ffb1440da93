import Federation
package import Transport

/// Where a request goes: to a phase, to a document, to the backend.
extension Gateway: RequestHandler {
    /// What becomes of a request, by its head (`protocol.md` 9).
    package func plan(_ head: RequestHead, from client: ClientConnection) -> Plan {
        plan(head, from: client, through: .listener)
    }

    func plan(
        _ head: RequestHead, from client: ClientConnection, through entrance: Entrance
    ) -> Plan {
        if let denial = denialOfLoop(head) {
            return .answer(refusal(denial, of: head, client))
        }
        guard site.isNamed(by: head.authority) else {
            return .answer(
                refusal(Denial(.misdirected, notOurs(head.authority)), of: head, client))
        }
        guard site.isReached(by: client.tls?.serverName, for: head.authority) else {
            return .answer(
                refusal(
                    Denial(.misdirected, "Host is not the name of the handshake"), of: head, client
                ))
        }
        do throws(Denial) {
            return try route(head, from: client, through: entrance)
        } catch {
            return .answer(refusal(error, of: head, client))
        }
    }

    /// The usual cause is a proxy in front that puts its own name for us there.
    private func notOurs(_ authority: Authority?) -> String {
        "Host is \(authority?.description ?? ""), no name of this site; pass it on as it came "
            + "(nginx: proxy_set_header Host $http_host), or name it in site.aliases"
    }

    /// The answer to what is no good request; one for an endpoint of ours is recorded.
    package func refuse(
        _ failure: RequestFailure, of start: RequestStart, from client: ClientConnection
    ) -> Answer {
        if let family = messageFamily(of: start) {
            return refuseUnread(Denial(failure), family, client, then: .close)
        }
        var answer = refuseMalformed(failure, client)
        if answer.status == 405 { answer.allow(backend.view.routes.methods(at: start)) }
        return answer
    }

    /// The answer to a request that breaks a rule of HTTP and is no message, with its log line.
    ///
    /// - Parameter peer: where the backend wanted to go, as far as that is known.
    func refuseMalformed(
        _ failure: RequestFailure, _ client: ClientConnection,
        _ direction: Direction = .inbound, to peer: PeerHost? = nil
    ) -> Answer {
        let decision = DecisionID.make(now: environment.now())
        let denial = Denial(failure)
        log.malformed(failure, decision: decision, client)
        let kind = direction == .inbound ? "request" : "egress"
        note(
            denial, decision, kind, direction, failure.status, client, peer: peer?.description)
        var answer = denial.answer(decision: decision, status: failure.status)
        answer.connection = .close
        return answer
    }

    private func route(
        _ head: RequestHead, from client: ClientConnection, through entrance: Entrance
    ) throws(Denial) -> Plan {
        if head.target.form == .asterisk { return passThrough(head, nil, from: client) }
        let view = backend.view
        let routes = view.routes
        let path: TargetPath
        if let ordinary = TargetPath(ordinary: head.path) {
            path = ordinary
        } else {
            switch try judge(head, routes) {
            case .passThrough(let path):
                return page(head, path, routes, from: client, through: entrance)
            case .routed(let judged, _): path = judged
            }
        }
        switch routes.route(method: head.method.rawValue, path: path.text) {
        case .discovery: return document(.discovery, head)
        case .jwks: return document(.keySet, head)
        case .ocsProvider: return document(.ocsProvider, head)
        case .ocm(let endpoint): return message(.ocm(endpoint), through: entrance)
        case .token: return message(.token, through: entrance)
        case .ocs(let call): return message(.ocs(call, path), through: entrance)
        case .webdav(let route):
            return sharedData(route, head, path, from: client, through: entrance, at: view)
        case .shareInfo: return shareInfo(head, path, from: client, through: entrance)
        case .linkShare(let body): return linkShare(head, path, body, from: client)
        case .application(let message): throw .application(message)
        case .inviteDialog: return inviteDialog(for: client)
        case .status: return try status(head, path, from: client)
        case .passThrough: return page(head, path, routes, from: client, through: entrance)
        case .methodNotAllowed(let allow):
            var answer = refusal(
                Denial(.methodNotAllowed, "\(head.method.rawValue) on \(path)"), of: head, client)
            answer.allow(allow)
            return .answer(answer)
        case .unknownEndpoint: throw Denial(.notFound, "\(path) is no endpoint of OCM")
        case .unplaced: throw .unplaced
        case .elsewhere(let family): throw .elsewhere(family, than: view.folder)
        }
    }

    /// `status.php`, which people's own clients need. A server that finds a version there asks for
    /// `shareinfo`, an old one for every scan: where there is none, it finds neither.
    private func status(
        _ head: RequestHead, _ path: TargetPath, from client: ClientConnection
    ) throws(Denial) -> Plan {
        if !backend.kind.hasShareInfo, head.isOfServer {
            throw Denial(.notFound, "the backend has no shareinfo")
        }
        return passThrough(head, path, from: client)
    }

    /// One spelling of a path that is not ordinary, in which it is judged and forwarded.
    ///
    /// Refused (`malformed_path`): what some server would read as another path. Below the root of the reva
    /// family's shared data a plain `.` is left out before (`docs/decisions/0072`).
    private func judge(
        _ head: RequestHead, _ routes: RouteTable
    ) throws(Denial) -> PathJudgement<RouteFamily> {
        let written = String(decoding: head.path, as: UTF8.self)
        let path =
            routes.judgedFamily(of: written) == .webdav(.ocm)
            ? TargetPath.leavingOutDots(head.path) : head.path
        do { return try PathJudgement.ofOdd(path) { routes.judgedFamily(of: $0) } } catch {
            throw Denial(error, ofData: head.isOfData(by: routes))
        }
    }

    private func message(_ kind: Received.Kind, through entrance: Entrance) -> Plan {
        .readAndAnswer(limit: configuration.limits.messageBody) { [self] request in
            await receive(request, as: kind, through: entrance)
        }
    }

    private func document(_ document: PublishedDocuments.Name, _ head: RequestHead) -> Plan {
        let host = site.name(in: head.authority)
        if let answer = published.answer(document, at: host) { return .answer(answer) }
        return .readAndAnswer(limit: 0) { [self] request in
            await published.answer(document, at: host, asking: request.client.loop)
                ?? refusal(
                    Denial(
                        .backendUnavailable,
                        "the backend has no discovery document: \(published.missing?.text ?? "not asked yet")"
                    ), from: request.client)
        }
    }

    /// A refusal outside of the federation's messages: short, with a decision that the log explains.
    func refusal(_ denial: Denial, from client: ClientConnection) -> Answer {
        let decision = DecisionID.make(now: environment.now())
        log.refused(denial, decision: decision)
        note(denial, decision, "request", .inbound, denial.status, client)
        return denial.answer(decision: decision)
    }
}

extension Gateway {
    /// By which way a request came to the site.
    enum Entrance: Sendable {
        /// By a listener of the site, where anybody asks.
        case listener
        /// By the way out: the backend asks its own site.
        case wayOut
    }
}

extension Denial {
    /// For what an application of a server says to the backend's.
    fileprivate static func application(_ message: ApplicationMessage) -> Denial {
        switch message {
        case .activity:
            Denial(
                .notAllowed,
                "remote activity, which nobody signs: whoever has the secret could say it")
        case .teams: .teams("a message of federated teams")
        }
    }

    /// For what an application of the backend's says to a peer.
    static func application(_ message: ApplicationMessage, to peer: PeerHost) -> Denial {
        switch message {
        case .activity: .secretInURI("the secret of a share, for \(peer): remote activity")
        case .teams: .teams("a message of federated teams for \(peer)")
        }
    }

    private static func teams(_ message: String) -> Denial {
        Denial(
            .protocolNotSupported,
            hint: "Federated teams go past OCM; share with people or, where both sides know them, "
                + "with groups of OCM instead.",
            "\(message), signed by a key of the app's own: no policy can judge it, and the secret of a "
                + "share in it is a permanent one")
    }

    /// For a message or shared data in another folder than the backend's own. Data may come back: at 404 a
    /// Nextcloud deletes the mount.
    fileprivate static func elsewhere(_ family: RouteFamily, than folder: String) -> Denial {
        let place = folder.isEmpty ? "the root of this host" : "\(folder)/"
        let hint = "OCM and shared data of this server are at \(place), and nowhere else."
        let detail = "in another folder than the backend's document names, which is \(place)"
        switch family {
        case .webdav, .shareInfo:
            return Denial(.backendUnavailable, status: 503, hint: hint, "shared data \(detail)")
        case .ocm, .ocs, .token, .application, .discovery, .ocsProvider, .jwks, .linkShare,
            .inviteDialog, .status, .unknownEndpoint:
            return Denial(.notFound, hint: hint, "a message \(detail)")
        }
    }

    /// For what cannot be judged before the backend's document says where its API and its data are.
    static var unplaced: Denial {
        Denial(
            .backendUnavailable, status: 503,
            "the backend's document, which says where its API is, has not been read yet")
    }
}

extension Denial {
    /// A path that some server would read as another one.
    ///
    /// - Parameter isOfData: whether shared data are asked for there. One of their names that another decoding
    ///   would make a dot segment is not found: at any other status Nextcloud sets the whole share aside.
    init(_ failure: PathFailure, ofData isOfData: Bool) {
        self.init(
            .malformedPath, status: isOfData && failure == .doubleEncoding ? 404 : nil,
            hint: failure.hint, failure.rawValue)
    }
}

extension PathFailure {
    /// What whoever sent it can do about it, where that is more than the code has for all of them.
    fileprivate var hint: String? {
        switch self {
        case .encoding:
            "The path has bytes that are no UTF-8; escape letters as UTF-8 (%C3%BC, not %FC)."
        case .control: "The path has a control character; a file that has one has to be renamed."
        case .dotSegment: "The path has a dot segment (. or .., also with ; and more behind it)."
        case _: nil
        }
    }
}

extension RequestHead {
    /// Whether it asks for shared data, by a path that is not in its one spelling.
    fileprivate func isOfData(by routes: RouteTable) -> Bool {
        guard method.onData != nil,
            let spelled = try? TargetPath(path, rule: .passThrough),
            case .webdav = routes.route(method: method.rawValue, path: spelled.text)
        else { return false }
        return true
    }

    /// Whether a Nextcloud or ownCloud asks itself, and not one of its clients, as far as it says so.
    fileprivate var isOfServer: Bool {
        let agent = fields.text(.userAgent)
        return ["Nextcloud Server Crawler", "Nextcloud-Server-Crawler", "ownCloud Server Crawler"]
            .contains { agent?.hasPrefix($0) == true }
    }
}
