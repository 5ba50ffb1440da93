import Federation
import Foundation
import Testing

@testable import Gateway

@Suite struct PolicySuggestionsTests {
    private let journal: PastJournal

    init() throws { journal = try PastJournal() }

    private func suggest(_ text: String = ReplayTests.all) throws -> PolicySuggestions {
        try PolicySuggestions.make(
            for: .past(text), from: journal.reader, since: 0, least: 3)
    }

    private func refuse(
        _ peer: String, times: Int = 3, generation: String = "rfc9421-tag",
        result: String = "unchecked", by: String = "unknown"
    ) throws {
        let facts = try JournalRecordTests.facts { facts in
            facts.peer = PeerHost(peer)
            facts.signature = .none
        }
        for second in 0..<times {
            try journal.add(facts, at: second, action: .deny, by: by, code: "peer_unknown") {
                $0.decision.signature = .init(generation: generation, result: result)
            }
        }
    }

    @Test func thoseThatCameOftenAndSignAreCandidates() throws {
        try refuse("often.test", times: 5, result: "verified")
        try refuse("seldom.test", times: 2, result: "verified")
        try refuse("ghost.test", times: 4)
        try refuse("unsigned.test", generation: "none", result: "absent")
        // On a list meanwhile.
        try refuse("one.test")
        let found = try suggest()
        #expect(found.candidates.map(\.name) == ["often.test", "ghost.test", "unsigned.test"])
        let toml = found.toml
        #expect(toml.contains("{ host = \"often.test\""))
        #expect(!toml.contains("host = \"unsigned.test\""))
        #expect(!toml.contains("host = \"ghost.test\""))
        #expect(toml.contains("#   ghost.test: 4 messages"))
        #expect(toml.contains("#   unsigned.test: 3 messages"))
        #expect(!toml.contains("seldom.test"))
    }

    /// Pasted, an entry without an end would let it in for ever.
    @Test func whoseEntryIsOverIsNoCandidate() throws {
        try refuse("over.test", times: 4, result: "verified")
        let contract =
            "[list.contracts]\nstanding = \"allow\"\nentries = [{ host = \"over.test\", "
            + "until = 2026-10-01, note = \"contract 7\" }]\n"
        let found = try suggest(contract + ReplayTests.all)
        #expect(found.candidates.isEmpty)
        #expect(found.ended.map(\.name) == ["over.test"])
        let toml = found.toml
        #expect(!toml.contains("host = "))
        #expect(toml.contains("#   over.test, its entry in @contracts is over: over.test until "))
        #expect(toml.contains("(contract 7): 4 messages"))
        // Of a block that is over nobody said that it was to come in.
        let block = contract.replacing("\"allow\"", with: "\"block\"")
        #expect(try suggest(block + ReplayTests.all).candidates.map(\.name) == ["over.test"])
    }

    /// Notes that a peer has read data, which nobody signs.
    private func read(_ peer: String, times: Int = 3, standing: String = "unknown") throws {
        let facts = try JournalRecordTests.facts { facts in
            facts.occasion = Occasion(.webdav, .inbound)
            facts.peer = PeerHost(peer)
            facts.signature = .none
        }
        for second in 0..<times {
            try journal.add(facts, at: second) { record in
                record.decision.kind = "webdav"
                record.decision.standing = standing
            }
        }
    }

    @Test func whoReadsDataTooSignsAllTheSame() throws {
        try refuse("often.test", times: 5, result: "verified")
        try read("often.test")
        let toml = try suggest().toml
        #expect(toml.contains("{ host = \"often.test\""))
        #expect(toml.contains("5 signed, 3 for data"))
    }

    @Test func linesThatCannotBeReadAreTold() throws {
        try refuse("often.test")
        let file = journal.reader.file(of: try #require(try journal.reader.days().first))
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("no line\n".utf8))
        try handle.close()
        let found = try suggest()
        #expect(found.decisions == 3)
        #expect(found.unread.count == 1)
    }

    @Test func whatWentOutSaysNothingOfThePeersSignatures() throws {
        for second in 0..<3 {
            try journal.add(
                try JournalRecordTests.facts { $0.peer = PeerHost("far.test") }, at: second
            ) { record in
                record.decision.direction = .outbound
                record.decision.standing = "unknown"
                record.decision.signature = .init(generation: "rfc9421-tag", result: "sent")
            }
        }
        let found = try suggest()
        #expect(found.distrusted.isEmpty)
        #expect(found.candidates.map(\.name) == ["far.test"])
        #expect(!found.toml.contains("host = \"far.test\""))
        #expect(found.toml.contains("3 from here"))
    }

