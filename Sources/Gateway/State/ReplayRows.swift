import Foundation
import GRDB

/// One remembered message as a row; rows are numbered in the order they were written.
struct ReplayRow: Sendable {
    let id: Int64
    let name: Digest128
    let peer: Digest128
    /// Unix seconds.
    let created: Int
}

/// The replay cache's rows. There is no index: memory judges, the table only remembers.
enum ReplayRows {
    static func insert(_ row: ReplayRow, _ db: Database) throws {
        try db.run(
            kept: "INSERT INTO replay (id, identity, peer, created) VALUES (?, ?, ?, ?)",
            [row.id, row.name.data, row.peer.data, row.created])
    }

    /// Removes the rows up to one and remembers the floor that their going leaves; one that the floor
    /// does not keep out stays.
    static func write(floor: Int, upTo row: Int64, _ db: Database) throws {
        try db.run(kept: "DELETE FROM replay WHERE id <= ? AND created <= ?", [row, floor])
        try db.run(
            kept: """
                INSERT INTO fact VALUES ('replay_floor', ?)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value
                """, [floor])
    }

    static func load(_ db: Database) throws -> (rows: [ReplayRow], floor: Int?) {
        let floor = try Int.fetchOne(db, sql: "SELECT value FROM fact WHERE name = 'replay_floor'")
        var rows: [ReplayRow] = []
        let cursor = try Row.fetchCursor(db, sql: "SELECT * FROM replay ORDER BY id")
        while let row = try cursor.next() {
            guard let name = Digest128(row["identity"] as Data),
                let peer = Digest128(row["peer"] as Data)
            else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a replay row") }
            rows.append(ReplayRow(id: row["id"], name: name, peer: peer, created: row["created"]))
        }
        return (rows, floor)
    }
}
