import Foundation
import OpenSSL
import Synchronization
import Transport

/// Which signed messages have been seen, so that none is taken twice.
///
/// An entry is kept until `created + window + skew` has passed on the wall clock *and*
/// `window + skew` on a clock that never steps, and then for as long as there is room, up to
/// `horizon`: so a clock that steps back by less than that forgets nothing. What was forgotten
/// leaves a floor: a message created at or before it can no longer be told from a repetition and is
/// refused. Full means refuse; nothing is forgotten early. Strangers may not take the last quarter.
package final class ReplayCache: Sendable {
    /// What the cache says of a message.
    package enum Judgement: Sendable {
        /// Never seen. Commit the change (with the message's other ones) before acting on it; it has
        /// to be committed, whatever becomes of the message, or its place is never given back.
        case first(Change)
        /// Seen before (whether from the same client, and when), or created before the time from
        /// which on the cache knows everything.
        case known(Known)
        /// No room: too many messages inside their windows, of all peers or of this one; of a stranger,
        /// also when only the room for the others is left.
        case full
    }

    /// Why a message is not new.
    package enum Known: Sendable, Equatable {
        /// Seen at a time of the wall clock (seconds), and of the one that never steps (milliseconds).
        case repeated(Client, seen: Int, monotonic: Int)
        case untellable(floor: Int)
    }

    /// Where a repetition comes from, compared with the first time.
    package enum Client: Sendable, Equatable { case same, other }

    /// How long and how much is kept.
    package struct Limits: Sendable {
        /// Seconds, from `[signature] window` and `skew`.
        package var window: Int
        package var skew: Int
        /// Seconds after which an entry goes even when there is room.
        package var horizon = 3600
        package var capacity = 200_000
        /// The most that one peer may fill.
        package var perPeer = 50_000
        /// What strangers leave to peers that are known.
        var reserve: Int { capacity / 4 }
    }

    private let memory: Mutex<ReplayMemory>
    private let key: HMACKey
    private let rows: Mutex<Int64>

    /// Loads what is still inside its window.
    ///
    /// - Parameters:
    ///   - knownFrom: of a new state file, the time from which on everything is known: usually
    ///     `now`, since an earlier state may have been lost.
    ///   - lostBefore: of a state file that may be an older copy, the time of its opening.
    ///   - now: unix seconds.
    ///   - monotonic: milliseconds of a clock that never steps.
    package init(
        _ store: Store, _ key: SealKey, limits: Limits, knownFrom: Int,
        lostBefore: Int? = nil, now: Int, monotonic: Int
    ) throws(FileProblem) {
        self.key = key.hmac(for: .replay)
        let loaded = try store.read { try ReplayRows.load($0) }
        let known = loaded.floor ?? knownFrom - 1
        let floor = lostBefore.map { max(known, $0 - 1) } ?? known
        var memory = ReplayMemory(limits: limits, floor: floor)
        for row in loaded.rows { memory.restore(row, now: now, monotonic: monotonic) }
        self.memory = Mutex(memory)
        rows = Mutex(loaded.rows.last?.id ?? 0)
    }

    /// The name under which a message is remembered.
    ///
    /// - Parameter identity: what makes the message this one, independent of how its signature is
    ///   encoded: signer and signature base.
    func name(of identity: [UInt8]) -> Digest128 { Digest128(identity, key: key) }

    /// What is known of a message before its signature is verified: a look only, so that a forged
    /// one takes no place and spoils none. Nil for one that could be new.
    func glance(_ name: Digest128, client: String, created: Int) -> Known? {
        memory.withLock { $0.glance(name, client: client.hashValue, created: created) }
    }

    /// Judges a message whose signature has been verified, and reserves its place when it is new.
    ///
    /// - Parameters:
    ///   - peer: the name of the verified signer, whose ports share one part of the memory.
    ///   - acquaintance: what is known of it: anybody can invent hosts that sign.
    ///   - client: the address it came from.
    ///   - created: the signature's own time, unix seconds.
    ///   - monotonic: milliseconds of a clock that never steps.
    func judge(
        _ name: Digest128, peer: String, _ acquaintance: Acquaintance, client: String,
        created: Int, now: Int, monotonic: Int
    ) -> Judgement {
        let peer = Digest128(Array(peer.utf8), key: key)
        let client = client.hashValue
        let result = memory.withLock {
            $0.judge(
                ReplayEntry(
                    name: name, peer: peer, client: client, created: created, seen: now,
                    monotonic: monotonic),
                of: acquaintance)
        }
        switch result {
        case .first: return .first(change(name, peer, created))
        case .known(let known): return .known(known)
        case .full: return .full
        }
    }

    /// Forgets what may be forgotten; commit the change, if any. To be called now and then.
    package func expire(now: Int, monotonic: Int) -> Change? {
        guard let gone = memory.withLock({ $0.expire(now: now, monotonic: monotonic) }) else {
            return nil
        }
        return Change(write: { try ReplayRows.write(floor: gone.floor, upTo: gone.lastRow, $0) })
    }

    package var count: Int { memory.withLock { $0.count } }

    /// Messages created at or before this (unix seconds) are refused.
    package var floor: Int { memory.withLock { $0.floor } }

    private func change(_ name: Digest128, _ peer: Digest128, _ created: Int) -> Change {
        Change(
            write: { [self] db in
                let row = rows.withLock { row in
                    row += 1
                    return row
                }
                try ReplayRows.insert(
                    ReplayRow(id: row, name: name, peer: peer, created: created), db)
                memory.withLock { $0.setRow(row, of: name) }
            },
            abandoned: { [self] in memory.withLock { $0.withdraw(name) } })
    }
}
