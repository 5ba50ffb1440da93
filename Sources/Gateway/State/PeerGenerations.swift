package import Federation
import GRDB
import Synchronization

/// The newest generation that each peer has used in a message that verified, or has accepted from
/// us while it verified; it never goes back.
package final class PeerGenerations: Sendable {
    /// Whose messages the generations are of; each has its table.
    package enum Signer: String, Sendable {
        case peer = "generation"
        case us = "accepted_generation"
    }

    private let newest: Mutex<[PeerHost: SignatureGeneration]>
    private let table: String

    package init(_ store: Store, of signer: Signer) throws(FileProblem) {
        let table = signer.rawValue
        self.table = table
        newest = Mutex(try store.read { db in try Self.load(db, table) })
    }

    private static func load(
        _ db: Database, _ table: String
    ) throws -> [PeerHost: SignatureGeneration] {
        var newest: [PeerHost: SignatureGeneration] = [:]
        let rows = try Row.fetchCursor(db, sql: "SELECT host, newest FROM \(table)")
        while let row = try rows.next() {
            guard let host = PeerHost(row["host"] as String),
                let generation = SignatureGeneration(rawValue: row["newest"])
            else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a generation") }
            newest[host] = generation
        }
        return newest
    }

    /// What a state file has of all peers, read beside a gateway that runs.
    package static func read(
        _ path: String, of signer: Signer
    ) throws(FileProblem) -> [PeerHost: SignatureGeneration] {
        try Store.look(path) { db in
            guard try db.tableExists(signer.rawValue) else { return [:] }
            return try load(db, signer.rawValue)
        }
    }

    /// What a state file has for one peer, read beside a gateway that runs; `none` where there is
    /// no file yet, or one of an earlier version.
    package static func read(
        _ path: String, _ host: PeerHost, of signer: Signer
    ) throws(FileProblem) -> SignatureGeneration {
        guard try Store.isThere(path) else { return .none }
        return try read(path, of: signer)[host] ?? .none
    }

    /// `none` for a peer that never signed.
    package subscript(_ host: PeerHost) -> SignatureGeneration {
        newest.withLock { $0[host] ?? .none }
    }

    /// What is to be remembered after a message of this generation verified; nil when nothing new.
    package func learn(_ host: PeerHost, _ generation: SignatureGeneration, now: Int) -> Change? {
        guard generation > self[host] else { return nil }
        return Change(
            write: { [table] db in
                try db.run(
                    kept: """
                        INSERT INTO \(table) (host, newest, since) VALUES (?, ?, ?)
                        ON CONFLICT (host) DO UPDATE SET newest = excluded.newest,
                            since = excluded.since WHERE excluded.newest > newest
                        """, [host.description, generation.rawValue, now])
            },
            committed: { [self] in
                newest.withLock { $0[host] = max($0[host] ?? .none, generation) }
            })
    }

    /// Forgets how the host has signed: whatever it does next is its first time.
    package func forget(_ host: PeerHost) -> Change {
        Change(
            write: { [table] db in
                try db.run(kept: "DELETE FROM \(table) WHERE host = ?", [host.description])
            },
            committed: { [self] in newest.withLock { $0[host] = nil } })
    }
}
