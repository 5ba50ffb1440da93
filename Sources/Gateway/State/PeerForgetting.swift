package import Federation

/// What is known of a peer from its earlier messages, forgotten by a person's word: the operator's
/// way out when a peer had to change all its keys at once, or gave up signing.
///
/// The next keys that it shows are taken as those of a new peer, so the operator asks its people
/// first.
package enum PeerForgetting {
    /// What there was to forget.
    package struct Forgotten: Sendable, Equatable {
        /// How many keys the peer was known by.
        package let keys: Int
        /// Whether anything was known of it; a name that was mistyped is one of which nothing is.
        package let wasKnown: Bool
    }

    /// Forgets its keys, those before too, and the newest way of signing; by the gateway that uses the state, or
    /// directly when there is none.
    package static func forget(
        _ host: PeerHost, in state: String, _ key: SealKey, now: Int,
        patience: Duration = .seconds(10)
    ) async throws -> Forgotten {
        do {
            let store = try Store.open(state, key, now: now)
            defer { store.close() }
            let pins = try PinBook(store)
            let generations = try PeerGenerations(store, of: .peer)
            let accepted = try PeerGenerations(store, of: .us)
            let holds = try HoldBook(store, key)
            let forgotten = Forgotten(host, pins, generations, accepted, holds)
            try await store.commit([
                pins.forget(host), PastKeys(store).forget(host), generations.forget(host),
                accepted.forget(host), holds.settle(host),
            ])
            return forgotten
        } catch let error as FileProblem where error.isInUse {
            let order = Order.forgetPeer(host.description)
            let told = try await OrderBox.told(
                order, in: state, key, now: now, patience: patience)
            return Forgotten(told)
        }
    }
}

extension PeerForgetting.Forgotten {
    init(
        _ host: PeerHost, _ pins: PinBook, _ generations: PeerGenerations,
        _ accepted: PeerGenerations, _ holds: HoldBook
    ) {
        keys = pins[host].count
        wasKnown =
            keys > 0 || generations[host] != .none || accepted[host] != .none || holds[host] != nil
    }

    /// For people.
    package func words(of peer: PeerHost) -> String {
        keys == 0
            ? "\(peer): no key of it was known; how it signed, and what waits of it, is forgotten"
            : "\(peer): \(keys) key\(keys == 1 ? "" : "s") forgotten; the next that it shows are taken"
    }

    /// As a gateway that runs tells it.
    init(_ told: [String: String]) {
        keys = told["keys"].flatMap { Int($0) } ?? 0
        wasKnown = keys > 0 || told["known"] != nil
    }

    var told: [String: String] {
        ["keys": "\(keys)"].merging(wasKnown ? ["known": "yes"] : [:]) { own, _ in own }
    }
}
