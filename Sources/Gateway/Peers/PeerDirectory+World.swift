package import Federation

/// What the directory is given: how long things last, and the world that it asks.
extension PeerDirectory {
    /// How long what was fetched is used; seconds.
    package struct Lifetimes: Sendable {
        package var fresh: Int
        package var staleIfError: Int
        package var negative: Int
    }

    /// What the world is to the directory.
    package struct World: Sendable {
        /// Seconds of a clock that never steps.
        package var now: @Sendable () -> Int
        package var fetch: PeerFetcher
        /// Why nothing may be fetched from a host that a peer names in the place of its own; nil when it
        /// may.
        package var refusal: @Sendable (_ host: PeerHost, _ peer: PeerHost) -> String? = { _, _ in
            nil
        }
        /// Whether the host is one that nobody invented: a list names it, or it has signed before.
        package var isKnown: @Sendable (PeerHost) -> Bool = { _ in false }
        /// Whether `egress.other` names the host: its document is asked for as that of one that is known.
        package var isNamed: @Sendable (PeerHost) -> Bool = { _ in false }
        /// How long a caller waits for a fetch: Nextcloud gives a message five seconds in all
        /// (`protocol.md` 9.3). The fetch goes on, so the next try finds its result.
        package var patience = Duration.seconds(3)
        /// A number from zero to the one given.
        package var random: @Sendable (Int) -> Int = { Int.random(in: 0...max(0, $0)) }
    }
}
