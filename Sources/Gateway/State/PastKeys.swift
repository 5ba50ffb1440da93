import Federation
import Foundation
import GRDB
import HTTPSignatures
import OpenSSL
import Synchronization

/// The keys that peers have shown: those that they show now, and the last few before. They verify
/// nothing, and only tell why a signature fails (decision 46); that survives a restart.
///
/// Learned from verified messages that are let in, as pins are: nobody is remembered for a fetch.
final class PastKeys: Sendable {
    private struct Kept: Sendable, Equatable {
        let key: OfferedKey
        let spki: [UInt8]
        let algorithm: SignatureAlgorithm?
        /// Since when the peer shows it no more, Unix seconds; nil while it does.
        var ended: Int?

        init(_ key: PeerKey) {
            self.key = OfferedKey(key)
            spki = key.key.key.spki
            algorithm = key.key.algorithm
        }

        init(_ row: Row) {
            key = OfferedKey(
                source: row["source"], id: row["key_id"], thumbprint: row["thumbprint"])
            spki = Array(row["spki"] as Data)
            algorithm = (row["algorithm"] as String?).flatMap { SignatureAlgorithm(rawValue: $0) }
            ended = row["ended"]
        }

        /// The key itself; nil for one that cannot be read any more.
        var peerKey: PeerKey? {
            guard let source = PeerKey.Source(rawValue: key.source),
                let read = try? PublicKey(spki: spki),
                let verification = try? VerificationKey(read, algorithm: algorithm)
            else { return nil }
            return PeerKey(id: key.id, key: verification, source: source)
        }

        func isSame(as shown: PeerKey) -> Bool {
            key.source == shown.source.rawValue && key.id == shown.id
                && key.thumbprint == shown.thumbprint
        }
    }

    private let kept: Mutex<[PeerHost: [Kept]]>

    init(_ store: Store) throws(FileProblem) { kept = Mutex(try store.read(Self.load)) }

    private static func load(_ db: Database) throws -> [PeerHost: [Kept]] {
        var kept: [PeerHost: [Kept]] = [:]
        let rows = try Row.fetchCursor(db, sql: "SELECT * FROM past_key ORDER BY host")
        while let row = try rows.next() {
            guard let host = PeerHost(row["host"] as String) else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a past key")
            }
            kept[host, default: []].append(Kept(row))
        }
        return kept
    }

    /// The keys that a host had and has no more, the last one first.
    ///
    /// - Parameter shown: what it shows now. A source of which nothing is known at the moment, as
    ///   after a start, takes nothing away.
    func keys(of host: PeerHost, but shown: [PeerKey]) -> [PeerKey] {
        let sources = Set(shown.map(\.source.rawValue))
        return (kept.withLock { $0[host] } ?? [])
            .filter { kept in
                (kept.ended != nil || sources.contains(kept.key.source))
                    && !shown.contains { kept.isSame(as: $0) }
            }
            .sorted { $0.ended ?? .max > $1.ended ?? .max }
            .compactMap(\.peerKey)
    }

    /// What a message that is let in teaches: these are the keys of its peer now. Nil when that is
    /// known.
    func learn(_ host: PeerHost, shown: [PeerKey], now: Int) -> Change? {
        let before = kept.withLock { $0[host] } ?? []
        let isKnown =
            shown.allSatisfy { key in
                before.contains { $0.ended == nil && $0.isSame(as: key) }
            }
            && before.allSatisfy { kept in
                kept.ended != nil || shown.contains { kept.isSame(as: $0) }
                    || !shown.contains { $0.source.rawValue == kept.key.source }
            }
        if isKnown { return nil }
        let sources = Set(shown.map(\.source.rawValue))
        // Of a source that shows nothing now, the old ones stay.
        let stay = before.filter { $0.ended == nil && !sources.contains($0.key.source) }
        let gone = before.filter { kept in
            (kept.ended != nil || sources.contains(kept.key.source))
                && !shown.contains { kept.isSame(as: $0) }
        }.map { kept in
            var gone = kept
            gone.ended = kept.ended ?? now
            return gone
        }.sorted { $0.ended ?? 0 > $1.ended ?? 0 }
        return change(
            host,
            Array((shown.map { Kept($0) } + stay).prefix(Self.mostShown))
                + gone.prefix(Self.mostGone))
    }

    /// Forgets all keys of the host, from the commit on.
    func forget(_ host: PeerHost) -> Change { change(host, []) }

    private func change(_ host: PeerHost, _ new: [Kept]) -> Change {
        Change(
            write: { db in
                try db.run(kept: "DELETE FROM past_key WHERE host = ?", [host.description])
                for kept in new {
                    try db.run(
                        kept: """
                            INSERT OR REPLACE INTO past_key
                                (host, source, key_id, thumbprint, spki, algorithm, ended)
                            VALUES (?, ?, ?, ?, ?, ?, ?)
                            """,
                        [
                            host.description, kept.key.source, kept.key.id,
                            kept.key.thumbprint, Data(kept.spki), kept.algorithm?.rawValue,
                            kept.ended,
                        ])
                }
            },
            committed: { [self] in kept.withLock { $0[host] = new.isEmpty ? nil : new } })
    }

    /// Keys of one peer that it shows, as many as a key set may have in both places.
    private static let mostShown = 40
    /// Keys of one peer that it shows no more.
    private static let mostGone = 4
}
