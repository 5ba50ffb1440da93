import GRDB

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
