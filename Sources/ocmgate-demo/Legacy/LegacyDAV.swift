import Federation
import Transport

/// WebDAV on `/public.php/webdav`: the permanent secret as Basic user opens the share's root.
///
/// A share of a single file has that file as its root. Permissions are not looked at: in this demo
/// what holds a share to its permissions is the gateway.
enum LegacyDAV {
    static func answer(_ request: PlainRequest, _ state: inout LegacyServer.State) -> Answer {
        guard case .basic(let user, _) = DAVCredential(request["Authorization"]),
            let share = state.shares[user.text]
        else {
            return Answer(
                status: 401,
                fields: [(name: "WWW-Authenticate", value: "Basic realm=\"Nextcloud\"")])
        }
        guard let path = place(request.path, in: share) else { return Answer(status: 400) }
        do {
            return try perform(request, on: path, in: share, &state.tree)
        } catch FileTree.Failure.missing {
            return Answer(status: 404)
        } catch FileTree.Failure.parentMissing {
            return Answer(status: 409)
        } catch {
            return Answer(status: 405)
        }
    }

    private static func perform(
        _ request: PlainRequest, on path: String, in share: LegacyServer.OwnShare,
        _ tree: inout FileTree
    ) throws -> Answer {
        switch request.method {
        case .propfind:
            return try list(request, path, share, tree)
        case .get, .head:
            guard case .file(let bytes) = tree[path] else { return Answer(status: 404) }
            return Answer(
                status: 200, fields: [(name: "Content-Type", value: "text/plain")], body: bytes)
        case .put:
            return Answer(status: try tree.write(request.body, to: path) ? 201 : 204)
        case .mkcol:
            try tree.makeFolder(path)
            return Answer(status: 201)
        case .delete:
            try tree.remove(path)
            return Answer(status: 204)
        case .move:
            // The path of an absolute URL (RFC 4918, section 10.3).
            guard let destination = request["Destination"],
                let root = destination.firstRange(of: LegacyServer.webdav),
                let target = place(String(destination[root.lowerBound...]), in: share)
            else { return Answer(status: 400) }
            return Answer(status: try tree.move(path, to: target) ? 201 : 204)
        case .options:
            return Answer(status: 200, fields: [(name: "DAV", value: "1, 3")])
        default:
            return Answer(status: 405)
        }
    }

    private static func list(
        _ request: PlainRequest, _ path: String, _ share: LegacyServer.OwnShare, _ tree: FileTree
    ) throws -> Answer {
        guard let node = tree[path] else { throw FileTree.Failure.missing }
        var entries = [(request.path, node)]
        if node == .folder, request["Depth"] != "0" {
            let base = request.path.hasSuffix("/") ? request.path : request.path + "/"
            for name in tree.children(of: path) {
                guard let child = tree[path.isEmpty ? name : "\(path)/\(name)"] else { continue }
                entries.append((base + PercentEncoding.encode(name), child))
            }
        }
        let responses = entries.map { href, node in
            let properties =
                switch node {
                case .folder: "<d:resourcetype><d:collection/></d:resourcetype>"
                case .file(let bytes):
                    "<d:resourcetype/><d:getcontentlength>\(bytes.count)</d:getcontentlength>"
                }
            return "<d:response><d:href>\(href)</d:href><d:propstat><d:prop>\(properties)</d:prop>"
                + "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
        }
        let body =
            "<?xml version=\"1.0\"?>\n<d:multistatus xmlns:d=\"DAV:\">"
            + responses.joined() + "</d:multistatus>"
        return Answer(
            status: 207, fields: [(name: "Content-Type", value: "application/xml; charset=utf-8")],
            body: [UInt8](body.utf8))
    }

    /// The path in the tree that a URL path below the WebDAV root means; nil for `..` and broken
    /// escapes.
    private static func place(_ urlPath: String, in share: LegacyServer.OwnShare) -> String? {
        var segments: [String] = share.path.isEmpty ? [] : [share.path]
        for part in urlPath.dropFirst(LegacyServer.webdav.count).split(separator: "/") {
            guard let segment = PercentEncoding.decode(String(part)), segment != "..",
                !segment.contains("/")
            else { return nil }
            segments.append(segment)
        }
        return segments.joined(separator: "/")
    }
}
