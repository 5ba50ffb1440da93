import Federation
import Transport

/// The room that one message takes of the limits that it falls under.
///
/// A limit that has room is taken from as soon as it is asked, so that of two messages at the same
/// time only one gets the last place; what is refused after all gives everything back.
struct RoomTaking {
    /// A limit that was taken from.
    private struct Taken {
        let number: Int
        let place: LimitTable.Place
        let receipt: LimitMeter.Receipt
    }

    private let snapshot: PolicySnapshot.Judge
    private let facts: Facts
    private let amount: Amount
    /// Seconds of a clock that never steps.
    private let now: Double
    private var taken: [Taken] = []

    /// - Parameter microseconds: of a clock that never steps.
    init(
        _ snapshot: PolicySnapshot.Judge, _ facts: Facts, _ amount: Amount, microseconds: Int
    ) {
        self.snapshot = snapshot
        self.facts = facts
        self.amount = amount
        now = Double(microseconds) / 1e6
    }

    /// Takes of the limit at this place of the policy, if it has room.
    mutating func take(_ number: Int) -> Room {
        guard let place = snapshot.place(number) else { return .room }
        switch place.meter.take(demand(number, place), of: place.measure, now: now) {
        case .room(let receipt):
            taken.append(Taken(number: number, place: place, receipt: receipt))
            return .room
        case .full(let seconds): return .full(retryAfter: seconds)
        }
    }

    /// The message is refused: it took no room.
    mutating func giveBack() {
        for one in taken { one.place.meter.giveBack(one.receipt) }
        taken = []
    }

    /// Gives back what is taken only for as long as a message is under way.
    mutating func end() {
        for one in taken where one.receipt.isPlace { one.place.meter.giveBack(one.receipt) }
        taken = []
    }

    /// What has to be settled at the message's end, with what a candidate counts; nil when nothing
    /// has.
    func pending(
        _ other: RoomTaking?, _ profile: Configuration.Profile, _ clock: Environment
    ) -> PendingRoom? {
        let own = taken.map { ($0, effect(of: $0, profile)) }
        let beside = (other?.taken ?? []).map { ($0, PendingRoom.Effect.counts) }
        let open = (own + beside).filter { one, _ in
            switch one.place.measure {
            case .concurrent, .bytes: true
            case .rate, .distinct: false
            }
        }
        guard !open.isEmpty else { return nil }
        return PendingRoom(
            open.map { PendingRoom.Open(place: $0.place, receipt: $0.receipt, effect: $1) }, clock)
    }

    private func effect(
        of one: Taken, _ profile: Configuration.Profile
    ) -> PendingRoom.Effect {
        let policy = snapshot.policy
        guard policy.limits.indices.contains(one.number), profile != .observe else {
            return .counts
        }
        let limit = policy.limits[one.number]
        return policy.mode == .enforce && limit.mode == .enforce ? .refuses(limit) : .counts
    }

    private func demand(_ number: Int, _ place: LimitTable.Place) -> LimitMeter.Demand {
        let hash = snapshot.table.hash
        let peer = hash(facts.peer?.name ?? "")
        guard number != Policy.pingPongPlace else {
            let about = "\(facts.occasion.direction.rawValue) \(facts.notificationType ?? "") "
            return LimitMeter.Demand(
                holder: hash(about + "\(facts.peer?.name ?? "") \(amount.providerID ?? "")"),
                peer: peer, value: peer, bytes: amount.bytes)
        }
        let limit = snapshot.policy.limits[number]
        var value = peer
        if case .distinct(let fact, _) = place.measure {
            value = hash(Limit.value(fact, of: facts) ?? "")
        }
        return LimitMeter.Demand(
            holder: limit.per == .peer ? peer.named : hash(limit.holder(of: facts)), peer: peer,
            value: value, bytes: amount.bytes)
    }
}

extension SipHash.Value {
    /// The peer as the holder of a bucket, not as the one under which buckets are counted.
    fileprivate var named: SipHash.Value { SipHash.Value(high: high, low: ~low) }
}

extension Amount {
    /// Of a request whose body streams: what its head says of it.
    init(of head: RequestHead) { self.init(of: head.body) }

    init(of body: BodyFraming) {
        switch body {
        case .length(let count): bytes = count
        case .none, .chunked: break
        }
    }

    /// Of a message that was read.
    init(of message: Message, _ received: Received) {
        bytes = received.body.count
        providerID = message.word?.providerID.text
    }
}
