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

extension AccessToken {
    /// Whether the token is good for this request on shared data.
    ///
    /// Refused: `method_not_allowed` for methods that shared data do not take,
    /// `permission_not_allowed` for a method beyond the permissions (unspecified ones limit none),
    /// `not_allowed` for a path outside the token's prefix, `destination_not_allowed` for a
    /// destination outside it, absent or twice-minded.
    ///
    /// - Parameters:
    ///   - destination: the field `Destination` of MOVE and COPY, as it came.
    ///   - origins: the hosts that the site is known by.
    /// - Returns: the canonical path of the destination, for MOVE and COPY.
    @discardableResult
    package func permit(
        method: String, path: CanonicalPath, destination: String?, origins: [PeerHost]
    ) throws(Denial) -> CanonicalPath? {
        guard let method = DAVMethod(rawValue: method) else {
            throw Denial(.methodNotAllowed, "not a method of shared data")
        }
        guard !path.hidesSeparator, contains(path.text) else {
            throw Denial(.notAllowed, "a path outside the share of the token")
        }
        guard permissions.includes(method.permission) else {
            throw Denial(.permissionNotAllowed, "\(method.rawValue) needs \(method.permission)")
        }
        guard method.hasDestination else { return nil }
        guard let destination else {
            throw Denial(.destinationNotAllowed, "\(method.rawValue) without Destination")
        }
        let target = try Self.path(of: destination, origins: origins)
        guard !target.hidesSeparator, contains(target.text) else {
            throw Denial(.destinationNotAllowed, "a destination outside the share of the token")
        }
        return target
    }

    /// At the end of a segment only: `/dav/ocm/1` does not hold `/dav/ocm/12`.
    private func contains(_ path: String) -> Bool {
        guard path.utf8.starts(with: pathPrefix.utf8) else { return false }
        let rest = path.utf8.dropFirst(pathPrefix.utf8.count)
        return rest.isEmpty || rest.first == UInt8(ascii: "/")
    }

    /// The canonical path of a `Destination`: an absolute URL of the site, or a path.
    package static func path(
        of destination: String, origins: [PeerHost]
    ) throws(Denial) -> CanonicalPath {
        if destination.hasPrefix("/"), !destination.hasPrefix("//") {
            return try CanonicalPath(destination)
        }
        guard let url = URLParts(destination), url.query == nil, origins.contains(url.host) else {
            throw Denial(.destinationNotAllowed, "a destination on another host")
        }
        return try CanonicalPath(url.path)
    }
}
