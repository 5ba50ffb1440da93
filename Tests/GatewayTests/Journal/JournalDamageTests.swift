import Federation
import Foundation
import Testing

@testable import Gateway

/// What others do to its files, and to those of the state beside it.
@Suite("The journal and other hands")
struct JournalDamageTests {
    /// A copy of the whole folder of the state was put back, the newest checkpoint with it.
    @Test(arguments: [0, 86_400_000])
    func aStateThatIsOlderThanTheJournalIsTold(_ later: Int) throws {
        let journal = try TestJournal()
        let state = String(journal.headFile.dropLast(".journal".count))
        try journal.write(2)
        try journal.stop()
        let head = try #require(try JournalHead.read(journal.headFile))
        // A crash comes before one signature is kept, at most.
        #expect(try Self.opened(journal).isEmpty)
        #expect(try #require(try JournalHead.read(journal.headFile)).seq == head.seq + 1)
        try head.write(journal.headFile)
        #expect(try JournalFolder.check(journal.folder, state: state) == nil)
        #expect(try Self.opened(journal).isEmpty)
        let kept = try #require(try JournalHead.read(journal.headFile))
        journal.time += later
        try journal.write(2)
        // Beside who writes it.
        #expect(try JournalFolder.check(journal.folder, state: state) == nil)
        try journal.stop()
        #expect(try JournalFolder.check(journal.folder, state: state) == nil)

        try kept.write(journal.headFile)
        let older = try #require(try JournalFolder.check(journal.folder, state: state))
        #expect(older.path == journal.headFile)
        #expect(older.what.contains("is of record \(kept.seq) (\(kept.day)T"))
        #expect(older.remedy.contains("--since \(kept.day)T"))
        let told = try Self.opened(journal)
        #expect(told.map { $0["message"]?.string } == ["state.older"])
        #expect(told.first?["problem"]?.string == older.what)
        // What was signed then is kept again.
        #expect(try JournalFolder.check(journal.folder, state: state) == nil)
        #expect(try Self.opened(journal).isEmpty)
        #expect(try journal.verify().findings == [])
    }

    /// Opens a journal as a start does, and ends it; what the log was told.
    private static func opened(_ journal: TestJournal) throws -> [JSONObject] {
        let (lines, log) = JournalTests.told()
        let disk = try JournalDisk(
            try journal.settings, journal.key, journal.seal, log, time: journal.time)
        try disk.checkpoint(journal.time)
        disk.close()
        log.flush()
        return lines.objects
    }
}
