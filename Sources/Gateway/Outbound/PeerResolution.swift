import Federation
import Synchronization
import Transport

/// A peer as far as the way to it is concerned: what it publishes, and its paths, as the backend is
/// told them and as they are.
final class ResolvedPeer: Sendable {
    let peer: PeerHost
    /// nil when the peer answers and publishes none.
    let document: DiscoveryDocument?
    let paths: PeerPaths
    /// When the document was fetched; seconds of a clock that never steps.
    fileprivate let at: Int
    /// Bytes that it takes, about.
    fileprivate let weight: Int

    fileprivate init(_ peer: PeerHost, _ fetched: PeerDirectory.Fetched, for backend: BackendKind) {
        self.peer = peer
        switch fetched.document {
        case .published(let document): self.document = document
        case .absent: document = nil
        }
        paths = PeerPaths(peer, document, for: backend)
        at = fetched.at
        weight = Self.weightOfPaths + fetched.document.weight
    }

    /// Paths with their table of routes.
    private static let weightOfPaths = 8 << 10
}

/// Resolved peers in memory, of so many bytes: their paths are made once for each document.
///
/// The directory may have forgotten what is kept here: hosts can be invented without end.
final class PeerResolution: Sendable {
    private struct Known {
        private(set) var peers: [PeerHost: ResolvedPeer] = [:]
        private var weight = 0

        mutating func keep(_ made: ResolvedPeer) {
            let before = peers.updateValue(made, forKey: made.peer)
            weight += made.weight - (before?.weight ?? 0)
            if weight > PeerResolution.capacity {
                (peers, weight) = ([made.peer: made], made.weight)
            }
        }
    }

    private let peers: PeerDirectory
    private let backend: BackendKind
    private let known = Mutex(Known())

    init(_ peers: PeerDirectory, for backend: BackendKind) {
        self.peers = peers
        self.backend = backend
    }

    /// The peer by what is in memory and fresh; nil when it has to be asked.
    func remembered(_ peer: PeerHost) -> ResolvedPeer? {
        peers.remembered(peer).map { resolved(peer, $0) }
    }

    /// The peer, asked when need be. Only for hosts that the policy lets be asked.
    ///
    /// Refused (`peer_unavailable`): it cannot be reached, and nothing usable is remembered of it.
    func resolve(_ peer: PeerHost) async throws(Denial) -> ResolvedPeer {
        do throws(Denial) {
            return resolved(peer, try await peers.fetched(peer))
        } catch {
            throw Denial(.peerUnavailable, error.detail, retryAfter: error.retryAfter)
        }
    }

    /// The peer by what was fetched of it.
    func resolved(_ peer: PeerHost, _ fetched: PeerDirectory.Fetched) -> ResolvedPeer {
        if let found = known.withLock({ $0.peers[peer] }), found.at == fetched.at { return found }
        let made = ResolvedPeer(peer, fetched, for: backend)
        known.withLock { $0.keep(made) }
        return made
    }

    /// How many are in memory.
    var count: Int { known.withLock { $0.peers.count } }

    /// Bytes: some two thousand hosts that show what servers show.
    private static let capacity = 32 << 20
}

extension Gateway {
    /// How to speak to a peer, by what it publishes and what earlier messages showed.
    func dialect(of peer: ResolvedPeer) -> PeerDialect {
        PeerDialect(
            peer.document,
            .init(signed: generations[peer.peer], accepted: accepted[peer.peer]),
            sending: configuration.signature.send)
    }

    /// Whether a host that a peer names in the place of its own, for its messages, its tokens or its data, is
    /// at a port that we go to.
    ///
    /// Refused (`egress_refused`): ports but 443 and the peer's own that `outbound.resolve` does not name.
    func checkPort(of host: PeerHost, namedBy peer: PeerHost) throws(Denial) {
        guard host == peer || configuration.outbound.takesPort(of: host, namedBy: peer) else {
            throw Denial(
                .egressRefused, "\(peer)\(Denial.otherPort)\(host), and nothing else does")
        }
    }

    /// Whether such a host may be gone to where no policy is asked about it any more.
    ///
    /// Refused: its port, and what the lists refuse, but for profile `observe`.
    func admit(_ host: PeerHost, namedBy peer: PeerHost, _ policy: Policy) throws(Denial) {
        try checkPort(of: host, namedBy: peer)
        guard host != peer, configuration.profile != .observe else { return }
        if let denial = policy.standing(of: host, now: environment.now()).denial {
            throw denial.about(host, namedBy: peer.description)
        }
    }

    /// Asks the policy about what goes out, as it asks the lists about the peer and about the other hosts that
    /// `facts` name: those that the peer names in the place of its own.
    ///
    /// Refused: whatever the policy denies, in its own words; profile `observe` only tells of it.
    func judge(_ facts: Facts, _ amount: Amount, _ trail: Trail) throws(Denial) -> Judgement {
        let standings = trail.policy.standings(of: facts)
        let judgement = judge(facts, standings, amount, under: trail.snapshot)
        trail.noteStanding(standings.own)
        trail.judged(judgement, facts)
        if let denial = standings.refusal(judgement.verdict, of: facts) {
            try refuse(denial, orTell: trail)
        }
        return judgement
    }
}

extension Configuration.OutboundSettings {
    /// Whether the port of a host that a peer names in the place of its own is one of its own, the usual
    /// one, or one that `resolve` names.
    func takesPort(of host: PeerHost, namedBy peer: PeerHost) -> Bool {
        guard let port = host.port, port != peer.port else { return true }
        guard let named = try? Authority(host.description) else { return false }
        return resolve[named] != nil
    }
}
