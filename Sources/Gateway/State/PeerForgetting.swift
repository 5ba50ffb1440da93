package import Federation

/// What is known of a peer from its earlier messages, forgotten by a person's word: the operator's
/// way out when a peer had to change all its keys at once, or gave up signing.
///
/// The next keys that it shows are taken as those of a new peer, so the operator asks its people
/// first.
package enum PeerForgetting {
    /// Forgets pinned keys and the newest way of signing.
    ///
    /// - Returns: how many keys the peer was known by.
    /// - Throws: `StoreOpenError` also when a gateway uses the state.
    package static func forget(
        _ host: PeerHost, in state: String, _ key: SealKey, now: Int
    ) async throws -> Int {
        let store = try Store.open(state, key, now: now)
        defer { store.close() }
        let pins = try PinBook(store)
        let known = pins[host].count
        try await store.commit([pins.forget(host), PeerGenerations(store).forget(host)])
        return known
    }
}
