package import Federation
import Foundation
import GRDB
import OpenSSL
import Synchronization
import Transport

/// A peer whose messages wait until a person has decided.
package struct HeldPeer: Sendable, Equatable {
    package let peer: PeerHost
    /// Unix seconds.
    package var first: Int
    package var last: Int
    /// How many messages came.
    package var count: Int
    /// The first and the newest of them.
    package var messages: [HeldMessage]

    /// Whether it waits since it showed other keys than it is known by, too.
    package var hasOtherKeys: Bool { messages.contains(where: \.isOfOtherKeys) }
}

/// The peers that wait for a person, and what their messages said (settled questions, 15).
///
/// The messages themselves are not kept: their senders were told no. What is kept is bounded, of
/// each peer and in all, and ends 30 days after a peer's last message. When there are too many
/// peers, the one that has been silent for longest goes, of those that came from the network which
/// named the most: who makes up names pushes out nobody else's.
package final class HoldBook: Sendable {
    fileprivate struct Entry {
        var held: HeldPeer
        /// From where the first message came.
        let network: String
        var isNew = true
        /// Since when it has been silent for too long: seconds of a clock that never steps.
        var overSince: Int?
    }

    fileprivate struct State {
        var entries: [PeerHost: Entry] = [:]
        /// Peers that are on the disk and are not to be, unless they wait again.
        var gone: Set<PeerHost> = []
    }

    private let state: Mutex<State>
    private let seal: AEADKey
    private let capacity: Int

    /// Loads all that wait.
    ///
    /// Refused: rows that do not read or open.
    package init(_ store: Store, _ key: SealKey, capacity: Int = 1000) throws(FileProblem) {
        let seal: AEADKey
        do { seal = try key.aead(for: .hold) } catch {
            throw FileProblem(store.path, "cannot seal: \(error)")
        }
        self.seal = seal
        self.capacity = capacity
        let rows = try store.read { db in try HoldRows.load(db, seal) }
        state = Mutex(
            State(
                entries: Dictionary(
                    rows.map { held in
                        let network = Self.network(of: held.messages.first?.client ?? "")
                        return (held.peer, Entry(held: held, network: network, isNew: false))
                    }, uniquingKeysWith: { first, _ in first })))
    }

    /// All that wait, those whose last message is newest first.
    package var all: [HeldPeer] {
        state.withLock { $0.entries.values.map(\.held) }.sorted { $0.last > $1.last }
    }

    package subscript(_ peer: PeerHost) -> HeldPeer? { state.withLock { $0.entries[peer]?.held } }

    /// Keeps what a held message said; on the disk with the next `flush`. True for a peer that has not
    /// waited before.
    @discardableResult
    func note(_ message: HeldMessage, of peer: PeerHost) -> Bool {
        state.withLock { state in
            let isNew = state.entries[peer] == nil
            if isNew {
                state.makeRoom(capacity)
                state.entries[peer] = Entry(
                    held: HeldPeer(
                        peer: peer, first: message.at, last: message.at, count: 0, messages: []),
                    network: Self.network(of: message.client))
            }
            state.entries[peer]?.take(message, Self.messages)
            return isNew
        }
    }

    /// Forgets those that have been silent for too long, and were for a day of `monotonic`, seconds of a
    /// clock that never steps: one that is ahead for less takes nothing away.
    func expire(now: Int, monotonic: Int) {
        state.withLock { state in
            for (peer, entry) in state.entries {
                let since: Int? =
                    now - entry.held.last > Self.lifetime ? entry.overSince ?? monotonic : nil
                if let since, monotonic - since >= Self.delay {
                    state.entries[peer] = nil
                    state.gone.insert(peer)
                } else if since != entry.overSince {
                    state.entries[peer]?.overSince = since
                }
            }
        }
    }

    /// What the disk does not have yet; nil when it has all. What is written is what waits at that time, so
    /// that nothing comes back that was forgotten meanwhile; what could not be written is new again.
    func flush() -> Change? {
        let (new, gone) = state.withLock { state -> ([PeerHost], Set<PeerHost>) in
            var new: [PeerHost] = []
            for index in state.entries.indices where state.entries.values[index].isNew {
                state.entries.values[index].isNew = false
                new.append(state.entries.keys[index])
            }
            defer { state.gone = [] }
            return (new, state.gone)
        }
        guard !new.isEmpty || !gone.isEmpty else { return nil }
        return Change(
            write: { [self] db in
                for peer in gone where self[peer] == nil { try HoldRows.remove(peer, db) }
                for peer in new {
                    guard let held = self[peer] else { continue }
                    try HoldRows.write(held, seal, db)
                }
            },
            abandoned: { [self] in
                state.withLock { state in
                    for peer in new { state.entries[peer]?.isNew = true }
                    state.gone.formUnion(gone.filter { state.entries[$0] == nil })
                }
            })
    }

    /// Whom the messages name, and from whom they came.
    ///
    /// - Parameter site: the host of accounts that are named without one.
    func subjects(site: PeerHost) -> Set<JournalSubject> {
        Set(all.flatMap { $0.messages.flatMap { $0.subjects(site: site) } })
    }

    /// Forgets the messages that name a subject of the journal, or came from it; that their peer waits
    /// stays. Nil where nothing is to be written, of these or of what came before.
    ///
    /// - Parameter site: the host of accounts that are named without one.
    func forget(_ subject: JournalSubject, site: PeerHost) -> Change? {
        state.withLock { state in
            for (peer, entry) in state.entries
            where entry.held.messages.contains(where: {
                $0.subjects(site: site).contains(subject)
            }) {
                state.entries[peer]?.held.messages.removeAll {
                    $0.subjects(site: site).contains(subject)
                }
                state.entries[peer]?.isNew = true
            }
        }
        return flush()
    }

    /// A person has decided: nothing of the peer waits any more, from the commit on.
    package func settle(_ peer: PeerHost) -> Change {
        Change(
            write: { db in try HoldRows.remove(peer, db) },
            committed: { [self] in
                state.withLock { state in
                    state.entries[peer] = nil
                    // A `flush` of the same transaction may have written it after that.
                    state.gone.insert(peer)
                }
            })
    }

    /// All that wait in a state file, read beside a gateway that runs.
    package static func read(
        _ path: String, _ key: SealKey, now: Int
    ) throws(FileProblem) -> [HeldPeer] {
        guard try Store.isThere(path) else { return [] }
        return try Store.look(path) { db in
            guard try db.tableExists("hold") else { return [] }
            return try HoldRows.load(db, key.aead(for: .hold))
                .filter { now - $0.last <= lifetime }.sorted { $0.last > $1.last }
        }
    }

    /// The network of an address; of a socket that tells none what it is called.
    private static func network(of client: String) -> String {
        IPAddress(client)?.network.description ?? client
    }

    /// Of each peer.
    private static let messages = 10
    /// Seconds.
    private static let lifetime = 30 * 86_400
    private static let delay = 86_400
}

