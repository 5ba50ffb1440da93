/// Where a Seafile takes messages beside the place that its document names.
extension RouteTable {
    /// Whether a Seafile takes a message of its like there, whatever its document names: it has nobody to
    /// hold to one. It looks for the pattern `api/v2.1/ocm/shares/$`, in which the dot is any letter, behind
    /// any beginning (Django's `re_path`, to 3.2).
    static func isForSeafilesLike(_ path: Substring) -> Bool {
        let rest = decoded(path)
        for name in ["1/ocm/shares", "1/ocm/notifications"] where rest.ends(with: name) {
            let before = Substring(rest.dropLast(name.utf8.count)).unicodeScalars.dropLast()
            return Substring(before).utf8.ends(with: "api/v2")
        }
        return false
    }

    /// The message that a Seafile takes at a path: its document leaves out the folder that it lives in
    /// (`SITE_ROOT`), below which it takes them too.
    static func seafilesEndpoint(_ path: Substring) -> OCMEndpoint? {
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
}

extension Substring.UTF8View {
    /// Whether it ends with the bytes of a text.
    fileprivate func ends(with suffix: String) -> Bool {
        suffix.utf8.count <= count && self.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }
}
