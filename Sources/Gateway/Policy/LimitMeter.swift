import Federation
import Synchronization

/// How much of one limit each of its holders has used.
///
/// A bucket that leaks: what was used runs out at the limit's rate (GCRA), so that a holder costs two
/// numbers whatever it sends. Different values are counted one by one instead, each for one period.
///
/// Memory is bounded, and nobody gets room by filling it: a holder is forgotten only when what it has
/// used counts no more. Once a peer has `perPeer` holders and values, or all have `capacity`, its
/// further holders share one bucket of the limit's own size; so names that are made up limit
/// their maker all the more, and reset nothing.
final class LimitMeter: Sendable {
    /// What of a limit a message would take.
    struct Demand {
        let holder: SipHash.Value
        /// The peer, whose further holders share a bucket.
        let peer: SipHash.Value
        /// Of limits on different values: the value.
        let value: SipHash.Value
        /// Of limits on bytes: how many, as far as it is known before.
        let bytes: Int
    }

    /// What a message has taken, to be given back.
    struct Receipt: Sendable {
        fileprivate let holder: SipHash.Value
        /// Under which the holder is counted.
        fileprivate let peer: SipHash.Value
        let amount: Double
        /// Of limits on different values.
        fileprivate let value: Coming?
        /// Whether it is a place that is given back at the message's end.
        let isPlace: Bool
    }

    /// A value that came.
    fileprivate struct Coming {
        let value: SipHash.Value
        let at: Double
        /// When it came the last time; nil when it was new.
        let before: Double?
        let isSlow: Bool
    }

    /// Whether there is room: it is taken then. Else seconds until there is.
    enum Answer {
        case room(Receipt)
        case full(retryAfter: Int)
    }

    /// What one holder has used.
    struct Usage: Sendable {
        var used = 0.0
        /// Seconds of a clock that never steps.
        var at: Double
        let peer: SipHash.Value
        /// The values that count, each with the last time that it came.
        var values: [SipHash.Value: Double] = [:]
        /// No value came earlier than this: until it is over, no one is, and none need be looked at.
        var oldest = -Double.infinity
        /// Whether the state on disk does not have it yet.
        var isNew = true
        /// Of a slow limit, the values that it may have otherwise than they are here.
        var newValues: Set<SipHash.Value> = []
        /// Whether it may have rows of this holder.
        var hasRows = false
    }

