/// Which paths are the gateway's business, for one backend: built once, asked for every request.
///
/// It takes more spellings than any backend does (`/index.php` in front, slashes behind): a path
/// that is routed too often is judged, one that is routed too seldom goes around the policy.
package struct RouteTable: Sendable {
    /// Entries by the second byte of their path.
    private(set) var entries: [[Entry]] = Array(repeating: [], count: 128)
    let base: [UInt8]
    let isPlaceKnown: Bool
    let kind: BackendKind
    /// What every server of the kind has, by which paths in other folders are read; empty where those pass.
    let byKind: [RouteTable]

    /// - Parameters:
    ///   - endPoint: the path of the backend's own `endPoint` (`/ocm`, `/index.php/ocm`,
    ///     `/apps/federatedfilesharing`); below a sub-folder (`/cloud/ocm`) all other paths are
    ///     looked for there too.
    ///   - tokenPath: where the gateway serves its token endpoint.
    ///   - webdavPrefix: `protocols.webdav` of the backend's document.
    ///   - isPlaceKnown: whether a document has said where the backend's API is; until then it may be
    ///     anywhere.
    ///   - otherFolders: of a Nextcloud, an ownCloud or a server of no known kind, once its place is known.
    package init(
        kind: BackendKind, endPoint: String = "/ocm", tokenPath: String = "/ocm/token",
        webdavPrefix: String? = nil, isPlaceKnown: Bool = true,
        otherFolders: OtherFolders = .passed
    ) {
        self.isPlaceKnown = isPlaceKnown
        self.kind = kind
        let endPoint = Self.trimmed(endPoint)
        base = Array(Self.base(of: endPoint).utf8)
        let isClosed = otherFolders == .closed && Self.hasLinkPages(kind)
        // With its place unknown it has no such table itself.
        byKind =
            isClosed && isPlaceKnown
            ? [RouteTable(kind: kind, isPlaceKnown: false, otherFolders: .closed)] : []
        add(tokenPath, .whole(.token))
        add("/apps/cloud_federation_api/api/v1/access-token", .whole(.token))
        for path in [
            "/.well-known/ocm", "/ocm-provider", "/ocm-provider/index.php",
        ] { add(path, .whole(.discovery)) }
        for path in ["/ocs-provider", "/ocs-provider/index.php"] { add(path, .whole(.ocsProvider)) }
        for path in [
            "/.well-known/jwks.json", ServedDiscovery.jwksPath,
            "/apps/cloud_federation_api/api/v1/jwks",
        ] { add(path, .whole(.jwks)) }
        add("/ocm", .endPoint(others: .closed))
        // Where this kind always answers, whatever its document says, or while there is none yet.
        let usual = kind == .generic ? BackendKind.owncloud10.usualEndPoint : kind.usualEndPoint
        for own in [String(endPoint.dropFirst(base.count)), usual]
        where own != "/ocm" && own != "/index.php/ocm" {
            let path = Self.withoutFrontController(own)
            if path.isEmpty {
                // At the root nothing but their names tells messages from the backend's pages.
                for endpoint in OCMEndpoint.allCases {
                    add("/\(endpoint.rawValue)", .whole(.ocm(endpoint)))
                }
            } else {
                add(path, .endPoint(others: .open))
            }
        }
        // The last two are what the first two become inside, and the front controller takes them.
        for path in ["/ocs/v1.php/cloud", "/ocs/v2.php/cloud", "/ocs/cloud", "/ocsapp/cloud"] {
            add(path, .ocs(path == "/ocs/v1.php/cloud" ? .v1 : .v2))
        }
        add("/apps/files_sharing/shareinfo", .whole(.shareInfo))
        addLinkShares()
        for api in Self.apis {
            // Nextcloud's `activity` tells receivers there, by the secret (`docs/protocol-notes.md`).
            add("\(api)/apps/activity/api/v2/remote", .application(.activity))
        }
        for name in Self.teamMessages { add("/apps/circles/\(name)", .application(.teams)) }
        if Self.looksForInviteDialogs(kind) {
            add("/sciencemesh/discover", .whole(.inviteDialog))
        }
        add("/status.php", .whole(.status))
        for (path, root) in Self.webdavRoots(kind) { add(path, .webdav(root)) }
        if isClosed { add("/public", .negotiatedWebDAV) }
        if let webdavPrefix { add(Self.trimmed(webdavPrefix), .webdav(.discovered)) }
    }

    /// The route of a path in the one spelling in which it is judged and forwarded (`TargetPath`);
    /// a path that nobody knows is passed through.
    package func route(method: String, path: String) -> Route {
        let path = Substring(path)
        if let route = match(method, path.utf8) { return route }
        if kind == .seafile, Self.isForSeafilesLike(path) { return .unknownEndpoint }
        guard isPlaceKnown else {
            return familyAnywhere(method, path.utf8).map(Route.unplaced) ?? .passThrough
        }
        if kind == .seafile, method == "POST", let endpoint = Self.seafilesEndpoint(path) {
            return .ocm(endpoint)
        }
        var inside = path.utf8
        if !base.isEmpty, inside.begins(with: base) {
            inside = inside.dropFirst(base.count)
            if let route = match(method, inside) { return route }
        }
        return byKind.first?.elsewhere(method, inside) ?? .passThrough
    }

    /// The route of a path, behind the front controller or not, at the root of the backend; nil for one that no
    /// entry knows.
    func match(_ method: String, _ path: Substring.UTF8View) -> Route? {
        var path = path
        if path.begins(with: Self.frontController) {
            var rest = path.dropFirst(Self.frontController.count)
            // Nextcloud and ownCloud cut the name of their script off twice.
            let name = Self.frontController.dropFirst()
            if rest.starts(with: name) { rest = rest.dropFirst(name.count) }
            if rest.first == UInt8(ascii: "/") { path = rest }
        }
        guard let second = path.dropFirst().first, second < 128 else { return nil }
        for entry in entries[Int(second)] where path.begins(with: entry.path) {
            let rest = path.dropFirst(entry.path.count)
            guard rest.isEmpty || rest.first == UInt8(ascii: "/") else { continue }
            if let route = entry.target.route(method, rest: rest) {
                return route
            }
        }
        return nil
    }

    /// What lies below a path, whose segments are whole: `/ocm` does not hold `/ocmx`.
    struct Entry: Sendable {
        let path: [UInt8]
        let target: Target
    }

    /// The first entry of a path wins, so that a discovered root does not hide a known one.
    mutating func add(_ path: String, _ target: Target) {
        let bytes = Array(path.utf8)
        guard bytes.count > 1, bytes[0] == UInt8(ascii: "/"), bytes[1] < 128 else { return }
        entries[Int(bytes[1])].append(Entry(path: bytes, target: target))
    }

    private static let frontController = Array("/index.php".utf8)
    /// Where apps have their OCS API.
    static let apis = ["/ocs/v1.php", "/ocs/v2.php", "/ocs", "/ocsapp"]

    /// What Nextcloud's `circles` asks at other servers. It is asked by its own for `async` alone, and tells everybody
    /// who it is at `/apps/circles/` and `test`.
    private static let teamMessages = [
        "event", "incoming", "circles", "circle", "members", "member", "inherited", "memberships",
    ]

    private static func trimmed(_ path: String) -> String {
        let path = path.withoutEndSlashes
        return path.hasPrefix("/") || path.isEmpty ? path : "/" + path
    }

    private static func withoutFrontController(_ path: String) -> String {
        path == "/index.php" || path.hasPrefix("/index.php/") ? String(path.dropFirst(10)) : path
    }

    /// The sub-folder that a backend lives in, from the path of its `endPoint`.
    package static func base(of endPoint: String) -> String {
        for ending in [
            "/index.php/apps/federatedfilesharing", "/apps/federatedfilesharing",
            "/ocm-via-webdav", "/api/v2.1/ocm", "/index.php/ocm", "/ocm",
        ] where endPoint.hasSuffix(ending) {
            return String(endPoint.dropLast(ending.count))
        }
        return ""
    }

    /// Whether it may look for the server of an invited person at the host that a body names. oCIS does not yet,
    /// and has the same source.
    private static func looksForInviteDialogs(_ kind: BackendKind) -> Bool { kind.mayBeReva }

    /// Where each kind serves shared data. The longer path comes first.
    private static func webdavRoots(_ kind: BackendKind) -> [(String, WebDAVRoot)] {
        let php: [(String, WebDAVRoot)] = [
            ("/public.php/dav/files", .publicFiles),
            ("/public.php/dav/uploads", .publicUploads), ("/public.php/webdav", .publicWebDAV),
            // `public.php?service=webdav` is the same door.
            ("/public.php", .publicWebDAV),
        ]
        let owncloud: [(String, WebDAVRoot)] = [("/remote.php/dav/public-files", .publicFiles)]
        let reva: [(String, WebDAVRoot)] = [("/remote.php/dav/ocm", .ocm), ("/dav/ocm", .ocm)]
        // Of opencloudmesh-go. At oCIS and OpenCloud a person's own folder `ocm` is there.
        let other: [(String, WebDAVRoot)] = [("/webdav/ocm", .ocm)]
        switch kind {
        case .nextcloud: return php
        case .owncloud10: return php + owncloud
        case .ocis, .opencloud: return reva
        case .cernbox: return reva + other
        case .seafile: return [("/seafdav", .seafdav)]
        case .generic: return php + owncloud + reva + other
        }
    }
}

extension Substring.UTF8View {
    /// Whether it begins with these bytes.
    func begins(with prefix: [UInt8]) -> Bool {
        let bytes = span
        guard bytes.count >= prefix.count else { return false }
        for index in prefix.indices where bytes[index] != prefix[index] { return false }
        return true
    }
}
