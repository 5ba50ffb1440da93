import Federation
import Foundation
import GRDB
import Synchronization

/// The state file: SQLite in WAL mode with `synchronous=FULL`, one process, one writer thread.
///
/// Hot reads never come here: the tables (`ShareRegistry`, `ReplayCache`, `PinBook`,
/// `PeerGenerations`) are loaded at start and change when a commit is on disk.
/// A damaged, newer or foreign file is refused at start and never reset.
package final class Store: Sendable {
    package let path: String
    /// Whether the file was made by this opening: nothing is known of what happened before.
    package let isNew: Bool
    /// Whether a file was there without its mark, so that it may be an older copy of what was.
    let isUnmarked: Bool
    /// That the file was of an older schema; nil where it was not.
    let migration: Migration?
    /// Wall time, unix seconds, when the file was first made.
    package let born: Int

    private let database: DatabaseQueue
    private let queue: CommitQueue
    private let margin: DiskMargin
    private let lock: StoreLock
    /// Of the mark, which nobody takes for a lock that was left behind.
    private let markLock: StoreLock
    private let health: Health

    /// Opens the file, or makes it and its folder. One of an older schema is kept beside it as it is, and brought to
    /// the newest (``Migration``).
    ///
    /// Refused, with the remedy: a second gateway on the same file, a file that others may use, a
    /// foreign database, a newer schema, a file that fails `integrity_check`, one that counts fewer
    /// commits than were acknowledged (a damaged or missing write-ahead log, an old copy), and one
    /// that was made with another seal key; a disk that has too little room (``DiskMargin``).
    ///
    /// - Parameter underWay: the messages whose changes are worth waiting for.
    package static func open(
        _ path: String, _ key: SealKey, now: Int, underWay: UnderWay = UnderWay()
    ) throws(FileProblem) -> Store {
        let store = try open(path, key, now: now, underWay: underWay, lock: nil)
        store.migration?.tell()
        return store
    }

    /// Opens it likewise, with the lock that this process has of it already.
    static func open(
        _ path: String, _ key: SealKey, now: Int, underWay: UnderWay = UnderWay(), lock: StoreLock?,
        margin: DiskMargin? = nil
    ) throws(FileProblem) -> Store {
        try Store(
            opening: path, key, now: now, underWay, lock, margin ?? DiskMargin(of: path))
    }

    private init(
        opening path: String, _ key: SealKey, now: Int, _ underWay: UnderWay, _ lock: StoreLock?,
        _ margin: DiskMargin
    ) throws(FileProblem) {
        self.path = path
        self.margin = margin
        let folder = (path as NSString).deletingLastPathComponent
        if !folder.isEmpty { try PrivateFile.folderToWrite(folder) }
        if let lock { self.lock = lock } else { self.lock = try StoreLock(of: path) }
        try margin.require(for: path)
        let marked = try StoreMark.read(path + ".mark")
        isNew = try Self.prepareFile(path, marked: marked)
        isUnmarked = !isNew && marked == nil
        do {
            if !isNew {
                try Self.checker(path, marked: marked).read {
                    try Self.check($0, path: path, key, marked: marked)
                }
            }
            database = try DatabaseQueue(path: path, configuration: Self.configuration())
            let opened = try Self.prepare(database, path: path, key, margin, now: now)
            born = opened.born
            migration = opened.migration
            try StoreMark.make(path + ".mark", opened.commits)
            markLock = try StoreLock(path + ".mark")
            let mark = try StoreMark(path + ".mark", opened.commits)
            let places = try [path, path + "-wal"].map { try FilePlace($0) }
            let health = Health(places, margin, commits: opened.commits)
            self.health = health
            queue = CommitQueue(
                underWay: underWay,
                hears: { disk in
                    switch disk {
                    case .slow: health.note(.slow)
                    case .answers: health.note(.taken)
                    }
                },
                write: { [database] batch in
                    Self.write(batch, to: database, mark: mark, health: health)
                })
            health.queue.withLock { [queue] in $0 = queue }
        } catch { throw FileProblem(path: path, reading: error) }
    }

    /// Makes the changes durable, all of them or none; returns when they are on disk.
    ///
    /// Whoever else waits shares the transaction and its sync. On any failure nothing of it may be
    /// acknowledged.
    package func commit(_ changes: [Change]) async throws(StoreFailure) {
        if changes.isEmpty { return }
        let failure: StoreFailure? = await withCheckedContinuation { continuation in
            queue.submit(CommitQueue.Entry(changes) { continuation.resume(returning: $0) })
        }
        if let failure { throw failure }
    }

    /// Returns when all of it is on the disk. Refused (`StoreFailure`): none of it is then.
    package func commit(_ changes: Change...) async throws(StoreFailure) {
        try await commit(changes)
    }

    /// Queues changes whose loss is bearable, such as what is remembered of a message that was
    /// refused; nobody waits for them, and nobody hears that they failed.
    package func commitLater(_ changes: [Change]) {
        if changes.isEmpty { return }
        queue.submit(CommitQueue.Entry(changes, isAwaited: false) { _ in })
    }

    /// Whether writes are taken. `broken` after a write or sync error, and once the file was taken
    /// away: only a restart mends it.
    package var isHealthy: Bool { doubt == nil }

    /// Why no writes are taken any more; nil while they are.
    var doubt: String? { health.doubt.withLock { $0 } }

    /// What becomes of what is written.
    enum Word: Sendable, Equatable {
        /// The disk takes none of it now.
        case refused(String)
        /// It has not answered for longer than who waits for it does.
        case slow
        /// It takes it again.
        case taken
        /// Nothing is written any more.
        case doubt(String)
    }

    /// From now on hears each of these when it begins, on the writer's thread; of a slow disk on another one, which
    /// must not wait for the disk, too.
    func tell(_ hears: @escaping @Sendable (Word) -> Void) { health.tell(hears) }

    /// Empties the write-ahead log, in which everything stands that was written before.
    ///
    /// Refused (`disk`): while somebody reads the file, after some two seconds; those who commit
    /// meanwhile wait for a moment only.
    func fold() async throws(StoreFailure) {
        guard margin.isKept else { throw .disk(DiskMargin.lack) }
        for _ in 0..<5 {
            do { if try await isFolded() { return } } catch { throw .disk("\(error)") }
            // Ended early only by being cancelled: then it is tried again at once.
            try? await Task.sleep(for: .milliseconds(200))
        }
        throw .disk("somebody reads \(path), and keeps what was deleted from it; try again")
    }

    /// Empties the write-ahead log, unless somebody reads it.
    private func isFolded() async throws -> Bool {
        try await database.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA busy_timeout = 200")
            defer { try? db.execute(sql: "PRAGMA busy_timeout = \(Int(Self.patience * 1000))") }
            return try Int.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)") == 0
        }
    }

    /// Writes what waits, empties the write-ahead log, and lets the file go.
    package func close() {
        queue.stop(.closed)
        _ = queue.drain(upTo: .seconds(10))
        // Which has the health, and the mark's file.
        health.queue.withLock { $0 = nil }
        if margin.isKept {
            try? database.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            }
        }
        margin.close(database)
        markLock.release()
        lock.release()
    }

    /// Remembers the name of the site; before the shares are read.
    func name(_ site: PeerHost) throws(FileProblem) {
        do {
            try database.writeWithoutTransaction { db in
                try db.inTransaction(.immediate) {
                    try Self.name(site, db)
                    return .commit
                }
            }
        } catch { throw FileProblem(path: path, reading: error) }
    }

    /// Reads for loading the tables at start.
    func read<T>(_ body: (Database) throws -> T) throws(FileProblem) -> T {
        do { return try database.read(body) } catch {
            throw FileProblem(path: path, reading: error)
        }
    }
}

