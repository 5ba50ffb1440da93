import Federation
import Foundation
import GRDB
import Synchronization
import SystemPackage
import Testing

@testable import Gateway

/// Messages of which the state has word before they take effect: their records are written before anybody
/// is answered, and synced later.
@Suite struct KeptRecordsTests {
    private let files: TestJournal
    private let store: Store

    init() throws {
        files = try TestJournal()
        store = try Store.open(files.scratch.file("state.db"), files.seal, now: 1000)
    }

    private static func id(_ number: Int) -> String { "0000000000000\(100 + number)" }

    /// Lets a message through; its place.
    private static func begin(
        _ number: Int, _ journal: Journal, _ store: Store
    ) async throws -> JournalQueue.Place {
        let slot = try await journal.takePlace()
        let decision = try TestJournal.record(id(number)).decision
        try await store.commit(journal.owing(OwedRecords.Entry(decision), slot))
        return .kept(slot)
    }

    private static func end(
        _ number: Int, _ place: JournalQueue.Place, _ journal: Journal,
        by person: String = "alice@one.test"
    ) async throws {
        try await journal.append(try TestJournal.record(id(number), by: person), place)
    }

    /// Syncs what is written.
    private func sync(_ journal: Journal) async throws {
        try await journal.append(try TestJournal.record(Self.id(99)), .none)
    }

    private func left() throws -> [String] { try store.read(OwedWord.left).entries.map(\.decision) }

