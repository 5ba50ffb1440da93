import Federation
import Transport

/// What the directory remembers of hosts: of so many, and so many bytes, of which strangers have a part.
///
/// Hosts can be invented without end, and each may show the most that is read. What a listed peer
/// shows is given up for none of them.
struct RememberedPeers: Sendable {
    private var entries: [PeerHost: PeerEntry] = [:]
    /// Bytes that all entries take, about, and those of strangers.
    private var (weight, strangersWeight) = (0, 0)

    subscript(host: PeerHost) -> PeerEntry? { entries[host] }

    var count: Int { entries.count }

    /// The entry, which is used now.
    mutating func use(_ host: PeerHost, at now: Int) -> PeerEntry? {
        guard let index = entries.index(forKey: host) else { return nil }
        entries.values[index].usedAt = now
        return entries.values[index]
    }

    mutating func forget(_ host: PeerHost) {
        guard let entry = entries.removeValue(forKey: host) else { return }
        count(entry, -1)
    }

    /// Changes an entry, and makes room for it: strangers go before peers that a list names, those that
    /// never answered before others, and who was not used for longest first.
    mutating func note(
        _ host: PeerHost, _ acquaintance: Acquaintance, at now: Int,
        _ change: (inout PeerEntry) -> Void
    ) -> PeerEntry {
        var entry = entries[host] ?? PeerEntry()
        count(entry, -1)
        entry.usedAt = now
        entry.acquaintance = acquaintance
        change(&entry)
        count(entry, 1)
        entries[host] = entry
        while isFull || strangersWeight > Self.strangersCapacity, let leaving = leaving(after: host)
        {
            forget(leaving)
        }
        return entry
    }

    private var isFull: Bool { entries.count > Self.hosts || weight > Self.capacity }

    /// Nil when there is nobody else.
    private func leaving(after host: PeerHost) -> PeerHost? {
        let isCrowded = entries.count > Self.hosts
        return entries.lazy.filter { $0.key != host && (isCrowded || $0.value.weight > 0) }
            .min { $0.value.rank < $1.value.rank }?.key
    }

    private mutating func count(_ entry: PeerEntry, _ sign: Int) {
        weight += sign * entry.weight
        if entry.acquaintance == .stranger { strangersWeight += sign * entry.weight }
    }

    private static let hosts = 10_000
    /// Bytes: some four thousand hosts that show what servers show, and half as many strangers.
    private static let capacity = 128 << 20
    private static let strangersCapacity = 64 << 20
}

extension PeerEntry {
    /// Who goes first.
    fileprivate var rank: (Int, Int, Int) {
        (acquaintance == .stranger ? 0 : 1, hasAnswered ? 1 : 0, usedAt)
    }
}
