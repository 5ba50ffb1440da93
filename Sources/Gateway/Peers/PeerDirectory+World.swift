package import Federation

/// What the directory is given: how long things last, and the world that it asks.
extension PeerDirectory {
    /// How long what was fetched is used; seconds.
    package struct Lifetimes: Sendable {
        package var fresh: Int
        package var staleIfError: Int
        package var negative: Int

        package init(fresh: Int, staleIfError: Int, negative: Int) {
            self.fresh = fresh
            self.staleIfError = staleIfError
            self.negative = negative
        }
    }

    /// What the world is to the directory.
    package struct World: Sendable {
        /// Seconds of a clock that never steps.
        package var now: @Sendable () -> Int
        package var fetch: PeerFetcher
        /// Why nothing may be fetched from a host that a peer names in the place of its own; nil when it
        /// may.
        package var refusal: @Sendable (_ host: PeerHost, _ peer: PeerHost) -> String?
        /// Whether the host is one that nobody invented: a list names it, or it has signed before.
        package var isKnown: @Sendable (PeerHost) -> Bool
        /// Whether `egress.other` names the host: its document is asked for as that of one that is known.
        package var isNamed: @Sendable (PeerHost) -> Bool
        /// How long a caller waits for a fetch: Nextcloud gives a message five seconds in all
        /// (`protocol.md` 9.3). The fetch goes on, so the next try finds its result.
        package var patience: Duration
        /// A number from zero to the one given.
        package var random: @Sendable (Int) -> Int

        package init(
            now: @escaping @Sendable () -> Int, fetch: @escaping PeerFetcher,
            refusal: @escaping @Sendable (PeerHost, PeerHost) -> String? = { _, _ in nil },
            isKnown: @escaping @Sendable (PeerHost) -> Bool = { _ in false },
            isNamed: @escaping @Sendable (PeerHost) -> Bool = { _ in false },
            patience: Duration = .seconds(3),
            random: @escaping @Sendable (Int) -> Int = { Int.random(in: 0...max(0, $0)) }
        ) {
            self.now = now
            self.fetch = fetch
            self.refusal = refusal
            self.isKnown = isKnown
            self.isNamed = isNamed
            self.patience = patience
            self.random = random
        }
    }
}
