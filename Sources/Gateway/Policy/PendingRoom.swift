import Federation
import Synchronization

/// Room that is settled when a message is over, whatever way it ends: places are given back. Bytes
/// that become known only on the way are taken there.
final class PendingRoom: Sendable {
    /// What a limit does once it is full.
    enum Effect {
        case refuses(Limit)
        case counts
    }

    /// A limit that was taken from.
    struct Open: Sendable {
        let place: LimitTable.Place
        let receipt: LimitMeter.Receipt
        let effect: Effect
    }

    private let open: [Open]
    private let clock: Environment
    private let isOver = Atomic(false)
    /// When the first of it was taken: seconds of a clock that never steps.
    private let since: Double
    /// What each has taken: bytes, or the amount of its kind.
    private let taken: Mutex<[Double]>

    init(_ open: [Open], _ clock: Environment) {
        self.open = open
        self.clock = clock
        since = clock.preciseMonotonicSeconds()
        taken = Mutex(open.map(\.receipt.amount))
    }

    /// Whether any of it is about bytes.
    var countsBytes: Bool { open.contains { $0.isOfBytes } }

    /// Takes bytes that are to pass.
    ///
    /// Refused, and nothing taken: more than a limit has room for, where that is asked.
    func take(_ bytes: Int, _ extra: LimitMeter.Extra) throws(Denial) {
        let now = clock.preciseMonotonicSeconds()
        var added = [Double](repeating: 0, count: open.count)
        for (index, one) in open.enumerated() where one.isOfBytes {
            let own = taken.withLock { $0[index] }
            switch one.place.meter.add(
                bytes, to: one.receipt, own: own, of: one.place.measure, one.effect.asks(extra),
                now: now)
            {
            case .counted(let count): added[index] = count
            case .full(let seconds):
                giveBack(added, since: now)
                guard case .refuses(let limit) = one.effect else { continue }
                throw limit.denial(retryAfter: seconds)
            }
        }
        taken.withLock { taken in
            for index in taken.indices { taken[index] += added[index] }
        }
    }

    /// Counts bytes that pass; why not all of them may, which beyond the debt that a limit allows none may.
    func pass(_ bytes: Int) -> Denial? {
        let now = clock.preciseMonotonicSeconds()
        var denial: Denial?
        for (index, one) in open.enumerated() where one.isOfBytes {
            guard
                case .counted(let count) = one.place.meter.add(
                    bytes, to: one.receipt, own: 0, of: one.place.measure, .counted, now: now)
            else { continue }
            taken.withLock { $0[index] += count }
            if case .refuses(let limit) = one.effect, count < Double(bytes) {
                denial = denial ?? limit.denial(retryAfter: one.wait(for: bytes, now: now))
            }
        }
        return denial
    }

    /// Gives back what was taken beyond the bytes that passed.
    func giveBack(beyond passed: Int) {
        giveBack(
            taken.withLock { taken in taken.map { max(0, $0 - Double(passed)) } }, since: since)
    }

    private func giveBack(_ amounts: [Double], since: Double) {
        let now = clock.preciseMonotonicSeconds()
        for (one, amount) in zip(open, amounts) where one.isOfBytes && amount > 0 {
            one.place.meter.giveBack(
                amount, of: one.receipt, of: one.place.measure, since: since, now: now)
        }
    }

    /// Settles it, the first time only.
    func end() {
        guard !isOver.exchange(true, ordering: .acquiringAndReleasing) else { return }
        for one in open where one.receipt.isPlace { one.place.meter.giveBack(one.receipt) }
    }

    /// Who loses the last reference gives the places back.
    deinit { end() }
}

extension PendingRoom.Open {
    /// Seconds until a limit that is full has room for so many bytes.
    fileprivate func wait(for bytes: Int, now: Double) -> Int {
        switch place.meter.add(bytes, to: receipt, own: 0, of: place.measure, .asked, now: now) {
        case .counted: 1
        case .full(let seconds): seconds
        }
    }

    fileprivate var isOfBytes: Bool {
        switch place.measure {
        case .bytes: true
        case .concurrent, .rate, .distinct: false
        }
    }
}

extension PendingRoom.Effect {
    /// What only counts refuses nothing.
    fileprivate func asks(_ extra: LimitMeter.Extra) -> LimitMeter.Extra {
        switch self {
        case .refuses: extra
        case .counts: .counted
        }
    }
}
