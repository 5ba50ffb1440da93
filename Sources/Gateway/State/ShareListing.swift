import GRDB

/// The shares of a state file, read beside a gateway that runs; nothing is locked or changed, and
/// no secret is opened.
package enum ShareListing {
    /// All shares, by number.
    package static func read(_ path: String) throws(StoreOpenError) -> [ShareRecord] {
        guard try Store.isThere(path) else {
            throw StoreOpenError(
                path: path, what: "is not there",
                remedy: "\(Store.madeAtFirstStart); [state] url names its place")
        }
        do {
            let table = try Store.reader(path).read { db in try ShareRows.load(db, path: path) }
            return table.all.sorted { $0.id < $1.id }
        } catch let error as StoreOpenError {
            throw error
        } catch { throw StoreOpenError(path: path, reading: error) }
    }

    /// How they stand: which of their tokens are good, and when they ended.
    static func standings(_ path: String) throws -> [ShareID: (epoch: Int, ended: Int?)] {
        try Store.reader(path).read { try ShareRows.standings($0) }
    }
}
