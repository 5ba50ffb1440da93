import Federation

/// What the journal says of one peer, counted.
package struct PeerTally: Sendable {
    package private(set) var messages = 0
    package private(set) var allowed = 0
    /// Of them those that went to the peer.
    package private(set) var sent = 0
    /// Came, or went there, while the peer was on no list, whatever became of it.
    package private(set) var unknown = 0
    package private(set) var valid = 0
    package private(set) var unverified = 0
    package private(set) var wrong = 0
    package private(set) var unsigned = 0
    /// Requests for data.
    package private(set) var data = 0
    /// Shares whose data is accessed only by token, and all shares.
    package private(set) var tokenShares = 0
    package private(set) var shares = 0
    package private(set) var kinds: [String: Int] = [:]
    /// Milliseconds since 1970.
    package private(set) var first = Int.max
    package private(set) var last = 0

    mutating func note(_ sighting: Sighting) {
        messages += 1
        if sighting.action == "allow" { allowed += 1 }
        let onNoList = Decider.unknown.name
        if sighting.standing == onNoList || sighting.by == onNoList { unknown += 1 }
        switch sighting.signature {
        case .valid: valid += 1
        case .unverified: unverified += 1
        case .wrong: wrong += 1
        case .none: unsigned += 1
        case .data: data += 1
        case .ours: sent += 1
        }
        if let byToken = sighting.byToken {
            shares += 1
            if byToken { tokenShares += 1 }
        }
        if kinds.count < Self.kindLimit || kinds[sighting.kind] != nil {
            kinds[sighting.kind, default: 0] += 1
        }
        first = min(first, sighting.time)
        last = max(last, sighting.time)
    }

    /// How it signs, in words.
    package var signing: String {
        let parts: [(Int, String)] = [
            (valid, "signed"), (unverified, "refused before anybody looked for a signature"),
            (wrong, "wrongly signed"), (unsigned, "unsigned"), (data, "for data"),
            (sent, "from here"),
        ]
        return parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }

    /// `share.in 30, token.in 12`
    package var kindWords: String {
        kinds.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    package var days: String {
        let (from, to) = (JournalDay(milliseconds: first), JournalDay(milliseconds: last))
        return from == to ? "\(from)" : "\(from) to \(to)"
    }

    private static let kindLimit = 32
}
