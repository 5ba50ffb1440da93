import Federation
import Synchronization
import Transport

/// A small server that behaves as Nextcloud 27 and ownCloud 10 were recorded: it checks no
/// signature, keeps permanent secrets, and answers with their status codes and texts.
///
/// A request in, an answer out; whoever has a socket may call it.
final class LegacyServer: Sendable {
    static let webdav = "/public.php/webdav"

    let kind: LegacyKind
    /// What it believes its own URL to be.
    let origin: String
    let users: Set<String> = ["alice", "bob"]
    let state: Mutex<State>

    /// What it remembers.
    struct State: Sendable {
        var tree: FileTree
        /// Its own shares, by permanent secret.
        var shares: [String: OwnShare] = [:]
        /// The shares it was told of, as they came.
        var received: [JSONObject] = []
        var notifications: [JSONObject] = []
        /// Every request that reached it, in order.
        var requests: [PlainRequest] = []
    }

    /// A share that this server made: the secret opens `path` and what is below it.
    struct OwnShare: Sendable {
        var providerID: String
        var path: String
    }

    init(_ kind: LegacyKind, origin: String, tree: FileTree) {
        self.kind = kind
        self.origin = origin
        state = Mutex(State(tree: tree))
    }

    /// Makes a share of `path`, known by `secret` for ever.
    func share(_ path: String, providerID: String, secret: String) {
        state.withLock { $0.shares[secret] = OwnShare(providerID: providerID, path: path) }
    }

    /// The requests since the last call.
    func takeRequests() -> [PlainRequest] {
        state.withLock { state in
            defer { state.requests = [] }
            return state.requests
        }
    }

    func answer(_ request: PlainRequest) -> Answer {
        state.withLock { state in
            state.requests.append(request)
            let path =
                request.path.hasPrefix("//") ? "/" + request.path.drop { $0 == "/" } : request.path
            switch path {
            case "/ocm-provider/", "/ocm-provider", "/index.php/ocm-provider/":
                return .json(200, kind.discovery(origin: origin))
            case "/status.php":
                return .json(200, kind.status)
            case "/ocs-provider/":
                return .json(200, OCSDialect.provider)
            case "/.well-known/ocm", "/index.php/.well-known/ocm":
                return .json(404, .object([("message", .string("ocm not supported"))]))
            case kind.endPoint + "/shares":
                return LegacyMessages(server: self).receiveShare(request, &state)
            case kind.endPoint + "/notifications":
                return LegacyMessages(server: self).receiveNotification(request, &state)
            case "/index.php/apps/files_sharing/shareinfo":
                return LegacyMessages(server: self).shareInfo(request, state)
            case _
            where path.hasPrefix("/ocs/v1.php/cloud/shares")
                || path.hasPrefix("/ocs/v2.php/cloud/shares"):
                return OCSDialect.answer(request, server: self, &state)
            case _ where path == Self.webdav || path.hasPrefix(Self.webdav + "/"):
                return LegacyDAV.answer(request, &state)
            default:
                return Answer(status: 404, body: [UInt8]("not here\n".utf8))
            }
        }
    }
}

extension Answer {
    static func json(_ status: Int, _ value: JSONValue) -> Answer {
        Answer(
            status: status, fields: [(name: "Content-Type", value: "application/json")],
            body: value.serialized())
    }

    /// `{"message": ...}`, the form of every error of these servers.
    static func message(_ status: Int, _ text: String) -> Answer {
        .json(status, .object([("message", .string(text))]))
    }
}
