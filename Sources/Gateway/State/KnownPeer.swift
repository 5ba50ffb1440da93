package import Federation

/// All that is known of one peer, read beside a gateway that runs.
package struct KnownPeer: Sendable {
    package let host: PeerHost
    /// What the lists say of it now.
    package let standing: Standing
    package let pins: [Pin]
    /// The newest generation in which it has signed.
    package let signed: SignatureGeneration
    /// The newest in which it has taken what we signed.
    package let accepted: SignatureGeneration
    package let shares: [Share]
    /// What waits for a person.
    package let held: HeldPeer?

    /// Whether its keys are known, unknown, or others than were known.
    package var keyState: KeyState {
        if held?.hasOtherKeys == true { return .changed }
        return pins.isEmpty ? .none : .pinned
    }

    /// What is kept of a peer's keys.
    package enum KeyState: String, Sendable {
        case none, pinned
        /// Held until `peer pin` or `peer forget`.
        case changed
    }

    /// What is told of a share with it.
    package struct Share: Sendable {
        package let id: ShareID
        package let standing: ShareStanding
        package let opener: ShareRecord.Opener
    }

    /// All peers that own lists name as hosts, and that pins, signatures, shares or holds know.
    ///
    /// - Parameter ours: the names of the site, which shares within it are with: none is a peer.
    package static func all(
        _ state: String, _ key: SealKey, _ policy: Policy, besides ours: [PeerHost], now: Int
    ) throws(FileProblem) -> [KnownPeer] {
        let rows = try Rows(state, key, now: now)
        var hosts = rows.hosts
        for list in policy.lists where list.tier == .own {
            for entry in list.entries where entry.pattern.scope == .host {
                if let host = PeerHost(entry.pattern.description) { hosts.insert(host) }
            }
        }
        return hosts.subtracting(ours).sorted().map { rows.peer($0, policy, now: now) }
    }

    /// What is known of one peer. Refused: a state that cannot be read.
    package static func one(
        _ host: PeerHost, _ state: String, _ key: SealKey, _ policy: Policy, now: Int
    ) throws(FileProblem) -> KnownPeer {
        try Rows(state, key, now: now).peer(host, policy, now: now)
    }
}

/// What a state file has of peers.
private struct Rows {
    private var pins: [PeerHost: [Pin]] = [:]
    private var signed: [PeerHost: SignatureGeneration] = [:]
    private var accepted: [PeerHost: SignatureGeneration] = [:]
    private var shares: [PeerHost: [KnownPeer.Share]] = [:]
    private var held: [PeerHost: HeldPeer] = [:]

    init(_ state: String, _ key: SealKey, now: Int) throws(FileProblem) {
        guard try Store.isThere(state) else { return }
        pins = try PinBook.read(state)
        signed = try PeerGenerations.read(state, of: .peer)
        accepted = try PeerGenerations.read(state, of: .us)
        try ShareListing.each(state) { share in
            shares[share.peer, default: []].append(
                KnownPeer.Share(
                    id: share.id, standing: share.standing(now: now), opener: share.opener))
        }
        for peer in try HoldBook.read(state, key, now: now) { held[peer.peer] = peer }
    }

    var hosts: Set<PeerHost> {
        Set(pins.keys).union(signed.keys).union(accepted.keys).union(shares.keys).union(held.keys)
    }

    func peer(_ host: PeerHost, _ policy: Policy, now: Int) -> KnownPeer {
        KnownPeer(
            host: host, standing: policy.standing(of: host, now: now), pins: pins[host] ?? [],
            signed: signed[host] ?? .none, accepted: accepted[host] ?? .none,
            shares: shares[host] ?? [], held: held[host])
    }
}
