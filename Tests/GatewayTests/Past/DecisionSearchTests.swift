import Federation
import HTTPSignatures
import Testing

@testable import Gateway

@Suite struct DecisionSearchTests {
    private let journal: PastJournal

    init() throws { journal = try PastJournal() }

    private func find(_ id: String) throws -> DecisionSearch.Result {
        try DecisionSearch(journal.reader, OpenSeals.people).find(id)
    }

    @Test func aDecisionIsFoundAmongOthers() throws {
        var ids: [String] = []
        for second in 0..<5 {
            ids.append(try journal.add(try JournalRecordTests.facts(), at: second))
        }
        guard case .found(let found) = try find(ids[3]) else {
            Issue.record("not found")
            return
        }
        #expect(found.decision.id == ids[3])
        #expect(found.place.number == 4)
        #expect(found.nearMiss == nil)
        #expect(found.decision.facts?.sender == "alice@one.test")
    }

    @Test func oneThatWasOnlyCountedMayHaveNoRecord() throws {
        let id = DecisionID.make(now: PastJournal.start / 1000 + 10)
        let search = DecisionSearch(journal.reader, OpenSeals.people)
        for (second, isCounted) in [(5, false), (9000, false), (60, true)] {
            try journal.write(.unrecorded, PastJournal.start + second * 1000) {
                $0.object("codes") { $0.add("peer_unknown", 3) }
            }
            #expect(try search.wasCounted(id) == isCounted, "\(second)")
        }
    }

    @Test func oneThatWasWrittenAfterMidnightIsFound() throws {
        let id = DecisionID.make(now: PastJournal.start / 1000 - 1)
        try journal.add(try JournalRecordTests.facts()) { $0.decision.id = id }
        guard case .found(let found) = try find(id) else {
            Issue.record("not found")
            return
        }
        #expect(found.decision.id == id)
    }

    // A clock that steps back opens no older file, and a full disk no newer one.
    @Test(arguments: [1, 3])
    func oneThatWasWrittenIntoADayBeforeIsFound(days: Int) throws {
        let id = DecisionID.make(now: PastJournal.start / 1000 + days * 86_400)
        try journal.add(try JournalRecordTests.facts()) { $0.decision.id = id }
        guard case .found(let found) = try find(id) else {
            Issue.record("not found")
            return
        }
        #expect(found.decision.id == id)
    }

    /// The clock jumped forward, and the file that it made goes on when it is right again.
    @Test func oneThatWasWrittenIntoADayToComeIsFound() throws {
        for day in [0, 9] { try journal.add(try JournalRecordTests.facts(), at: day * 86_400) }
        let time = PastJournal.start + 5 * 86_400_000
        let id = DecisionID.make(now: PastJournal.start / 1000 + 1)
        try journal.add(try JournalRecordTests.facts(), at: 5 * 86_400) { $0.decision.id = id }
        guard case .found(let found) = try find(id) else {
            Issue.record("not found")
            return
        }
        #expect(found.place.day == JournalDay(milliseconds: time))
    }

    /// The clock was behind by days; other days have their files.
    @Test func oneThatWasWrittenManyDaysBehindIsFound() throws {
        for day in 0..<9 { try journal.add(try JournalRecordTests.facts(), at: day * 86_400) }
        let id = DecisionID.make(now: PastJournal.start / 1000 + 1)
        try journal.add(try JournalRecordTests.facts(), at: 1, into: 8) { $0.decision.id = id }
        guard case .found(let found) = try find(id) else {
            Issue.record("not found")
            return
        }
        #expect(found.place.day == JournalDay(milliseconds: PastJournal.start + 8 * 86_400_000))
    }

    /// It was let through, and could not be carried out after all.
    @Test func ofTwoRecordsBothAreFoundAndTheLastCounts() throws {
        let id = try journal.add(try JournalRecordTests.facts())
        try journal.add(try JournalRecordTests.facts(), at: 1)
        try journal.add(
            try JournalRecordTests.facts(), at: 2, action: .fail, by: "guard:store_unavailable",
            code: "store_unavailable"
        ) { $0.decision.id = id }
        guard case .found(let found) = try find(id) else {
            Issue.record("not found")
            return
        }
        #expect(found.records.map(\.decision.action) == [.allow, .fail])
        #expect(found.earlier.map(\.place.number) == [1])
        #expect(found.decision.action == .fail)
        #expect(found.place.number == 3)
        var actions: [DecisionRecord.Action?] = []
        _ = try JournalSearch().run(journal.reader) { line, _ in
            let decision = JournalDecision(line)
            if decision?.id == id { actions.append(decision?.action) }
            return .goOn
        }
        #expect(actions == [.allow, .fail])
    }

    @Test func theCauseThatWasFoundLaterIsShownWithIt() throws {
        let id = try journal.add(
            try JournalRecordTests.facts(), action: .deny, by: "guard:signature_invalid",
            code: "signature_invalid")
        let miss = NearMiss(
            decision: id, peer: "one.test",
            distortions: [Distortion(.host, signed: "cloud.test", seen: "<b>\n\u{202E}")],
            outcome: .explained)
        try journal.write(.diagnosis, PastJournal.start + 2000) { text in
            LogMembers(miss.entries).forEach { text.add(written: $1) }
        }
        guard case .found(let found) = try find(id) else {
            Issue.record("not found")
            return
        }
        #expect(found.nearMiss?.decision == id)
        #expect(found.nearMiss?.distortions == miss.distortions)
        let advice = DecisionAdvice.on(
            found.decision, nil, nearMiss: found.nearMiss, now: 0)
        #expect(advice.first?.words.contains("proxy_set_header Host") == true)
    }

    @Test func whereItWasSearchedIsTold() throws {
        try journal.add(try JournalRecordTests.facts())
        guard
            case .missing(let searched, let absent, _) = try find(
                DecisionID.make(now: PastJournal.start / 1000))
        else {
            Issue.record("found")
            return
        }
        #expect(searched == [journal.scratch.file("2026-11-01.jsonl")])
        #expect(absent == [journal.scratch.file("2026-11-02.jsonl")])
        for id in ["", "short", "0123456789abcdeU", String(repeating: "0", count: 17)] {
            guard case .malformed = try find(id) else {
                Issue.record("\(id) is no id")
                return
            }
        }
    }

    @Test func anIdTellsItsTime() {
        for now in [0, 1_793_491_200, 34_000_000_000] {
            #expect(DecisionID.time(of: DecisionID.make(now: now)) == now)
        }
    }
}
