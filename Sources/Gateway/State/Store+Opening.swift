import Federation
import Foundation
import GRDB

extension Store {
    /// Seconds that whoever writes waits for others.
    static let patience = 2.0

    static func configuration() -> GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.label = "ocmgate.state"
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(patience)
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cell_size_check = ON") }
        return configuration
    }

    /// Makes an empty file of mode 0600 when there is none; says whether it did.
    ///
    /// Refused: a missing file of which something tells that there was one.
    static func prepareFile(_ path: String, marked: Int?) throws(FileProblem) -> Bool {
        if try isThere(path, marked: marked) { return false }
        try PrivateFile.create(path, [])
        return true
    }

    /// Refused: a missing file whose mark, or the head of whose journal, says that there was one; a
    /// file that others may use, or that this user may not write to.
    private static func isThere(_ path: String, marked: Int?) throws(FileProblem) -> Bool {
        if PrivateFile.exists(path) {
            try PrivateFile.checkStandingToWrite(path)
            return true
        }
        let commits = marked ?? 0
        let head = JournalHead.file(of: path)
        let hasHead = PrivateFile.exists(head)
        guard commits > 0 || hasHead else { return false }
        let left: [String] =
            (marked == nil ? [] : [path + ".mark"]) + (hasHead ? [head] : [])
        throw FileProblem(
            path,
            commits > 0
                ? "is gone, but \(commits) commits were made to it"
                : "is gone, but a gateway ran with it",
            "bring it back, or remove \(left.joined(separator: " and ")) to begin with "
                + "nothing: replayed messages and old share secrets will not be recognised")
    }

    /// Whether there is a state here, or was one: keys that belong to it are not made in silence then.
    package static func hasBegun(_ path: String) -> Bool {
        [path, path + ".mark"].contains { PrivateFile.presence($0) != .absent }
    }

    /// Whether there is a state file, for a command that reads it.
    ///
    /// Refused: one in a folder that this user may not look into, where nothing seems to be.
    package static func isThere(_ path: String) throws(FileProblem) -> Bool {
        switch PrivateFile.presence(path) {
        case .there: return true
        case .absent: return false
        case .denied(let reason):
            throw FileProblem(path, "cannot be read: \(reason)", "run this as the gateway's user")
        }
    }

    /// What becomes of a file that is not there yet.
    static let madeAtFirstStart = "the gateway makes it at its first start"

    /// Checks a state as `open` does, and changes nothing; also beside a gateway that runs.
    ///
    /// Refused: what `open` refuses, but for a second gateway.
    package static func check(_ path: String, _ key: SealKey) throws(FileProblem) {
        let marked = try StoreMark.read(path + ".mark")
        guard try isThere(path, marked: marked) else { return }
        do {
            try looker(path)?.read { try check($0, path: path, key, marked: marked) }
        } catch { throw FileProblem(path: path, reading: error) }
    }

    /// The schema of a state, and the newer one to which this program brings it at its start: older ones refuse
    /// it then. Nil where it stays as it is, and for a file that is not there, is empty or cannot be read.
    package static func upgrade(of path: String) -> (from: Int, to: Int)? {
        guard let version = schema(of: path), version > 0, version < Schema.newest else {
            return nil
        }
        return (version, Schema.newest)
    }

    /// Why a state cannot be opened that a newer program has written; nil for every other.
    static func refusalOfNewer(_ path: String) -> FileProblem? {
        schema(of: path).flatMap { $0 > Schema.newest ? newer(path, $0) : nil }
    }

    /// The schema of a state; nil for a file that is not there or cannot be read.
    private static func schema(of path: String) -> Int? {
        guard PrivateFile.exists(path), let database = try? looker(path) else { return nil }
        return try? database.read { try Schema.version($0) }
    }

    private static func newer(_ path: String, _ version: Int) -> FileProblem {
        FileProblem(
            path,
            "was written by a newer ocmgate (schema \(version), this one knows "
                + "\(Schema.newest))",
            "run the newer version, or restore the copy made before the upgrade")
    }

    /// A connection that changes nothing and makes no file, whether or not a gateway runs.
    static func looker(_ path: String) throws -> DatabaseQueue? {
        PrivateFile.exists(path + "-wal") ? try reader(path) : try closedReader(path)
    }

    /// A connection to a file that nobody has open and that has no write-ahead log: SQLite would
    /// make one even to read. Nil where it reads no URI.
    private static func closedReader(_ path: String) throws -> DatabaseQueue? {
        let readsURI = try DatabaseQueue().read { db in
            try Bool.fetchOne(db, sql: "SELECT sqlite_compileoption_used('USE_URI')")
        }
        let name = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed)
        guard readsURI == true, let name else { return nil }
        return try reader("file:\(name)?immutable=1")
    }

    /// A connection that changes nothing; also for commands beside a running gateway.
    ///
    /// Refused, too: where the disk has too little room even to read (``DiskMargin``).
    static func reader(_ path: String) throws -> DatabaseQueue {
        try DiskMargin(of: path).require(for: path)
        var configuration = GRDB.Configuration()
        configuration.label = "ocmgate.state.reader"
        configuration.readonly = true
        configuration.busyMode = .timeout(2)
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// What a state file says, read beside a gateway that runs. Refused: a newer schema.
    static func look<T>(
        _ path: String, _ body: (Database) throws -> T
    ) throws(FileProblem) -> T {
        do {
            return try reader(path).read { db in
                let version = try Schema.version(db)
                guard version <= Schema.newest else { throw newer(path, version) }
                return try body(db)
            }
        } catch { throw FileProblem(path: path, reading: error) }
    }

    /// A connection to check a file by before anything is written to it: a reader, since the last writer that
    /// closes a damaged file would fold what is left of its log into it.
    ///
    /// Where a first start was cut off before the file had its write-ahead log, SQLite has a change to undo,
    /// which a reader may not. Nothing was acknowledged by then, and there is no log to fold.
    static func checker(_ path: String, marked: Int?) throws -> DatabaseQueue {
        guard marked == nil, PrivateFile.exists(path + "-journal"),
            !PrivateFile.exists(path + "-wal")
        else { return try reader(path) }
        var configuration = GRDB.Configuration()
        configuration.label = "ocmgate.state.checker"
        configuration.busyMode = .timeout(patience)
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Checks that a file is ours, of a schema we know, whole, not older than its mark, and made
    /// with this seal key.
    static func check(_ db: Database, path: String, _ key: SealKey, marked: Int?) throws {
        let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let version = try Schema.version(db)
        let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        let isEmpty = application == 0 && tables == 0
        guard application == Schema.applicationID || isEmpty else {
            throw FileProblem(
                path, "is a database of another program", "give [state] url a file of its own")
        }
        guard version <= Schema.newest else { throw newer(path, version) }
        let verdict = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)") ?? "no answer"
        guard verdict == "ok" else {
            throw FileProblem(
                path, "is damaged: \(verdict)", damagedRemedy + "; nothing was changed")
        }
        let commits = isEmpty ? 0 : try commits(db) ?? 0
        if let marked, commits < marked {
            throw FileProblem(
                path,
                "holds \(commits) commits of \(marked) that were acknowledged: its "
                    + "write-ahead log is damaged or missing, or this is an old copy",
                "restore the newest copy of all its files; to go on with what is left, "
                    + "remove \(path).mark")
        }
        if isEmpty { return }
        let made = try String.fetchOne(db, sql: "SELECT value FROM fact WHERE name = 'seal_check'")
        guard made == nil || made == key.check else {
            throw FileProblem(
                path, "was made with another seal key",
                "bring back the key that [state] seal_key named then; without it the "
                    + "secrets in this file cannot be read by anybody")
        }
    }

    /// Brings a checked file to the newest schema and reads its facts.
    ///
    /// From here on each commit is synced. GRDB turns that off when it turns on the write-ahead log,
    /// which is after a connection was prepared, so that it cannot be asked for earlier.
    static func prepare(
        _ database: DatabaseQueue, path: String, _ key: SealKey, _ margin: DiskMargin, now: Int
    ) throws -> (commits: Int, born: Int, migration: Migration?) {
        try database.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON")
            let migration = try Migration(db, of: path, margin)
            try db.execute(
                sql: """
                    INSERT OR IGNORE INTO fact VALUES
                        ('commits', 0), ('born', ?), ('seal_check', ?)
                    """, arguments: [now, key.check])
            let born = try Int.fetchOne(db, sql: "SELECT value FROM fact WHERE name = 'born'")
            guard let commits = try commits(db), let born else {
                throw FileProblem(path, "has lost its own facts", damagedRemedy)
            }
            return (commits, born, migration)
        }
    }

    /// Gives the shares that were recorded without a name of this site the one it had at the last
    /// start, under which their peers know it, and remembers the one of now. A state that remembers
    /// none has it from a release that did not: then it is taken to be the one of now.
    static func name(_ site: PeerHost, _ db: Database) throws {
        let former = try String.fetchOne(db, sql: "SELECT value FROM fact WHERE name = 'site'")
        try db.execute(
            sql: "UPDATE share SET site = ? WHERE site IS NULL",
            arguments: [former ?? site.description])
        guard former != site.description else { return }
        try db.execute(
            sql: """
                INSERT INTO fact (name, value) VALUES ('site', ?)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value
                """, arguments: [site.description])
    }

    private static func commits(_ db: Database) throws -> Int? {
        try Int.fetchOne(db, sql: "SELECT value FROM fact WHERE name = 'commits'")
    }

    static let damagedRemedy =
        "restore a copy; `sqlite3 FILE .recover` may save what is left"
}

extension FileProblem {
    /// What SQLite says about a file that it cannot read.
    init(path: String, reading error: any Error) {
        if let error = error as? FileProblem {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(path, "cannot be opened: \(error)")
            return
        }
        let text = error.words
        switch error.resultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            self.init(path, "is damaged: \(text)", Store.damagedRemedy)
        case .SQLITE_CANTOPEN where Self.length(of: path) > Self.longest:
            self.init(
                path,
                "cannot be opened: its path is \(Self.length(of: path)) bytes long, and SQLite takes \(Self.longest)",
                "give it a shorter one")
        default:
            self.init(
                path, "cannot be opened: \(text)",
                error.trouble(around: path)?.remedy
                    ?? "check the disk, its space and the permissions of the folder")
        }
    }
    /// Bytes of the path as SQLite has it, from the root.
    private static func length(of path: String) -> Int {
        URL(filePath: path).standardizedFileURL.path.utf8.count
    }

    /// `MAX_PATHNAME` less the eight of `-journal`.
    private static let longest = 504
}
