import Federation
import Foundation
import GRDB
import OpenSSL
import Testing

@testable import Gateway

@Suite("The journal on the disk")
struct JournalDiskTests {
    @Test func aTornLastLineIsAccountedForAndTheChainGoesOn() throws {
        for cut in [1, 10, 64, 80, 400] {
            let journal = try TestJournal()
            try journal.write(5)
            journal.crash()
            try journal.editBytes { $0.removeLast(cut) }
            try journal.write(5)
            try journal.stop()
            let report = try journal.verify()
            #expect(report.findings == [], "\(cut)")
            // Without its line feed alone a record is whole.
            #expect((report.torn > 0) == (cut > 1), "\(cut)")
            let seqs = try Self.numbers(journal)
            #expect(seqs == Array(1...seqs.count))
        }
    }

    @Test func aCrashWhileTheRestIsAccountedForIsAccountedForToo() throws {
        let journal = try TestJournal()
        try journal.write(5)
        journal.crash()
        try journal.editBytes { $0.removeLast(100) }
        let head = try #require(try JournalHead.read(journal.headFile))
        _ = try journal.open()
        journal.crash()
        // Of the line that accounts for the rest only a part was written, and no checkpoint.
        try journal.edit { $0.removeLast() }
        try journal.editBytes { $0.removeLast(30) }
        try head.write(journal.headFile)
        try journal.write(2)
        try journal.stop()
        let report = try journal.verify()
        #expect(report.findings == [])
        #expect(report.torn > 100)
    }

    /// The file of the new day was there, and the old one not signed yet.
    @Test func aCrashAtTheChangeOfDayIsNoTampering() throws {
        let journal = try TestJournal()
        try journal.write(3)
        journal.crash()
        journal.time += 86_400_000
        let next = journal.reader.file(of: JournalDay(milliseconds: journal.time))
        #expect(FileManager.default.createFile(atPath: next, contents: nil))
        try journal.write(2)
        try journal.stop()
        #expect(try journal.verify().findings == [])
        #expect(try journal.reader.days().count == 2)
        let seqs = try Self.numbers(journal)
        #expect(seqs.count > 5 && seqs == Array(1...seqs.count))
    }

    @Test func zerosThatAPowerCutLeavesAreTorn() throws {
        let journal = try TestJournal()
        try journal.write(5)
        journal.crash()
        try journal.editBytes { $0 += [UInt8](repeating: 0, count: 4096) }
        try journal.write(2)
        try journal.stop()
        let report = try journal.verify()
        #expect(report.findings == [])
        #expect(report.torn == 4096)
    }

