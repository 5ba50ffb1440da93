import Dispatch
import Federation
import Foundation
import GRDB
import OpenSSL
import Synchronization
import Testing
import Transport

@testable import Gateway

@Suite struct StoreTests {
    let key: SealKey
    let scratch: Scratch

    init() throws {
        key = try #require(SealKey(Secret.random(32)))
        scratch = try Scratch()
    }

    private func open(_ scratch: Scratch, _ key: SealKey? = nil) throws -> Store {
        try Store.open(scratch.file("state.db"), key ?? self.key, now: 1000)
    }

    private func refusal(_ scratch: Scratch, _ key: SealKey? = nil) -> String? {
        do {
            try open(scratch, key).close()
            return nil
        } catch { return "\(error)" }
    }

    private func record(_ store: Store, _ count: Int = 3) async throws {
        let registry = try ShareRegistry(store, key)
        let peer = try #require(PeerHost("one.example"))
        for number in 0..<count {
            let new = NewShare(
                direction: .inbound, origin: .seen, peer: peer,
                providerID: ProviderID("\(number)"), resourceType: "file",
                accesses: [
                    NewAccess(
                        protocolName: "webdav", secret: Secret(utf8: "SECRET0PERMANEN\(number)"),
                        handle: .make, permissions: .unspecified, uri: nil, requirements: [])
                ])
            try await store.commit(registry.record(new, now: 1000).change)
        }
    }

    @Test func everyFileIsItsOwnersAlone() async throws {
        let store = try open(scratch)
        try await record(store)
        for name in ["state.db", "state.db-wal", "state.db-shm", "state.db.mark", "state.db.lock"] {
            #expect(try scratch.mode(of: name) == 0o600, "\(name)")
        }
        store.close()
    }

    @Test func thatTheDiskRefusesIsToldOnceAndThatItTakesAgain() async throws {
        let store = try open(scratch)
        defer { store.close() }
        let told = Mutex<[Store.Word]>([])
        store.tell { word in told.withLock { $0.append(word) } }
        let full = Change { _ in throw DatabaseError(resultCode: .SQLITE_FULL) }
        let well = Change { _ in }
        for _ in 0..<2 {
            await #expect(throws: StoreFailure.self) { try await store.commit(full) }
        }
        try await store.commit(well)
        try await store.commit(well)
        await #expect(throws: StoreFailure.self) { try await store.commit(full) }
        let refused = Store.Word.refused("the disk refused the write: database or disk is full")
        #expect(told.withLock { $0 } == [refused, .taken, refused])
    }

    @Test(.timeLimit(.minutes(2))) func thatTheDiskDoesNotAnswerIsToldToo() async throws {
        let store = try open(scratch)
        defer { store.close() }
        let told = Mutex<[Store.Word]>([])
        let goes = DispatchSemaphore(value: 0)
        store.tell { word in told.withLock { $0.append(word) } }
        let hanging = Change { _ in goes.wait() }
        await #expect(throws: StoreFailure.slow) { try await store.commit(hanging) }
        #expect(told.withLock { $0 } == [.slow])
        goes.signal()
        try await store.commit(Change { _ in })
        #expect(told.withLock { $0 } == [.slow, .taken])
    }

    /// After a take-over that failed, another one is opened in the same process.
    @Test(.timeLimit(.minutes(10))) func oneThatIsClosedHasNoFileOpen() async throws {
        try open(scratch).close()
        let folder = "/proc/self/fd"
        func isOpen() throws -> Bool {
            try FileManager.default.contentsOfDirectory(atPath: folder).contains { name in
                // One may be closed meanwhile.
                let file = try? FileManager.default.destinationOfSymbolicLink(
                    atPath: "\(folder)/\(name)")
                return file?.hasPrefix(scratch.file("state.db")) == true
            }
        }
        // Its thread ends in its own time.
        while try isOpen() { try await Task.sleep(for: .milliseconds(10)) }
    }

    @Test func eachCommitIsSynced() throws {
        let store = try open(scratch)
        // 2 is FULL: a commit returns when it survives a power cut.
        #expect(try store.read { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 2)
        store.close()
    }

