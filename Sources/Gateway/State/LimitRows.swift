import Federation
import Foundation
import GRDB

/// What of slow limits outlives a restart: a limit of fifty a day is none if a restart empties it.
///
/// Limits whose room comes back within ten minutes are not written. Names of peers and accounts are
/// there as keyed hashes only.
extension LimitTable {
    /// Two clocks at one moment; what is on the disk has times of the wall.
    struct Moment: Sendable {
        /// Unix seconds.
        let wall: Double
        /// Seconds of the clock that never steps.
        let monotonic: Double

        init(_ environment: Environment) {
            wall = Double(environment.now())
            monotonic = environment.preciseMonotonicSeconds()
        }
    }

    /// Reads what an earlier gateway knew.
    ///
    /// - Parameter places: those of the policy in force.
    func load(
        _ store: Store, _ places: [Place], at now: Moment
    ) throws(FileProblem) {
        for place in places where place.isSlow {
            let rows = try store.read { db in
                try Row.fetchAll(
                    db, sql: "SELECT * FROM room WHERE block = ? AND ends > ?",
                    arguments: [place.identity.description, now.wall])
            }
            place.meter.restore(Self.usages(rows, at: now))
        }
    }

    private static func usages(
        _ rows: [Row], at now: Moment
    ) -> [(SipHash.Value, LimitMeter.Usage)] {
        var usages: [SipHash.Value: LimitMeter.Usage] = [:]
        for row in rows {
            guard let holder = SipHash.Value(row["holder"] as Data),
                let peer = SipHash.Value(row["peer"] as Data)
            else { continue }
            // Nothing was used in the future, whatever the wall clock has done since.
            let age = max(0, now.wall - (row["at"] as Double))
            let at = now.monotonic - age
            let none = LimitMeter.Usage(used: 0, at: at, peer: peer, isNew: false)
            // In place: of some there are many thousands.
            if let value = SipHash.Value(row["value"] as Data) {
                usages[holder, default: none].values[value] = at
            } else {
                usages[holder, default: none].used = row["used"]
                usages[holder, default: none].at = at
            }
        }
        return usages.map { ($0.key, $0.value) }
    }

    /// What the disk does not have yet; nil when it has all.
    func flush(_ places: [Place], at now: Moment) -> Change? {
        let news = places.filter(\.isSlow).map { ($0, $0.meter.takeNews()) }
            .filter { !$0.1.isEmpty }
        guard !news.isEmpty else { return nil }
        return Change(
            write: { db in
                for (place, news) in news {
                    for holder in news.gone { try Self.forget(holder, place, db) }
                    for (holder, usage) in news.changed {
                        try Self.write(usage, of: holder, place, at: now, db)
                    }
                }
                // What counts no more and was not forgotten here, as of a limit that is no more; also where
                // the clock is some days ahead.
                try db.run(kept: "DELETE FROM room WHERE ends <= ?", [now.wall - Self.kept])
            },
            abandoned: { for (place, news) in news { place.meter.giveBack(news) } })
    }

    /// Seconds.
    private static let kept = 30.0 * 86_400

    private static func forget(
        _ holder: SipHash.Value, _ place: Place, _ db: Database
    ) throws {
        try db.run(
            kept: "DELETE FROM room WHERE block = ? AND holder = ?",
            [place.identity.description, holder.data])
    }

    private static func write(
        _ usage: LimitMeter.Usage, of holder: SipHash.Value, _ place: Place, at now: Moment,
        _ db: Database
    ) throws {
        let block = place.identity.description
        let terms = LimitMeter.Terms(place.measure)
        let memory = terms.memory
        let insert = """
            INSERT OR REPLACE INTO room (block, holder, value, peer, used, at, ends)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """
        // What a message took that was refused after all leaves nothing to remember.
        if terms.isOver(usage, now.monotonic) { return try forget(holder, place, db) }
        // A bucket that is in debt may take twice as long.
        let at = now.wall - (now.monotonic - usage.at)
        try db.run(
            kept: insert,
            [block, holder.data, Data(), usage.peer.data, usage.used, at, at + 2 * memory])
        for value in usage.newValues {
            guard let last = usage.values[value] else {
                try db.run(
                    kept: "DELETE FROM room WHERE block = ? AND holder = ? AND value = ?",
                    [block, holder.data, value.data])
                continue
            }
            let at = now.wall - (now.monotonic - last)
            try db.run(
                kept: insert,
                [block, holder.data, value.data, usage.peer.data, 0.0, at, at + memory])
        }
    }
}

extension LimitTable.Place {
    /// Whether it takes more than ten minutes until all of its room has come back.
    var isSlow: Bool { LimitMeter.Terms(measure).isSlow }
}
