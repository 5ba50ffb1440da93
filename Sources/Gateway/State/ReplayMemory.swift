import Transport

/// What is remembered of one message.
struct ReplayEntry: Sendable {
    let name: Digest128
    let peer: Digest128
    /// A hash of the client's address, good in this process only; nil for one from before.
    let client: Int?
    /// Unix seconds.
    let created: Int
    /// Unix seconds.
    let seen: Int
    /// Milliseconds.
    let monotonic: Int
}

/// The replay cache as a value: no clock, no store.
struct ReplayMemory: Sendable {
    /// What it says of a message, as ``ReplayCache/Judgement`` does.
    enum Result: Equatable {
        case first
        case known(ReplayCache.Known)
        case full
    }

    private struct Kept {
        let entry: ReplayEntry
        /// The row, once it is written; entries leave in the order of their rows.
        var row: Int64?
    }

    let limits: ReplayCache.Limits
    var floor: Int
    private var kept: [Digest128: Kept] = [:]
    private var perPeer: [Digest128: Int] = [:]
    /// In the order of their arrival; names that were withdrawn are skipped.
    private var order: [Digest128] = []
    private var head = 0
    /// Names that were met at the head of `order` while their time was ahead of the clock.
    private var ahead: [Digest128] = []

    init(limits: ReplayCache.Limits, floor: Int) {
        self.limits = limits
        self.floor = floor
    }

    var count: Int { kept.count }

    /// Whether a message is known, or too old to tell; keeps nothing.
    func glance(_ name: Digest128, client: Int?, created: Int) -> ReplayCache.Known? {
        if let known = kept[name]?.entry {
            let isSame = known.client != nil && known.client == client
            return .repeated(
                isSame ? .same : .other, seen: known.seen, monotonic: known.monotonic)
        }
        return created > floor ? nil : .untellable(floor: floor)
    }

    /// Judges a message and keeps it when it is the first of its kind.
    mutating func judge(_ entry: ReplayEntry, of acquaintance: Acquaintance) -> Result {
        if let known = glance(entry.name, client: entry.client, created: entry.created) {
            return .known(known)
        }
        while !hasRoom(for: entry.peer, acquaintance) {
            let forgotten = forget(
                now: entry.seen, monotonic: entry.monotonic, horizon: 0, atMost: 64)
            guard forgotten > 0 else { return .full }
        }
        keep(entry, row: nil)
        return .first
    }

    private func hasRoom(for peer: Digest128, _ acquaintance: Acquaintance) -> Bool {
        let capacity =
            switch acquaintance {
            case .known: limits.capacity
            case .stranger: limits.capacity - limits.reserve
            }
        return kept.count < capacity && perPeer[peer, default: 0] < limits.perPeer
    }

    /// An entry from before the start: it counts as seen now on the clock that never steps. One whose
    /// window is over already may go when there is no room: the floor keeps it out then.
    mutating func restore(_ row: ReplayRow, now: Int, monotonic: Int) {
        let span = limits.window + limits.skew
        let (age, overflow) = now.subtractingReportingOverflow(row.created)
        let monotonic = !overflow && age > span ? monotonic - (span + 1) * 1000 : monotonic
        let entry = ReplayEntry(
            name: row.name, peer: row.peer, client: nil, created: row.created, seen: row.created,
            monotonic: monotonic)
        keep(entry, row: row.id)
    }

    mutating func setRow(_ row: Int64, of name: Digest128) { kept[name]?.row = row }

    /// Takes back an entry that never reached the disk.
    mutating func withdraw(_ name: Digest128) {
        guard let gone = kept.removeValue(forKey: name) else { return }
        release(gone.entry.peer)
    }

    /// Forgets what is past the horizon; nil when nothing was forgotten since the last time.
    mutating func expire(now: Int, monotonic: Int) -> (floor: Int, lastRow: Int64)? {
        order += ahead
        ahead = []
        _ = forget(now: now, monotonic: monotonic, horizon: limits.horizon, atMost: .max)
        guard !isTold else { return nil }
        isTold = true
        return (floor, lastForgotten)
    }

    /// The greatest row of what was forgotten.
    private var lastForgotten: Int64 = 0
    /// Whether `expire` has told of all that was forgotten.
    private var isTold = true

    /// Forgets, oldest first, entries whose windows are over on both clocks, `horizon` seconds ago
    /// or longer; says how many places of the order that were.
    ///
    /// An entry from a time when the clock was ahead steps aside, until `expire` looks again: those behind
    /// it do not wait for a time that may be years away.
    private mutating func forget(
        now: Int, monotonic: Int, horizon: Int, atMost limit: Int
    ) -> Int {
        let span = limits.window + limits.skew
        var left = limit
        while left > 0, head < order.count {
            if let oldest = kept[order[head]] {
                let (age, overflow) = now.subtractingReportingOverflow(oldest.entry.created)
                let waited = (monotonic - oldest.entry.monotonic) / 1000
                if !overflow, age < -limits.skew {
                    ahead.append(order[head])
                    head += 1
                    continue
                }
                guard !overflow, age > span + horizon, waited > span, let row = oldest.row else {
                    break
                }
                floor = max(floor, oldest.entry.created)
                lastForgotten = max(lastForgotten, row)
                isTold = false
                kept[order[head]] = nil
                release(oldest.entry.peer)
            }
            head += 1
            left -= 1
        }
        if head > 1024, head > order.count / 2 {
            order.removeFirst(head)
            head = 0
        }
        return limit - left
    }

    private mutating func keep(_ entry: ReplayEntry, row: Int64?) {
        kept[entry.name] = Kept(entry: entry, row: row)
        order.append(entry.name)
        perPeer[entry.peer, default: 0] += 1
    }

    private mutating func release(_ peer: Digest128) {
        let left = perPeer[peer, default: 1] - 1
        perPeer[peer] = left > 0 ? left : nil
    }
}
