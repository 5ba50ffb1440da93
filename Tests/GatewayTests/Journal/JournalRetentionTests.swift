import Federation
import Foundation
import OpenSSL
import Testing

@testable import Gateway

/// Files of days that are old enough: which are removed, and what keeps them.
@Suite struct JournalRetentionTests {
    @Test func oldDaysAreRemovedAndThatIsSigned() throws {
        let journal = try TestJournal()
        journal.keep = 3
        for day in 0..<6 {
            try journal.write(2, by: "user\(day)@one.test")
            journal.time += 86_400_000
        }
        try journal.stop()
        #expect(try journal.reader.days().count == 3)
        let report = try journal.verify()
        #expect(report.findings == [])
        #expect(report.removedThrough != nil)
        // Who is in no record any more has no key either.
        let old = try #require(JournalSubject("user0@one.test"))
        let new = try #require(JournalSubject("user5@one.test"))
        #expect(try JournalPseudonym.of(old, journal.folder, journal.seal) == nil)
        #expect(try JournalPseudonym.of(new, journal.folder, journal.seal) != nil)
        // One more day than was said.
        let first = try #require(try journal.reader.days().first)
        try FileManager.default.removeItem(atPath: journal.reader.file(of: first))
        #expect(try !journal.verify().findings.isEmpty)
    }

