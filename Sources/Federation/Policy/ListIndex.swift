import OpenSSL

/// All entries of all lists, found by the name of a host in one pass over its bytes.
///
/// A name is read from its end, where all its parents end too: at each dot the hash of what was read is
/// that of a parent, and an open table leads from it to the entries that bear that name. Nothing is
/// allocated on the way. The hash is drawn anew at each start, so that nobody who writes a list can choose
/// names that share one.
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

    /// A name that entries bear: where it stands in `names`, and its first slot.
    private struct Name: Sendable {
        let start: Int
        let count: Int
        var first: Int
    }

    /// Half of the hash, to pass by other names without looking at them, and the place in `known`;
    /// -1 where there is none.
    private struct Cell: Sendable {
        var tag: UInt32 = 0
        var name: Int32 = -1
    }

    /// A power of two, at most half of them taken.
    private var cells: [Cell] = []
    private var known: [Name] = []
    private var names: [UInt8] = []
    private var slots: [Slot] = []
    /// Odd.
    private let factor: UInt64

    /// - Parameter seed: what the hash is drawn from.
    init(_ lists: [PeerList], seed: UInt64 = .random(in: .min ... .max)) {
        self.init(entries: lists.map(\.entries), seed: seed)
    }

    /// - Parameter lists: the entries of each.
    init(entries lists: [[ListEntry]], seed: UInt64 = .random(in: .min ... .max)) {
        factor = seed | 1
        let count = lists.reduce(0) { $0 + $1.count }
        guard count > 0 else { return }
        var room = 4
        while room < 2 * count { room *= 2 }
        cells = [Cell](repeating: Cell(), count: room)
        slots.reserveCapacity(count)
        for (number, list) in lists.enumerated() {
            for (place, entry) in list.enumerated() {
                let name = entry.pattern.name.utf8.span
                var hash: UInt64 = 0
                for index in name.indices.reversed() { hash = step(hash, name[index]) }
                let cell = cell(of: name, from: 0, hash)
                let found = Int(cells[cell].name)
                slots.append(
                    Slot(
                        list: number, entry: place, scope: entry.pattern.scope,
                        port: entry.pattern.port, until: entry.until ?? .max,
                        next: found < 0 ? -1 : known[found].first))
                if found >= 0 {
                    known[found].first = slots.count - 1
                } else {
                    cells[cell] = Cell(tag: Self.tag(of: hash), name: Int32(known.count))
                    known.append(
                        Name(start: names.count, count: name.count, first: slots.count - 1))
                    names.append(copying: name)
                }
            }
        }
    }

    private func step(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        (hash &+ UInt64(byte) &+ 1) &* factor
    }

    /// Where its search begins: by the upper bits, which hang on all bytes.
    private func place(of hash: UInt64) -> Int {
        // A shift binds tighter than the product.
        let mixed = (hash ^ (hash >> 29)) &* factor
        return Int(truncatingIfNeeded: mixed >> 32) & (cells.count - 1)
    }

    /// For tests: how many cells the longest search for one of the names looks at.
    var longestSearch: Int {
        cells.indices.reduce(0) { longest, found in
            guard cells[found].name >= 0 else { return longest }
            let name = known[Int(cells[found].name)]
            var hash: UInt64 = 0
            for byte in names[name.start..<name.start + name.count].reversed() {
                hash = step(hash, byte)
            }
            let cost = ((found - place(of: hash)) & (cells.count - 1)) + 1
            return max(longest, cost)
        }
    }

    private static func tag(of hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash >> 32) }

    /// The cell of the rest of a name from a byte on: where it is, or would be.
    private func cell(of text: Span<UInt8>, from start: Int, _ hash: UInt64) -> Int {
        let tag = Self.tag(of: hash)
        var place = place(of: hash)
        while cells[place].name >= 0,
            cells[place].tag != tag || !isName(Int(cells[place].name), text, from: start)
        {
            place = (place + 1) & (cells.count - 1)
        }
        return place
    }

    private func isName(_ number: Int, _ text: Span<UInt8>, from start: Int) -> Bool {
        let name = known[number]
        guard name.count == text.count - start else { return false }
        for offset in 0..<name.count where names[name.start + offset] != text[start + offset] {
            return false
        }
        return true
    }

    /// Calls `visit` with list and entry for every entry that names `peer` and counts at `now`.
    func forEachMatch(_ peer: PeerHost, now: Int, _ visit: (_ list: Int, _ entry: Int) -> Void) {
        guard !slots.isEmpty else { return }
        let text = peer.name.utf8.span
        var hash: UInt64 = 0
        for index in text.indices.reversed() {
            hash = step(hash, text[index])
            if index == 0 {
                walk(text, from: 0, hash, peer, now, skipping: .below, visit)
            } else if text[index - 1] == UInt8(ascii: "."), peer.kind == .name {
                walk(text, from: index, hash, peer, now, skipping: .host, visit)
            }
        }
    }

    private func walk(
        _ text: Span<UInt8>, from start: Int, _ hash: UInt64, _ peer: PeerHost, _ now: Int,
        skipping scope: HostPattern.Scope, _ visit: (_ list: Int, _ entry: Int) -> Void
    ) {
        let name = cells[cell(of: text, from: start, hash)].name
        var next = name < 0 ? -1 : known[Int(name)].first
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
