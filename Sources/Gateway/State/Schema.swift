import GRDB

/// The tables of the state file and the steps that lead to them.
///
/// `user_version` counts the steps done. All that are to be done run in one transaction together with
/// their count, so that a crash, or a disk that fills up, leaves the schema from before or the newest one, and
/// none between that no release has. A file with more steps than we know is refused: a downgrade would
/// lose what it does not understand.
enum Schema {
    /// "OCMG": tells our files from other programs' databases.
    static let applicationID = 0x4F43_4D47

    static var newest: Int { steps.count }

    static let steps: [String] = [
        """
        CREATE TABLE fact (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
        CREATE TABLE share (
            id INTEGER PRIMARY KEY,
            direction INTEGER NOT NULL,
            origin INTEGER NOT NULL,
            peer TEXT NOT NULL,
            provider_id TEXT,
            resource_type TEXT NOT NULL,
            owner TEXT, sender TEXT, recipient TEXT,
            expires INTEGER,
            created INTEGER NOT NULL,
            ended INTEGER,
            bound_peer TEXT,
            epoch INTEGER NOT NULL);
        CREATE TABLE access (
            share INTEGER NOT NULL REFERENCES share(id),
            place INTEGER NOT NULL,
            protocol TEXT NOT NULL,
            secret BLOB NOT NULL,
            secret_lookup BLOB NOT NULL,
            handle BLOB,
            handle_lookup BLOB,
            permissions TEXT,
            uri TEXT,
            requirements TEXT NOT NULL,
            PRIMARY KEY (share, place)) WITHOUT ROWID;
        CREATE TABLE replay (
            id INTEGER PRIMARY KEY,
            identity BLOB NOT NULL,
            peer BLOB NOT NULL,
            created INTEGER NOT NULL);
        CREATE TABLE pin (
            host TEXT NOT NULL,
            source TEXT NOT NULL,
            key_id TEXT NOT NULL,
            thumbprint TEXT NOT NULL,
            first_seen INTEGER NOT NULL,
            last_seen INTEGER NOT NULL,
            PRIMARY KEY (host, source, key_id)) WITHOUT ROWID;
        CREATE TABLE generation (
            host TEXT PRIMARY KEY,
            newest INTEGER NOT NULL,
            since INTEGER NOT NULL) WITHOUT ROWID;
        """,
        """
        CREATE TABLE accepted_generation (
            host TEXT PRIMARY KEY,
            newest INTEGER NOT NULL,
            since INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE contact (
            peer TEXT NOT NULL,
            remote TEXT NOT NULL,
            local TEXT NOT NULL,
            token BLOB NOT NULL,
            since INTEGER NOT NULL,
            PRIMARY KEY (peer, remote, local)) WITHOUT ROWID;
        """,
        """
        ALTER TABLE share ADD COLUMN token_ttl INTEGER;
        ALTER TABLE share ADD COLUMN accept_secret TEXT;
        ALTER TABLE share ADD COLUMN bind TEXT;
        """,
        """
        CREATE TABLE room (
            block TEXT NOT NULL,
            holder BLOB NOT NULL,
            value BLOB NOT NULL,
            peer BLOB NOT NULL,
            used REAL NOT NULL,
            at REAL NOT NULL,
            ends REAL NOT NULL,
            PRIMARY KEY (block, holder, value)) WITHOUT ROWID;
        CREATE INDEX room_ends ON room (ends);
        CREATE TABLE hold (
            peer TEXT PRIMARY KEY,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            count INTEGER NOT NULL,
            messages BLOB NOT NULL) WITHOUT ROWID;
        """,
        """
        CREATE TABLE past_key (
            host TEXT NOT NULL,
            source TEXT NOT NULL,
            key_id TEXT NOT NULL,
            thumbprint TEXT NOT NULL,
            spki BLOB NOT NULL,
            algorithm TEXT,
            ended INTEGER,
            PRIMARY KEY (host, source, key_id, thumbprint)) WITHOUT ROWID;
        """,
        "ALTER TABLE share ADD COLUMN site TEXT;",
        """
        CREATE TABLE invitation (
            token BLOB PRIMARY KEY,
            peer TEXT NOT NULL,
            since INTEGER NOT NULL) WITHOUT ROWID;
        INSERT OR REPLACE INTO invitation
            SELECT token, peer, since FROM contact ORDER BY since;
        ALTER TABLE contact RENAME TO contact_with_token;
        CREATE TABLE contact (
            peer TEXT NOT NULL,
            remote TEXT NOT NULL,
            local TEXT NOT NULL,
            since INTEGER NOT NULL,
            PRIMARY KEY (peer, remote, local)) WITHOUT ROWID;
        INSERT INTO contact SELECT peer, remote, local, since FROM contact_with_token;
        DROP TABLE contact_with_token;
        """,
        """
        CREATE TABLE owed (
            slot INTEGER PRIMARY KEY,
            ticket INTEGER NOT NULL,
            settled INTEGER NOT NULL,
            entry BLOB NOT NULL);
        """,
        """
        ALTER TABLE owed RENAME TO owed_alone;
        CREATE TABLE owed (
            first INTEGER PRIMARY KEY,
            last INTEGER NOT NULL,
            settled INTEGER NOT NULL,
            entries BLOB NOT NULL);
        INSERT OR REPLACE INTO owed SELECT ticket, ticket, settled, entry FROM owed_alone;
        DROP TABLE owed_alone;
        """,
    ]

    /// Brings a file to the newest schema.
    static func migrate(_ db: Database, steps: [String] = steps) throws {
        guard try version(db) < steps.count else { return }
        try db.inTransaction(.immediate) {
            for step in try steps.dropFirst(version(db)) { try db.execute(sql: step) }
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try db.execute(sql: "PRAGMA user_version = \(steps.count)")
            return .commit
        }
    }

    static func version(_ db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    }
}
