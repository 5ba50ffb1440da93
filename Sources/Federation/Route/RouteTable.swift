/// Which paths are the gateway's business, for one backend: built once, asked for every request.
///
/// It takes more spellings than any backend does (`/index.php` in front, slashes behind): a path
/// that is routed too often is judged, one that is routed too seldom goes around the policy.
package struct RouteTable: Sendable {
    /// Entries by the second byte of their path.
    private(set) var entries: [[Entry]] = Array(repeating: [], count: 128)
    private let base: [UInt8]
    private let isPlaceKnown: Bool
    private let kind: BackendKind
    /// What every server of the kind has, by which paths in other folders are read; empty where those pass.
    private let byKind: [RouteTable]

    /// What becomes of messages and shared data in another folder than the one that a document names.
    package enum OtherFolders: Sendable {
        /// Somebody else's: a peer is read by its own document alone.
        case passed
        /// Nothing: the web server of a backend may have several that lead to it.
        case closed
    }

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
            add("\(api)/apps/activity/api/v2/remote", .remoteActivity)
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
            return familyElsewhere(method, path.utf8).map(Route.unplaced) ?? .passThrough
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

    /// Whether a path, its escapes resolved, is a page of a public link (`/s/…`). While the backend's place
    /// is not known, it may be in any folder, but for those of people's files; once it is, in another folder
    /// behind the front controller.
    package func isLinkPage(_ path: [UInt8]) -> Bool {
        guard hasLinkPages else { return false }
        let parts = path.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
        if Self.areOfLink(parts[...]) { return true }
        let folders = parts.prefix(Self.deepestFolder).prefix { part in
            !["remote.php", "dav", "webdav"].contains { part.elementsEqual($0.utf8) }
        }
        guard isPlaceKnown else { return folders.contains { $0.elementsEqual("s".utf8) } }
        let isElsewhere = zip(folders, folders.dropFirst()).contains { front, name in
            front.elementsEqual("index.php".utf8) && name.elementsEqual("s".utf8)
        }
        if isElsewhere, !byKind.isEmpty { return true }
        let folder = base.split(separator: UInt8(ascii: "/"))
        return parts.starts(with: folder) && Self.areOfLink(parts.dropFirst(folder.count))
    }

    /// Whether the backend has pages of public links that anybody opens.
    package var hasLinkPages: Bool { Self.hasLinkPages(kind) }

    private static func hasLinkPages(_ kind: BackendKind) -> Bool {
        switch kind {
        case .nextcloud, .owncloud10, .generic: true
        case .ocis, .opencloud, .cernbox, .seafile: false
        }
    }

    private static func areOfLink(_ parts: ArraySlice<ArraySlice<UInt8>>) -> Bool {
        var parts = parts
        if let front = parts.first,
            ["index.php", "index.phpindex.php"].contains(where: { front.elementsEqual($0.utf8) })
        {
            parts.removeFirst()
        }
        return parts.first?.elementsEqual("s".utf8) == true
    }

    private func match(_ method: String, _ path: Substring.UTF8View) -> Route? {
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

    /// What a path would be for behind any folder, a message of a server of no known kind also by its last
    /// segment alone. nil for pages, and below what people's own clients use, where a file may have any name.
    private func familyElsewhere(_ method: String, _ path: Substring.UTF8View) -> RouteFamily? {
        var rest = path
        for _ in 0..<Self.deepestFolder {
            switch match(method, rest)?.family {
            // What lies beside messages may be a page, and the others need no check.
            case nil, .unknownEndpoint, .jwks, .status: break
            case let family?: return family
            }
            if Self.own.contains(where: { rest.begins(with: $0) }) { return nil }
            guard let slash = rest.dropFirst().firstIndex(of: UInt8(ascii: "/")) else { break }
            rest = rest[slash...]
        }
        // It may have its API at a place that no other server has.
        guard kind == .generic, method == "POST",
            let last = path.split(separator: UInt8(ascii: "/")).last
        else { return nil }
        return OCMEndpoint(rawValue: String(Substring(last))).map(RouteFamily.ocm)
    }

    /// What a path is for if a folder of it leads to the backend as well: a message or shared data have no place
    /// there; a body that may name a link is judged as at home. nil for pages, and below what names people's
    /// own files, apps and folders.
    private func elsewhere(_ method: String, _ path: Substring.UTF8View) -> Route? {
        guard Self.mayBeElsewhere(path) else { return nil }
        var rest = path
        for _ in 0..<Self.deepestFolder {
            if Self.own.contains(where: { rest.begins(with: $0) })
                || Self.ownOfApps.contains(where: { rest.begins(with: $0) })
            {
                return nil
            }
            guard let slash = rest.dropFirst().firstIndex(of: UInt8(ascii: "/")) else { break }
            rest = rest[slash...]
            let route = match(method, rest)
            switch route?.family {
            case .linkShare: return route
            // The script alone is nothing without a path behind it.
            case .webdav where Self.isBareScript(rest): break
            case nil, .discovery, .ocsProvider, .jwks, .status, .unknownEndpoint: break
            case let family?: return .unplaced(family)
            }
        }
        return nil
    }

    /// Whether a folder behind the first begins as the names do by which the federation is known (`/ocm`,
    /// `/ocs`, `/apps`, `/public.php`): few pages have one.
    private static func mayBeElsewhere(_ path: Substring.UTF8View) -> Bool {
        let bytes = path.span
        for index in bytes.indices.dropFirst().dropLast(2)
        where bytes[index] == UInt8(ascii: "/") {
            switch (bytes[index + 1], bytes[index + 2]) {
            case (UInt8(ascii: "o"), UInt8(ascii: "c")), (UInt8(ascii: "a"), UInt8(ascii: "p")),
                (UInt8(ascii: "p"), UInt8(ascii: "u")):
                return true
            case _: break
            }
        }
        return false
    }

    private static func isBareScript(_ path: Substring.UTF8View) -> Bool {
        path.elementsEqual("/public.php".utf8)
    }

    /// Whether a Seafile takes a message of its like there, whatever its document names: it has nobody to
    /// hold to one. It looks for the pattern `api/v2.1/ocm/shares/$`, in which the dot is any letter, behind
    /// any beginning (Django's `re_path`, to 3.2).
    private static func isForSeafilesLike(_ path: Substring) -> Bool {
        let rest = decoded(path)
        for name in ["1/ocm/shares", "1/ocm/notifications"] where rest.ends(with: name) {
            let before = Substring(rest.dropLast(name.utf8.count)).unicodeScalars.dropLast()
            return Substring(before).utf8.ends(with: "api/v2")
        }
        return false
    }

    /// The message that a Seafile takes at a path: its document leaves out the folder that it lives in
    /// (`SITE_ROOT`), below which it takes them too.
    private static func seafilesEndpoint(_ path: Substring) -> OCMEndpoint? {
        let rest = decoded(path)
        return [OCMEndpoint.shares, .notifications].first {
            rest.ends(with: "/ocm-via-webdav/\($0.rawValue)")
        }
    }

    /// A path with its escapes resolved, where that can be done, without slashes at its end.
    private static func decoded(_ path: Substring) -> Substring.UTF8View {
        var rest = Substring(percentDecoded(path) ?? String(path)).utf8
        while rest.last == UInt8(ascii: "/") { rest.removeLast() }
        return rest
    }

    /// Where a body may name a public link: what makes a share of one, and the editors of Nextcloud and
    /// ownCloud (`docs/decisions/0016`).
    private mutating func addLinkShares() {
        for path in [
            "/apps/federatedfilesharing/createFederatedShare", "/apps/text/attachments",
            "/apps/richdocuments/token", "/apps/richdocuments/remote",
            "/apps/files_texteditor/ajax/closefile", "/apps/wopi/token/publiclink",
            "/apps/onlyoffice/ajax/new", "/apps/onlyoffice/ajax/convert", "/apps/drawio/ajax/new",
        ] { add(path, .whole(.linkShare)) }
        for path in [
            "/apps/files_texteditor/ajax/savefile", "/apps/drawio/ajax/save",
            "/apps/drawio/ajax/savePreview",
        ] { add(path, .whole(.linkDocument)) }
        add("/apps/text/public/session", .ending("create", .linkShare))
        for api in Self.apis {
            for name in [
                "richdocuments/api/v1/file", "richdocuments/api/v1/share",
                "richdocuments/api/v1/direct/share/initiator", "onlyoffice/api/v1/key",
                "onlyoffice/api/v1/keylock",
            ] { add("\(api)/apps/\(name)", .whole(.linkShare)) }
        }
    }

    struct Entry: Sendable {
        let path: [UInt8]
        let target: Target
    }

    /// The first entry of a path wins, so that a discovered root does not hide a known one.
    private mutating func add(_ path: String, _ target: Target) {
        let bytes = Array(path.utf8)
        guard bytes.count > 1, bytes[0] == UInt8(ascii: "/"), bytes[1] < 128 else { return }
        entries[Int(bytes[1])].append(Entry(path: bytes, target: target))
    }

    private static let frontController = Array("/index.php".utf8)
    /// Segments of a path behind which no backend is looked for: it bounds what a long path costs.
    private static let deepestFolder = 16
    /// Where apps have their OCS API.
    private static let apis = ["/ocs/v1.php", "/ocs/v2.php", "/ocs", "/ocsapp"]
    /// Where people's own clients have their files, and apps their API.
    private static let own = [
        "/remote.php/", "/dav/files/", "/dav/spaces/", "/ocs/v1.php/", "/ocs/v2.php/",
    ].map { Array($0.utf8) }

    /// Behind which the paths of people's files, pages and programs may stand; no folder is behind a script.
    private static let ownOfApps = [
        "/index.php/", "/apps/files/", "/apps/photos/", "/apps/app_api/", "/apps/web/",
    ].map { Array($0.utf8) }

    private static func trimmed(_ path: String) -> String {
        var path = Substring(path)
        while path.hasSuffix("/") { path = path.dropLast() }
        return path.hasPrefix("/") || path.isEmpty ? String(path) : "/" + path
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

    /// Where each kind serves shared data. The longer path comes first.
    private static func webdavRoots(_ kind: BackendKind) -> [(String, WebDAVRoot)] {
        let php: [(String, WebDAVRoot)] = [
            ("/public.php/dav/files", .publicFiles), ("/public.php/dav/uploads", .publicFiles),
            ("/public.php/webdav", .publicWebDAV),
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
    fileprivate func begins(with prefix: [UInt8]) -> Bool {
        let bytes = span
        guard bytes.count >= prefix.count else { return false }
        for index in prefix.indices where bytes[index] != prefix[index] { return false }
        return true
    }

    /// Whether it ends with the bytes of a text.
    fileprivate func ends(with suffix: String) -> Bool {
        suffix.utf8.count <= count && self.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }
}