    @Test func theLineIsWrittenWhenItReturns() async throws {
        let journal = try JournalTests.open(files)
        for number in 0..<20 {
            // Of people who have a key, and of some who get one.
            let person = number % 3 == 0 ? "new\(number)@one.test" : "alice@one.test"
            try await Self.end(
                number, try await Self.begin(number, journal, store), journal, by: person)
            #expect(
                try JournalDiskTests.decisions(files, .pseudonyms).map(\.id).last
                    == Self.id(number))
        }
        journal.close()
        #expect(try files.verify().findings == [])
        store.close()
    }

    /// As btrfs may be though there is room for the line.
    @Test(.timeLimit(.minutes(1)), arguments: [true, false])
    func whatAFullDiskDidNotTakeIsWrittenOnceThereIsRoom(isKept: Bool) async throws {
        let room = Room()
        var settings = try files.settings
        settings.write = { file, offset, bytes in
            guard room.size == 0 else { return try JournalFile.write(file, offset, bytes) }
            try JournalFile.write(file, offset, Array(bytes.prefix(bytes.count / 2)))
            throw Errno.noSpace
        }
        let journal = try JournalTests.open(
            files, settings: settings, patience: .milliseconds(300))
        // Somebody who has a key.
        try await Self.end(1, try await Self.begin(1, journal, store), journal)
        let place = try await Self.begin(2, journal, store)
        room.size = 0
        await #expect(throws: Denial.self) {
            try await Self.end(2, isKept ? place : .taken(place.slot ?? 0), journal)
        }
        await #expect(throws: Denial.self) { try await sync(journal) }
        room.size = .max
        while (try? await sync(journal)) == nil { try await Task.sleep(for: .milliseconds(50)) }
        journal.close()
        let ids = try JournalDiskTests.decisions(files, .pseudonyms).map(\.id)
        #expect(ids.prefix(2) == [Self.id(1), Self.id(2)])
        #expect(ids.count(where: { $0 == Self.id(2) }) == 1)
        let report = try files.verify()
        #expect(report.findings == [] && report.torn == 0)
        store.close()
    }

    @Test func manyAtOnceAreAllThere() async throws {
        let journal = try JournalTests.open(files)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<500 {
                group.addTask { [store] in
                    let place: JournalQueue.Place =
                        number % 5 == 0
                        ? try await journal.reserve(
                            OwedRecords.Entry(try TestJournal.record(Self.id(number)).decision))
                        : try await Self.begin(number, journal, store)
                    try await Self.end(number, place, journal, by: "\(number % 40)@one.test")
                }
            }
            try await group.waitForAll()
        }
        journal.close()
        #expect(Set(try JournalDiskTests.decisions(files, .pseudonyms).map(\.id)).count == 500)
        #expect(try files.verify().findings == [])
        // All of them have their records.
        try await store.commit([journal.settle()].compactMap { $0 })
        #expect(try left() == [])
        store.close()
    }

    /// As a power cut leaves it, whatever became of the journal's last lines.
    @Test func whatHasNoRecordIsRecordedByTheNext() async throws {
        let journal = try JournalTests.open(files)
        var places: [JournalQueue.Place] = []
        for number in 1...4 { places.append(try await Self.begin(number, journal, store)) }
        try await Self.end(2, places[1], journal)
        journal.close()
        #expect(try left() == (1...4).map(Self.id))
        let next = try JournalTests.open(files, left: try store.read(OwedWord.left))
        next.close()
        let found = try JournalDiskTests.decisions(files, .pseudonyms)
        #expect(found.map(\.id) == [2, 1, 3, 4].map(Self.id))
        #expect(found.map(\.action) == [.allow, .fail, .fail, .fail])
        #expect(found.last?.peer == "one.test")
        #expect(try files.verify().findings == [])
        store.close()
    }

    @Test func whatHasItsRecordIsNotLeft() async throws {
        let journal = try JournalTests.open(files)
        let first = try await Self.begin(1, journal, store)
        let second = try await Self.begin(2, journal, store)
        try await Self.end(2, second, journal)
        try await sync(journal)
        // Its place is free, and the first one's is not.
        let third = try await Self.begin(3, journal, store)
        #expect(third == second && first != second)
        // That the second has its record is told once the first has, who came before it.
        #expect(try left() == (1...3).map(Self.id))
        try await Self.end(1, first, journal)
        try await Self.end(3, third, journal)
        try await sync(journal)
        _ = try await Self.begin(4, journal, store)
        #expect(try left() == [Self.id(4)])
        journal.close()
        store.close()
    }

    @Test func whatIsSettledIsTakenAway() async throws {
        let journal = try JournalTests.open(files)
        if journal.settle() != nil { Issue.record("nothing is there to be settled") }
        let places = [
            try await Self.begin(1, journal, store), try await Self.begin(2, journal, store),
        ]
        try await Self.end(1, places[0], journal)
        try await sync(journal)
        try await store.commit(try #require(journal.settle()))
        #expect(try left() == [Self.id(2)])
        try await Self.end(2, places[1], journal)
        try await sync(journal)
        try await store.commit(try #require(journal.settle()))
        #expect(try left() == [])
        if journal.settle() != nil { Issue.record("nothing is there to be settled") }
        journal.close()
        store.close()
    }

    private func rows() throws -> Int {
        try store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM owed") ?? 0 }
    }

    @Test func thoseOfOneCommitAreOneRow() async throws {
        let journal = try JournalTests.open(files)
        var words: [Change] = []
        for number in 1...3 {
            let entry = OwedRecords.Entry(try TestJournal.record(Self.id(number)).decision)
            words.append(journal.owing(entry, try await journal.takePlace()))
        }
        try await store.commit(words)
        #expect(try rows() == 1 && left() == (1...3).map(Self.id))
        // The row stays while one of them has no record.
        for number in [3, 1] { try await Self.end(number, .kept(number - 1), journal) }
        try await sync(journal)
        _ = try await Self.begin(4, journal, store)
        #expect(try rows() == 2 && left() == (1...4).map(Self.id))
        try await Self.end(2, .kept(1), journal)
        try await sync(journal)
        _ = try await Self.begin(5, journal, store)
        #expect(try left() == [4, 5].map(Self.id))
        journal.close()
        store.close()
    }

    /// One that is open for long holds up what is said of all behind it.
    @Test func wordOfWhatIsNotOpenGoesThoughAnOlderOneIs() async throws {
        func write(_ ticket: Int) async throws {
            let entry = OwedRecords.Entry(try TestJournal.record(Self.id(ticket)).decision)
            try await store.commit(
                OwedWord(ticket: ticket, settled: 1, entry: entry) { [1, 3000, 5000] }.change)
        }
        for ticket in [1, 2048, 3000, 4097] { try await write(ticket) }
        #expect(try rows() == 4)
        try await write(5000)
        #expect(try left() == [1, 3000, 5000].map(Self.id))
        store.close()
    }

    /// As the version before kept them, each message in a row of its place.
    @Test func rowsOfAnOlderStateAreKept() throws {
        let entry = OwedRecords.Entry(try TestJournal.record(Self.id(1)).decision)
        let database = try DatabaseQueue()
        try database.writeWithoutTransaction { db in
            try Schema.migrate(db, steps: Array(Schema.steps.prefix(8)))
            try db.execute(
                sql: "INSERT INTO owed VALUES (0, 6, 7, x'00'), (1, 7, 7, ?)",
                arguments: [Data(entry.line)])
            try Schema.migrate(db)
        }
        let left = try database.read(OwedWord.left)
        #expect(left.entries == [entry] && left.next == 8)
        store.close()
    }

    /// Tickets go on where those of the rows end.
    @Test func rowsOfAProcessBeforeDoNotHideThoseOfThisOne() async throws {
        let before = try JournalTests.open(files)
        for number in 1...3 { _ = try await Self.begin(number, before, store) }
        before.close()
        let journal = try JournalTests.open(files, left: try store.read(OwedWord.left))
        _ = try await Self.begin(4, journal, store)
        journal.close()
        // The first one's place is the fourth's now; the others have their records since.
        let again = try JournalTests.open(files, left: try store.read(OwedWord.left))
        again.close()
        #expect(
            try JournalDiskTests.decisions(files, .pseudonyms).map(\.id) == (1...4).map(Self.id))
        store.close()
    }

    /// What is written into a file that nobody finds is lost with the process.
    @Test(arguments: [false, true]) func nothingIsLetThroughOnceTheFilesWereTakenAway(
        areAll: Bool
    ) async throws {
        let (lines, log) = JournalTests.told()
        let journal = try JournalTests.open(files, log: log)
        let place = try await Self.begin(1, journal, store)
        if areAll {
            try FileManager.default.moveItem(
                atPath: files.folder, toPath: files.scratch.file("elsewhere"))
        } else {
            try FileManager.default.removeItem(atPath: try files.file())
        }
        try await Self.end(1, place, journal)
        await #expect(throws: Denial.self) { try await sync(journal) }
        await #expect(throws: Denial.self) { try await journal.takePlace() }
        // The state still has word of what went before.
        #expect(try left() == [Self.id(1)])
        #expect(journal.state.withLock { $0.nextSync } == nil)
        journal.close()
        log.flush()
        let told = lines.objects.compactMap { $0["problem"]?.string }
        #expect(told.filter { $0.contains("was taken away") }.count == 1)
        store.close()
    }

    /// It may have taken effect: nobody else gets its place before its record is on the disk, and no
    /// budget leaves that out.
    @Test(arguments: [DecisionRecord.Action.fail, .deny], [false, true])
    func whatFailedBehindAllKeepsItsPlaceUntilItIsRecorded(
        _ action: DecisionRecord.Action, isOfState: Bool
    ) async throws {
        let journal = try JournalTests.open(files, budget: TokenBucket(perSecond: 1, burst: 0))
        var failed = try TestJournal.record(Self.id(1))
        failed.decision.action = action
        failed.decision.peer = nil
        let place: JournalQueue.Place =
            isOfState
            ? try await Self.begin(1, journal, store)
            : try await journal.reserve(OwedRecords.Entry(failed.decision))
        try await JournalKeeping.on(journal, .none).append(failed, failed.members, place)
        let isTaken = journal.state.withLock { $0.queue.taken } == 1
        let isWritten = try !JournalDiskTests.decisions(files, .pseudonyms).isEmpty
        #expect(isTaken || isWritten)
        try await sync(journal)
        #expect(journal.state.withLock { $0.queue.taken } == 0)
        journal.close()
        #expect(
            try JournalDiskTests.decisions(files, .pseudonyms).map(\.id) == [1, 99].map(Self.id))
        store.close()
    }

    /// Whoever is refused behind the policy, again and again, must not fill the disk by it.
    @Test(arguments: [DecisionRecord.Action.fail, .deny])
    func whatHadNoEffectFallsUnderTheBudget(_ action: DecisionRecord.Action) async throws {
        let journal = try JournalTests.open(files, budget: TokenBucket(perSecond: 1, burst: 0))
        let keeping = JournalKeeping.on(journal, .none)
        var refused = try TestJournal.record(Self.id(1))
        refused.decision.action = action
        refused.decision.peer = nil
        let place = try await keeping.takePlace()
        #expect(journal.state.withLock { $0.queue.taken } == 1)
        try await keeping.append(refused, refused.members, place)
        #expect(journal.state.withLock { $0.queue.taken } == 0)
        try await sync(journal)
        journal.close()
        #expect(try JournalDiskTests.decisions(files, .pseudonyms).map(\.id) == [Self.id(99)])
        store.close()
    }

    @Test func anEndLeavesNoWordOfWhatHasItsRecord() async throws {
        let journal = try JournalTests.open(files)
        try await Self.end(1, try await Self.begin(1, journal, store), journal)
        journal.close()
        try await store.commit(try #require(journal.settle()))
        #expect(try left() == [])
        store.close()
    }

    /// As a copy of the state has it that was brought back.
    @Test(arguments: [false, true]) func whatWasRecordedLongAgoIsNotRecordedAgain(
        isBesideOneThatWasInterrupted: Bool
    ) async throws {
        let interrupted = DecisionID.make(now: files.time / 1000)
        let id = try #require(try files.write(1).first)
        for _ in 0..<3 {
            files.time += 86_400_000
            try files.write(2)
        }
        if isBesideOneThatWasInterrupted {
            let disk = try files.open()
            try disk.append(try TestJournal.record(interrupted).text, files.time)
            try disk.commit()
        }
        try files.stop()
        let known = OwedRecords.Entry(try TestJournal.record(id).decision)
        let unknown = OwedRecords.Entry(
            try TestJournal.record(DecisionID.make(now: files.time / 1000)).decision)
        let owed = try OwedRecords(files.folder)
        defer { owed.close() }
        #expect(
            try owed.missing(in: files.reader, beside: [known, unknown]).map(\.decision.id)
                == [unknown.decision])
        store.close()
    }

    /// What was refused behind all gives its place back once its record is on the disk.
    @Test func whoIsRefusedGivesThePlaceBack() async throws {
        let journal = try JournalTests.open(files)
        let place = try await Self.begin(1, journal, store)
        var refused = try TestJournal.record(Self.id(1))
        refused.decision.action = .deny
        try await JournalKeeping.on(journal, .none).append(refused, refused.members, place)
        try await sync(journal)
        #expect(try await Self.begin(2, journal, store) == place)
        journal.close()
        #expect(
            try JournalDiskTests.decisions(files, .pseudonyms).map(\.id) == [1, 99].map(Self.id))
        #expect(try left() == [Self.id(2)])
        store.close()
    }
}
