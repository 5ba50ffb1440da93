import Federation
import Foundation
import GRDB
import OpenSSL
import Synchronization

/// The random keys of the journal's subjects, each wrapped with the seal key, in a database beside
/// the journal. A subject whose row is gone is forgotten: nothing of it can be opened any more, and
/// nobody can tell any more whose pseudonym it was.
///
/// Used by whoever has the journal's disk; commands open it for reading beside it.
final class JournalSubjects {
    private struct Entry {
        let lookup: Data
        let pseudonym: JournalPseudonym
        let key: AEADKey
        /// The number of the last day on which the subject was written of.
        var used: Int

        func seal(_ text: String, of subject: JournalSubject) -> SealedPerson {
            SealedPerson(
                pseudonym: pseudonym, host: subject.host,
                sealed: key.seal(
                    text.utf8.span, authenticating: pseudonym.description.utf8.span))
        }
    }

    private struct NewRow {
        let lookup: Data
        let pseudonym: String
        let key: Data
    }

    /// The keys of those who were not written of since a day are to go: how far that has come.
    private struct Forgetting {
        let before: JournalDay
        /// The last row that was looked at.
        var after = Data()
        var count = 0
    }

    /// What became of keys that are to go.
    enum Forgotten: Equatable {
        /// There are more to look at.
        case some
        /// So many are gone, and no more are to go.
        case all(Int)
        /// Nothing is to be done now.
        case none
    }

    static let fileName = "subjects.db"

    /// The database of a journal's folder.
    static func file(in folder: String) -> String {
        (folder as NSString).appendingPathComponent(fileName)
    }

    /// Subjects whose keys are kept in memory, of those that are written and of those that are read.
    fileprivate static let mostRemembered = 8192

    let database: DatabaseQueue
    private let place: FilePlace
    private let margin: DiskMargin
    private let lookup: HMACKey
    private let wrap: AEADKey
    private let remembered: Int
    /// By the bytes of the subjects' names.
    private var known: [[UInt8]: Entry] = [:]
    /// Of the accounts of a day: their keys are written of as used on it.
    private let accounts = SealedAccounts()
    private var accountsDay: JournalDay?
    private var fresh: [NewRow] = []
    private var touched: [Data] = []
    private var problem: (any Error)?
    private var forgetting: Forgetting?
    /// Why the keys that `flush` had to write could not be written the last time: no room, or a
    /// database that somebody else uses or has taken away. They wait for the next time; lines may be written meanwhile,
    /// but whom they name is forgotten if the process ends.
    private(set) var blocked: JournalFailure?
    /// Whether the disk may still hold, elsewhere in the database, keys that were deleted; so may what
    /// a process before left.
    private(set) var hasLeftovers = true

    /// How a database is opened.
    enum Use { case writing, reading }

    /// Opens the database of a journal's folder, or makes it.
    ///
    /// - Parameter remembered: the most subjects whose keys stay in memory between two `flush`.
    init(
        _ folder: String, _ seal: SealKey, _ use: Use,
        remembered: Int = JournalSubjects.mostRemembered, margin: DiskMargin? = nil
    ) throws(FileProblem) {
        self.remembered = remembered
        let path = Self.file(in: folder)
        let margin = margin ?? DiskMargin(of: path)
        self.margin = margin
        lookup = seal.hmac(for: .journalLookup)
        do {
            wrap = try seal.aead(for: .journalKeys)
            switch use {
            case .reading:
                database = try Store.reader(path)
                place = try FilePlace(path)
            case .writing:
                try margin.require(for: path)
                if !PrivateFile.exists(path) { try PrivateFile.create(path, []) }
                try PrivateFile.checkStandingToWrite(path)
                place = try FilePlace(path)
                var settings = Store.configuration()
                // The journal may wait twice in a turn, and has less patience than twice two seconds.
                settings.busyMode = .timeout(0.4)
                database = try DatabaseQueue(path: path, configuration: settings)
                try database.writeWithoutTransaction { db in
                    try db.execute(
                        sql: """
                            PRAGMA synchronous = FULL;
                            PRAGMA secure_delete = ON;
                            CREATE TABLE IF NOT EXISTS subject (
                                lookup BLOB PRIMARY KEY,
                                pseudonym TEXT NOT NULL UNIQUE,
                                key BLOB NOT NULL,
                                used INTEGER NOT NULL) WITHOUT ROWID;
                            CREATE TABLE IF NOT EXISTS erased (
                                pseudonym TEXT PRIMARY KEY) WITHOUT ROWID;
                            """)
                }
            }
        } catch { throw Self.unusable(path, error) }
    }

