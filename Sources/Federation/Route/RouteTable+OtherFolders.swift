/// What a path is for behind a folder: behind any while the backend's place is not known, behind another than its
/// own once it is.
extension RouteTable {
    /// What becomes of messages and shared data in another folder than the one that a document names.
    package enum OtherFolders: Sendable {
        /// Somebody else's: a peer is read by its own document alone.
        case passed
        /// Nothing: the web server of a backend may have several that lead to it.
        case closed
    }

    /// What a path would be for behind any folder, a message of a server of no known kind also by its last
    /// segment alone. nil for pages, and below what people's own clients use, where a file may have any name.
    package func familyAnywhere(_ method: String, _ path: Substring.UTF8View) -> RouteFamily? {
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
    func elsewhere(_ method: String, _ path: Substring.UTF8View) -> Route? {
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
            case let family?: return .elsewhere(family)
            }
        }
        return nil
    }

    /// Whether a folder behind the first begins as the names do by which the federation is known (`/ocm`,
    /// `/ocs`, `/apps`, `/public.php`, `/sciencemesh`): few pages have one.
    private static func mayBeElsewhere(_ path: Substring.UTF8View) -> Bool {
        let bytes = path.span
        for index in bytes.indices.dropFirst().dropLast(2)
        where bytes[index] == UInt8(ascii: "/") {
            switch (bytes[index + 1], bytes[index + 2]) {
            case (UInt8(ascii: "o"), UInt8(ascii: "c")), (UInt8(ascii: "a"), UInt8(ascii: "p")),
                (UInt8(ascii: "p"), UInt8(ascii: "u")), (UInt8(ascii: "s"), UInt8(ascii: "c")):
                return true
            case _: break
            }
        }
        return false
    }

    private static func isBareScript(_ path: Substring.UTF8View) -> Bool {
        path.elementsEqual("/public.php".utf8)
    }

    /// Segments of a path behind which no backend is looked for: it bounds what a long path costs.
    static let deepestFolder = 16

    /// Where people's own clients have their files, and apps their API.
    private static let own = [
        "/remote.php/", "/dav/files/", "/dav/spaces/", "/ocs/v1.php/", "/ocs/v2.php/",
    ].map { Array($0.utf8) }

    /// Behind which the paths of people's files, pages and programs may stand; no folder is behind a script.
    private static let ownOfApps = [
        "/index.php/", "/apps/files/", "/apps/photos/", "/apps/app_api/", "/apps/web/",
    ].map { Array($0.utf8) }
}
