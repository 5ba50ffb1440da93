import Federation
import OpenSSL
import Transport

/// A request for shared data, with its path in the one spelling that is judged and forwarded.
struct DataRequest: Sendable {
    let route: WebDAVRoute
    let head: RequestHead
    let path: TargetPath
    let client: ClientConnection
    let entrance: Gateway.Entrance
    /// The root of its data, where its reader knows that under another path.
    var told: ToldRoot?

    /// The secret that the path itself names, where links and shares are reached so.
    var secretInPath: Secret? {
        switch route.root {
        case .publicFiles, .publicUploads: route.share.map { Secret(utf8: $0) }
        case .publicWebDAV, .ocm, .seafdav, .discovered: nil
        }
    }

    /// Whether it is let in by the user of `Basic`, and by nothing in its path.
    var showsBasic: Bool {
        guard secretInPath == nil, case .basic = DAVCredential(head.fields.text(.authorization))
        else { return false }
        return true
    }

    /// The path up to where the file's name begins, without a slash at its end.
    var rootPath: String { String(path.text.dropLast(route.rest.count)) }

    /// Where MOVE and COPY lead, read with the same eyes as the request's own path.
    func destination(_ hosts: [PeerHost]) -> DAVDestination {
        guard let field = head.fields.only(.destination) else { return .absent }
        guard let destination = try? Destination(field) else { return .elsewhere }
        if let origin = destination.origin {
            guard let host = PeerHost(origin.authority.description), hosts.contains(host) else {
                return .elsewhere
            }
        }
        let path = destination.path.text
        return .path(told?.inside(path) ?? path)
    }

    /// The same where nobody judges it: a path of this site goes to the host that the backend has,
    /// which takes nothing to a foreign one. Nil for any other, which goes on as it was sent.
    func unjudgedDestination(_ hosts: [PeerHost]) -> String? {
        guard head.method.onData?.hasDestination == true, case .path(let path) = destination(hosts)
        else { return nil }
        return path
    }

    /// The request as the backend has its path.
    ///
    /// Refused (`malformed_path`): a path that is none without the segment.
    func resolved(at view: BackendServer.View) throws(Denial) -> DataRequest {
        switch route.root {
        case .publicWebDAV, .seafdav, .discovered: break
        case .publicFiles, .publicUploads, .ocm: return self
        }
        let isBare = route.prefix == view.bareWebDAV
        guard isBare || SingleFile.begins(route.rest),
            let told = ToldRoot(
                path.text, below: route.prefix, at: isBare ? view.webdav : route.prefix)
        else { return self }
        return try mapped(by: told)
    }

    /// The request inside of a share that its reader names by the credential alone: who reads the
    /// deprecated shape, and Nextcloud always, asks at the root of all shares and never looks at a
    /// URI (`protocol.md` 6, `legacy-wire.md` 5.1).
    ///
    /// Nil where the path is the share's own already. That is what one means that may be either, a
    /// folder of the share with the share's own name too: the newer shapes know no other. At another root that
    /// the backend has for all shares the share is there by its name, as before anybody knew of it.
    /// Refused (`malformed_path`): a path that is none inside of the share.
    ///
    /// - Parameters:
    ///   - root: the share's own path, without a slash at its end.
    ///   - form: how the backend takes the secret; with Basic it has one root for all shares.
    func inside(
        share root: String, _ form: Backend.Credential
    ) throws(Denial) -> DataRequest? {
        switch route.root {
        case .ocm, .discovered: break
        case .publicWebDAV, .publicFiles, .publicUploads, .seafdav: return nil
        }
        guard form == .bearer, told == nil, path.text.rest(below: root) == nil,
            root.utf8.first == UInt8(ascii: "/"),
            let told = ToldRoot(path.text, below: named(as: root) ?? route.prefix, at: root)
        else { return nil }
        return try mapped(by: told)
    }

    /// The path of a share at the root that is asked at, by the last segment of its own; nil where that is
    /// not what is asked for.
    private func named(as root: String) -> String? {
        guard route.root == .ocm, let slash = root.utf8.lastIndex(of: UInt8(ascii: "/")) else {
            return nil
        }
        let place = route.prefix + root[slash...]
        return path.text.rest(below: place) == nil ? nil : place
    }

    private func mapped(by told: ToldRoot) throws(Denial) -> DataRequest {
        guard let inside = try? TargetPath(Array(told.path.utf8)[...], rule: .routed) else {
            throw Denial(.malformedPath, "a path that is none behind the root")
        }
        let rest = String(inside.text.dropFirst(told.root.count))
        return DataRequest(
            route: WebDAVRoute(root: route.root, prefix: told.root, share: nil, rest: rest),
            head: head, path: inside, client: client, entrance: entrance, told: told)
    }

    /// What becomes of `Depth`.
    enum Depth: Sendable {
        case asSent
        /// None was sent. That means everything below (RFC 4918, section 9.1), which nobody who
        /// leaves it away wants: Seafile does, and gets one level from its like.
        case one
    }

    /// Refused (`depth_not_allowed`): PROPFIND of a whole tree, which costs the backend without
    /// bound (`propfind-finite-depth` of RFC 4918, section 9.1), and several fields or other values.
    func depth() throws(Denial) -> Depth {
        guard head.method == .propfind, head.fields.contains(.depth) else {
            return head.method == .propfind ? .one : .asSent
        }
        switch head.fields.text(.depth) {
        case "0", "1": return .asSent
        case _: throw Denial(.depthNotAllowed, "a PROPFIND without end")
        }
    }
}

extension RequestHead {
    /// Refused (`destination_not_allowed`): a COPY with `Source` (third-party copy), for which a server of
    /// the reva family fetches that URL and writes it to the path of the request.
    func refuseSource() throws(Denial) {
        guard method == .copy, fields.contains(FieldName("source")) else { return }
        throw Denial(.destinationNotAllowed, "a COPY that names a Source")
    }

    /// Refused (`secret_refused`): a parameter that the reva family takes the secret of a share from, or a
    /// token of its own, as it does from the fields of ``FieldName/otherLogins``.
    func refuseLoginsInQuery() throws(Denial) {
        guard let query else { return }
        for part in query.split(whereSeparator: { Self.separators.contains($0) }) {
            let raw = String(decoding: part.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
            guard let name = percentDecoded(raw)?.lowercased(), Self.loginParameters.contains(name)
            else { continue }
            throw Denial(.secretRefused, "\(name) in the query, beside the credential")
        }
    }

    private static let separators = Array("&;".utf8)
    private static let loginParameters = ["ocm-token", "access_token"]
}