extension Store {
    /// What outlives one batch: the failure that ends all writing, and the count of commits.
    final class Health: Sendable {
        /// Why nothing is written any more.
        let doubt = Mutex<String?>(nil)
        let commits: Mutex<Int>
        /// Until the store is closed.
        let queue = Mutex<CommitQueue?>(nil)
        /// Of the files that are written: without its name one takes writes as before, and no restart finds
        /// it.
        private let places: [FilePlace]
        let margin: DiskMargin
        private let refusal = Mutex(Refusal())

        private struct Refusal {
            /// What became of the last write.
            var last = Word.taken
            var hears: (@Sendable (Word) -> Void)?
        }

        init(_ places: [FilePlace], _ margin: DiskMargin, commits: Int) {
            self.places = places
            self.margin = margin
            self.commits = Mutex(commits)
        }

        func tell(_ hears: @escaping @Sendable (Word) -> Void) {
            refusal.withLock { $0.hears = hears }
        }

        /// What becomes of a write: told where it is something else than of the one before.
        func note(_ word: Word) {
            let hears = refusal.withLock { refusal -> (@Sendable (Word) -> Void)? in
                guard refusal.last != word else { return nil }
                refusal.last = word
                return refusal.hears
            }
            hears?(word)
        }

        var isInPlace: Bool { places.allSatisfy(\.isKept) }

