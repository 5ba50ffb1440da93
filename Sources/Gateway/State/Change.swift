import GRDB

/// One thing to be made durable: the rows it writes, and what the tables in memory do once it is.
///
/// Changes are made by the tables (`ShareRegistry`, `ReplayCache`, `PinBook`, …) and handed to
/// `Store.commit`, several at once when they must stand or fall together.
package struct Change: Sendable {
    /// Runs on the writer thread, inside a transaction.
    let write: @Sendable (Database) throws -> Void
    /// Runs on the writer thread when the transaction is on disk, before anybody is told.
    let committed: @Sendable () -> Void
    /// Runs when it will never be on disk; takes back what was reserved for it in memory.
    let abandoned: @Sendable () -> Void

    init(
        write: @escaping @Sendable (Database) throws -> Void,
        committed: @escaping @Sendable () -> Void = {},
        abandoned: @escaping @Sendable () -> Void = {}
    ) {
        self.write = write
        self.committed = committed
        self.abandoned = abandoned
    }
}