    @Test func nobodyWhoseSignaturesFailedIsSuggested() throws {
        try refuse("forged.test", times: 9)
        try refuse("forged.test", times: 1, result: "wrong", by: "guard:signature_invalid")
        let found = try suggest()
        #expect(found.candidates.isEmpty)
        #expect(found.distrusted.map(\.name) == ["forged.test"])
        #expect(!found.toml.contains("{ host"))
    }

    @Test func whatIsPrintedIsAPolicysPart() throws {
        try refuse("often.test", times: 5, result: "verified")
        try journal.add(try JournalRecordTests.facts()) { record in
            record.decision.would = ["require:t\"r\\y\n[list.evil]"]
        }
        let toml = try suggest().toml
        let document = try TOMLDocument(Array(toml.utf8), file: "suggestion")
        guard case .table(let members) = document.root.content else {
            Issue.record("no table")
            return
        }
        #expect(members.map(\.key) == ["list"])
        let policy = try Policy.past(toml + ReplayTests.all)
        #expect(policy.lists.map(\.name).contains("candidates"))
        // Pasted once, it is asked again.
        let more = "[list.candidates]\nstanding = \"allow\"\nentries = []\n" + ReplayTests.all
        let again = try Policy.past(try suggest(more).toml + more)
        #expect(again.lists.map(\.name).contains("candidates-2"))
    }

