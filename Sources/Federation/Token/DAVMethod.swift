/// The methods of WebDAV that shared data are reached with, and the permission that each needs.
package enum DAVMethod: String, Sendable, CaseIterable {
    case options = "OPTIONS"
    case propfind = "PROPFIND"
    case get = "GET"
    case head = "HEAD"
    case report = "REPORT"
    case put = "PUT"
    case mkcol = "MKCOL"
    case move = "MOVE"
    case copy = "COPY"
    case delete = "DELETE"
    case proppatch = "PROPPATCH"
    case lock = "LOCK"
    case unlock = "UNLOCK"

    package var permission: String {
        switch self {
        case .options, .propfind, .get, .head, .report: "read"
        case .put, .mkcol, .move, .copy, .delete, .proppatch, .lock, .unlock: "write"
        }
    }

    /// False for those whose answers are the file itself, or nothing of it: the others may be a
    /// `multistatus` with paths in it, or an error that names a lock's (RFC 4918, sections 13 and 16).
    package var answersWithPaths: Bool {
        switch self {
        case .get, .head, .options: false
        case .propfind, .report, .put, .mkcol, .move, .copy, .delete, .proppatch, .lock, .unlock:
            true
        }
    }

    /// True for the two that name a second path in `Destination`.
    package var hasDestination: Bool {
        switch self {
        case .move, .copy: true
        case .options, .propfind, .get, .head, .report, .put, .mkcol, .delete, .proppatch, .lock,
            .unlock:
            false
        }
    }
}

/// Where MOVE and COPY are to put a resource, as far as it was read.
package enum DAVDestination: Sendable, Equatable {
    /// No field, or several.
    case absent
    /// Another host than the site's, or a path that cannot be read in one way only.
    case elsewhere
    /// A path of this site, in the one spelling in which paths are judged and forwarded.
    case path(String)
}

/// What may be done with shared data by a token, or by the secret of a share.
package struct DataScope: Sendable {
    private let permissions: SharePermissions
    private let root: String

    /// - Parameter root: the canonical path below which they are, without a slash at its end.
    package init(_ permissions: SharePermissions, below root: String) {
        self.permissions = permissions
        self.root = root
    }

    /// The same, as if the share named no permissions.
    package var withoutLimits: DataScope { DataScope(.unspecified, below: root) }

    /// Whether this request on shared data is within it.
    ///
    /// Paths come from the one reader of paths, in the spelling in which they are forwarded: without
    /// dot segments, doubled or escaped slashes.
    ///
    /// Refused: `method_not_allowed` for methods that shared data do not take,
    /// `permission_not_allowed` for a method beyond the permissions (unspecified ones limit none),
    /// `not_allowed` for a path outside the root, `destination_not_allowed` for a destination that
    /// is outside of it, elsewhere or absent, or is the source or below it (RFC 4918, sections 9.8.5 and
    /// 9.9.4).
    ///
    /// - Parameter method: nil for one that is none of shared data.
    /// - Returns: the path of the destination, for MOVE and COPY.
    @discardableResult
    package func permit(
        method: DAVMethod?, path: String, destination: @autoclosure () -> DAVDestination
    ) throws(Denial) -> String? {
        guard let method else {
            throw Denial(.methodNotAllowed, "not a method of shared data")
        }
        guard contains(path) else {
            throw Denial(.notAllowed, "a path outside the share of the token")
        }
        guard permissions.includes(method.permission) else {
            throw Denial(.permissionNotAllowed, "\(method.rawValue) needs \(method.permission)")
        }
        guard method.hasDestination else { return nil }
        switch destination() {
        case .absent:
            throw Denial(.destinationNotAllowed, "\(method.rawValue) without one Destination")
        case .elsewhere:
            throw Denial(.destinationNotAllowed, "a destination on another host, or unreadable")
        case .path(let target):
            guard contains(target) else {
                throw Denial(.destinationNotAllowed, "a destination outside the share of the token")
            }
            guard !path.holds(target) else {
                throw Denial(.destinationNotAllowed, "a destination at or below the source")
            }
            return target
        }
    }

    private func contains(_ path: String) -> Bool { path.rest(below: root) != nil }
}
