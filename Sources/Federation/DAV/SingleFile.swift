/// A shared single file where the reader names it below its URL.
///
/// oCIS and OpenCloud ask for it as `<uri>/<name>`, while Nextcloud and ownCloud have it at the root
/// of shared data itself, and opencloudmesh-go at its URI (`legacy-wire.md` 5.3), where a name would be
/// one in a shared folder. So they are told a URL with a segment of the gateway's own, as peers and as
/// the backend, and what stands behind it is the root, which may be a folder: Nextcloud calls one a
/// file.
package struct SingleFile: Sendable, Equatable {
    /// The segment behind the root of shared data.
    package static let segment = "ocmgate-file"

    /// The path at the backend.
    package let path: String
    /// What the reader takes for it.
    package let told: String

    /// Whether what follows the root may be such a place; most paths are told from it by one byte.
    package static func begins(_ rest: String) -> Bool { rest.utf8.starts(with: beginning) }

    static func begins(_ rest: Substring) -> Bool { rest.utf8.starts(with: beginning) }

    /// The URL that is told for the one where a file is itself.
    ///
    /// Nil where its reader need not be told another: at a server that has it below its own URL, as
    /// the reader does, and at one that told such a URL already.
    static func url(for url: String) -> String? {
        guard let parts = URLParts(url), parts.query == nil, !parts.path.contains("/dav/ocm/"),
            !parts.path.hasSuffix("/\(segment)")
        else { return nil }
        return "\(url)\(url.hasSuffix("/") ? "" : "/")\(segment)"
    }

    private static let beginning = Array("/\(segment)".utf8)

    /// Nil: a path without the segment.
    ///
    /// - Parameters:
    ///   - path: in the spelling in which paths are judged.
    ///   - root: of shared data, without a slash at its end.
    package init?(_ path: String, below root: String) {
        let place = "\(root)/\(Self.segment)"
        guard let rest = path.rest(below: place) else { return nil }
        let name = rest.dropFirst().prefix { $0 != "/" }
        let inside = rest.dropFirst(name.isEmpty ? rest.count : name.count + 1)
        self.path = root + (inside.isEmpty ? "/" : inside)
        told = name.isEmpty ? place : "\(place)/\(name)"
    }
}
