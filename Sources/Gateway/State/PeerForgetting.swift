package import Federation

/// What is known of a peer from its earlier messages, forgotten by a person's word: the operator's
/// way out when a peer had to change all its keys at once, or gave up signing.
///
/// The next keys that it shows are taken as those of a new peer, so the operator asks its people
/// first.
package enum PeerForgetting {
    /// Forgets its keys, those before too, and the newest way of signing; by the gateway that uses the state, or
    /// directly when there is none.
    ///
    /// - Returns: how many keys the peer was known by.
    package static func forget(
        _ host: PeerHost, in state: String, _ key: SealKey, now: Int,
        patience: Duration = .seconds(10)
    ) async throws -> Int {
        do {
            let store = try Store.open(state, key, now: now)
            defer { store.close() }
            let pins = try PinBook(store)
            let known = pins[host].count
            try await store.commit([
                pins.forget(host), PastKeys(store).forget(host),
                PeerGenerations(store, of: .peer).forget(host),
                PeerGenerations(store, of: .us).forget(host), HoldBook(store, key).settle(host),
            ])
            return known
        } catch let error as StoreOpenError where error.isInUse {
            let order = Order.forgetPeer(host.description)
            let told = try await OrderBox.told(
                order, in: state, key, now: now, patience: patience)
            return told["keys"].flatMap { Int($0) } ?? 0
        }
    }
}
