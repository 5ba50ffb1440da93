import Foundation
import GRDB
import OpenSSL
import Synchronization
import Testing

@testable import Gateway

/// States of older schemas, as their program finds them after this one has had them.
@Suite struct MigrationTests {
    let key: SealKey
    let scratch: Scratch
    let path: String

    init() throws {
        key = try #require(SealKey(Secret.random(32)))
        scratch = try Scratch()
        path = scratch.file("state.db")
    }

    /// A closed state of schema 5, which counts a commit, and its mark.
    private func makeOlder() throws {
        let database = try DatabaseQueue(path: path, configuration: Store.configuration())
        try database.writeWithoutTransaction { db in
            try Schema.migrate(db, steps: Array(Schema.steps.prefix(5)))
            try db.execute(
                sql: """
                    INSERT INTO fact VALUES ('commits', 1), ('born', 900), ('seal_check', ?);
                    """, arguments: [key.check])
            try db.execute(sql: "INSERT INTO pin VALUES ('a.test', 'jwks', 'k', 't', 1, 2)")
        }
        try database.close()
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        try StoreMark.make(path + ".mark", 1)
    }

    private func version(_ path: String) throws -> Int {
        let database = try DatabaseQueue(path: path)
        defer { try? database.close() }
        return try database.read { try Schema.version($0) }
    }

    private func open(margin: DiskMargin? = nil) throws -> Store {
        try Store.open(path, key, now: 1000, lock: nil, margin: margin)
    }

    @Test func anOlderStateIsKeptAsItWasBeside() throws {
        try makeOlder()
        let store = try open()
        defer { store.close() }
        let migration = try #require(store.migration)
        #expect(migration.from == 5 && migration.to == Schema.newest)
        #expect(migration.copy == path + ".schema5")
        #expect(try version(path) == Schema.newest)
        #expect(try scratch.mode(of: "state.db.schema5") == 0o600)
        let copy = try DatabaseQueue(path: migration.copy)
        try copy.read { db in
            #expect(try Schema.version(db) == 5)
            try Store.check(db, path: migration.copy, key, marked: 1)
            #expect(try String.fetchOne(db, sql: "SELECT host FROM pin") == "a.test")
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
        #expect(!left.contains { $0.contains("draft") }, "\(left)")
    }

    @Test func whereNothingWasWrittenSinceTheCopyNeedsNothingButItsName() throws {
        try makeOlder()
        try open().close()
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: path + ".schema5", toPath: path)
        let looker = try #require(try Store.looker(path))
        try looker.read { db in
            try Store.check(db, path: path, key, marked: StoreMark.read(path + ".mark"))
        }
        #expect(try open().migration?.from == 5)
    }

    @Test func aNewAndANewestStateAreKeptNowhere() throws {
        let new = try open()
        #expect(new.migration == nil)
        new.close()
        let store = try open()
        #expect(store.migration == nil)
        store.close()
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
        #expect(!left.contains { $0.contains("schema") }, "\(left)")
    }

    @Test func whatIsLeftOfAnEarlierUpgradeIsReplaced() throws {
        try makeOlder()
        try scratch.write("half of a copy", "state.db.schema5.draft")
        try scratch.write("an older copy", "state.db.schema5")
        let store = try open()
        defer { store.close() }
        #expect(try version(path + ".schema5") == 5)
    }

    @Test func withoutRoomForTheCopyNothingIsChanged() throws {
        try makeOlder()
        let margin = DiskMargin { 2 * DiskMargin.bytes + 4096 }
        let refusal = #expect(throws: FileProblem.self) { try open(margin: margin) }
        #expect(refusal?.description.contains("make room for 1 MiB; nothing was changed") == true)
        #expect(try version(path) == 5)
        #expect(!PrivateFile.exists(path + ".schema5"))
        #expect(Store.upgrade(of: path)?.from == 5)
    }

