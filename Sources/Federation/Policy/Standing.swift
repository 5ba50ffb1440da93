/// What the lists say of a peer, found before anything is fetched from it.
package struct Standing: Sendable, Equatable {
    /// What the lists say of a peer.
    package enum Word: String, Sendable, CaseIterable {
        case allow
        case block
        /// On no list.
        case unknown
    }

    package let word: Word
    /// The entry that decided; nil when the peer is on no list.
    package let entry: ListEntry?
    /// The list of that entry.
    package let list: String?
    /// All lists that name the peer, by their place in the policy.
    let memberships: [Int]
    /// Whether a list of format `ocm-directory` that allows is among these.
    let isInDirectory: Bool
    /// `list:NAME` or `unknown`.
    package let by: String
    /// The refusal, when the policy enforces one. Under `deny` nothing may then be fetched from the
    /// peer; under `hold` its signature may still be verified, so that the person who decides knows
    /// who asks.
    package let refusal: Refusal?
    /// What the policy would refuse, were it enforced.
    package let would: String?
    /// Lists that were never loaded, by their place: nobody knows whether the peer is on them.
    var uncertain: [Int] = []
    /// The list of blocks that was never loaded and could refuse the peer; then `by` is this one.
    package var waitsFor: String?
    /// Of a peer on no list, the entry that would name it, had it not ended.
    package var over: Over?

    /// An entry that has ended.
    package struct Over: Sendable, Equatable {
        /// The list on which it stands.
        package let list: String
        package let entry: ListEntry
    }

    /// This word on another host of the message whose peer has that standing: which blocks are about
    /// the message hangs on its peer alone.
    func ofNamed(besides own: Standing) -> Standing {
        Standing(
            word: word, entry: entry, list: list, memberships: own.memberships,
            isInDirectory: own.isInDirectory, by: by, refusal: refusal, would: would,
            uncertain: own.uncertain, waitsFor: waitsFor, over: over)
    }

    /// Whether the entry that allows the host names it itself: not as one of the names below another, nor
    /// as one of the ports of an entry without any.
    package func names(_ host: PeerHost) -> Bool {
        guard word == .allow, let pattern = entry?.pattern else { return false }
        return pattern.name == host.name
            && (pattern.port.map { $0 == host.connectPort } ?? (host.port == nil))
    }

    /// Whether a list refuses the peer, or one that was never loaded could.
    package var isBlocked: Bool { refusal != nil && (word == .block || waitsFor != nil) }

    /// The refusal as the phases throw it, or nil when the peer is admitted to the next check.
    package var denial: Denial? { refusal?.denial(by: by) }
}

/// What the lists say of all hosts that a message names as its own side.
package struct Standings: Sendable {
    /// What counts before all else: what they say of the peer, or of another host that is refused when
    /// the peer is not.
    package let first: Standing
    /// The host that `first` is about, when that is not the peer.
    package let named: PeerHost?
    /// Of the peer.
    package let own: Standing
    /// Another host that waits for a person, and so does the message, when nothing else refuses it.
    package let waiting: (host: PeerHost, standing: Standing)?

    /// What keeps the message out, or has it wait, where anything does.
    package var deciding: Standing { waiting?.standing ?? first }
    /// The host that `deciding` is about, when that is not the peer.
    package var decidingHost: PeerHost? { waiting?.host ?? named }
}

extension Policy {
    /// The entry by which a host was let in until it ended, before this time; nil for every other host.
    package func endedAllowance(of host: PeerHost, now: Int) -> Standing.Over? {
        guard let over = standing(of: host, now: now).over,
            lists.contains(where: { $0.name == over.list && $0.stance == .allow })
        else { return nil }
        return over
    }

    /// What the lists say of a message.
    package func standings(of facts: Facts) -> Standings {
        standings(of: facts.peer, and: facts.alsoNamed, now: facts.now)
    }

    /// What the lists say of the peer of a message and of the other hosts that it names.
    ///
    /// Who is refused for good comes before who waits, and the peer before the others. Where the
    /// policy only reports, the first who would be refused counts.
    package func standings(
        of peer: PeerHost?, and others: [PeerHost], now: Int
    ) -> Standings {
        let own = standing(of: peer, now: now)
        var first = own
        var named: PeerHost?
        var waiting: (host: PeerHost, standing: Standing)?
        for host in others where !first.refuses {
            let other = standing(of: host, now: now)
            if other.refuses || own.refusal == nil && first.would == nil && other.would != nil {
                (first, named) = (other.ofNamed(besides: own), host)
            } else if own.refusal == nil, other.refusal != nil, waiting == nil {
                waiting = (host, other)
            }
        }
        return Standings(
            first: first, named: named, own: own, waiting: first.refuses ? nil : waiting)
    }
}

extension Standing {
    /// Whether the host is refused, and nobody is asked.
    fileprivate var refuses: Bool { refusal?.outcome == .deny }
}
