import Federation
import Testing

@testable import Gateway

@Suite struct DecisionAdviceTests {
    private func advice(
        by: String, _ action: DecisionRecord.Action = .deny, policy: Policy? = nil,
        peer: String = "three.test", _ change: (inout JournalRecord) -> Void = { _ in }
    ) throws -> [DecisionAdvice] {
        let journal = try PastJournal()
        let facts = try JournalRecordTests.facts { $0.peer = PeerHost(peer) }
        let id = try journal.add(facts, action: action, by: by, code: "x", change)
        guard
            case .found(let found) = try DecisionSearch(journal.reader, .pseudonyms).find(id)
        else { return [] }
        return DecisionAdvice.on(found.decision, policy, nearMiss: nil)
    }

    @Test func guardsAreNeverArguedWith() throws {
        let policy = try Policy.past(ReplayTests.all)
        for code in DenialCode.allCases {
            let found = try advice(by: "guard:\(code.rawValue)", policy: policy)
            #expect(!found.isEmpty, "\(code)")
            for one in found {
                // Nothing is to be written into the policy, and no exception is offered.
                #expect(one.place == nil, "\(code)")
                #expect(one.command?.contains("except") != true)
                #expect(one.command?.contains("allow") != true)
            }
        }
    }

    @Test func anUnknownPeerIsAddedToTheListOfOurs() throws {
        let policy = try Policy.past(ReplayTests.all)
        let found = try advice(by: "unknown", policy: policy)
        #expect(found.map(\.command) == ["{ host = \"three.test\", note = \"\" },"])
        #expect(found.first?.place == "policy.toml:6")
        #expect(try advice(by: "unknown").first?.command?.contains("[list.partners]") == true)
    }

    @Test func aHeldPeerIsApprovedOrRefused() throws {
        let commands = try advice(by: "unknown", .hold).compactMap(\.command)
        #expect(
            commands == [
                "ocmgate peer hold approve three.test", "ocmgate peer hold refuse three.test",
            ])
    }

    @Test func aBlockOfThePolicyIsNamedWithItsPlace() throws {
        let policy = try Policy.past(
            "[list.bad]\nstanding = \"block\"\nentries = [\"three.test\"]\n"
                + "[[require]]\nname = \"signed\"\non = \"share\"\nneed = [\"signature\"]\n"
                + "[[limit]]\nname = \"few\"\non = \"*.in\"\nper = \"peer\"\nrate = \"3/hour\"\n"
                + "[[rule]]\nname = \"none\"\non = \"share.in\"\naction = \"deny\"\n")
        #expect(try advice(by: "list:bad", policy: policy).first?.place?.hasSuffix(":11") == true)
        let needed = try advice(by: "require:signed", policy: policy) { record in
            record.checks = [Check("require:signed", .refused, .missing(.signature))]
        }
        #expect(
            needed.map(\.command) == ["ocmgate peer probe three.test", "except = [\"three.test\"]"])
        #expect(needed.last?.place == "policy.toml:12")
        #expect(try advice(by: "limit:few", policy: policy).first?.place == "policy.toml:16")
        let rule = try advice(by: "rule:none", policy: policy)
        #expect(rule.first?.place == "policy.toml:21")
        #expect(rule.first?.command?.contains("on     = \"share.in\"") == true)
        #expect(try advice(by: "default", policy: policy).first?.words.contains("add one") == true)
    }
}