    @Test func aMissingFolderIsMadePrivate() throws {
        let path = scratch.file("deeper/state.db")
        try Store.open(path, key, now: 0).close()
        #expect(try scratch.mode(of: "deeper") == 0o700)
    }

    @Test func aFolderIsNotMadeBelowOneThatIsMissing() throws {
        let error = #expect(throws: FileProblem.self) {
            try Store.open(scratch.file("none/deeper/state.db"), key, now: 0)
        }
        #expect(error?.description.contains("there is no folder \(scratch.file("none"))") == true)
        #expect(error?.description.contains("mkdir -p -m 700 \(scratch.file("none"))") == true)
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o666])
    func aFileThatOthersMayUseIsRefused(_ mode: Int) throws {
        try open(scratch).close()
        try FileManager.default.setAttributes(
            [.posixPermissions: mode], ofItemAtPath: scratch.file("state.db"))
        #expect(refusal(scratch)?.contains("chmod 600") == true)
    }

    @Test func aFolderThatOthersMayWriteToIsRefused() throws {
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o777], ofItemAtPath: scratch.path)
        #expect(refusal(scratch)?.contains("chmod 700") == true)
    }

    @Test func aSecondOneOnTheSameStateIsRefused() throws {
        let store = try open(scratch)
        let error = #expect(throws: FileProblem.self) { try open(scratch) }
        #expect(error?.isInUse == true)
        store.close()
    }

    /// A lock seems to be left behind by somebody.
    @Test func aSecondOneIsRefusedWhereTheLockWasRemoved() async throws {
        let store = try open(scratch)
        for _ in 0..<2 {
            try FileManager.default.removeItem(atPath: scratch.file("state.db.lock"))
            let error = #expect(throws: FileProblem.self) { try open(scratch) }
            #expect(error?.isInUse == true)
            #expect(try Ending.isServed(scratch.file("state.db")))
        }
        try await record(store)
        store.close()
        #expect(try !Ending.isServed(scratch.file("state.db")))
        let again = try open(scratch)
        try await record(again)
        again.close()
    }

    @Test func whatWasCommittedIsThereAfterACrash() async throws {
        let store = try open(scratch)
        try await record(store, 20)
        let crashed = try scratch.crashed()
        let again = try open(crashed)
        let shares = try ShareRegistry(again, key).all
        #expect(shares.compactMap(\.providerID?.text) == (0..<20).map(String.init))
        #expect(!again.isNew)
        again.close()
        store.close()
    }

    /// Without its mark it may be an older copy: what was signed before it was opened may have come before.
    @Test func aFileWithoutItsMarkClosesTheWindowOfReplay() async throws {
        let store = try open(scratch)
        try await record(store, 2)
        #expect(!store.isUnmarked)
        let copy = try scratch.crashed()
        store.close()
        try FileManager.default.removeItem(atPath: copy.file("state.db.mark"))
        let again = try open(copy)
        #expect(again.isUnmarked && !again.isNew)
        func glance(_ lostBefore: Int?, created: Int) throws -> Bool {
            let cache = try ReplayCache(
                again, key, limits: .init(window: 300, skew: 30), knownFrom: again.born,
                lostBefore: lostBefore, now: 2000, monotonic: 0)
            return cache.glance(cache.name(of: [1]), client: "a", created: created) == nil
        }
        #expect(try glance(nil, created: 1500))
        #expect(try !glance(2000, created: 1500))
        #expect(try glance(2000, created: 2000))
        again.close()
    }

    /// Rows leave up to the last that was forgotten, but for those that the floor does not keep out.
    @Test func aMessageSignedAheadOfTheClockIsKnownAfterARestart() async throws {
        let store = try open(scratch)
        func replays(now: Int) throws -> ReplayCache {
            try ReplayCache(
                store, key, limits: .init(window: 300, skew: 30), knownFrom: store.born,
                now: now, monotonic: 0)
        }
        let cache = try replays(now: 1000)
        for (name, created) in [("ahead", 90_000), ("a", 1000)] {
            guard
                case .first(let change) = cache.judge(
                    cache.name(of: Array(name.utf8)), peer: "one.example", .known, client: "a",
                    created: created, now: created, monotonic: 0)
            else {
                Issue.record("\(name) is not new")
                continue
            }
            try await store.commit(change)
        }
        let expired = try #require(cache.expire(now: 10_000, monotonic: 10_000_000))
        try await store.commit(expired)
        let again = try replays(now: 10_000)
        #expect(again.count == 1 && again.floor == 1000)
        let ahead = again.name(of: Array("ahead".utf8))
        #expect(again.glance(ahead, client: "a", created: 90_000) != nil)
        store.close()
    }

    @Test func noSecretIsInTheFilesInPlain() async throws {
        let store = try open(scratch)
        try await record(store)
        let registry = try ShareRegistry(store, key)
        let handles = try registry.all.map { try registry.credential(of: $0).text }
        for name in try FileManager.default.contentsOfDirectory(atPath: scratch.path) {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.file(name)))
            for text in ["SECRET0PERMANEN"] + handles {
                #expect(bytes.range(of: Data(text.utf8)) == nil, "\(name)")
            }
        }
        store.close()
    }

    @Test func aTornLogIsFoundAtTheStartAndNothingIsReset() async throws {
        let store = try open(scratch)
        try await record(store, 10)
        let whole = try Data(contentsOf: URL(fileURLWithPath: scratch.file("state.db-wal")))
        #expect(whole.count > 20_000)
        for (kept, flipped) in [
            (whole.count / 2, nil), (whole.count - 1, nil), (0, nil),
            (whole.count, whole.count - 3000), (whole.count, 40),
        ] as [(Int, Int?)] {
            let crashed = try scratch.crashed()
            var log = whole.prefix(kept)
            if let flipped { log[flipped] ^= 0xFF }
            try log.write(to: URL(fileURLWithPath: crashed.file("state.db-wal")))
            let reason = refusal(crashed)
            #expect(reason?.contains("that were acknowledged") == true, "\(kept) \(reason ?? "-")")
            // Looking did not fold the damaged log into the file.
            let left = try Data(contentsOf: URL(fileURLWithPath: crashed.file("state.db-wal")))
            #expect(left == log)
        }
        store.close()
    }

    /// Whoever reads keeps the log from being emptied, and nobody from writing.
    @Test func beforeAReaderTheLogStaysAndCommitsGoOn() async throws {
        let store = try open(scratch)
        try await record(store, 20)
        var settings = GRDB.Configuration()
        settings.allowsUnsafeTransactions = true
        let reader = try DatabaseQueue(path: scratch.file("state.db"), configuration: settings)
        try await reader.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN")
            _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM share")
        }
        let isOver = Atomic(false)
        async let failure: StoreFailure? = {
            defer { isOver.store(true, ordering: .relaxed) }
            do throws(StoreFailure) { try await store.fold() } catch { return error }
            return nil
        }()
        var count = 0
        while !isOver.load(ordering: .relaxed) {
            try await record(store, 1)
            count += 1
        }
        #expect(await failure != nil)
        #expect(count > 1)
        try await reader.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        try await store.fold()
        #expect(try store.read { try Int.fetchOne($0, sql: "PRAGMA busy_timeout") } == 2000)
        store.close()
    }

    @Test func aDamagedFileIsRefused() async throws {
        let store = try open(scratch)
        try await record(store, 50)
        store.close()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.file("state.db")))
        // The header of a page in the middle.
        for place in 0..<16 { bytes[8192 + place] ^= 0xA5 }
        try bytes.write(to: URL(fileURLWithPath: scratch.file("state.db")))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: scratch.file("state.db"))
        #expect(refusal(scratch)?.contains("is damaged") == true)
    }

    @Test func aFileThatIsGoneIsNotMadeAnew() async throws {
        let store = try open(scratch)
        try await record(store)
        store.close()
        try FileManager.default.removeItem(atPath: scratch.file("state.db"))
        #expect(refusal(scratch)?.contains("is gone") == true)
        #expect(!FileManager.default.fileExists(atPath: scratch.file("state.db")))
    }

    /// The mark went with it, and the head of the journal stayed.
    @Test func aFileThatIsGoneWithItsMarkIsNotMadeAnew() throws {
        let files = ["state.db", "state.db.mark"]
        for isJournaled in [false, true] {
            try open(scratch).close()
            for name in files { try FileManager.default.removeItem(atPath: scratch.file(name)) }
            guard isJournaled else { continue }
            try scratch.write("1:of a journal", "state.db.journal")
            let reason = refusal(scratch)
            #expect(reason?.contains("is gone") == true)
            #expect(reason?.contains("remove \(scratch.file("state.db.journal")) to") == true)
            for name in files {
                #expect(!FileManager.default.fileExists(atPath: scratch.file(name)))
            }
        }
    }

    /// Until the file has its write-ahead log, SQLite has a journal of what it is to undo: here of a file that
    /// was empty. No reader may undo it.
    @Test(arguments: [0, 4096])
    func aFirstStartThatWasCutOffIsNoObstacle(_ size: Int) async throws {
        let page = Array("SQLite format 3\0".utf8) + [UInt8](repeating: 0, count: 4080)
        // Magic, pages, nonce, pages before, bytes of a sector and of a page.
        let head: [UInt8] = [
            0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0,
            0, 0, 2, 0, 0, 0, 16, 0,
        ]
        let path = scratch.file("state.db")
        try PrivateFile.create(path, Array(page.prefix(size)))
        try PrivateFile.create(
            path + "-journal", head + [UInt8](repeating: 0, count: 512 - head.count))
        let store = try open(scratch)
        try await record(store)
        store.close()
        #expect(refusal(scratch) == nil)
        #expect(!PrivateFile.exists(path + "-journal"))
    }

    /// SQLite goes on writing to a file that has no name any more.
    @Test(arguments: [false, true])
    func whatIsWrittenToAFileThatWasTakenAwayIsNotAcknowledged(_ isReplaced: Bool) async throws {
        let store = try open(scratch)
        try await record(store)
        let path = scratch.file("state.db")
        let aside = scratch.file("aside")
        try FileManager.default.moveItem(atPath: path, toPath: aside)
        if isReplaced { try FileManager.default.copyItem(atPath: aside, toPath: path) }
        await #expect(throws: StoreFailure.broken) { try await record(store, 1) }
        #expect(!store.isHealthy)
        // Only a restart reads anew what is there.
        if isReplaced { try FileManager.default.removeItem(atPath: path) }
        try FileManager.default.moveItem(atPath: aside, toPath: path)
        await #expect(throws: StoreFailure.broken) { try await record(store, 1) }
        store.close()
    }

    /// Commits go there first.
    @Test func nothingIsAcknowledgedOnceTheLogWasTakenAway() async throws {
        let store = try open(scratch)
        try await record(store)
        try FileManager.default.removeItem(atPath: scratch.file("state.db-wal"))
        await #expect(throws: StoreFailure.broken) { try await record(store, 1) }
        store.close()
    }

    @Test func anOldCopyIsRefused() async throws {
        let store = try open(scratch)
        try await record(store, 2)
        let old = try scratch.crashed()
        try await record(store, 2)
        store.close()
        try FileManager.default.removeItem(atPath: old.file("state.db.mark"))
        try FileManager.default.copyItem(
            atPath: scratch.file("state.db.mark"), toPath: old.file("state.db.mark"))
        #expect(refusal(old)?.contains("of 4 that were acknowledged") == true)
    }

    @Test func anotherSealKeyIsRefused() throws {
        try open(scratch).close()
        let other = try #require(SealKey(Secret.random(32)))
        #expect(refusal(scratch, other)?.contains("another seal key") == true)
        #expect(refusal(scratch) == nil)
    }

    @Test func anOlderSchemaIsToldOfBeforeItIsChanged() throws {
        let path = scratch.file("state.db")
        #expect(Store.upgrade(of: path)?.to == nil)
        let store = try open(scratch)
        #expect(Store.upgrade(of: path)?.to == nil)
        func set(_ version: Int) throws {
            let database = try DatabaseQueue(path: path)
            try database.write { try $0.execute(sql: "PRAGMA user_version = \(version)") }
            try database.close()
        }
        // Beside who has it open, and when nobody does.
        try set(Schema.newest - 1)
        #expect(Store.upgrade(of: path)?.from == Schema.newest - 1)
        #expect(Store.upgrade(of: path)?.to == Schema.newest)
        store.close()
        #expect(Store.upgrade(of: path)?.from == Schema.newest - 1)
        #expect(Store.refusalOfNewer(path) == nil)
        try set(Schema.newest + 1)
        #expect(Store.upgrade(of: path)?.to == nil)
        // As its opening says it, and before a place is asked for.
        #expect(Store.refusalOfNewer(path)?.description == refusal(scratch))
    }

    @Test func aNewerSchemaIsRefusedAndLeftAlone() throws {
        try open(scratch).close()
        let database = try DatabaseQueue(path: scratch.file("state.db"))
        try database.write { try $0.execute(sql: "PRAGMA user_version = 99") }
        try database.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: scratch.file("state.db")))
        let reason = refusal(scratch)
        #expect(reason?.contains("newer ocmgate") == true)
        #expect(reason?.contains("schema 99") == true)
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: scratch.file("state.db"))) == before)
    }

    @Test func theDatabaseOfAnotherProgramIsRefused() throws {
        let database = try DatabaseQueue(path: scratch.file("state.db"))
        try database.write { try $0.execute(sql: "CREATE TABLE x (y)") }
        try database.close()
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: scratch.file("state.db"))
        #expect(refusal(scratch)?.contains("another program") == true)
        try scratch.write("no database at all, but long enough to be read as one", "state.db")
        #expect(refusal(scratch) != nil)
    }

    @Test func aConflictFailsAloneAndTheRestIsWritten() async throws {
        let store = try open(scratch)
        let bad = Change(write: { try $0.execute(sql: "INSERT INTO fact VALUES ('born', 1)") })
        let good = Change(write: { try $0.execute(sql: "INSERT INTO fact VALUES ('x', 1)") })
        async let first: Void = store.commit(good)
        await #expect(throws: StoreFailure.self) { try await store.commit(bad) }
        try await first
        #expect(store.isHealthy)
        store.close()
    }

    @Test func whatADiskErrorLeavesInDoubtIsNotAcknowledgedAndNothingIsAfterIt() async throws {
        let store = try open(scratch)
        let failing = Change(write: { _ in
            throw DatabaseError(resultCode: .SQLITE_IOERR_FSYNC, message: "fsync")
        })
        let told = Mutex<[Store.Word]>([])
        store.tell { word in told.withLock { $0.append(word) } }
        await #expect(throws: StoreFailure.broken) { try await store.commit(failing) }
        #expect(!store.isHealthy)
        #expect(told.withLock { $0 } == [.doubt("fsync (SQLite 1034)")])
        let good = Change(write: { try $0.execute(sql: "INSERT INTO fact VALUES ('x', 1)") })
        await #expect(throws: StoreFailure.broken) { try await store.commit(good) }
        store.close()
    }

    @Test(arguments: [
        ResultCode.SQLITE_FULL, .SQLITE_READONLY, .SQLITE_BUSY, .SQLITE_CANTOPEN,
        // A quota.
        .SQLITE_IOERR_WRITE,
    ])
    func aFullDiskIsRefusedAndLaterMended(_ code: ResultCode) async throws {
        let store = try open(scratch)
        let failing = Change(write: { _ in throw DatabaseError(resultCode: code) })
        await #expect(throws: StoreFailure.self) { try await store.commit(failing) }
        #expect(store.isHealthy)
        try await store.commit(
            Change(write: { try $0.execute(sql: "INSERT INTO fact VALUES ('x', 1)") }))
        store.close()
    }

    @Test func afterClosingNothingIsTakenAndClosingTwiceIsFine() async throws {
        let store = try open(scratch)
        store.close()
        store.close()
        await #expect(throws: StoreFailure.closed) {
            try await store.commit(Change(write: { _ in }))
        }
    }
}
