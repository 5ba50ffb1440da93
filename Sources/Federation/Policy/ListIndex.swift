/// All entries of all lists, found by the name of a host in a few look-ups.
///
/// One table maps a name to the chain of entries that bear it; a host is looked up by itself and
/// by each of its parents. Nothing is allocated on the way.
struct ListIndex: Sendable {
    private struct Slot: Sendable {
        let list: Int
        let entry: Int
        let scope: HostPattern.Scope
        let port: UInt16?
        let until: Int
        /// The next slot of the same name, or -1.
        let next: Int
    }

    private var heads: [Substring: Int] = [:]
    private var slots: [Slot] = []

    init(_ lists: [PeerList]) {
        let count = lists.reduce(0) { $0 + $1.entries.count }
        heads.reserveCapacity(count)
        slots.reserveCapacity(count)
        for (number, list) in lists.enumerated() {
            for (place, entry) in list.entries.enumerated() {
                let name = Substring(entry.pattern.name)
                slots.append(
                    Slot(
                        list: number, entry: place, scope: entry.pattern.scope,
                        port: entry.pattern.port, until: entry.until ?? .max,
                        next: heads[name] ?? -1))
                heads[name] = slots.count - 1
            }
        }
    }

    /// Calls `visit` with list and entry for every entry that names `peer` and counts at `now`.
    func forEachMatch(_ peer: PeerHost, now: Int, _ visit: (_ list: Int, _ entry: Int) -> Void) {
        guard !slots.isEmpty else { return }
        var name = Substring(peer.name)
        walk(name, peer, now, skipping: .below, visit)
        guard peer.kind == .name else { return }
        while let dot = name.utf8.firstIndex(of: UInt8(ascii: ".")) {
            name = name[name.utf8.index(after: dot)...]
            walk(name, peer, now, skipping: .host, visit)
        }
    }

    private func walk(
        _ name: Substring, _ peer: PeerHost, _ now: Int, skipping scope: HostPattern.Scope,
        _ visit: (_ list: Int, _ entry: Int) -> Void
    ) {
        var next = heads[name] ?? -1
        while next >= 0 {
            let slot = slots[next]
            if slot.scope != scope, slot.port == nil || slot.port == peer.connectPort,
                now < slot.until
            {
                visit(slot.list, slot.entry)
            }
            next = slot.next
        }
    }
}

/// How firmly an entry speaks: the greatest rank decides a peer's standing.
///
/// A hard list comes first, and among hard ones a block; then own before downloaded, the more
/// specific pattern (longer name, `host` before `*.host` before `.host`, with a port before
/// without), and at a tie the block.
struct ListRank: Comparable {
    private let steps: (Int, Int, Int, Int, Int, Int, Int)

    init(_ list: PeerList, _ pattern: HostPattern) {
        let own = list.tier == .own ? 1 : 0
        let block = list.stance == .block ? 1 : 0
        let length = pattern.name.utf8.count
        let port = pattern.port == nil ? 0 : 1
        switch list.firmness {
        case .hard: steps = (1, block, own, length, pattern.scope.rawValue, port, 0)
        case .ordinary: steps = (0, 0, own, length, pattern.scope.rawValue, port, block)
        }
    }

    static func == (left: ListRank, right: ListRank) -> Bool {
        !(left < right) && !(right < left)
    }

    static func < (left: ListRank, right: ListRank) -> Bool {
        let (a, b) = (left.steps, right.steps)
        if (a.0, a.1, a.2) != (b.0, b.1, b.2) { return (a.0, a.1, a.2) < (b.0, b.1, b.2) }
        return (a.3, a.4, a.5, a.6) < (b.3, b.4, b.5, b.6)
    }
}
