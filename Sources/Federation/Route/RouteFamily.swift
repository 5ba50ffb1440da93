/// What a path is for, whatever the method and whatever file it names: two readings of one path
/// that belong to the same family are judged alike.
package enum RouteFamily: Sendable, Hashable {
    case discovery, ocsProvider, jwks, token, ocs, shareInfo, linkShare, status, unknownEndpoint
    case ocm(OCMEndpoint)
    case webdav(WebDAVRoot)
}

extension RouteTable {
    /// The family of a path in any spelling, decoded or not; nil when nobody here knows it.
    ///
    /// For judging the ways in which a server may read one path; it refuses nothing itself.
    package func family(of path: String) -> RouteFamily? {
        switch route(method: "POST", path: path) {
        case .discovery: .discovery
        case .ocsProvider: .ocsProvider
        case .jwks: .jwks
        case .token: .token
        case .ocs: .ocs
        case .shareInfo: .shareInfo
        case .linkShare: .linkShare
        case .status: .status
        case .unknownEndpoint: .unknownEndpoint
        case .ocm(let endpoint): .ocm(endpoint)
        case .webdav(let route): .webdav(route.root)
        case .passThrough: nil
        case .methodNotAllowed: readFamily(of: path)
        }
    }

    /// The families that are only read.
    private func readFamily(of path: String) -> RouteFamily? {
        switch route(method: "GET", path: path) {
        case .discovery: .discovery
        case .ocsProvider: .ocsProvider
        case .jwks: .jwks
        case .token, .ocs, .shareInfo, .linkShare, .status, .unknownEndpoint, .ocm, .webdav,
            .passThrough, .methodNotAllowed:
            nil
        }
    }
}
