import GRDB
package import OpenSSL

/// The shares of a state file, read beside a gateway that runs; nothing is locked or changed, and
/// no secret is opened.
package enum ShareListing {
    /// All shares, by number.
    package static func read(_ path: String) throws(StoreOpenError) -> [ShareRecord] {
        var configuration = GRDB.Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(2)
        do {
            let database = try DatabaseQueue(path: path, configuration: configuration)
            let table = try database.read { db in try ShareRows.load(db, path: path) }
            return table.shares.values.sorted { $0.id < $1.id }
        } catch let error as StoreOpenError {
            throw error
        } catch { throw StoreOpenError(path: path, reading: error) }
    }
}

extension ShareRegistry {
    /// Adds an outgoing share by hand: one that was made before the gateway came, or went out on a
    /// way around it. Gives what the peer is to hold.
    ///
    /// The state must not be in use by a gateway.
    package static func add(
        _ new: NewShare, to path: String, _ key: SealKey, now: Int
    ) async throws -> (share: ShareRecord, credential: Secret?) {
        let store = try Store.open(path, key, now: now)
        defer { store.close() }
        let registry = try ShareRegistry(store, key)
        let recording = registry.record(new, now: now)
        try await store.commit(recording.change)
        return (recording.share, recording.credentials.first)
    }
}
