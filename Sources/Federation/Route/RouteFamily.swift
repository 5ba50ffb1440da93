/// What a path is for, whatever the method and whatever file it names: two readings of one path
/// that belong to the same family are judged alike.
package enum RouteFamily: Sendable, Hashable {
    case discovery, ocsProvider, jwks, token, ocs, shareInfo, linkShare, status, unknownEndpoint
    case inviteDialog
    case application(ApplicationMessage)
    case ocm(OCMEndpoint)
    case webdav(WebDAVRoot)
}

extension RouteTable {
    /// The family of a path in any spelling, decoded or not; nil when nobody here knows it.
    ///
    /// It refuses nothing itself.
    package func family(of path: String) -> RouteFamily? {
        let route = route(method: "POST", path: path)
        if case .methodNotAllowed = route {
            // One that is only read.
            return self.route(method: "GET", path: path).family
        }
        return route.family
    }

    /// The same, for judging the ways in which a server may read one path: what has no place is something
    /// else than what has one.
    package func judgedFamily(of path: String) -> RouteFamily? {
        switch route(method: "POST", path: path) {
        case .unplaced, .elsewhere: .unknownEndpoint
        case _: family(of: path)
        }
    }
}

extension Route {
    /// The family of its paths; nil for the backend's pages, and for a method that a path does not take.
    var family: RouteFamily? {
        switch self {
        case .discovery: .discovery
        case .ocsProvider: .ocsProvider
        case .jwks: .jwks
        case .token: .token
        case .ocs: .ocs
        case .shareInfo: .shareInfo
        case .linkShare: .linkShare
        case .application(let message): .application(message)
        case .inviteDialog: .inviteDialog
        case .status: .status
        case .unknownEndpoint: .unknownEndpoint
        case .ocm(let endpoint): .ocm(endpoint)
        case .webdav(let route): .webdav(route.root)
        case .unplaced(let family), .elsewhere(let family): family
        case .passThrough, .methodNotAllowed: nil
        }
    }
}
