import Federation
import Synchronization
import Transport

/// The legacy server behind the gateway: where it is, how it is spoken to, and what it says of
/// itself.
final class BackendServer: Sendable {
    let upstream: Upstream
    let head: BackendHead
    let timeouts: Timeouts
    private let configured: Configured
    private let state: Mutex<View>

    /// Bytes of an answer that is read whole.
    static let longestAnswer = 256 << 10

    /// How long its answers are waited for.
    struct Timeouts: Sendable {
        /// To the first byte of an answer.
        let headers: Duration
        /// The same for what peers ask that may take long though nothing is wrong: PUT, COPY and MOVE (settled
        /// questions, 20), and DELETE.
        var patient: Duration { UpstreamLimits.longestSilence(headers) }
        /// The same for people and their programs, who wait for as long as they like: the last step of a
        /// large upload is answered when the pieces of it are one file (decision 65).
        let pages: Duration
    }

    /// What follows from the backend's document; swapped as a whole when it is fetched again.
    final class View: Sendable {
        let backend: Backend
        let document: DiscoveryDocument?
        let routes: RouteTable
        /// The path of the backend's own OCM API, without a slash at its end.
        let endPoint: String
        /// The path of its WebDAV root, without a slash at its end.
        let webdav: String
        /// The same without the sub-folder that the backend lives in, where its document leaves that
        /// out: some peers add it, others ask for this.
        let bareWebDAV: String?
        /// By which it may know itself, with the site's own.
        let names: OwnNames
        /// The sub-folder that the backend lives in; empty for none.
        var folder: String { RouteTable.base(of: endPoint) }

        /// - Parameter document: nil until one was fetched.
        fileprivate init(
            _ configured: Configured, _ document: DiscoveryDocument?, statusVersion: String? = nil
        ) {
            let kind = configured.kind
            let written = Self.routed(document?.webdavPath ?? kind.usualWebDAV)
            endPoint = Self.routed(document?.endPointParts.path ?? kind.usualEndPoint)
            webdav = kind.webdavRoot(written, endPoint: endPoint)
            bareWebDAV = webdav == written ? nil : written
            backend = Backend(kind: kind, document: document, statusVersion: statusVersion)
            self.document = document
            routes = RouteTable(
                kind: kind, endPoint: endPoint, tokenPath: configured.tokenPath,
                webdavPrefix: written, isPlaceKnown: document != nil, otherFolders: .closed)
            names = OwnNames(
                origin: configured.origin, backend: configured.hosts, document: document)
        }

        /// A path in the spelling in which requests are routed, without a slash at its end; one that no request
        /// can have stays as it is.
        private static func routed(_ path: String) -> String {
            let routed = try? TargetPath(Array(path.utf8)[...], rule: .routed)
            return (routed?.text ?? path).withoutEndSlashes
        }
    }

    /// What its view is made of beside its document.
    fileprivate struct Configured: Sendable {
        let kind: BackendKind
        let tokenPath: String
        /// Of the site.
        let origin: String
        /// Where the backend is reached, and what it sees as `Host`.
        let hosts: [PeerHost]
    }

    /// - Parameters:
    ///   - origin: of the site.
    ///   - hosts: where the backend is reached, and what it sees as `Host`.
    init(
        kind: BackendKind, upstream: Upstream, head: BackendHead, timeouts: Timeouts,
        tokenPath: String, origin: String, hosts: [PeerHost]
    ) {
        self.upstream = upstream
        self.head = head
        self.timeouts = timeouts
        let configured = Configured(kind: kind, tokenPath: tokenPath, origin: origin, hosts: hosts)
        self.configured = configured
        state = Mutex(View(configured, nil))
    }

    var kind: BackendKind { configured.kind }

    var view: View { state.withLock { $0 } }

    /// Takes over a document that was fetched, with the version of `status.php` if that is known.
    func learn(_ document: DiscoveryDocument, statusVersion: String?) {
        let view = View(configured, document, statusVersion: statusVersion)
        state.withLock { $0 = view }
    }
}
