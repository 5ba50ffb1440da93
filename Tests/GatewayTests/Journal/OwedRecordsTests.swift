import Federation
import Foundation
import Testing

@testable import Gateway

/// What was let through when the process was killed.
@Suite struct OwedRecordsTests {
    private let files: TestJournal

    init() throws {
        files = try TestJournal()
        // As a gateway before has made it.
        try files.write(1)
        try files.stop()
    }

    private static func entry(_ number: Int, id: String? = "17") -> OwedRecords.Entry {
        OwedRecords.Entry(
            decision: "000000000000000\(number)", kind: "shares", direction: .inbound,
            peer: "one.test", providerID: id)
    }

    private func missing() throws -> [JournalRecord] {
        let owed = try OwedRecords(files.folder)
        defer { owed.close() }
        return try owed.missing(in: files.reader)
    }

    @Test func whatAKilledProcessHadLetThroughIsRecordedByTheNext() throws {
        let owed = try OwedRecords(files.folder)
        for number in 1...4 { try owed.note(Self.entry(number), at: 4 - number) }
        owed.clear(2)
        owed.close()
        let journal = try JournalTests.open(files)
        journal.close()
        let found = try JournalDiskTests.decisions(files, .pseudonyms).dropFirst()
        #expect(found.map(\.id) == [1, 3, 4].map { "000000000000000\($0)" })
        let first = try #require(found.first)
        #expect(first.action == .fail && first.peer == "one.test")
        #expect(try files.verify().findings == [])
        #expect(try missing().isEmpty)
    }

    @Test func whatHasItsRecordIsNotRecordedTwice() throws {
        let owed = try OwedRecords(files.folder)
        let written = try #require(try JournalDiskTests.decisions(files, .pseudonyms).first).id
        try owed.note(
            OwedRecords.Entry(
                decision: written, kind: "shares", direction: .inbound, peer: nil, providerID: nil),
            at: 0)
        owed.close()
        #expect(try missing().isEmpty)
    }

    @Test func aJournalThatIsClosedOwesNothing() async throws {
        let journal = try JournalTests.open(files)
        let place = try await journal.reserve(Self.entry(1))
        #expect(try missing().map(\.decision.id) == ["0000000000000001"])
        try await journal.append(try TestJournal.record("0000000000000001"), place)
        #expect(try missing().isEmpty)
        var refused = try TestJournal.record("0000000000000002")
        refused.decision.action = .deny
        try await JournalKeeping.on(journal, .none).append(
            refused, refused.members, try await journal.reserve(Self.entry(2)))
        journal.close()
        #expect(try missing().isEmpty)
    }

    /// Whatever a peer calls its share.
    @Test func aSlotHoldsOneMessage() throws {
        let owed = try OwedRecords(files.folder)
        try owed.note(Self.entry(1, id: String(repeating: "\n\"x", count: 2000)), at: 0)
        try owed.note(Self.entry(2, id: "\n\u{0}\""), at: 1)
        try owed.note(Self.entry(3, id: nil), at: 3)
        let found = try owed.missing(in: files.reader)
        owed.close()
        #expect(found.map(\.decision.providerID) == [nil, "\n\u{0}\"", nil])
    }

    @Test func whatIsNoSlotIsNone() throws {
        let file = (files.folder as NSString).appendingPathComponent(OwedRecords.fileName)
        try PrivateFile.create(file, Array(repeating: UInt8(ascii: "{"), count: 5000))
        #expect(try missing().isEmpty)
    }
}