extension HoldBook.Entry {
    fileprivate mutating func take(_ message: HeldMessage, _ most: Int) {
        held.count += 1
        held.last = max(held.last, message.at)
        held.messages.append(message)
        if held.messages.count > most { held.messages.remove(at: 1) }
        isNew = true
    }
}

extension HoldBook.State {
    fileprivate mutating func makeRoom(_ capacity: Int) {
        guard entries.count >= capacity else { return }
        var counts: [String: Int] = [:]
        for entry in entries.values { counts[entry.network, default: 0] += 1 }
        let most = counts.values.max() ?? 0
        let leaving = entries.values.filter { counts[$0.network] == most }
            .min { $0.held.last < $1.held.last }
        guard let peer = leaving?.held.peer else { return }
        entries[peer] = nil
        gone.insert(peer)
    }
}

/// The table of held peers.
private enum HoldRows {
    static func load(_ db: Database, _ seal: AEADKey) throws -> [HeldPeer] {
        var all: [HeldPeer] = []
        let rows = try Row.fetchCursor(db, sql: "SELECT * FROM hold")
        while let row = try rows.next() {
            let name: String = row["peer"]
            guard let peer = PeerHost(name),
                let bytes = try? seal.open(
                    [UInt8](row["messages"] as Data), authenticating: Array(name.utf8)),
                let messages = try? JSONDecoder().decode(
                    [HeldMessage].self, from: Data(bytes))
            else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a held peer") }
            all.append(
                HeldPeer(
                    peer: peer, first: row["first"], last: row["last"], count: row["count"],
                    messages: messages))
        }
        return all
    }

    static func write(_ held: HeldPeer, _ seal: AEADKey, _ db: Database) throws {
        let name = held.peer.description
        let sealed = seal.seal(
            [UInt8](try JSONEncoder().encode(held.messages)), authenticating: Array(name.utf8))
        try db.run(
            kept: """
                INSERT OR REPLACE INTO hold (peer, first, last, count, messages)
                VALUES (?, ?, ?, ?, ?)
                """, [name, held.first, held.last, held.count, Data(sealed)])
    }

    static func remove(_ peer: PeerHost, _ db: Database) throws {
        try db.run(kept: "DELETE FROM hold WHERE peer = ?", [peer.description])
    }
}
