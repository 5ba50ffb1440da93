/// The paths of one peer, as the backend is told them and as they are.
///
/// The backend sees the OCM API at `/ocm` and shared data at `/public.php/webdav/`, wherever the
/// peer has them: these are the paths that old servers fall back to when discovery fails, and that
/// their filters let through. What the backend learned before the gateway came, the peer's real
/// paths, is understood too.
package struct PeerPaths: Sendable {
    package let peer: PeerHost
    /// The path of the OCM API as the backend is told it, without a slash at its end.
    package let endPoint: String
    /// The path of shared data as the backend is told it, a slash at both ends.
    package let webdav: String
    /// Where the OCM API is by the peer's own words: maybe another host than the peer, to be judged
    /// then like any address that a peer names.
    package let realHost: PeerHost
    /// The path there, without a slash at its end.
    package let realPath: String
    /// The sub-folder that the peer lives in; empty for none.
    package let folder: String
    private let routes: RouteTable

    /// - Parameters:
    ///   - backend: who is told the paths.
    ///   - document: the peer's own; nil when it publishes none.
    package init(_ peer: PeerHost, _ document: DiscoveryDocument?, for backend: BackendKind) {
        self.peer = peer
        let path = (document?.endPointParts.path ?? "/ocm").withoutEndSlashes
        // What the backend asked for in another spelling would come as a path that nobody knows again.
        let routed = path.isPlainPath ? path : "/ocm"
        endPoint = RouteTable.base(of: routed) + "/ocm"
        webdav =
            backend.readsAnyPath
            ? document?.webdavRoot(for: "file", at: peer) ?? Self.usual : Self.usual
        realHost = document?.endPointParts.host ?? peer
        realPath = path
        folder = document?.folder(at: peer) ?? ""
        routes = RouteTable(
            kind: .generic, endPoint: routed,
            tokenPath: document?.tokenEndPoint?.path ?? "/ocm/token",
            webdavPrefix: document?.webdavPath)
    }

    /// What a request of the backend to this peer is for, by method and canonical path.
    package func route(method: String, path: String) -> Route {
        routes.route(method: method, path: path)
    }

    /// `https://host[:port]` of the peer as the backend calls it.
    package var origin: String { peer.origin }

    /// The real URL at which the peer takes a message; always https, since servers behind a
    /// terminator of TLS often write `http` of themselves.
    package func url(of endpoint: OCMEndpoint) -> String {
        "\(realHost.origin)\(realPath)/\(endpoint.rawValue)"
    }

    private static let usual = "/public.php/webdav/"
}

extension BackendKind {
    /// The reva family takes the place of shared data from the share, and any path from discovery;
    /// the others filter what they read, or fall back to the path they are used to.
    var readsAnyPath: Bool { isReva }
}