    /// Refused: a file that its opening would refuse. One that is not there is none; nothing is changed.
    static func check(_ folder: String) throws(FileProblem) {
        let path = file(in: folder)
        guard PrivateFile.exists(path) else { return }
        do {
            try PrivateFile.checkStandingToWrite(path)
            _ = try Store.looker(path)?.read { db in
                try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema")
            }
        } catch { throw unusable(path, error) }
    }

    static func unusable(_ path: String, _ error: any Error) -> FileProblem {
        if let problem = error as? FileProblem { return problem }
        let error = error as? DatabaseError ?? DatabaseError(message: "\(error)")
        let text = error.words
        guard [.SQLITE_NOTADB, .SQLITE_CORRUPT].contains(error.resultCode) else {
            return FileProblem(
                path, "cannot be opened: \(text)",
                error.trouble(around: path)?.remedy
                    ?? "see whether the disk is whole; without this file the people in the "
                    + "journal cannot be told any more")
        }
        return FileProblem(
            path, "is damaged: \(text)",
            "see whether the disk is whole, and bring back a copy; or move it away, and "
                + lossAccepted(path))
    }

    /// How to go on without the keys of those whom the records name.
    static func lossAccepted(_ path: String) -> String {
        "where it is lost for good, and all of them stay pseudonyms that nobody can erase: "
            + "install -m 600 /dev/null \(path)"
    }

    // MARK: Sealing

    /// Whom a line may be about.
    enum People { case anybody, known }

    /// Seals what is in the lines of a day; of those who are not `known` yet only where that is anybody.
    func sealer(_ people: People = .anybody, site: PeerHost, on day: JournalDay) -> PersonSealer {
        if day != accountsDay { accounts.forget() }
        accountsDay = day
        return PersonSealer(
            site: site, accounts: accounts,
            seal: { subject, text in
                switch people {
                case .anybody: self.seal(subject, text, on: day)
                case .known: self.known(Array(subject.name.utf8), day)?.seal(text, of: subject)
                }
            })
    }

    /// Whether all keys that were made are on the disk.
    var areStored: Bool {
        fresh.isEmpty && touched.isEmpty && blocked == nil && problem == nil
    }

    /// Seals a text for its subject, which gets a key at its first. What fails is told by `flush`.
    func seal(_ subject: JournalSubject, _ text: String, on day: JournalDay) -> SealedPerson {
        let name = Array(subject.name.utf8)
        return (known(name, day) ?? entry(name, day)).seal(text, of: subject)
    }

    /// Who was written of on this day, or after it.
    private func known(_ name: [UInt8], _ day: JournalDay) -> Entry? {
        known[name].flatMap { $0.used >= day.number ? $0 : nil }
    }

    private func entry(_ name: [UInt8], _ day: JournalDay) -> Entry {
        var entry = known[name] ?? found(name, day)
        if entry.used < day.number {
            entry.used = day.number
            touched.append(entry.lookup)
        }
        known[name] = entry
        return entry
    }

    /// What is stored of a subject; else a new key, also when nothing can be read at the moment:
    /// `flush` finds out whether there was one.
    private func found(_ name: [UInt8], _ day: JournalDay) -> Entry {
        let lookup = Digest128(name, key: lookup).data
        do {
            if let entry = try stored("lookup", lookup) { return entry }
        } catch is JournalFailure {
        } catch { problem = error }
        let secret = Secret.random(32)
        let entry = Self.entry(lookup, secret, used: day.number)
        fresh.append(
            NewRow(
                lookup: lookup, pseudonym: entry.pseudonym.description,
                key: Data(
                    secret.withBytes { wrap.seal($0, authenticating: Array(lookup).span) })))
        return entry
    }

    private static func entry(_ lookup: Data, _ secret: Secret, used: Int) -> Entry {
        let name = HMACKey(.sha256, secret).authenticate(Array("pseudonym".utf8))
        do {
            return Entry(
                lookup: lookup, pseudonym: JournalPseudonym(digest: name),
                key: try AEADKey(secret), used: used)
        } catch { preconditionFailure("a key of 32 bytes is one") }
    }

