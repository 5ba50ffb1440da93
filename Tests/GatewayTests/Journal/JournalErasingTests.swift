import Federation
import Foundation
import GRDB
import Testing

@testable import Gateway

@Suite("Who is forgotten is told so")
struct JournalErasingTests {
    private let journal: TestJournal
    private let alice: JournalErasure
    private let name: JournalPseudonym

    init() throws {
        journal = try TestJournal()
        try journal.write(1)
        alice = try #require(JournalErasure("alice@one.test"))
        let subject = try #require(JournalSubject("alice@one.test"))
        name = try #require(try JournalPseudonym.of(subject, journal.folder, journal.seal))
    }

    /// Whom the chain tells to be forgotten.
    private func told() throws -> [String] {
        var found: [String] = []
        try journal.reader.lines(of: try journal.reader.days()) { line, _ in
            if line.kind == .erased { found.append(line.member("subject")?.string ?? "") }
            return .goOn
        }
        return found
    }

    /// As a full disk does, where the keys lie on one of their own.
    @Test func nothingIsSaidOfWhoseKeyCannotBeDeleted() throws {
        let disk = try journal.open()
        try disk.subjects.database.write { db in
            try db.execute(
                sql: """
                    CREATE TEMP TRIGGER refusal BEFORE DELETE ON subject
                        BEGIN SELECT RAISE(ABORT, 'no'); END
                    """)
        }
        #expect(throws: (any Error).self) { try disk.erase(alice, journal.time) }
        try disk.checkpoint(journal.time)
        #expect(try told() == [])
        #expect(disk.subjects.key(of: name) != nil)
        try disk.subjects.database.write { try $0.execute(sql: "DROP TRIGGER refusal") }
        #expect(try disk.erase(alice, journal.time) == name)
        #expect(try told() == [name.description])
        try journal.stop()
        #expect(try journal.verify().findings == [])
    }

    @Test(arguments: [0, 1])
    func whoWasForgottenBeforeAnEndIsToldOnceAtTheNextStart(_ between: Int) throws {
        try journal.open().subjects.forget(name)
        if between > 0 { try journal.write(between, by: "carol@one.test") }
        journal.crash()
        for _ in 0..<2 {
            _ = try journal.open()
            #expect(try told() == [name.description])
            try journal.stop()
        }
        #expect(try journal.verify().findings == [])
    }

    /// The line was on the disk, and that it is was not noted.
    @Test func whomTheLastLineTellsIsNotToldAgain() throws {
        let disk = try journal.open()
        try disk.subjects.forget(name)
        try disk.append(.erased, journal.time) { $0.add("subject", name.description) }
        try disk.commit()
        journal.crash()
        #expect(try journal.open().subjects.erased() == [])
        #expect(try told() == [name.description])
    }
}
