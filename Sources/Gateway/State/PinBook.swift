package import Federation
import GRDB
import Synchronization

/// The keys that peers are known by: what was seen of each, and when.
package final class PinBook: Sendable {
    private let pins: Mutex<[PeerHost: [Pin]]>

    package init(_ store: Store) throws(FileProblem) {
        pins = Mutex(try store.read(Self.load))
    }

    /// The pins of a state file, read beside a gateway that runs.
    package static func read(_ path: String) throws(FileProblem) -> [PeerHost: [Pin]] {
        try Store.look(path, load)
    }

    private static func load(_ db: Database) throws -> [PeerHost: [Pin]] {
        var pins: [PeerHost: [Pin]] = [:]
        let rows = try Row.fetchCursor(db, sql: "SELECT * FROM pin ORDER BY host")
        while let row = try rows.next() {
            guard let host = PeerHost(row["host"] as String) else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a pin")
            }
            let key = OfferedKey(
                source: row["source"], id: row["key_id"], thumbprint: row["thumbprint"])
            pins[host, default: []].append(
                Pin(key: key, firstSeen: row["first_seen"], lastSeen: row["last_seen"]))
        }
        return pins
    }

    package subscript(_ host: PeerHost) -> [Pin] { pins.withLock { $0[host] ?? [] } }

    /// Whether the host is known by this very key.
    func fact(of key: PeerKey, at host: PeerHost) -> PinFact {
        let thumbprint = OfferedKey(key).thumbprint
        return self[host].contains { $0.key.thumbprint == thumbprint } ? .pinned : .none
    }

    /// Whether the keys that a peer offers continue those that are kept of it; nothing is changed.
    package func judge(_ host: PeerHost, offered: [OfferedKey]) -> PinJudgement {
        Pins.judge(pins: self[host], offered: offered)
    }

    /// What a verified message teaches: the keys of first sight, those that a known one vouches for,
    /// and that others are shown no more, so that a key which was retired vouches for nothing. Nil
    /// when there is nothing new, or a surprise.
    package func learn(_ host: PeerHost, offered: [OfferedKey], now: Int) -> Change? {
        let pins = self[host]
        switch Pins.judge(pins: pins, offered: offered) {
        case .surprise: return nil
        case .firstSight, .continued: return accept(host, offered: offered, now: now)
        case .known:
            guard Pins.hasRetired(pins: pins, offered: offered) else { return nil }
            return change(host, Pins.merged(pins: pins, offered: offered, now: now))
        }
    }

    /// Knows the host by these keys from the commit on: after first sight or continuity, or because
    /// a person said so.
    package func accept(_ host: PeerHost, offered: [OfferedKey], now: Int) -> Change {
        let merged = Pins.merged(pins: self[host], offered: offered, now: now)
        return change(host, merged)
    }

    /// Forgets the host: the next keys are first sight again.
    package func forget(_ host: PeerHost) -> Change { change(host, []) }

    private func change(_ host: PeerHost, _ new: [Pin]) -> Change {
        Change(
            write: { db in
                try db.run(kept: "DELETE FROM pin WHERE host = ?", [host.description])
                for pin in new {
                    try db.run(
                        kept: """
                            INSERT OR REPLACE INTO pin
                                (host, source, key_id, thumbprint, first_seen, last_seen)
                            VALUES (?, ?, ?, ?, ?, ?)
                            """,
                        [
                            host.description, pin.key.source, pin.key.id, pin.key.thumbprint,
                            pin.firstSeen, pin.lastSeen,
                        ])
                }
            },
            committed: { [self] in pins.withLock { $0[host] = new.isEmpty ? nil : new } })
    }
}
