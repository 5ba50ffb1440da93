import Federation
import Testing

@testable import Gateway

@Suite("The policy at a start")
struct PolicyHashesTests {
    private static let (first, second) = (
        PolicyHashes(text: "2c5d20ae6274a7f5", lists: nil),
        PolicyHashes(text: "96daca4719e4bafd", lists: "11")
    )

    /// What changes while no gateway runs is found in the journal as well.
    @Test func anotherThanAtTheEndIsTold() throws {
        let files = try TestJournal()
        for policy in [Self.first, Self.first, Self.second, Self.second, Self.first] {
            try JournalTests.open(files, policy: policy).close()
        }
        var search = JournalSearch()
        search.own = .policy
        var told: [[String?]] = []
        _ = try search.run(files.reader) { _, object in
            told.append(["was", "policy", "lists_were", "lists"].map { object[$0]?.string })
            return .goOn
        }
        let (first, second) = (Self.first.text, Self.second.text)
        #expect(
            told == [
                [nil, first, nil, nil], [first, second, nil, "11"], [second, first, "11", nil],
            ])
        let report = try files.verify()
        #expect(report.findings == [] && report.unsigned == 0)
    }

    @Test func theEndOfAJournalSaysWhatIsInForce() throws {
        let journal = try PastJournal()
        func decide(_ policy: PolicyHashes?, at second: Int) throws {
            try journal.add(nil, at: second) { record in
                record.decision.policy = policy?.text
                record.decision.lists = policy?.lists
            }
        }
        #expect(try PolicyHashes.last(in: journal.reader) == nil)
        try decide(Self.first, at: 0)
        // On another day, and of no policy.
        try decide(nil, at: 86_400)
        #expect(try PolicyHashes.last(in: journal.reader) == Self.first)
        try journal.write(.policy, PastJournal.start + 86_500_000) { text in
            text.add("was", Self.first.text)
            text.add("policy", Self.second.text)
            text.add("lists", Self.second.lists)
        }
        #expect(try PolicyHashes.last(in: journal.reader) == Self.second)
        // It began before that.
        try decide(Self.first, at: 86_501)
        #expect(try PolicyHashes.last(in: journal.reader) == Self.second)
        // Of a start that told nothing.
        let third = PolicyHashes(text: "0011223344556677", lists: nil)
        try decide(third, at: 86_502)
        #expect(try PolicyHashes.last(in: journal.reader) == third)
    }
}
