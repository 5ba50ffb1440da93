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
        /// The permanent secrets that it ever made.
        var secrets: Set<String> = []
        /// The shares it was told of, as they came.
        var received: [JSONObject] = []
        var notifications: [JSONObject] = []
        /// The requests that reached it since somebody looked, in order.
        var requests: [PlainRequest] = []
        var seen = ""
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
        state.withLock {
            $0.shares[secret] = OwnShare(providerID: providerID, path: path)
            $0.secrets.insert(secret)
        }
    }

    /// Ends a share; data is not opened by its secret any more.
    func unshare(_ secret: String) {
        state.withLock { $0.shares[secret] = nil }
    }

    /// Whether it took a notification of this type about the share that the secret opens.
    func heard(_ type: String, of secret: String) -> Bool {
        state.withLock { state in
            state.notifications.contains {
                $0["notificationType"]?.string == type
                    && $0["notification"]?.object?["sharedSecret"]?.string == secret
            }
        }
    }

    /// The text of a file of its tree.
    func text(of path: String) -> String? {
        guard case .file(let bytes)? = state.withLock({ $0.tree[path] }) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    func made(_ secret: String) -> Bool { state.withLock { $0.secrets.contains(secret) } }

    /// All that ever came to this server, requests and answers to its own, as text.
    var seen: String { state.withLock { $0.seen } }

    func note(_ text: String) {
        state.withLock { $0.seen += text + "\n" }
    }

    /// The share that it was told of last, as it understands it.
    var newestShare: ReceivedShare? {
        state.withLock { $0.received.last }.flatMap { ReceivedShare($0, for: kind) }
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
            state.seen += request.head + "\n" + String(decoding: request.body, as: UTF8.self) + "\n"
            let path =
                request.path.hasPrefix("//") ? "/" + request.path.drop { $0 == "/" } : request.path
            switch path {
            case "/ocm-provider/", "/ocm-provider", "/index.php/ocm-provider/":
                return .json(200, kind.discovery(origin: origin))
            case "/status.php":
                return .json(200, kind.status)
            case "/ocs-provider/":
                return .json(
                    200, OCSProviderDocument.served(webdav: Self.webdav + "/", api: .open))
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
        .json(status, value.serialized())
    }

    static func json(_ status: Int, _ body: [UInt8]) -> Answer {
        Answer(
            status: status, fields: [(name: "Content-Type", value: "application/json")], body: body)
    }

    /// `{"message": ...}`, the form of every error of these servers.
    static func message(_ status: Int, _ text: String) -> Answer {
        .json(status, .object([("message", .string(text))]))
    }
}