    /// Makes the keys durable that were made since the last time; what passes and stood in the way is
    /// told by `blocked`.
    ///
    /// Of somebody who has a key there it stays: what was sealed with the new one is of a pseudonym
    /// that nobody can tell.
    func flush(_ day: JournalDay) throws {
        if let problem { throw problem }
        if fresh.isEmpty, touched.isEmpty { return }
        var twice: Set<Data> = []
        do {
            try write { db in
                for row in fresh {
                    try db.run(
                        kept: """
                            INSERT INTO subject VALUES (?, ?, ?, ?)
                                ON CONFLICT (lookup) DO NOTHING
                            """, [row.lookup, row.pseudonym, row.key, day.number])
                    if db.changesCount == 0 { twice.insert(row.lookup) }
                }
                for name in touched {
                    try db.run(
                        kept: "UPDATE subject SET used = ? WHERE lookup = ?", [day.number, name])
                }
            }
        } catch let failure as JournalFailure {
            blocked = failure
            return
        }
        blocked = nil
        fresh = []
        touched = []
        if !twice.isEmpty {
            known = known.filter { !twice.contains($0.value.lookup) }
            accounts.forget()
        }
        // Only here: what is not stored yet is known here alone.
        if known.count >= remembered { known.removeAll(keepingCapacity: true) }
    }

    /// Refused (`JournalFailure`): what finds no room, or cannot be done at the moment; nothing of it
    /// is written then. So for a database that was taken away: it may be brought back.
    private func write(_ changes: (Database) throws -> Void) throws {
        guard place.isKept else { throw JournalFailure.blocked }
        guard margin.isKept else { throw JournalFailure.full }
        do { try database.write(changes) } catch let error as DatabaseError {
            throw JournalFailure(passing: error) ?? error
        }
    }

    // MARK: Reading

    /// Refused (`JournalFailure`): what cannot be done at the moment.
    private func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        guard margin.isKept else { throw JournalFailure.full }
        do { return try database.read(body) } catch let error as DatabaseError {
            throw JournalFailure(passing: error) ?? error
        }
    }

    private func stored(
        _ column: String, _ value: some DatabaseValueConvertible & Sendable
    ) throws -> Entry? {
        try read { db in
            guard
                let row = try Row.fetchOne(
                    db, sql: "SELECT lookup, key, used FROM subject WHERE \(column) = ?",
                    arguments: [value])
            else { return nil }
            let name = row["lookup"] as Data
            let key = try wrap.open(
                [UInt8](row["key"] as Data), authenticating: Array(name))
            return Self.entry(name, Secret(key), used: row["used"])
        }
    }

    /// The key of a subject; nil when it was forgotten.
    func key(of pseudonym: JournalPseudonym) -> AEADKey? {
        (try? stored("pseudonym", pseudonym.description))?.key
    }

    // Who is to be forgotten need not be opened: the seal key may be another by now.

    /// The pseudonym of a subject; nil when nothing is written of it.
    func pseudonym(of subject: JournalSubject) throws -> JournalPseudonym? {
        let name = Digest128(Array(subject.name.utf8), key: lookup).data
        return try read { db in
            try String.fetchOne(
                db, sql: "SELECT pseudonym FROM subject WHERE lookup = ?", arguments: [name])
        }.flatMap { JournalPseudonym($0) }
    }

    func contains(_ pseudonym: JournalPseudonym) throws -> Bool {
        try read { db in
            try Int.fetchOne(
                db, sql: "SELECT 1 FROM subject WHERE pseudonym = ?",
                arguments: [pseudonym.description])
        } != nil
    }

    // MARK: Forgetting

    /// Deletes the key of a subject, and notes that the journal is to tell so; `fold` deletes what the
    /// database has left of it elsewhere.
    ///
    /// Refused (`JournalFailure`): what cannot be done at the moment; nothing is changed then.
    func forget(_ pseudonym: JournalPseudonym) throws {
        try write { db in
            let name = pseudonym.description
            try db.run(kept: "DELETE FROM subject WHERE pseudonym = ?", [name])
            try db.run(kept: "INSERT OR IGNORE INTO erased VALUES (?)", [name])
        }
        known = known.filter { $0.value.pseudonym != pseudonym }
        accounts.forget()
        hasLeftovers = true
    }

    /// Whose keys were deleted and of whom the journal may not have told so.
    func erased() throws -> [JournalPseudonym] {
        try read { try String.fetchAll($0, sql: "SELECT pseudonym FROM erased") }
            .compactMap { JournalPseudonym($0) }
    }

    /// The lines of these are on the disk. Where it cannot be noted, they are told once more.
    func settle(_ told: [JournalPseudonym]) {
        try? write { db in
            for name in told {
                try db.run(kept: "DELETE FROM erased WHERE pseudonym = ?", [name.description])
            }
        }
    }

    /// The keys of those who were not written of since a day are to go: `forgetSome` deletes them.
    /// They may be millions, and nobody is to wait for that.
    func forgetLater(before day: JournalDay) {
        forgetting = Forgetting(before: day)
        known = known.filter { $0.value.used >= day.number }
        accounts.forget()
    }

    /// Looks at some of the keys, and deletes those that are to go.
    ///
    /// Refused (`JournalFailure`): what cannot be done at the moment.
    func forgetSome() throws -> Forgotten {
        // Who was written of since and is not stored so yet stays.
        guard var forgetting, touched.isEmpty else { return .none }
        let last = try read { db in
            try Data.fetchOne(
                db,
                sql: """
                    SELECT lookup FROM subject WHERE lookup > ? ORDER BY lookup LIMIT 1 OFFSET ?
                    """,
                arguments: [forgetting.after, Self.lookedAt - 1])
        }
        var count = 0
        try write { db in
            try db.run(
                kept: "DELETE FROM subject WHERE lookup > ? AND lookup <= ? AND used < ?",
                [forgetting.after, last ?? Self.behindAll, forgetting.before.number])
            count = db.changesCount
        }
        if count > 0 { hasLeftovers = true }
        forgetting.count += count
        guard let last else {
            self.forgetting = nil
            try fold()
            return .all(forgetting.count)
        }
        forgetting.after = last
        self.forgetting = forgetting
        return .some
    }

    /// Keys that are looked at in one step: each that goes costs a page of the disk.
    private static let lookedAt = 128
    /// Greater than the name of any row.
    private static let behindAll = Data(repeating: 0xff, count: 32)

    /// Leaves nothing of deleted keys on the disk. Waits a moment for those who read; when they
    /// still do, or the disk does not take it, `hasLeftovers` stays.
    func fold() throws {
        guard hasLeftovers, margin.isKept else { return }
        do {
            let busy = try database.writeWithoutTransaction { db in
                try Int.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            }
            hasLeftovers = busy != 0
        } catch let error as DatabaseError where JournalFailure(passing: error) != nil {
        }
    }

    func close() { margin.close(database) }
}

