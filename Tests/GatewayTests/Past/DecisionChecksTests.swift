import Federation
import Testing

@testable import Gateway

@Suite struct DecisionChecksTests {
    /// A signature is what its own check says of it: that the policy asks for one is the policy's.
    @Test(arguments: [
        ("signature_required: policy: require:signed", "not-applicable"),
        ("signature_invalid: the base differs", "reported"),
    ])
    func whatThePolicyWouldRefuseIsNoFaultOfTheSignature(_ would: String, _ result: String) throws {
        let facts = try JournalRecordTests.facts { $0.signature = .none }
        var record = JournalRecordTests.record(facts)
        record.decision.signature = .init(generation: "none", result: "absent")
        record.decision.would = [would]
        let decision = try #require(JournalDecision(try JournalRecordTests.line(record)))
        let check = decision.everyCheck.first { $0.name == "signature" }
        #expect(check?.result == result)
    }

    /// What comes in is framed and signed by others.
    @Test(arguments: [
        (Direction.inbound, ["framing", "signature", "rule:all", "guard:not_delivered"]),
        (.outbound, ["rule:all", "guard:not_delivered"]),
    ])
    func aGuardStandsWhereItRefused(_ direction: Direction, _ names: [String]) throws {
        var record = JournalRecordTests.record(try JournalRecordTests.facts())
        record.decision.direction = direction
        record.decision.by = "guard:not_delivered"
        record.checks = [Check("rule:all", .allowed)]
        let decision = try #require(JournalDecision(try JournalRecordTests.line(record)))
        #expect(decision.everyCheck.map(\.name) == names)
        #expect(decision.everyCheck.last?.result == "refused")
    }
}
