import Federation
import Foundation
import GRDB

/// How shares and their ways are kept in the tables `share` and `access`. A row that does not read is an error:
/// left out, its share would be forgotten.
enum ShareRows {
    static func insert(_ share: ShareRecord, _ db: Database) throws {
        try db.run(
            kept: """
                INSERT INTO share (id, direction, origin, peer, provider_id, resource_type, owner,
                    sender, recipient, expires, created, ended, bound_peer, epoch, token_ttl,
                    accept_secret, bind, site)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            [
                share.id.number, share.direction.rawValue, share.origin.rawValue,
                share.peer.description, share.providerID?.text, share.resourceType ?? "",
                share.owner,
                share.sender, share.recipient, share.expires, share.created, share.ended,
                share.boundPeer?.description, Int(share.epoch),
                share.settings.tokenTTL?.wholeSeconds, share.settings.acceptSecret?.rawValue,
                share.settings.bind?.rawValue, share.site?.description,
            ])
        for (place, access) in share.accesses.enumerated() {
            try db.run(
                kept: """
                    INSERT INTO access (share, place, protocol, secret, secret_lookup, handle,
                        handle_lookup, permissions, uri, requirements)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                [
                    share.id.number, place, access.protocolName, Data(access.sealedSecret),
                    access.secretLookup.data, access.sealedHandle.map { Data($0) },
                    access.handleLookup?.data, text(of: access.permissions), access.uri,
                    text(of: access.requirements),
                ])
        }
    }

    static func bind(_ id: ShareID, _ peer: PeerHost, _ db: Database) throws {
        try db.run(
            kept: "UPDATE share SET bound_peer = ? WHERE id = ?", [peer.description, id.number])
    }

    static func set(
        _ requirements: [ShareRequirement], _ id: ShareID, _ place: Int, _ db: Database
    ) throws {
        try db.run(
            kept: "UPDATE access SET requirements = ? WHERE share = ? AND place = ?",
            [text(of: requirements), id.number, place])
    }

    static func set(
        _ permissions: SharePermissions, _ id: ShareID, _ place: Int, _ db: Database
    ) throws {
        try db.run(
            kept: "UPDATE access SET permissions = ? WHERE share = ? AND place = ?",
            [text(of: permissions), id.number, place])
    }

    static func set(expires: Int, _ id: ShareID, _ db: Database) throws {
        try db.run(kept: "UPDATE share SET expires = ? WHERE id = ?", [expires, id.number])
    }

    static func end(_ id: ShareID, now: Int, _ db: Database) throws {
        try db.run(
            kept: "UPDATE share SET ended = coalesce(ended, ?), epoch = epoch + 1 WHERE id = ?",
            [now, id.number])
    }

    /// Deletes a share; that its number was given is kept.
    static func remove(_ id: ShareID, _ db: Database) throws {
        try db.run(kept: "DELETE FROM access WHERE share = ?", [id.number])
        try db.run(kept: "DELETE FROM share WHERE id = ?", [id.number])
        try db.run(
            kept: """
                INSERT INTO fact (name, value) VALUES ('last_share', ?)
                ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)
                """, [id.number])
    }

    static func advanceEpoch(_ id: ShareID, _ db: Database) throws {
        try db.run(kept: "UPDATE share SET epoch = epoch + 1 WHERE id = ?", [id.number])
    }

    static func load(_ db: Database, path: String) throws -> ShareTable {
        let last = try Int64.fetchOne(
            db, sql: "SELECT value FROM fact WHERE name = 'last_share'")
        var table = ShareTable(lastNumber: last ?? 0)
        try each(db, path: path) { table.insert($0) }
        return table
    }

    /// How the shares stand: which of their tokens are good, and when they ended.
    static func standings(_ db: Database) throws -> [ShareID: (epoch: Int, ended: Int?)] {
        var standings: [ShareID: (epoch: Int, ended: Int?)] = [:]
        let rows = try Row.fetchCursor(db, sql: "SELECT id, epoch, ended FROM share")
        while let row = try rows.next() {
            standings[ShareID(number: row["id"])] = (row["epoch"], row["ended"])
        }
        return standings
    }

    /// Hands on the shares with a greater number than `last`, by number, and `limit` of them at most; with a
    /// negative one all.
    ///
    /// Refused: a row that does not read; leaving it out would forget a share.
    static func each(
        _ db: Database, path: String, after last: Int64 = .min, limit: Int = -1,
        _ body: (ShareRecord) -> Void
    ) throws {
        let accessRows = try Row.fetchCursor(
            db, sql: "SELECT * FROM access WHERE share > ? ORDER BY share, place",
            arguments: [last])
        var accessRow = try accessRows.next()
        let shareRows = try Row.fetchCursor(
            db, sql: "SELECT * FROM share WHERE id > ? ORDER BY id LIMIT ?",
            arguments: [last, limit])
        while let row = try shareRows.next() {
            let id: Int64 = row["id"]
            var accesses: [ShareAccess] = []
            while let row = accessRow {
                let share: Int64 = row["share"]
                guard share <= id else { break }
                guard let access = access(row) else { throw unreadable(path, "access of \(share)") }
                if share == id { accesses.append(access) }
                accessRow = try accessRows.next()
            }
            guard let share = share(row, accesses) else { throw unreadable(path, "share \(id)") }
            body(share)
        }
    }

    private static func share(_ row: Row, _ accesses: [ShareAccess]) -> ShareRecord? {
        guard let direction = ShareDirection(rawValue: row["direction"]),
            let origin = ShareOrigin(rawValue: row["origin"]),
            let peer = PeerHost(row["peer"] as String),
            let epoch = UInt32(exactly: row["epoch"] as Int), let settings = settings(row)
        else { return nil }
        var bound: PeerHost?
        if let text: String = row["bound_peer"] {
            guard let host = PeerHost(text) else { return nil }
            bound = host
        }
        var site: PeerHost?
        if let text: String = row["site"] {
            guard let host = PeerHost(text) else { return nil }
            site = host
        }
        return ShareRecord(
            id: ShareID(number: row["id"]), direction: direction, origin: origin, peer: peer,
            providerID: (row["provider_id"] as String?).map { ProviderID($0) },
            resourceType: type(row), owner: row["owner"], sender: row["sender"],
            recipient: row["recipient"], site: site, expires: row["expires"],
            created: row["created"],
            accesses: accesses, settings: settings, ended: row["ended"], boundPeer: bound,
            epoch: epoch)
    }

    /// Empty is "unknown". Of a share whose owner nobody told us nobody told us what it is of either:
    /// rows that were written before that was said have a `file` there.
    private static func type(_ row: Row) -> String? {
        let type: String = row["resource_type"]
        let owner: String? = row["owner"]
        return type.isEmpty || owner == nil ? nil : type
    }

    /// Nil when a word is none that we know.
    private static func settings(_ row: Row) -> RuleSettings? {
        var settings = RuleSettings(
            tokenTTL: (row["token_ttl"] as Int?).map { .seconds($0) })
        if let word: String = row["accept_secret"] {
            guard let known = AcceptSecret(rawValue: word) else { return nil }
            settings.acceptSecret = known
        }
        if let word: String = row["bind"] {
            guard let known = CodeBinding(rawValue: word) else { return nil }
            settings.bind = known
        }
        return settings
    }

    private static func access(_ row: Row) -> ShareAccess? {
        guard let secretLookup = Digest128(row["secret_lookup"] as Data) else { return nil }
        var handleLookup: Digest128?
        if let data: Data = row["handle_lookup"] {
            guard let digest = Digest128(data) else { return nil }
            handleLookup = digest
        }
        let requirements: String = row["requirements"]
        return ShareAccess(
            protocolName: row["protocol"], permissions: permissions(row["permissions"]),
            uri: row["uri"],
            requirements: requirements.split(separator: "\n")
                .map { ShareRequirement(spelled: String($0)) },
            sealedSecret: [UInt8](row["secret"] as Data), secretLookup: secretLookup,
            sealedHandle: (row["handle"] as Data?).map { [UInt8]($0) }, handleLookup: handleLookup)
    }

    private static func text(of requirements: [ShareRequirement]) -> String {
        requirements.map(\.word).joined(separator: "\n")
    }

    /// NULL is "unspecified", the empty text "named, and none".
    private static func text(of permissions: SharePermissions) -> String? {
        switch permissions {
        case .unspecified: nil
        case .named(let names): names.joined(separator: " ")
        }
    }

    private static func permissions(_ text: String?) -> SharePermissions {
        guard let text else { return .unspecified }
        return .named(text.split(separator: " ").map(String.init))
    }

    private static func unreadable(_ path: String, _ what: String) -> FileProblem {
        FileProblem(path, "\(what) does not read", Store.damagedRemedy)
    }
}
