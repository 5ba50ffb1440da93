import Federation
import OpenSSL
import Synchronization
import Transport

/// A share of a peer as the backend's requests for its data reach it: everything that is the same
/// for all requests that show one credential to one host, worked out once.
///
/// What can change is asked for every request: whether the share stands, the lists, the policy, the
/// token.
final class DataShare: Sendable, Redacted {
    let share: Share
    /// Whose share it is.
    let peer: PeerHost
    let path: DataPath
    let upstream: Upstream
    let way: Way
    /// The line of `Host`.
    let hostLine: HeadWriter.Lines
    /// `https://host` before the path of a `Destination`.
    let origin: String
    /// What the rule that let the share in set.
    let settings: RuleSettings
    /// What the policy may know, but for the time, the client and the way.
    let facts: Facts
    /// By token and by secret.
    let allowances = (token: Allowance(), secret: Allowance())
    /// Until then nobody looks at the peer's document again; seconds of a clock that never steps.
    let freshUntil: Int

    /// What the registry knows of the share.
    enum Share: Sendable {
        /// By a secret that was never seen, as of shares from before the gateway: it is the backend's, and
        /// goes where the backend says.
        case unseen
        /// One of the registry, and which of its ways.
        case recorded(ShareID, place: Int)
    }

    /// How its data are reached.
    enum Way: Sendable {
        /// By the `Authorization` that the backend sends.
        case asSent
        /// By this `Authorization`.
        case secret(Secret)
        case token(TokenUse)

        /// What the policy is told of it, as far as the share can tell.
        var fact: AccessFact {
            switch self {
            case .asSent, .secret: .secret
            case .token: .token
            }
        }
    }

    /// How its tokens are come by.
    struct TokenUse: Sendable {
        let lease: TokenClient.Lease
        let demand: TokenLease.Demand
        /// Nil when the peer names none, although the share demands tokens.
        let endPoint: URLParts?
        let way: SignedWay
    }

    init(
        _ found: FoundAccess?, _ peer: PeerHost, path: DataPath, upstream: Upstream, way: Way,
        hostLine: HeadWriter.Lines, facts: Facts, freshUntil: Int
    ) {
        switch found {
        case let found?:
            share = .recorded(found.share.id, place: found.place)
            settings = found.share.settings
        case nil:
            share = .unseen
            settings = .none
        }
        self.peer = peer
        self.path = path
        self.upstream = upstream
        self.way = way
        self.hostLine = hostLine
        self.facts = facts
        self.freshUntil = freshUntil
        origin = path.host.origin
    }
}

/// The shares whose data were asked for lately, by host and credential.
final class DataShares: Sendable, Redacted {
    private struct Name: Hashable, Sendable {
        let host: PeerHost
        let credential: String
    }

    private let shares = Mutex<[Name: DataShare]>([:])

    /// What is known of this credential at this host; nil when it has to be worked out.
    ///
    /// - Parameter now: seconds of a clock that never steps.
    func find(_ host: PeerHost, _ credential: String, now: Int) -> DataShare? {
        let name = Name(host: host, credential: credential)
        return shares.withLock { $0[name] }.flatMap { now < $0.freshUntil ? $0 : nil }
    }

    func keep(_ host: PeerHost, _ credential: String, _ share: DataShare) {
        shares.withLock { shares in
            // Starting anew is rare, and cheaper than a record of who came last.
            if shares.count >= Self.most { shares.removeAll(keepingCapacity: true) }
            shares[Name(host: host, credential: credential)] = share
        }
    }

    /// The shares of a peer are worked out again when they are next asked for.
    func forget(_ peer: PeerHost) {
        shares.withLock { shares in shares = shares.filter { $0.value.peer != peer } }
    }

    private static let most = 4096
}
