import Federation
import Transport

/// Judges where the backend, or a person of whom nothing is known, wants to go, before anything is fetched or
/// dialled: pure, from the configuration and the policy.
///
/// The address that a name leads to is judged when it is dialled (`AddressGuard`), and once before a
/// CONNECT is answered.
struct EgressGate: Sendable {
    let clients: [CIDR]
    let other: Configuration.EgressSettings.Other
    /// Our own names, to which requests go back in locally.
    let own: [PeerHost]
    /// Servers that `outbound.resolve` names.
    let named: Set<Authority>
    let guarding: AddressGuard
    let profile: Configuration.Profile

    /// - Parameter settings: nil where there is no way out, and the gateway itself is asked to go somewhere.
    init(
        _ settings: Configuration.EgressSettings?, _ outbound: Configuration.OutboundSettings,
        _ site: Site, _ profile: Configuration.Profile
    ) {
        clients = settings?.clients ?? []
        other = settings?.other ?? .refuse
        own = site.hosts
        named = Set(outbound.resolve.keys)
        guarding = AddressGuard(allowing: outbound.allowPrivate)
        self.profile = profile
    }

    /// What may be done for the backend.
    enum Verdict: Sendable, Equatable {
        /// The site itself.
        case ownSite
        /// A peer that a list admits.
        case peer(PeerHost)
        /// On no list that admits it, and not refused either: a peer when it shows a document, also one
        /// that `egress.other` names.
        case unknown(PeerHost)
        /// No peer, or one that may not be asked, but `egress.other` lets requests to it pass.
        case other(PeerHost)
        case refused(Denial)
    }

    /// Why the proxy may not be used from there; nil where it may, and for a Unix socket, which is as open as its
    /// file.
    func denial(of client: IPAddress?) -> Denial? {
        guard let client, !clients.contains(where: { $0.contains(client) }) else { return nil }
        return Denial(.egressRefused, "\(client)\(Denial.noClient)")
    }

    /// Judges a server that was asked for over https.
    ///
    /// Refused: literal addresses and names of this machine or its network (`egress_address`), ports
    /// but 443 that nothing names, hosts that the policy refuses (its own code).
    func judge(_ target: Authority, _ policy: Policy, now: Int) -> Verdict {
        let target = target.normalized(for: .https)
        guard case .name(let name) = target.host, let host = PeerHost(target.description) else {
            return .refused(Denial(.egressAddress, "\(target) is an address and not a name"))
        }
        if own.contains(host) { return .ownSite }
        if own.contains(where: { $0.name == name }) {
            return .refused(Denial(.egressAddress, "\(target) is another port of this site"))
        }
        let full = Authority(host: target.host, port: host.connectPort)
        if !named.contains(full), guarding.judge(target.host) != .allowed {
            return .refused(Denial(.egressAddress, "\(target) is a name of this machine's network"))
        }
        let standing = policy.standing(of: host, now: now)
        guard host.port == nil || isNamed(full, host, standing) else {
            return .refused(Denial(.egressRefused, "nothing names the port of \(target)"))
        }
        // Where a person is asked, the message itself is judged: it says what for.
        if let denial = standing.denial, profile != .observe, !standing.waits {
            // Whether it is a peer may not be asked of it, so `tunnel` does not mean it: only a name does,
            // and not of one that a list blocks.
            guard !standing.isBlocked, names(host) else { return .refused(denial) }
            return .other(host)
        }
        switch standing.word {
        case .allow: return .peer(host)
        // Of one that is blocked under `observe` messages are told of as such that would be refused.
        case .unknown, .block: return .unknown(host)
        }
    }

    /// What becomes of an unknown host that turned out to be no OCM server.
    func judgeAbsent(_ host: PeerHost) -> Verdict {
        if names(host) || other == .tunnel { return .other(host) }
        return .refused(
            Denial(.egressRefused, "\(host) shows no document, and is none of egress.other"))
    }

    /// Whether `egress.other` lets pass what the backend's applications ask of a peer.
    func opensPages(of peer: PeerHost) -> Bool { other == .tunnel || names(peer) }

    /// Whether `egress.other` names the host.
    func names(_ host: PeerHost) -> Bool { other.names(host) }

    private func isNamed(_ full: Authority, _ host: PeerHost, _ standing: Standing) -> Bool {
        named.contains(full) || standing.entry?.pattern.port == host.port || names(host)
    }
}