    fileprivate struct State {
        var usages: [SipHash.Value: Usage] = [:]
        /// Of each peer, and of all: holders and values.
        var sizes: [SipHash.Value: Int] = [:]
        var size = 0
        var sweptAt = -Double.infinity
        /// Holders that are forgotten, of which the disk has rows yet.
        var gone: Set<SipHash.Value> = []
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let perPeer: Int

    init(capacity: Int = 500_000, perPeer: Int = 50_000) {
        self.capacity = capacity
        self.perPeer = perPeer
    }

    /// Takes room for a message, or says when there may be some.
    ///
    /// - Parameter now: seconds of a clock that never steps.
    func take(_ demand: Demand, of measure: Limit.Measure, now: Double) -> Answer {
        let terms = Terms(measure)
        return state.withLock { state in
            let holder = place(for: demand, terms, now, &state)
            let index = state.index(of: holder, demand.peer, now)
            state.usages.values[index].isNew = true
            if case .values(let most) = terms.kind {
                return take(demand, most, terms, now, holder, index, &state)
            }
            state.usages.values[index].leak(terms, now)
            let (amount, least) = terms.cost(demand.bytes)
            let missing = state.usages.values[index].used + least - terms.size
            guard missing <= 1e-9 else {
                return .full(retryAfter: terms.kind == .places ? 1 : terms.wait(for: missing))
            }
            // What a length claims beyond all the room was not taken, and is not given back.
            let taken = state.usages.values[index].add(amount, terms)
            return .room(
                Receipt(
                    holder: holder, peer: demand.peer, amount: taken, value: nil,
                    isPlace: terms.kind == .places))
        }
    }

    private func take(
        _ demand: Demand, _ most: Int, _ terms: Terms, _ now: Double,
        _ holder: SipHash.Value, _ index: Dictionary<SipHash.Value, Usage>.Index,
        _ state: inout State
    ) -> Answer {
        let value = demand.value
        let peer = state.usages.values[index].peer
        // Of the shared buckets there are few.
        let (all, own) = holder == demand.holder ? (capacity, perPeer) : (2 * capacity, .max)
        if !state.hasRoom(for: value, at: index, most, peer, all, own) {
            if now - state.usages.values[index].oldest >= terms.period {
                state.dropOld(at: index, peer, terms, now)
            }
            guard state.hasRoom(for: value, at: index, most, peer, all, own) else {
                let first = min(state.usages.values[index].oldest, now)
                let seconds = (first + terms.period - now).rounded(.up)
                return .full(retryAfter: max(1, Int(seconds)))
            }
        }
        let last = state.usages.values[index].values.updateValue(now, forKey: value)
        if terms.isSlow { state.usages.values[index].newValues.insert(value) }
        if last == nil { state.count(1, of: peer) }
        let coming = Coming(
            value: value, at: now, before: last, isSlow: terms.isSlow)
        return .room(
            Receipt(holder: holder, peer: demand.peer, amount: 0, value: coming, isPlace: false))
    }

    /// Gives back what a message took that was refused after all, or a place at its end.
    func giveBack(_ receipt: Receipt) {
        state.withLock { state in
            guard let index = state.usages.index(forKey: receipt.holder) else { return }
            state.usages.values[index].used = max(
                0, state.usages.values[index].used - receipt.amount)
            state.usages.values[index].isNew = true
            let peer = state.usages.values[index].peer
            // Where it has not come again since.
            if let coming = receipt.value,
                state.usages.values[index].values[coming.value] == coming.at
            {
                state.usages.values[index].values[coming.value] = coming.before
                // What came and went between two looks was never written.
                let isWritten =
                    state.usages.values[index].newValues.remove(coming.value) == nil
                    || coming.before != nil
                if coming.isSlow, isWritten {
                    state.usages.values[index].newValues.insert(coming.value)
                }
                if let before = coming.before {
                    state.usages.values[index].oldest = min(
                        state.usages.values[index].oldest, before)
                } else {
                    state.count(-1, of: peer)
                }
            }
            if receipt.isPlace, state.usages.values[index].used == 0 {
                state.usages.remove(at: index)
                state.count(-1, of: peer)
            }
        }
    }

    /// Whether bytes that become known later are only counted.
    enum Extra {
        /// Nothing is taken where there is no room.
        case asked
        case counted
    }

    /// What became of bytes that were not known before.
    enum Added {
        /// So many count; fewer than came when the holder's debt would be more than one size.
        case counted(Double)
        case full(retryAfter: Int)
    }

    /// Takes bytes that were not known before; a holder may so come into debt, of one size at most.
    ///
    /// - Parameters:
    ///   - own: what the message took of them before: it does not stand in its own way.
    ///   - now: seconds of a clock that never steps.
    func add(
        _ bytes: Int, to receipt: Receipt, own: Double, of measure: Limit.Measure, _ extra: Extra,
        now: Double
    ) -> Added {
        let terms = Terms(measure)
        return state.withLock { state in
            // Whose messages had used nothing yet was forgotten, while this one was under way.
            let index = state.index(of: receipt.holder, receipt.peer, now)
            state.usages.values[index].leak(terms, now)
            switch extra {
            case .counted: break
            case .asked:
                let others = max(0, state.usages.values[index].used - own)
                let missing = others + terms.cost(bytes).least - terms.size
                guard missing <= 1e-9 else {
                    return .full(retryAfter: terms.wait(for: missing))
                }
            }
            state.usages.values[index].isNew = true
            return .counted(state.usages.values[index].add(Double(bytes), terms))
        }
    }

    /// Gives back bytes that were taken and never passed, but for those that have run out since: they
    /// count no more, and given back they would be room that nobody has.
    ///
    /// - Parameters:
    ///   - since: when the first of them were taken.
    ///   - now: seconds of a clock that never steps.
    func giveBack(
        _ bytes: Double, of receipt: Receipt, of measure: Limit.Measure, since: Double, now: Double
    ) {
        let terms = Terms(measure)
        let left = bytes - max(0, now - since) * terms.perSecond
        guard left > 0 else { return }
        state.withLock { state in
            guard let index = state.usages.index(forKey: receipt.holder) else { return }
            state.usages.values[index].leak(terms, now)
            state.usages.values[index].used = max(0, state.usages.values[index].used - left)
            state.usages.values[index].isNew = true
        }
    }

    /// Forgets the holders that have used nothing any more.
    func sweep(_ measure: Limit.Measure, now: Double) {
        state.withLock { $0.sweep(Terms(measure), now) }
    }

    /// How many holders are remembered.
    var count: Int { state.withLock { $0.usages.count } }

    // MARK: Memory

    /// Whose bucket a message takes from: the holder's own, or the one that it shares.
    private func place(
        for demand: Demand, _ terms: Terms, _ now: Double, _ state: inout State
    ) -> SipHash.Value {
        if state.usages[demand.holder] != nil { return demand.holder }
        if state.hasRoom(for: demand.peer, capacity, perPeer) { return demand.holder }
        // What a sweep costs grows with all that is remembered; so does the time between two.
        if now - state.sweptAt >= max(1, Double(state.size) / Self.sweptPerSecond) {
            state.sweep(terms, now)
            if state.hasRoom(for: demand.peer, capacity, perPeer) { return demand.holder }
        }
        // One for each peer, and when there are too many of these too, one for all.
        let shared = demand.peer.shared
        if state.usages[shared] != nil || state.size < capacity + capacity / 10 { return shared }
        return .everybody
    }

    /// Holders and values; a millisecond or so of one core.
    private static let sweptPerSecond = 10_000.0

    // MARK: The disk

    /// What has changed since the last time, after the rows of those that are forgotten have gone.
    struct News: Sendable {
        var gone: Set<SipHash.Value> = []
        var changed: [(holder: SipHash.Value, usage: Usage)] = []

        var isEmpty: Bool { gone.isEmpty && changed.isEmpty }
    }

    func takeNews() -> News {
        state.withLock { state in
            var news = News(gone: state.gone)
            state.gone = []
            for index in state.usages.indices where state.usages.values[index].isNew {
                state.usages.values[index].isNew = false
                state.usages.values[index].hasRows = true
                news.changed.append((state.usages.keys[index], state.usages.values[index]))
                state.usages.values[index].newValues = []
            }
            return news
        }
    }

    /// News are not on the disk after all. Who was forgotten and came again since is written whole.
    func giveBack(_ news: News) {
        state.withLock { state in
            state.gone.formUnion(news.gone)
            for holder in news.gone {
                guard let index = state.usages.index(forKey: holder) else { continue }
                state.usages.values[index].isNew = true
                state.usages.values[index].newValues.formUnion(
                    state.usages.values[index].values.keys)
            }
            for (holder, usage) in news.changed {
                state.usages[holder]?.isNew = true
                state.usages[holder]?.newValues.formUnion(usage.newValues)
            }
        }
    }

    /// What an earlier gateway knew.
    func restore(_ usages: [(SipHash.Value, Usage)]) {
        state.withLock { state in
            for (holder, usage) in usages where state.usages[holder] == nil {
                state.usages[holder] = usage
                state.usages[holder]?.hasRows = true
                state.count(1 + usage.values.count, of: usage.peer)
            }
        }
    }
}

extension LimitMeter.State {
    /// Whether a peer may have one holder more.
    fileprivate func hasRoom(
        for peer: SipHash.Value, _ capacity: Int, _ perPeer: Int
    ) -> Bool {
        size < capacity && sizes[peer] ?? 0 < perPeer
    }