    @Test func whereTheStepsFindNoRoomTheirCopyGivesItBack() throws {
        try makeOlder()
        let database = try DatabaseQueue(path: path, configuration: Store.configuration())
        try database.writeWithoutTransaction { db in
            // Not less than it has now.
            try db.execute(sql: "PRAGMA max_page_count = 1")
            let error = #expect(throws: DatabaseError.self) {
                _ = try Migration(db, of: path, DiskMargin { nil })
            }
            #expect(error?.resultCode == .SQLITE_FULL)
            #expect(try Schema.version(db) == 5)
        }
        #expect(!PrivateFile.exists(path + ".schema5"))
    }

    @Test func whereTheCopyCannotBeKeptNothingIsChanged() throws {
        try makeOlder()
        try FileManager.default.createDirectory(
            atPath: path + ".schema5", withIntermediateDirectories: false)
        #expect(throws: FileProblem.self) { try open() }
        #expect(try version(path) == 5)
    }

    @Test func aFolderInThePlaceOfTheDraftIsLeftAlone() throws {
        try makeOlder()
        let file = path + ".schema5.draft/theirs"
        try FileManager.default.createDirectory(
            atPath: path + ".schema5.draft", withIntermediateDirectories: false)
        try Data().write(to: URL(filePath: file))
        #expect(throws: FileProblem.self) { try open() }
        #expect(try version(path) == 5)
        #expect(FileManager.default.fileExists(atPath: file))
    }

    @Test func whatReadsAfterItDoesNotSayThatNothingWasChanged() throws {
        try makeOlder()
        let database = try DatabaseQueue(path: path)
        try database.write {
            try $0.execute(
                sql: """
                    INSERT INTO share (id, direction, origin, peer, resource_type, created, epoch)
                        VALUES (3, 0, 0, 'a.test', 'file', 1, -5)
                    """)
        }
        try database.close()
        let store = try open()
        defer { store.close() }
        let refusal = #expect(throws: (any Error).self) { try ShareRegistry(store, key) }
        #expect("\(try #require(refusal))".contains("share 3 does not read"))
        #expect(!"\(try #require(refusal))".contains("nothing was changed"))
    }

    @Test func aCopyThatIsLeftForLongIsFound() throws {
        try makeOlder()
        try open().close()
        let now = Int(Date().timeIntervalSince1970)
        #expect(Migration.leftCopies(of: path, now: now + 30 * 86_400).isEmpty)
        let left = Migration.leftCopies(of: path, now: now + 40 * 86_400 + 60)
        #expect(left.map(\.path) == [path + ".schema5"] && left.map(\.days) == [40])
    }

    /// The first is what a kill leaves in the middle of the copy, the second what it leaves before.
    @Test func whatAKilledUpgradeLeftIsFound() throws {
        try makeOlder()
        let names = [".schema5.draft", ".schema5.draft.Ab12Cd34.draft", ".schema99.draft-journal"]
        let other = path + ".schema5.drafts"
        for file in names.map({ path + $0 }) + [other] {
            try Data("x".utf8).write(to: URL(filePath: file))
        }
        let now = Int(Date().timeIntervalSince1970)
        #expect(Migration.leftDrafts(of: path, now: now + 3600).isEmpty)
        let left = Migration.leftDrafts(of: path, now: now + 2 * 86_400 + 60)
        #expect(left.map(\.path) == names.map { path + $0 })
        #expect(left.allSatisfy { $0.days == 2 })
        // Nor is any of it a copy.
        #expect(Migration.leftCopies(of: path, now: now + 40 * 86_400).isEmpty)
    }

    @Test func aNewerStateIsNotReadEither() throws {
        try open().close()
        let database = try DatabaseQueue(path: path)
        try database.write {
            try $0.execute(sql: "ALTER TABLE hold RENAME TO wait; PRAGMA user_version = 99")
        }
        try database.close()
        let asks: [() throws -> Void] = [
            { _ = try HoldBook.read(path, key, now: 1) }, { _ = try PinBook.read(path) },
            { _ = try ShareListing.one(path, "1") },
        ]
        for ask in asks {
            let refusal = #expect(throws: FileProblem.self) { try ask() }
            #expect(refusal == Store.refusalOfNewer(path))
        }
        #expect(Store.refusalOfNewer(path)?.what.contains("schema 99") == true)
    }

    @Test func aCommandHearsOfIt() throws {
        try makeOlder()
        let heard = Heard()
        Migration.tell { heard.add($0) }
        defer { Migration.tell(nil) }
        try Store.open(path, key, now: 1000).close()
        try Store.open(path, key, now: 1000).close()
        let words = heard.all.filter { $0.path == path }.map(\.words)
        #expect(
            words == [
                "\(path): brought from schema 5 to \(Schema.newest), which older ones refuse; as it was before "
                    + "it is kept in \(path).schema5"
            ])
    }
}

private final class Heard: Sendable {
    private let migrations = Mutex<[Migration]>([])
    var all: [Migration] { migrations.withLock { $0 } }
    func add(_ migration: Migration) { migrations.withLock { $0.append(migration) } }
}