    /// As a crash leaves it just behind the first removal: else nothing would say who removed the day.
    @Test func whatIsRemovedIsSignedOnTheDiskBefore() throws {
        let journal = try TestJournal()
        journal.keep = 1
        let (folder, aside) = (journal.folder, journal.scratch.file("aside"))
        journal.onRemoving = { try? FileManager.default.copyItem(atPath: folder, toPath: aside) }
        for _ in 0..<2 {
            try journal.write(2)
            journal.time += 86_400_000
        }
        let left = JournalReader(aside)
        let days = try left.days()
        #expect(days.count == 2)
        try FileManager.default.removeItem(atPath: left.file(of: try #require(days.first)))
        var verifier = JournalVerifier(keys: [journal.key.key.publicKey], heads: [])
        let report = try verifier.verify(left)
        #expect(report.findings == [] && report.removedThrough == days.first?.description)
    }

    /// There may be millions of them: nobody waits for that at the turn of a day.
    @Test func whoIsInNoDayIsForgottenStepByStep() throws {
        let journal = try TestJournal()
        journal.keep = 1
        for number in 0..<200 { try journal.write(1, by: "user\(number)@one.test") }
        journal.time += 86_400_000
        try journal.write(1, by: "user0@one.test")
        func pseudonym(_ number: Int) throws -> JournalPseudonym? {
            let subject = try #require(JournalSubject("user\(number)@one.test"))
            return try JournalPseudonym.of(subject, journal.folder, journal.seal)
        }
        #expect(try (0..<200).allSatisfy { try pseudonym($0) != nil })
        let disk = try journal.open()
        #expect(try disk.forgetSome())
        #expect(try (0..<200).contains { try pseudonym($0) == nil })
        try journal.stop()
        #expect(try (0..<200).filter { try pseudonym($0) != nil } == [0])
        #expect(try journal.verify().findings == [])
    }

    /// Only what the journal itself says is old is: whoever can give files other names could else have
    /// them removed, and that signed.
    @Test(arguments: [[0], [0, 1], [1]]) func aFileThatGotAnOlderNameIsNotRemoved(
        renamed: [Int]
    ) throws {
        let journal = try TestJournal()
        for _ in 0..<4 {
            try journal.write(2)
            journal.time += 86_400_000
        }
        try journal.stop()
        let days = try journal.reader.days()
        for place in renamed {
            let old = JournalDay(number: days[place].number - 1000)
            try FileManager.default.moveItem(
                atPath: journal.reader.file(of: days[place]),
                toPath: journal.reader.file(of: old))
        }
        // So much later that no leap of the clock keeps it.
        journal.time += 8 * 86_400_000
        try journal.write(2)
        try journal.stop()
        #expect(try journal.reader.days().count == 6)
        let report = try journal.verify()
        #expect(report.removedThrough == nil)
        #expect(report.findings.contains { $0.what.contains("another name") })
    }

    /// The damage is found by `verify`; it stops no recording, on no day and at no start.
    @Test func aFileWhoseFirstLineIsDamagedKeepsTheOlderOnesForADay() throws {
        let journal = try TestJournal()
        journal.keep = 2
        for _ in 0..<2 {
            try journal.write(2)
            journal.time += 86_400_000
        }
        try journal.edit { $0[0] = "x" + $0[0].dropFirst() }
        try journal.write(2)
        try journal.stop()
        #expect(try journal.reader.days().count == 3)
        try journal.write(2)
        try journal.stop()
        #expect(try !journal.verify().findings.isEmpty)
        journal.time += 86_400_000
        try journal.write(2)
        try journal.stop()
        #expect(try journal.reader.days().count == 2)
        #expect(try journal.verify().findings == [])
    }

    /// As where the process may open no more files.
    @Test func aFolderThatCannotBeLookedIntoStopsNoRecording() throws {
        let journal = try TestJournal()
        journal.keep = 1
        try journal.write(2)
        let disk = try journal.open()
        let aside = journal.scratch.file("aside")
        try FileManager.default.moveItem(atPath: journal.folder, toPath: aside)
        try disk.removeOld(journal.time)
        try FileManager.default.moveItem(atPath: aside, toPath: journal.folder)
        journal.time += 86_400_000
        try journal.write(2)
        try journal.stop()
        #expect(try journal.reader.days().count == 1)
        #expect(try journal.verify().findings == [])
    }

    @Test func aFileThatCannotBeDeletedIsDeletedOnALaterDay() throws {
        let journal = try TestJournal()
        journal.keep = 2
        journal.isDeletable = false
        for _ in 0..<3 {
            try journal.write(2)
            journal.time += 86_400_000
        }
        try journal.stop()
        #expect(try journal.reader.days().count == 4)
        #expect(try journal.verify().findings == [])
        journal.isDeletable = true
        try journal.write(2)
        try journal.stop()
        #expect(try journal.reader.days().count == 2)
        #expect(try journal.verify().findings == [])
    }

    /// What is written goes into the file of that day, and what is old goes as if there were none.
    @Test func aClockThatWasFarAheadOnceKeepsNoOldDays() throws {
        let journal = try TestJournal()
        journal.keep = 2
        let noon = journal.time
        func day(_ number: Int) { journal.time = noon + number * 86_400_000 }
        for number in [0, 1, 400] {
            day(number)
            try journal.write(2, by: "user\(number)@one.test")
        }
        #expect(try journal.reader.days().count == 3)
        for number in 2...5 {
            day(number)
            try journal.write(2, by: "user\(number)@one.test")
        }
        #expect(try journal.reader.days().count == 1)
        try journal.stop()
        let report = try journal.verify()
        #expect(report.findings == [])
        #expect(report.removedThrough != nil)
        let old = try #require(JournalSubject("user0@one.test"))
        let new = try #require(JournalSubject("user5@one.test"))
        #expect(try JournalPseudonym.of(old, journal.folder, journal.seal) == nil)
        #expect(try JournalPseudonym.of(new, journal.folder, journal.seal) != nil)
    }

    /// Of a day to come all is kept until it is over: with the way out of that.
    @Test func aNewestDayThatIsFarOffIsToldWithWhatEndsIt() throws {
        let journal = try TestJournal()
        journal.keep = 30
        let noon = journal.time
        func farOff() -> FileProblem? {
            JournalFolder.farOff(
                journal.folder, keep: journal.keep,
                state: String(journal.headFile.dropLast(".journal".count)),
                now: journal.time / 1000)
        }
        try journal.write(1)
        journal.time += 400 * 86_400_000
        try journal.write(1)
        try journal.stop()
        #expect(farOff() == nil)
        let newest = try journal.file()
        // It comes soon.
        journal.time -= 3 * 86_400_000
        #expect(farOff() == nil)
        journal.time = noon + 86_400_000
        let told = try #require(farOff())
        #expect(told.path == newest && told.remedy.contains("remove \(journal.headFile)"))
        let (lines, log) = JournalTests.told()
        try JournalDisk(
            try journal.settings, journal.key, journal.seal, log, time: journal.time
        ).close()
        log.flush()
        let clock = try #require(
            lines.objects.first { $0["message"]?.string == "journal.clock" })
        #expect(clock["remedy"]?.string == told.remedy)
        try FileManager.default.moveItem(
            atPath: journal.folder, toPath: journal.scratch.file("elsewhere"))
        try FileManager.default.removeItem(atPath: journal.headFile)
        try journal.write(1)
        try journal.stop()
        #expect(farOff() == nil)
        #expect(try journal.verify().findings == [])
    }

    @Test func aClockThatIsFarAheadRemovesNothing() throws {
        let journal = try TestJournal()
        journal.keep = 30
        for _ in 0..<3 {
            journal.time += 86_400_000
            try journal.write(2)
        }
        try journal.stop()
        journal.time += 500 * 86_400_000
        try journal.write(2)
        try journal.stop()
        #expect(try journal.reader.days().count == 4)
        // Nor with the next start, whose newest record is of the same clock, nor with the next day.
        try journal.write(2)
        try journal.stop()
        #expect(try journal.reader.days().count == 4)
        _ = try journal.open()
        journal.time += 86_400_000
        try journal.write(2)
        #expect(try journal.reader.days().count == 5)
        let alice = try #require(JournalSubject("alice@one.test"))
        #expect(try JournalPseudonym.of(alice, journal.folder, journal.seal) != nil)
        // It was right: some days later they go.
        journal.time += 3 * 86_400_000
        try journal.write(2)
        try journal.stop()
        #expect(try journal.reader.days().count == 3)
        #expect(try journal.verify().findings == [])
    }

    /// Who stood still for long keeps a week longer what is old.
    @Test func afterALongPauseOldDaysGoAWeekLater() throws {
        let journal = try TestJournal()
        journal.keep = 100
        try journal.write(1)
        var counts: [Int] = []
        for pause in [200, 1, 6, 1] {
            journal.time += pause * 86_400_000
            try journal.write(1)
            counts.append(try journal.reader.days().count)
        }
        #expect(counts == [2, 3, 4, 4])
        try journal.stop()
        let report = try journal.verify()
        #expect(report.findings == [] && report.removedThrough != nil)
    }
}
