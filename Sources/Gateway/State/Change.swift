import GRDB
import Synchronization

/// One thing to be made durable: the rows it writes, and what the tables in memory do once it is.
///
/// Changes are made by the tables (`ShareRegistry`, `ReplayCache`, `PinBook`, …) and handed to
/// `Store.commit`, several at once when they must stand or fall together. A class, since it is handed on in lists.
package final class Change: Sendable {
    /// Runs on the writer thread, inside a transaction.
    let write: @Sendable (Database) throws -> Void
    /// Runs on the writer thread when the transaction is on disk, before anybody is told.
    let committed: @Sendable () -> Void
    /// Runs when it will never be on disk; takes back what was reserved for it in memory.
    let abandoned: @Sendable () -> Void
    /// Word of a message, which is written with that of all others in the same commit.
    let word: OwedWord?

    init(
        write: @escaping @Sendable (Database) throws -> Void,
        committed: @escaping @Sendable () -> Void = {},
        abandoned: @escaping @Sendable () -> Void = {}, word: OwedWord? = nil
    ) {
        self.write = write
        self.committed = committed
        self.abandoned = abandoned
        self.word = word
    }

    /// The same change, or none at all when it is outdated by the time that it would be written; not for
    /// word of a message.
    func unless(_ isOutdated: @escaping @Sendable () -> Bool) -> Change {
        let turn = Turn()
        return Change(
            write: { [self] db in
                let isKept = !isOutdated()
                turn.isKept.store(isKept, ordering: .relaxed)
                if isKept { try write(db) }
            },
            committed: { [self] in if turn.isKept.load(ordering: .relaxed) { committed() } },
            abandoned: abandoned)
    }

    /// What was found when it was written, for when that is on disk.
    private final class Turn: Sendable {
        let isKept = Atomic(false)
    }
}
