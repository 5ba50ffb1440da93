import Foundation
import GRDB

/// What was let through and may have no record yet, as the state keeps it: it is on the disk, in the
/// commit that a message waits for anyway, before the message takes effect.
///
/// A message has the row of its place in the journal; the next one of that place writes over it. None
/// is deleted when its record is on the disk: each row tells which records were when it was written, and
/// the last that tells so counts.
struct OwedRow: Sendable {
    let slot: Int
    /// Counts messages.
    let ticket: Int
    /// The records of all messages with smaller tickets are on the disk.
    let settled: Int
    let entry: OwedRecords.Entry
}

extension OwedRow {
    /// The row, written.
    var change: Change {
        Change { db in
            try db.run(
                kept: "INSERT OR REPLACE INTO owed VALUES (?, ?, ?, ?)",
                [slot, ticket, settled, Data(entry.line)])
        }
    }

    /// Takes away the rows with smaller tickets.
    static func removal(below ticket: Int) -> Change {
        Change { db in try db.run(kept: "DELETE FROM owed WHERE ticket < ?", [ticket]) }
    }

    /// What a process before did not come to record, as far as the rows tell, and the ticket behind all
    /// of theirs.
    static func left(_ db: Database) throws -> (entries: [OwedRecords.Entry], next: Int) {
        let settled = try Int.fetchOne(db, sql: "SELECT max(settled) FROM owed") ?? 0
        let next = try Int.fetchOne(db, sql: "SELECT max(ticket) + 1 FROM owed") ?? 1
        let lines = try Data.fetchAll(
            db, sql: "SELECT entry FROM owed WHERE ticket >= ?", arguments: [settled])
        return (lines.compactMap { OwedRecords.Entry([UInt8]($0)[...]) }, next)
    }
}