    /// Whether a holder may have this value too.
    fileprivate func hasRoom(
        for value: SipHash.Value, at index: Dictionary<SipHash.Value, LimitMeter.Usage>.Index,
        _ most: Int, _ peer: SipHash.Value, _ capacity: Int, _ perPeer: Int
    ) -> Bool {
        // One of the same name takes no new place.
        if usages.values[index].values[value] != nil { return true }
        return usages.values[index].values.count < most && hasRoom(for: peer, capacity, perPeer)
    }

    /// Where a holder is; it is there from now on.
    fileprivate mutating func index(
        of holder: SipHash.Value, _ peer: SipHash.Value, _ now: Double
    ) -> Dictionary<SipHash.Value, LimitMeter.Usage>.Index {
        if let index = usages.index(forKey: holder) { return index }
        usages[holder] = LimitMeter.Usage(at: now, peer: peer)
        count(1, of: peer)
        return usages.index(forKey: holder) ?? usages.startIndex
    }

    fileprivate mutating func count(_ change: Int, of peer: SipHash.Value) {
        size += change
        let count = (sizes[peer] ?? 0) + change
        sizes[peer] = count > 0 ? count : nil
    }

    fileprivate mutating func dropOld(
        at index: Dictionary<SipHash.Value, LimitMeter.Usage>.Index, _ peer: SipHash.Value,
        _ terms: LimitMeter.Terms, _ now: Double
    ) {
        let before = usages.values[index].values
        let left = before.filter { now - $0.value < terms.period }
        usages.values[index].values = left
        if terms.isSlow, usages.values[index].hasRows {
            usages.values[index].newValues.formUnion(before.keys.filter { left[$0] == nil })
        } else {
            usages.values[index].newValues.formIntersection(left.keys)
        }
        usages.values[index].oldest = left.values.min() ?? now
        count(left.count - before.count, of: peer)
    }

    fileprivate mutating func sweep(_ terms: LimitMeter.Terms, _ now: Double) {
        sweptAt = now
        let before = usages
        usages = before.filter { !terms.isOver($0.value, now) }
        if terms.isSlow, usages.count < before.count {
            for (holder, usage) in before where usage.hasRows && usages[holder] == nil {
                gone.insert(holder)
            }
        }
        (sizes, size) = ([:], 0)
        for usage in usages.values { count(1 + usage.values.count, of: usage.peer) }
    }
}

extension LimitMeter.Usage {
    /// Takes an amount, or what there is room for in a debt of one size; how much that was.
    fileprivate mutating func add(_ amount: Double, _ terms: LimitMeter.Terms) -> Double {
        // Not what the sum has grown by: that is rounded, and would be a hair less than all of it.
        let count = min(amount, max(0, 2 * terms.size - used))
        used += count
        return count
    }

    /// What was used runs out.
    fileprivate mutating func leak(_ terms: LimitMeter.Terms, _ now: Double) {
        used = max(0, used - max(0, now - at) * terms.perSecond)
        at = max(at, now)
    }
}

extension SipHash.Value {
    /// The bucket that the further holders of a peer share.
    fileprivate var shared: SipHash.Value {
        SipHash.Value(high: ~high, low: low)
    }

    fileprivate static let everybody = SipHash.Value(high: 0, low: 0)
}
