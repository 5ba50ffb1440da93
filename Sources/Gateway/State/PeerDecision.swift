package import Federation

/// What a person decides of a peer: carried out by the gateway that uses the state, or directly when
/// there is none.
package enum PeerDecision {
    /// How it was carried out.
    package enum By: Sendable, Equatable {
        /// A gateway that runs; what it told.
        case gateway([String: String])
        /// The command itself.
        case command
    }

    /// Nothing of the peer waits any more; a gateway that runs reads its policy again.
    package static func settleHold(
        of host: PeerHost, in state: String, _ key: SealKey, now: Int
    ) async throws -> By {
        try await carryOut(.settleHold(host.description), in: state, key, now: now) { store in
            [try HoldBook(store, key).settle(host)]
        }
    }

    /// The peer is known by these keys from now on.
    package static func pin(
        _ host: PeerHost, _ keys: [OfferedKey], in state: String, _ key: SealKey, now: Int
    ) async throws -> By {
        let order = Order.pinPeer(PinOrder(peer: host, keys: keys))
        return try await carryOut(order, in: state, key, now: now) { store in
            [
                try PinBook(store).accept(host, offered: keys, now: now),
                try HoldBook(store, key).settle(host),
            ]
        }
    }

    /// Makes a gateway that runs read its files again.
    ///
    /// Throws when none runs.
    package static func reload(
        _ state: String, _ key: SealKey, now: Int, patience: Duration = .seconds(60)
    ) async throws -> [String: String] {
        guard PrivateFile.exists(state), try Ending.isServed(state) else {
            throw FileProblem(
                state, "no gateway uses this state",
                "one that starts reads its policy anyway; if state.url was changed while "
                    + "one runs, the old value finds it")
        }
        return try await OrderBox.told(.reload, in: state, key, now: now, patience: patience)
    }

    private static func carryOut(
        _ order: Order, in state: String, _ key: SealKey, now: Int,
        directly changes: (Store) throws -> [Change]
    ) async throws -> By {
        do {
            let store = try Store.open(state, key, now: now)
            defer { store.close() }
            try await store.commit(try changes(store))
            return .command
        } catch let error as FileProblem where error.isInUse {
            // A policy that is proved takes its time.
            return .gateway(
                try await OrderBox.told(order, in: state, key, now: now, patience: .seconds(60)))
        }
    }
}