extension JournalFailure {
    /// What SQLite refuses and may do the next time; nil for all after which nobody knows what is on
    /// the disk.
    init?(passing error: DatabaseError) {
        switch error.passing {
        case .full: self = error.resultCode == .SQLITE_FULL ? .full : .refused
        case .blocked: self = .blocked
        case nil: return nil
        }
    }
}

extension JournalPeople {
    /// Opens what is sealed, for whoever has the seal key. Pseudonyms where there is no journal yet.
    package static func opening(
        _ folder: String, _ seal: SealKey
    ) throws(FileProblem) -> JournalPeople {
        let path = JournalSubjects.file(in: folder)
        guard PrivateFile.exists(path) else { return .pseudonyms }
        let opener = SubjectOpener(try JournalSubjects(folder, seal, .reading))
        return JournalPeople { pseudonym, sealed in opener.open(pseudonym, sealed) }
    }
}

/// Opens sealed values for whoever asks, and remembers the keys of the last subjects.
private final class SubjectOpener: Sendable {
    private struct State {
        let subjects: JournalSubjects
        var keys: [JournalPseudonym: AEADKey?] = [:]
    }

    private let state: Mutex<State>

    init(_ subjects: sending JournalSubjects) { state = Mutex(State(subjects: subjects)) }

    func open(_ pseudonym: JournalPseudonym, _ sealed: [UInt8]) -> String? {
        let key = state.withLock { state -> AEADKey? in
            if let key = state.keys[pseudonym] { return key }
            if state.keys.count >= JournalSubjects.mostRemembered {
                state.keys.removeAll(keepingCapacity: true)
            }
            let key = state.subjects.key(of: pseudonym)
            state.keys[pseudonym] = .some(key)
            return key
        }
        guard
            let text = try? key?.open(
                sealed, authenticating: Array(pseudonym.description.utf8))
        else { return nil }
        return String(decoding: text, as: UTF8.self)
    }
}