    @Test func aFileOfWhichOnlyTheBeginningWasBegunIsAccountedFor() throws {
        let journal = try TestJournal()
        try journal.write(5)
        try journal.stop()
        journal.time += 86_400_000
        let next = journal.reader.file(of: JournalDay(milliseconds: journal.time))
        try Data("{\"seq\":99,\"type\":\"beg".utf8).write(to: URL(fileURLWithPath: next))
        try journal.write(5)
        try journal.stop()
        let report = try journal.verify()
        #expect(report.findings == [])
        #expect(report.torn == 21)
        // It says whose file it follows all the same.
        #expect(
            try String(contentsOfFile: next, encoding: .utf8).contains(
                #""before":"\#(try journal.reader.days()[0])""#))
    }

    @Test func aRestThatNobodyAccountsForIsFound() throws {
        let journal = try TestJournal()
        try journal.write(5)
        journal.crash()
        try journal.editBytes { $0.removeLast(100) }
        try journal.write(5)
        try journal.stop()
        // One byte more or less than was told.
        try journal.edit { lines in
            let place = lines.firstIndex { $0.contains("\"type\":\"torn\"") } ?? 0
            lines[place - 1].removeLast()
        }
        let findings = try journal.verify().findings
        #expect(findings.count == 1)
        #expect(findings.first?.what.contains("no record") == true)
    }

    @Test func whatWasSignedMustBeThere() throws {
        let journal = try TestJournal()
        try journal.write(5)
        let state = String(journal.headFile.dropLast(".journal".count))
        // Also beside who writes it.
        try JournalFolder.check(journal.folder, state: state)
        try journal.stop()
        try JournalFolder.check(journal.folder, state: state)
        try journal.edit { $0.removeLast(3) }
        #expect(throws: FileProblem.self) { try JournalFolder.check(journal.folder, state: state) }
        #expect(throws: FileProblem.self) { try journal.open() }
        try FileManager.default.removeItem(atPath: journal.headFile)
        try journal.write(1)
        #expect(try journal.verify(heads: []).findings == [])
    }

    /// As after a restore of the records alone.
    @Test func theKeysOfThoseWhomItNamesMustBeThere() throws {
        let journal = try TestJournal()
        try journal.write(1)
        try journal.stop()
        let file = "\(journal.folder)/\(JournalSubjects.fileName)"
        for name in try FileManager.default.contentsOfDirectory(atPath: journal.folder)
        where name.hasPrefix(JournalSubjects.fileName) {
            try FileManager.default.removeItem(atPath: "\(journal.folder)/\(name)")
        }
        let state = String(journal.headFile.dropLast(".journal".count))
        let found = #expect(throws: FileProblem.self) {
            try JournalFolder.check(journal.folder, state: state)
        }
        #expect(found?.path == file && found?.remedy.contains("bring it back") == true)
        #expect(throws: FileProblem.self) { try journal.open() }
        #expect(!FileManager.default.fileExists(atPath: file))
        try journal.scratch.write("no database", "journal/\(JournalSubjects.fileName)")
        let damaged = #expect(throws: FileProblem.self) {
            try JournalFolder.check(journal.folder, state: state)
        }
        #expect(damaged?.remedy.contains("install -m 600 /dev/null") == true)
        #expect(throws: FileProblem.self) { try journal.open() }
        // Whoever has lost it says so.
        try journal.scratch.write("", "journal/\(JournalSubjects.fileName)")
        try JournalFolder.check(journal.folder, state: state)
        try journal.write(1)
        try journal.stop()
        #expect(try journal.verify().findings == [])
    }

    @Test func nothingIsWrittenBehindALastLineThatWasChanged() throws {
        let journal = try TestJournal()
        try journal.write(5)
        journal.crash()
        try journal.edit { $0[$0.count - 1].replace("rule:all", with: "rule:alt") }
        #expect(throws: FileProblem.self) { try journal.open() }
    }

    @Test func aClockThatStepsBackOpensNoOlderFile() throws {
        let journal = try TestJournal()
        try journal.write(2)
        journal.time -= 3 * 86_400_000
        try journal.write(2)
        try journal.stop()
        #expect(try journal.reader.days().count == 1)
        #expect(try journal.verify().findings == [])
    }

    /// Also where somebody takes its lock for one that was left behind; each day has a file of its own.
    @Test(arguments: [false, true]) func anotherGatewayIsRefused(isUnlocked: Bool) throws {
        let journal = try TestJournal()
        for _ in 0..<2 {
            try journal.write(1)
            if isUnlocked {
                try FileManager.default.removeItem(
                    atPath: "\(journal.folder)/\(JournalFolder.lockName)")
            }
            #expect(throws: FileProblem.self) {
                try JournalDisk(
                    try journal.settings, journal.key, journal.seal, TestJournal.log,
                    time: journal.time)
            }
            journal.time += 86_400_000
        }
        try journal.stop()
        #expect(try journal.verify().findings == [])
        try journal.write(1)
        try journal.stop()
        #expect(try journal.verify().findings == [])
    }

    /// Whoever still refers to it keeps nobody off.
    @Test func aFileThatIsClosedMayBeWrittenByAnother() throws {
        let journal = try TestJournal()
        let (path, settings) = (journal.scratch.file("day.jsonl"), try journal.settings)
        let first = try JournalFile(path, settings)
        let error = #expect(throws: FileProblem.self) { try JournalFile(path, settings) }
        #expect(error?.path == path && error?.remedy.isEmpty == false)
        first.close()
        try JournalFile(path, settings).close()
        withExtendedLifetime(first) {}
    }

    @Test func aFolderThatOthersMayReadIsRefused() throws {
        let journal = try TestJournal()
        try journal.write(1)
        journal.crash()
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o750], ofItemAtPath: journal.folder)
        #expect(throws: FileProblem.self) { try journal.open() }
    }

    @Test func aFolderThatCannotBeWrittenIsRefusedWithTheRemedy() throws {
        let scratch = try Scratch()
        let folder = scratch.file("journal")
        let problem = #expect(throws: FileProblem.self) {
            try JournalFolder.check(folder)
        }
        #expect(problem?.path == folder)
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o500])
        let other = #expect(throws: FileProblem.self) { try JournalFolder.check(folder) }
        #expect(other?.remedy == "chmod 700 \(folder)")
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder)
        try JournalFolder.check(folder)
        #expect(throws: FileProblem.self) { try JournalFolder.check("/dev/null") }
    }

    @Test func aHeadThatCannotBeKeptStopsNothing() throws {
        let journal = try TestJournal()
        try journal.write(1)
        let head = try #require(try JournalHead.read(journal.headFile))
        // What is in the place of the file cannot be replaced by one.
        try FileManager.default.removeItem(atPath: journal.headFile)
        try FileManager.default.createDirectory(
            atPath: journal.headFile, withIntermediateDirectories: false)
        let disk = try journal.open()
        try journal.write(1)
        try disk.checkpoint(journal.time)
        try FileManager.default.removeItem(atPath: journal.headFile)
        try journal.write(1)
        try journal.stop()
        #expect(try #require(try JournalHead.read(journal.headFile)).seq > head.seq + 2)
        #expect(try journal.verify().findings == [])
    }

    @Test func filesAreForTheirOwnerAlone() throws {
        let journal = try TestJournal()
        try journal.write(1)
        for name in try FileManager.default.contentsOfDirectory(atPath: journal.folder) {
            let facts = try FileManager.default.attributesOfItem(
                atPath: "\(journal.folder)/\(name)")
            #expect((facts[.posixPermissions] as? Int ?? 0) & 0o077 == 0, "\(name)")
        }
    }

    // MARK: People

    @Test func aForgottenPersonCannotBeToldAnyMoreAndTheChainVerifies() throws {
        let journal = try TestJournal()
        try journal.write(3)
        try journal.write(1, by: "carol@one.test")
        let disk = try journal.open()
        let alice = try #require(JournalErasure("alice@one.test"))
        let pseudonym = try #require(try disk.erase(alice, journal.time))
        #expect(try disk.erase(alice, journal.time) == nil)
        try journal.stop()

        let people = try JournalPeople.opening(journal.folder, journal.seal)
        let owners = try Self.decisions(journal, people).compactMap { $0.facts?.owner }
        #expect(
            owners == Array(repeating: "~\(pseudonym)@one.test", count: 3) + ["carol@one.test"])
        #expect(try journal.verify().findings == [])
        // Who comes again is somebody else.
        try journal.write(1)
        try journal.stop()
        let again = try Self.decisions(journal, .pseudonyms).last?.facts?.owner
        #expect(again != "~\(pseudonym)@one.test")
        #expect(try Self.decisions(journal, people).last?.facts?.owner == "alice@one.test")
        for name in try FileManager.default.contentsOfDirectory(atPath: journal.folder) {
            let data = FileManager.default.contents(atPath: "\(journal.folder)/\(name)")
            #expect(data?.range(of: Data("alice".utf8)) == nil, "\(name)")
        }
    }

    @Test func aPersonIsForgottenByPseudonymToo() throws {
        let journal = try TestJournal()
        try journal.write(1)
        let disk = try journal.open()
        let subject = try #require(JournalSubject("alice@one.test"))
        let name = try #require(
            try JournalPseudonym.of(subject, journal.folder, journal.seal))
        let erasure = try #require(JournalErasure("~\(name)@one.test"))
        #expect(try disk.erase(erasure, journal.time) == name)
        #expect(try JournalPseudonym.of(subject, journal.folder, journal.seal) == nil)
    }

    /// The line was on the disk when the process was killed, and the key was not deleted yet.
    @Test func whomTheLastLineForgetsIsForgottenAtTheNextStart() throws {
        let journal = try TestJournal()
        try journal.write(1)
        let subject = try #require(JournalSubject("alice@one.test"))
        let name = try #require(
            try JournalPseudonym.of(subject, journal.folder, journal.seal))
        let disk = try journal.open()
        try disk.append(.erased, journal.time) { $0.add("subject", name.description) }
        try disk.commit()
        journal.crash()
        #expect(try journal.open().subjects.key(of: name) == nil)
        #expect(try JournalPseudonym.of(subject, journal.folder, journal.seal) == nil)
        // Others stay.
        let bob = try #require(JournalSubject("bob@cloud.test"))
        #expect(try JournalPseudonym.of(bob, journal.folder, journal.seal) != nil)
    }

    @Test func onePersonHasOnePseudonymAcrossDaysAndRestarts() throws {
        let journal = try TestJournal()
        try journal.write(1)
        journal.time += 86_400_000
        try journal.write(1)
        try journal.stop()
        try journal.write(1, by: "alice@https://one.test/")
        let owners = Set(try Self.decisions(journal, .pseudonyms).map { $0.facts?.owner ?? "" })
        #expect(owners.count == 1)
    }

    // Whoever reads a database keeps its old pages where they are.
    @Test func whatSomebodyReadsIsForgottenOnTheDiskWhenNobodyDoes() throws {
        let journal = try TestJournal()
        try journal.write(1)
        let disk = try journal.open()
        _ = try disk.subjects.database.read { db in
            try Int.fetchOne(db, sql: "PRAGMA busy_timeout = 10")
        }
        let alice = try #require(JournalErasure("alice@one.test"))
        let path = "\(journal.folder)/\(JournalSubjects.fileName)"
        let reader = try Store.reader(path)
        try reader.unsafeRead { db in
            try db.execute(sql: "BEGIN")
            _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM subject")
            #expect(throws: JournalFailure.copied) { try disk.erase(alice, journal.time) }
            try db.execute(sql: "COMMIT")
        }
        #expect(try disk.erase(alice, journal.time) == nil)
        #expect(disk.subjects.hasLeftovers)
        try disk.checkpoint(journal.time)
        #expect(!disk.subjects.hasLeftovers)
        #expect(FileManager.default.contents(atPath: path + "-wal")?.isEmpty == true)
        try reader.close()
        try journal.stop()
        #expect(try journal.verify().findings == [])
    }

    /// The journal has room, and the keys of who is new find none.
    @Test func newPeopleOnAFullDiskAreKnownAgainWhenThereIsRoom() throws {
        let journal = try TestJournal()
        try journal.write(1)
        let disk = try journal.open()
        #expect(disk.hasRoom(1000))
        let pages = try disk.subjects.database.write { db in
            try Int.fetchOne(db, sql: "PRAGMA max_page_count = 1") ?? 0
        }
        // As many as need a page more.
        for number in 0..<100 { try journal.write(1, by: "user\(number)@one.test") }
        #expect(disk.subjects.blocked == .full && disk.room == 0)
        #expect(!disk.hasRoom(1000))
        let alice = try #require(JournalErasure("alice@one.test"))
        #expect(throws: JournalFailure.full) { try disk.erase(alice, journal.time) }
        _ = try disk.subjects.database.write { db in
            try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(pages + 1000)")
        }
        #expect(disk.hasRoom(1000) && disk.room > 0)
        #expect(try disk.erase(alice, journal.time) != nil)
        try journal.stop()
        #expect(try journal.verify().findings == [])
        let people = try JournalPeople.opening(journal.folder, journal.seal)
        let owners = try Self.decisions(journal, people).dropFirst().compactMap { $0.facts?.owner }
        #expect(owners == (0..<100).map { "user\($0)@one.test" })
    }

    /// A lock passes, as a full disk does.
    @Test func newPeopleWhileSomebodyLocksTheirKeysAreKnownAgainLater() throws {
        let journal = try TestJournal()
        try journal.write(1)
        let disk = try journal.open()
        _ = try disk.subjects.database.writeWithoutTransaction { db in
            try Int.fetchOne(db, sql: "PRAGMA busy_timeout = 1")
        }
        let alice = try #require(JournalErasure("alice@one.test"))
        let path = "\(journal.folder)/\(JournalSubjects.fileName)"
        let other = try DatabaseQueue(path: path, configuration: Store.configuration())
        try other.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN IMMEDIATE")
            // No line says that somebody is forgotten who is not.
            let written = try String(contentsOfFile: journal.file(), encoding: .utf8)
            #expect(throws: JournalFailure.blocked) { try disk.erase(alice, journal.time) }
            try disk.commit()
            #expect(try String(contentsOfFile: journal.file(), encoding: .utf8) == written)
            try journal.write(1, by: "carol@one.test")
            #expect(disk.subjects.blocked == .blocked && !disk.hasRoom(1000) && disk.room == 0)
            #expect(throws: JournalFailure.blocked) { try disk.erase(alice, journal.time) }
            try disk.checkpoint(journal.time)
            try db.execute(sql: "ROLLBACK")
        }
        try other.close()
        #expect(disk.hasRoom(1000) && disk.room > 0)
        #expect(try disk.erase(alice, journal.time) != nil)
        try journal.stop()
        #expect(try journal.verify().findings == [])
        let people = try JournalPeople.opening(journal.folder, journal.seal)
        let owners = try Self.decisions(journal, people).compactMap { $0.facts?.owner }
        #expect(owners.last == "carol@one.test")
    }

    /// Keys that nobody finds are lost with the process.
    @Test func newPeopleWhileTheKeysAreTakenAwayAreKnownWhenTheyAreBack() throws {
        let journal = try TestJournal()
        try journal.write(1)
        let disk = try journal.open()
        let path = "\(journal.folder)/\(JournalSubjects.fileName)"
        try FileManager.default.moveItem(atPath: path, toPath: path + ".elsewhere")
        try journal.write(1, by: "carol@one.test")
        #expect(disk.subjects.blocked == .blocked && !disk.hasRoom(1000) && disk.room == 0)
        let alice = try #require(JournalErasure("alice@one.test"))
        #expect(throws: JournalFailure.blocked) { try disk.erase(alice, journal.time) }
        try FileManager.default.moveItem(atPath: path + ".elsewhere", toPath: path)
        #expect(disk.hasRoom(1000) && disk.room > 0)
        try journal.stop()
        let people = try JournalPeople.opening(journal.folder, journal.seal)
        let owners = try Self.decisions(journal, people).compactMap { $0.facts?.owner }
        #expect(owners == ["alice@one.test", "carol@one.test"])
    }

    /// The seal key was made anew: whom the records name cannot be opened, and can be forgotten.
    @Test func aPseudonymIsForgottenUnderAnotherSealKey() throws {
        let journal = try TestJournal()
        try journal.write(1)
        try journal.stop()
        let subject = try #require(JournalSubject("alice@one.test"))
        let name = try #require(
            try JournalPseudonym.of(subject, journal.folder, journal.seal))
        let disk = try JournalDisk(
            try journal.settings, journal.key, try #require(SealKey(Secret.random(32))),
            TestJournal.log, time: journal.time)
        defer { disk.close() }
        try disk.commit()
        #expect(try disk.erase(.pseudonym(name), journal.time) == name)
        #expect(try disk.erase(.pseudonym(name), journal.time) == nil)
        #expect(try JournalPseudonym.of(subject, journal.folder, journal.seal) == nil)
    }

    /// The keys in memory are dropped when they are many; not those that are nowhere else.
    @Test func manyNewPeopleAtOnceKeepOneKeyEach() throws {
        let scratch = try Scratch()
        let seal = try #require(SealKey(Secret(Array(1...32))))
        let subjects = try JournalSubjects(scratch.path, seal, .writing)
        let day = JournalDay(number: 20_000)
        let all = try (0..<8300).map { number in
            try #require(JournalSubject("user\(number)@one.test"))
        }
        let first = subjects.seal(all[0], "x", on: day).pseudonym
        for subject in all { _ = subjects.seal(subject, "x", on: day) }
        #expect(subjects.seal(all[0], "x", on: day).pseudonym == first)
        try subjects.flush(day)
        #expect(try subjects.pseudonym(of: all[0]) == first)
        #expect(subjects.blocked == nil)
        subjects.close()
    }

    private static func numbers(_ journal: TestJournal) throws -> [Int] {
        var seqs: [Int] = []
        try journal.reader.lines(of: try journal.reader.days()) { line, _ in
            seqs.append(line.seq)
            return .goOn
        }
        return seqs
    }

    static func decisions(
        _ journal: TestJournal, _ people: JournalPeople
    ) throws -> [JournalDecision] {
        var found: [JournalDecision] = []
        try journal.reader.lines(of: try journal.reader.days()) { line, _ in
            if let decision = JournalDecision(line, people) { found.append(decision) }
            return .goOn
        }
        return found
    }
}
