import Federation
import Foundation
import Testing

@testable import Gateway

@Suite struct JournalTailTests {
    private let journal: TestJournal

    init() throws { journal = try TestJournal() }

    private func added(_ tail: inout JournalTail) throws -> [String] {
        var ids: [String] = []
        try tail.added { ids.append($0.member("decision")?.string ?? "") }
        return ids
    }

    private static func ids(_ lines: [JournalLine]) -> [String] {
        lines.map { $0.member("decision")?.string ?? "" }
    }

    @Test func theNewestAreShownAndThenThoseToCome() throws {
        let old = try journal.write(5)
        var tail = JournalTail(journal.reader)
        #expect(try Self.ids(tail.newest(2)) == old.suffix(2))
        #expect(try added(&tail) == [])
        let new = try journal.write(3)
        #expect(try added(&tail) == new)
        #expect(try added(&tail) == [])
    }

    @Test func linesThatCannotBeReadAreToldOnceForEachFile() throws {
        try journal.write(3)
        let file = journal.reader.file(of: try #require(try journal.reader.days().last))
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("no line\nnor this\n".utf8))
        var tail = JournalTail(journal.reader)
        #expect(try tail.newest(10).count == 3)
        #expect(tail.newlyDamaged() == [file])
        try handle.write(contentsOf: Data("again\n".utf8))
        try handle.close()
        #expect(try added(&tail) == [])
        #expect(tail.newlyDamaged() == [])
    }

    @Test func whoWantsNoneOfTheOldGetsOnlyTheNew() throws {
        try journal.write(5)
        var tail = JournalTail(journal.reader)
        #expect(try tail.newest(0).isEmpty)
        #expect(try added(&tail) == [])
        #expect(try added(&tail) == [])
        let new = try journal.write(1)
        #expect(try added(&tail) == new)
    }

    @Test func theNewestMayBeOfAnEarlierDay() throws {
        let first = try journal.write(2)
        journal.time += 86_400_000
        let second = try journal.write(1)
        var tail = JournalTail(journal.reader)
        #expect(try Self.ids(tail.newest(100_000)) == first + second)
        journal.time += 86_400_000
        let third = try journal.write(1)
        #expect(try added(&tail) == third)
    }

    /// Whoever follows may be stopped, or asleep.
    @Test func noDayIsLeftOutHoweverManyCameBetweenTwoLooks() throws {
        try journal.write(1)
        var tail = JournalTail(journal.reader)
        #expect(try tail.newest(10).count == 1)
        #expect(try added(&tail) == [])
        for _ in 0..<2 {
            var new = try journal.write(2)
            for _ in 0..<4 {
                journal.time += 86_400_000
                new += try journal.write(2)
            }
            #expect(try added(&tail) == new)
            #expect(try added(&tail) == [])
        }
    }

    /// Between decisions, and before the day of the older ones, much else may lie.
    @Test func noneIsLeftOutHoweverFarBackItIs() throws {
        let first = try journal.write(1)
        journal.time += 86_400_000
        let second = try journal.write(2)
        let disk = try journal.open()
        for _ in 0..<3 {
            try disk.append(.unrecorded, journal.time) { text in
                text.add("codes", Array(repeating: String(repeating: "x", count: 500), count: 800))
            }
        }
        try disk.commit()
        let third = try journal.write(1)
        var tail = JournalTail(journal.reader)
        #expect(try Self.ids(tail.newest(2)) == second.suffix(1) + third)
        #expect(try Self.ids(tail.newest(4)) == first + second + third)
        #expect(try added(&tail) == [])
    }

    @Test func anEmptyJournalIsOneToCome() throws {
        _ = try journal.open()
        var tail = JournalTail(journal.reader)
        #expect(try tail.newest(10).isEmpty)
        let new = try journal.write(1)
        #expect(try added(&tail) == new)
    }
}
