import Federation
import Transport

/// Messages of the federation that are refused before they are read: no HTTP, too large, too slow, by
/// another method than theirs, to a host that is not ours; the backend's own too. Each has its
/// decision like the others.
extension Gateway {
    /// Which message the path of a refused request is for, in any way of reading it; nil when it is
    /// none that is judged.
    func messageFamily(of start: RequestStart) -> RouteFamily? {
        backend.view.routes.messageFamily(of: start)
    }

    /// The answer to a request that is refused by its head; with its decision when it is a message.
    func refusal(_ denial: Denial, of head: RequestHead, _ client: ClientConnection) -> Answer {
        guard let family = messageFamily(of: RequestStart(head)) else {
            return refusal(denial, from: client)
        }
        return refuseUnread(denial, family, client, then: .keepAlive)
    }

    /// The answer to a message of the backend's that no phase sees; nil for what is no message.
    ///
    /// - Parameter path: at the host that it is for.
    func refuseUnread(
        _ denial: Denial, at path: ArraySlice<UInt8>, to peer: PeerHost?,
        _ client: ClientConnection, then connection: Persistence = .keepAlive
    ) -> Answer? {
        let start = RequestStart(path: path)
        guard let family = PeerRequest.usual.messageFamily(of: start) else { return nil }
        return refuseUnread(
            denial, family, client, then: connection, .outbound, to: peer,
            status: statusToOwnCloud(denial, at: path))
    }

    /// The status by which ownCloud takes a share of the older API for refused; nil for whatever else.
    private func statusToOwnCloud(_ denial: Denial, at path: ArraySlice<UInt8>) -> Int? {
        guard backend.kind == .owncloud10, let path = try? TargetPath(path, rule: .routed),
            case .ocs(let call) = PeerRequest.usual.route(method: "POST", path: path.text)
        else { return nil }
        let end: BackendKind.End = denial.isOutage ? .uncertain : .refused(denial.status)
        return backend.kind.status(of: end, at: backend.kind.endpoint(like: call))
    }

    func refuseUnread(
        _ denial: Denial, _ family: RouteFamily, _ client: ClientConnection,
        then connection: Persistence, _ direction: Direction = .inbound,
        to peer: PeerHost? = nil, status: Int? = nil
    ) -> Answer {
        let trail = Trail(
            family.messageKind ?? "", direction, from: client, now: environment.now(),
            under: policy.snapshot, clock: environment, fingerprint: fingerprint)
        if let peer { trail.addressed(peer) }
        var answer = refusal(denial, of: family, decision: trail.decision)
        answer.connection = connection
        if let status { answer.status = status }
        if answer.status == 405 { answer.allow("POST") }
        trail.refused(denial, status: answer.status)
        record(trail)
        return answer
    }
}

extension RouteTable {
    /// Which message a refused request is for, in any way of reading its path; nil for none that is
    /// judged.
    func messageFamily(of start: RequestStart) -> RouteFamily? {
        let families = Set(start.readings.compactMap { family(of: $0) })
        let messages = families.filter { $0.messageKind != nil && $0 != .unknownEndpoint }
            .min { ($0.messageKind ?? "") < ($1.messageKind ?? "") }
        return messages ?? (families.contains(.unknownEndpoint) ? .unknownEndpoint : nil)
    }

    /// The methods that a path takes, for an `Allow` field, where one was refused before it was routed. On pages
    /// all pass that are known; which of them a page takes the backend says.
    func methods(at start: RequestStart) -> String {
        switch route(method: "TRACE", path: String(decoding: start.path, as: UTF8.self)) {
        case .methodNotAllowed(let allow): allow
        case .webdav: Denial.dataMethods
        case _: Self.pageMethods
        }
    }

    private static let pageMethods =
        Method.allCases.filter { $0 != .connect }.map(\.rawValue).joined(separator: ", ")
}

extension RouteFamily {
    /// The word of the log for messages on these paths; nil where what comes is no message of the
    /// federation.
    var messageKind: String? {
        switch self {
        case .ocm(let endpoint): endpoint.rawValue
        case .token: "token"
        case .ocs: "ocs"
        // Below the end point, and nothing that we know.
        case .unknownEndpoint: "ocm"
        case .discovery, .ocsProvider, .jwks, .shareInfo, .linkShare, .application,
            .inviteDialog, .status, .webdav:
            nil
        }
    }
}

extension Denial {
    /// A request that broke a rule of HTTP, or a limit; the detail names which.
    init(_ failure: RequestFailure) {
        switch failure.status {
        case 405: self.init(.methodNotAllowed, failure.rawValue)
        case 413: self.init(.bodyTooLarge, failure.rawValue)
        case 408:
            self.init(
                .malformedRequest,
                ruling: .init(
                    name: "request_timeout", status: 408,
                    hint: "The request did not come in time."), failure.rawValue)
        case 503: self.init(.overloaded, failure.rawValue, retryAfter: 2)
        case let status:
            self.init(
                .malformedRequest, status: status, hint: failure.hint, failure.rawValue)
        }
    }
}

extension RequestFailure {
    /// What whoever sent it can do about it, where that is more than the code has for all of them.
    fileprivate var hint: String? {
        switch self {
        case .targetCharacter:
            "Percent-encode what is not ASCII in the path and the query (RFC 3986 2.1)."
        case .methodOverride:
            "Send the method itself; no field takes its place here (X-HTTP-Method-Override)."
        case _: nil
        }
    }
}