    @Test func whatATrialWouldHaveRefusedIsTold() throws {
        let text =
            "[[require]]\nname = \"tokens\"\non = \"share.in\"\nneed = [\"token-exchange\"]\nmode = \"report\"\n"
            + "[[require]]\nname = \"signed\"\non = \"share.in\"\nneed = [\"signature\"]\nmode = \"report\"\n"
            + "[[require]]\nname = \"out\"\non = \"share.out\"\nneed = [\"mfa\"]\nmode = \"report\"\n"
            + ReplayTests.all
        for second in 0..<4 {
            try journal.add(try JournalRecordTests.facts(), at: second) { record in
                record.decision.would = second < 2 ? ["require:tokens"] : []
                record.checks = [
                    Check("require:tokens", second < 2 ? .reported : .passed),
                    Check("require:signed", .passed), Check("require:out", .notApplicable),
                    Check("rule:all", .allowed),
                ]
            }
        }
        let found = try suggest(text)
        #expect(found.trials.map(\.label) == ["require:tokens", "require:signed", "require:out"])
        #expect(found.trials.map(\.about) == [4, 4, 0])
        #expect(found.trials[0].refused.map(\.peer) == ["one.test"])
        #expect(found.trials[0].refused.map(\.count) == [2])
        #expect(found.idle == ["list:partners", "require:out"])
        #expect(
            found.toml.contains(
                "require:signed (policy.toml:14): was about 4 messages and would have refused none\n"
            ))
    }

    /// `mode = "report"` at the top: the lists and the defaults are tried out like the blocks.
    @Test func ofAPolicyThatIsTriedOutAsAWholeEverythingThatRefusesIsTold() throws {
        let policy = try Policy.past(
            """
            [list.bad]
            standing = "block"
            entries = ["bad.test"]
            [[require]]
            name = "signed"
            on = "share.in"
            need = ["signature"]
            [[rule]]
            name = "no groups"
            on = "share.in"
            when = { share_type = "group" }
            action = "deny"
            [[rule]]
            name = "users"
            on = "share.in"
            action = "allow"
            """, mode: "report")
        for (second, peer) in ["new.test", "new.test", "new.test", "bad.test"].enumerated() {
            let host = PeerHost(peer)
            let standing = policy.standing(of: host, now: PastJournal.start / 1000)
            let facts = try JournalRecordTests.facts { $0.peer = host }
            let verdict = policy.evaluate(facts, standing) { _ in .room }
            #expect(verdict.action == .allow)
            try journal.add(facts, at: second, by: verdict.by) { record in
                record.decision.standing = standing.by
                record.decision.would = verdict.would
                record.checks = verdict.checks
            }
        }
        let found = try PolicySuggestions.make(
            for: policy, from: journal.reader, since: 0, least: 3)
        #expect(
            found.trials.map(\.label) == [
                "unknown", "list:bad", "require:signed", "rule:no groups",
            ])
        #expect(found.trials.map(\.about) == [3, 1, 4, 0])
        #expect(
            found.trials.map { $0.refused.map(\.peer) } == [["new.test"], ["bad.test"], [], []])
        #expect(found.candidates.map(\.name) == ["new.test"])
        #expect(found.toml.contains("{ host = \"new.test\""))
        #expect(found.toml.contains("#   unknown (policy.toml:5): would have refused 3 of 3"))
        #expect(!found.toml.contains("rule:users"))
        // Tried out, and about no message: told once.
        #expect(
            found.toml.hasSuffix(
                """
                # Blocks that were about no message in this time, so nothing is known of them:
                #   list:partners (policy.toml:6)
                #   rule:no groups (policy.toml:16)

                """))
        #expect(found.toml.components(separatedBy: "rule:no groups").count == 2)
    }

    /// Under profile `observe` a policy that enforces refuses nobody: what it would is told as well.
    @Test func ofWhatIsOnlyObservedEverythingThatRefusesIsTold() throws {
        let policy = try Policy.past(ReplayTests.all)
        let facts = try JournalRecordTests.facts { facts in
            facts.signature = .none
            facts.peerKeys = .advertised
        }
        let verdict = policy.evaluate(
            facts, policy.standing(of: facts.peer, now: PastJournal.start / 1000)
        ) { _ in .room }
        #expect(verdict.by == Policy.advertisedKeysLabel)
        for second in 0..<3 {
            try journal.add(facts, at: second, by: verdict.by) { record in
                record.decision.would = ["signature_required: policy: \(verdict.by)"]
                record.checks = verdict.checks
            }
        }
        #expect(try suggest().trials.isEmpty)
        let found = try PolicySuggestions.make(
            for: policy, under: .observe, from: journal.reader, since: 0, least: 3)
        #expect(found.trials.map(\.label) == [Policy.advertisedKeysLabel])
        #expect(found.toml.contains("# profile = \"observe\" refuses nothing by policy."))
        #expect(
            found.toml.contains("built-in:advertised-keys: would have refused 3 of 3 messages"))
    }

    /// A block that was enforced before it was put on trial has refused.
    @Test func whatATrialRefusedBeforeItWasOneIsCounted() throws {
        let policy =
            "[[require]]\nname = \"signed\"\non = \"share.in\"\nneed = [\"signature\"]\nmode = \"report\"\n"
            + ReplayTests.all
        let facts = try JournalRecordTests.facts { $0.signature = .none }
        try journal.add(facts, action: .deny, by: "require:signed", code: "signature_required") {
            $0.checks = [Check("standing", .passed), Check("require:signed", .refused)]
        }
        let found = try suggest(policy)
        #expect(found.trials.map(\.label) == ["require:signed"])
        #expect(found.trials.first?.refused.map(\.count) == [1])
        #expect(found.toml.contains("would have refused 1 of 1 messages"))
    }

    /// Enforcing the block would change nothing for it.
    @Test func whatIsRefusedAnywayCountsForNoTrial() throws {
        let policy =
            "[[require]]\nname = \"tokens\"\non = \"share.in\"\nneed = [\"token-exchange\"]\nmode = \"report\"\n"
            + ReplayTests.all
        for (second, action) in [DecisionRecord.Action.allow, .deny, .hold].enumerated() {
            try journal.add(
                try JournalRecordTests.facts(), at: second, action: action, by: "rule:all"
            ) { record in
                record.decision.would = ["require:tokens"]
                record.checks = [Check("require:tokens", .reported)]
            }
        }
        let found = try suggest(policy)
        #expect(found.trials.map(\.about) == [3])
        #expect(found.trials.first?.refused.map(\.count) == [1])
    }

    @Test func aRuleThatLetsThroughIsNoTrial() throws {
        let text =
            "[[rule]]\nname = \"more\"\non = \"share.in\"\naction = \"allow\"\nmode = \"report\"\n"
            + ReplayTests.all
        try journal.add(try JournalRecordTests.facts()) { record in
            record.decision.would = ["rule:more"]
            record.checks = [Check("rule:more", .reported), Check("rule:all", .allowed)]
        }
        let found = try suggest(text)
        #expect(found.trials.isEmpty)
        #expect(!found.toml.contains("rule:more"))
    }

    @Test func thoseThatSignThoughTheyNeedNotAreTold() throws {
        let text =
            "[list.legacy]\nstanding = \"allow\"\nentries = [\"old.test\", \"older.test\"]\n"
            + "[[require]]\nname = \"signed\"\non = \"share\"\nneed = [\"signature\"]\nexcept = [\"@legacy\"]\n"
            + ReplayTests.all
        for second in 0..<3 {
            try journal.add(
                try JournalRecordTests.facts { $0.peer = PeerHost("old.test") }, at: second)
            try journal.add(
                try JournalRecordTests.facts { facts in
                    facts.peer = PeerHost("older.test")
                    facts.signature = .none
                }, at: second)
        }
        try read("old.test", standing: "list:legacy")
        #expect(try suggest(text).signers.map(\.name) == ["old.test"])
    }
}
