import Foundation
import GRDB

/// Word of one message that was let through and may have no record yet, as the state keeps it: it is on
/// the disk, in the commit that the message waits for anyway, before the message takes effect.
///
/// Those of one commit are one row. It goes once the records of all of them are on the disk: each row
/// tells which records were when it was written, and the last that tells so counts.
struct OwedWord: Sendable {
    /// Counts messages.
    let ticket: Int
    /// The records of all messages with smaller tickets are on the disk.
    let settled: Int
    let entry: OwedRecords.Entry
    /// The tickets of those whose records are not, in any order.
    let open: @Sendable () -> [Int]

    /// The same as something to be made durable.
    var change: Change { Change(write: { _ in }, word: self) }

    /// Writes the row of one commit, and takes away those that are not needed any more.
    static func write(_ words: [OwedWord], _ db: Database) throws {
        guard let first = words.lazy.map(\.ticket).min(), let last = words.lazy.map(\.ticket).max(),
            let settled = words.lazy.map(\.settled).max()
        else { return }
        var lines = Data(capacity: words.count * 256)
        // What has no end was too long to be told of.
        for line in words.lazy.map(\.entry.line) where line.last == UInt8(ascii: "\n") {
            lines.append(contentsOf: line)
        }
        try db.run(
            kept: "INSERT INTO owed VALUES (?, ?, ?, ?)", [first, last, settled, lines])
        try removeSettled(below: settled, db)
        // Who waits for long holds up all that came later.
        if last - settled > most { try removeOthers(than: words[0].open(), db) }
    }

    private static func removeSettled(below ticket: Int, _ db: Database) throws {
        // `first` is the key, so that no others are looked at.
        try db.run(kept: "DELETE FROM owed WHERE first < ? AND last < ?", [ticket, ticket])
    }

    /// Takes away the rows that have word of none of those with these tickets.
    private static func removeOthers(than open: [Int], _ db: Database) throws {
        for row in try Row.fetchAll(db, sql: "SELECT first, last FROM owed") {
            let (first, last): (Int, Int) = (row[0], row[1])
            if open.contains(where: { first...last ~= $0 }) { continue }
            try db.run(kept: "DELETE FROM owed WHERE first = ?", [first])
        }
    }

    /// Messages behind the oldest that is open, of which the state may have word.
    private static let most = 4096

    /// Takes away the rows with smaller tickets.
    static func removal(below ticket: Int) -> Change {
        Change { db in try removeSettled(below: ticket, db) }
    }

    /// What a process before did not come to record, as far as the rows tell, and the ticket behind all
    /// of theirs. Some of it may have its record.
    static func left(_ db: Database) throws -> (entries: [OwedRecords.Entry], next: Int) {
        let settled = try Int.fetchOne(db, sql: "SELECT max(settled) FROM owed") ?? 0
        let next = try Int.fetchOne(db, sql: "SELECT max(last) + 1 FROM owed") ?? 1
        let rows = try Data.fetchAll(
            db, sql: "SELECT entries FROM owed WHERE last >= ? ORDER BY first",
            arguments: [settled])
        let lines = rows.flatMap { [UInt8]($0).split(separator: UInt8(ascii: "\n")) }
        return (lines.compactMap { OwedRecords.Entry(line: $0) }, next)
    }
}
