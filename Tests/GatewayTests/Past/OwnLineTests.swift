import Federation
import Testing

@testable import Gateway

@Suite struct OwnLineTests {
    private let journal: PastJournal

    init() throws {
        journal = try PastJournal()
        try journal.add(try JournalRecordTests.facts())
        try journal.write(.policy, PastJournal.start + 1000) { text in
            text.add("was", "2c5d20ae6274a7f5")
            text.add("policy", "96daca4719e4bafd")
        }
        try journal.write(.policy, PastJournal.start + 2000) { text in
            text.add("was", "96daca4719e4bafd")
            text.add("policy", "96daca4719e4bafd")
            text.add("lists_were", "11")
            text.add("lists", "22")
        }
        try journal.write(.unrecorded, PastJournal.start + 3000) { text in
            text.object("codes") { text in
                text.add("peer_unknown", 7)
                text.add("limit_exceeded", 2)
            }
        }
        try journal.write(.erased, PastJournal.start + 86_400_000) { $0.add("subject", "5f0c") }
    }

    private func found(_ own: OwnLine, since: Int? = nil) throws -> [String] {
        var search = JournalSearch()
        search.own = own
        search.since = since
        var lines: [String] = []
        _ = try search.run(journal.reader) { _, object in
            lines.append(own.summary(of: object))
            return .goOn
        }
        return lines
    }

    @Test func changesOfThePolicyAreFound() throws {
        #expect(
            try found(.policy) == [
                "2026-11-01T00:00:01.000Z  policy  2c5d20ae6274a7f5 → 96daca4719e4bafd",
                "2026-11-01T00:00:02.000Z  policy  96daca4719e4bafd, downloaded lists 11 → 22",
            ])
        #expect(try found(.policy, since: PastJournal.start + 1500).count == 1)
    }

    @Test func whatElseHappenedIsFound() throws {
        #expect(
            try found(.unrecorded) == [
                "2026-11-01T00:00:03.000Z  unrecorded  peer_unknown: 7, limit_exceeded: 2"
            ])
        #expect(try found(.erased) == ["2026-11-02T00:00:00.000Z  erased  ~5f0c"])
        #expect(try found(.torn).isEmpty)
    }

    /// Who watches decisions sees when they begin to be made otherwise.
    @Test func theyAreToldAmongDecisions() throws {
        var tail = JournalTail(journal.reader, of: [.decision, .policy, .erased])
        #expect(try tail.newest(10).map(\.kind) == [.decision, .policy, .policy, .erased])
        var decisions = JournalTail(journal.reader)
        #expect(try decisions.newest(10).map(\.kind) == [.decision])
    }

    @Test(arguments: OwnLine.allCases)
    func eachIsALineOfTheJournal(_ own: OwnLine) {
        #expect(own.kind.rawValue == own.rawValue)
        let isOfDecisions = RecordedKind.asked(own.rawValue) != nil
        #expect(!isOfDecisions)
    }
}
