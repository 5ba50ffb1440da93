/// Public links: their pages, and where a body may name one.
extension RouteTable {
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

    /// The same of a kind.
    static func hasLinkPages(_ kind: BackendKind) -> Bool {
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

    /// Where a body may name a public link: what makes a share of one, and the editors of Nextcloud and
    /// ownCloud (`docs/decisions/0016`).
    mutating func addLinkShares() {
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
}
