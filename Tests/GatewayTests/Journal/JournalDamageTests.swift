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

    /// By whoever empties a file to make room, or copies and cuts it.
    @Test(arguments: [0, 1, 700], [false, true])
    func aFileThatIsCutGoesOnAndIsTold(left: Int, isIdle: Bool) throws {
        let journal = try TestJournal()
        let state = String(journal.headFile.dropLast(".journal".count))
        let (lines, log) = JournalTests.told()
        let disk = try JournalDisk(
            try journal.settings, journal.key, journal.seal, log, time: journal.time)
        let id = DecisionID.make(now: journal.time / 1000)
        for _ in 0..<5 { try disk.append(try TestJournal.record(id).text, journal.time) }
        #expect(disk.hasRoom(1000))
        try disk.checkpoint(journal.time)
        let file = try journal.file()
        try FileHandle(forWritingTo: URL(fileURLWithPath: file)).truncate(atOffset: UInt64(left))
        if isIdle {
            try disk.checkpoint(journal.time, .periodic)
        } else {
            let text = try TestJournal.record(id).text
            if try !disk.writeAtOnce(text, journal.time) { try disk.append(text, journal.time) }
            try disk.append(try TestJournal.record(id).text, journal.time)
            try disk.commit()
        }
        // A kill now leaves a journal that goes on.
        let signed = try #require(try JournalHead.read(journal.headFile))
        try JournalFolder.check(journal.folder, state: state)
        #expect(disk.hasRoom(1000) && disk.room >= 1000)
        try disk.checkpoint(journal.time)
        disk.close()
        log.flush()
        let told = lines.objects.filter { $0["message"]?.string == "journal.cut" }
        #expect(told.count == 1 && told.first?["file"]?.string == file)
        #expect(told.first?["problem"]?.string?.contains("cut to \(left) bytes") == true)

        try journal.write(2)
        try journal.stop()
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        #expect(!bytes.contains(0))
        let findings = try journal.verify(heads: [signed]).findings.map(\.what)
        #expect(findings.contains { $0.contains("missing before it") })
        #expect(!findings.contains { $0.contains("hash") || $0.contains("was signed") })
        #expect(try JournalDiskTests.decisions(journal, .pseudonyms).count >= (isIdle ? 2 : 4))
    }

    /// Its bytes are there for as long as the process runs.
    @Test func aFileThatIsTakenAwayIsBroughtBackAsTheRemedySays() throws {
        let journal = try TestJournal()
        try journal.write(2)
        let file = try journal.file()
        try FileManager.default.removeItem(atPath: file)
        let problem = #expect(throws: FileProblem.self) { try journal.write(1) }
        let remedy = Journal.remedy(for: try #require(problem))
        #expect(remedy == problem?.remedy)
        #expect(Journal.words(of: try #require(problem)).hasSuffix("while it was written"))
        let command = try #require(remedy.split(separator: "`").dropFirst().first)
        let words = command.split(separator: " ").map(String.init)
        #expect(words.prefix(2) == ["cp", "-p"] && words.last == file)
        let kept = try #require(words.dropFirst(2).first)
        try Data(contentsOf: URL(fileURLWithPath: kept)).write(to: URL(fileURLWithPath: file))
        journal.crash()
        try journal.write(1)
        try journal.stop()
        #expect(try JournalDiskTests.decisions(journal, .pseudonyms).count == 4)
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