        func fail(_ reason: String) {
            doubt.withLock { $0 = reason }
            queue.withLock { $0 }?.stop(.broken)
            let hears = refusal.withLock { $0.hears }
            hears?(.doubt(reason))
        }
    }

    /// Puts a batch on disk in one transaction.
    ///
    /// When a row breaks a rule, each entry is tried by itself, so that it fails alone. What is in a
    /// file that was taken away counts as not written.
    private static func write(
        _ batch: [CommitQueue.Entry], to database: DatabaseQueue, mark: StoreMark, health: Health
    ) -> [(CommitQueue.Entry, StoreFailure?)] {
        if health.doubt.withLock({ $0 != nil }) { return batch.map { ($0, .broken) } }
        let number = health.commits.withLock { $0 } + 1
        let failure: StoreFailure? =
            health.margin.isKept
            ? transact(batch, database, number, health) : .disk(DiskMargin.lack)
        switch failure {
        case nil where health.isInPlace:
            health.commits.withLock { $0 = number }
            health.note(.taken)
            // A mark that stays behind only sees less; the commit itself is on disk.
            try? mark.write(number)
            return batch.map { ($0, nil) }
        case .conflict where batch.count > 1:
            return batch.flatMap { write([$0], to: database, mark: mark, health: health) }
        case nil:
            health.fail("a file of it was taken away while it was written")
            return batch.map { ($0, .broken) }
        case .broken?:
            return batch.map { ($0, .broken) }
        case let failure?:
            if case .disk = failure { health.note(.refused(failure.description)) }
            return batch.map { ($0, failure) }
        }
    }

    private static func transact(
        _ batch: [CommitQueue.Entry], _ database: DatabaseQueue, _ number: Int, _ health: Health
    ) -> StoreFailure? {
        do {
            try database.writeWithoutTransaction { db in
                try db.transaction {
                    for entry in batch {
                        for change in entry.changes { try change.write(db) }
                    }
                    try OwedWord.write(batch.flatMap { $0.changes.compactMap(\.word) }, db)
                    try db.run(
                        kept: "UPDATE fact SET value = ? WHERE name = 'commits'", [number])
                }
            }
            return nil
        } catch let error as DatabaseError {
            let text = error.words
            if error.passing != nil { return .disk(text) }
            switch error.resultCode {
            case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_TOOBIG: return .conflict(text)
            default:
                health.fail("\(text) (SQLite \(error.errorCode))")
                return .broken
            }
        } catch { return .conflict("\(error)") }
    }
}
