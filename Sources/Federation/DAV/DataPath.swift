/// Where the data of a peer's share are, and where the backend takes them to be (`protocol.md` 6).
///
/// Paths are canonical and without a slash at their end, so the root of a server is empty.
package struct DataPath: Sendable, Equatable {
    /// The host that serves the data: the peer's, unless the share named another one.
    package let host: PeerHost
    /// The path there.
    package let real: String
    /// The paths that the backend uses, the one that it is told first.
    private let told: [String]
    private let shape: Shape
    /// Whether the backend was told the segment of a `SingleFile`.
    private let hasSegment: Bool

    /// What stands at the root itself.
    private enum Shape: Sendable, Equatable {
        /// A file with a place of its own: no slash behind it.
        case file
        case any
    }

    /// Where the data are as the message has it: the path may be escaped in any way, and is not judged yet.
    package struct Written: Sendable, Equatable {
        package let host: PeerHost
        package let path: String
        fileprivate let isNamed: Bool
    }

    /// The URL of a share's data as its message has it: an absolute one itself, behind a relative
    /// one the peer's prefix, and the prefix alone in the deprecated shape, which has none.
    ///
    /// Nil: an absolute URL that is not https, or has a query.
    ///
    /// - Parameters:
    ///   - prefix: `protocols.webdav` of the peer's document; nil for the path that old servers
    ///     fall back to.
    package static func written(
        uri: String?, peer: PeerHost, prefix: String?
    ) -> Written? {
        let prefix = prefix ?? usual
        guard let uri, uri.utf8.contains(where: { $0 != UInt8(ascii: "/") }) else {
            return Written(host: peer, path: prefix, isNamed: false)
        }
        guard let url = URLParts(uri) else {
            guard uri.utf8.span.schemeEnd == nil else { return nil }
            return Written(
                host: peer, path: prefix + uri.drop { $0 == "/" }, isNamed: true)
        }
        guard url.scheme == .https, url.query == nil else { return nil }
        return Written(host: url.host, path: url.path, isNamed: true)
    }

    /// - Parameters:
    ///   - path: the written one in the spelling in which paths are judged.
    ///   - told: where the backend takes shared data of the peer to be; nil for a backend that goes
    ///     by the place in the share.
    ///   - folder: the sub-folder of the peer, which a backend that reads it in addresses puts before.
    package init(
        _ written: Written, path: String, resourceType: String, told: String?, folder: String = ""
    ) {
        host = written.host
        hasSegment = told == nil && resourceType == "file"
        let real = path.withoutEndSlashes
        self.real = real
        let first = told?.withoutEndSlashes ?? real
        self.told = folder.isEmpty ? [first] : [first, folder + first]
        shape = written.isNamed && resourceType == "file" ? .file : .any
    }

    /// Whether it is that of a file with a place of its own.
    package var isOfFile: Bool { shape == .file }

    /// A request's path at the peer.
    package struct Place: Sendable, Equatable {
        package let path: String
        /// The root that the backend takes for the real one, where the paths in the answer are other
        /// ones than it asked for.
        package let told: String?
    }

    /// The place at the peer of a path that the backend asks for, in the spelling in which paths
    /// are judged. The peer's own paths, which the backend may have learned, are understood too.
    /// Nil: a path outside of the share.
    package func place(of path: String) -> Place? {
        for root in told {
            guard let rest = path.rest(below: root) else { continue }
            if hasSegment, SingleFile.begins(rest), let file = SingleFile(path, below: root) {
                return Place(path: full(file.path.dropFirst(root.count)), told: file.told)
            }
            return Place(path: full(rest), told: root == real ? nil : root)
        }
        return path.rest(below: real).map { Place(path: full($0), told: nil) }
    }

    /// Whether a place is the root of the share itself.
    package func isRoot(_ place: Place) -> Bool { place.path.withoutEndSlashes == real }

    private func full(_ rest: Substring) -> String {
        guard rest.isEmpty || rest == "/" else { return real + rest }
        let path = shape == .file ? real : real + rest
        return path.isEmpty ? "/" : path
    }

    private static let usual = "/public.php/webdav/"
}
