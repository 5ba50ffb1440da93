import Foundation
import Testing

@testable import Federation

@Suite struct PolicyDifferenceTests {
    private let base = """
        [list.partners]
        standing = "allow"
        entries = ["p.example", "q.example"]
        [list.legacy]
        standing = "allow"
        entries = ["old.example"]
        [[require]]
        name = "signed"
        on = ["share", "token"]
        except = "@legacy"
        need = "signature"
        [[rule]]
        name = "no ssh"
        on = "share"
        when = { protocol = "ssh" }
        action = "deny"
        [[rule]]
        name = "all"
        on = ["share", "token"]
        action = "allow"

        """

    private func difference(_ old: String, _ new: String, head: String = "") throws
        -> PolicyDifference
    {
        let changed = old.isEmpty ? base : base.replacing(old, with: new)
        #expect(old.isEmpty || changed != base)
        return PolicyDifference(
            from: try PolicySamples.policy(base),
            to: try PolicySamples.policy(changed, head: head))
    }

    @Test func aPolicyDoesNotDifferFromItself() throws {
        #expect(try difference("", "").isEmpty)
    }

    @Test func theOrderOfKeysAndOfSetsIsNoDifference() throws {
        #expect(
            try difference("[\"p.example\", \"q.example\"]", "[\"q.example\", \"p.example\"]")
                .isEmpty)
        #expect(
            try difference(
                "on = [\"share\", \"token\"]\nexcept", "on = [\"token\", \"share\"]\nexcept"
            ).isEmpty)
    }

    @Test func anExceptionThatIsGoneIsToldByThePeersAndMessagesThatFeelIt() throws {
        let found = try difference("except = \"@legacy\"\n", "")
        #expect(
            found.edits == [
                PolicyEdit(label: "require:signed", removed: ["except \"@legacy\""], added: [])
            ])
        // In the words of `policy english`, each policy its own.
        let wording = try #require(found.wordings["require:signed"])
        #expect(wording.before.count == 1 && wording.after.count == 1)
        #expect(wording.before[0].contains("be signed by the server that sends them"))
        #expect(wording.before[0].contains("legacy") && !wording.after[0].contains("legacy"))
        let first = try #require(found.changes.first)
        #expect(first.before == "allow by rule:all")
        #expect(first.after == "deny by require:signed (401 signature_required)")
        #expect(first.isOfAccess)
        #expect(first.messages.allSatisfy { $0.contains("@legacy") })
        #expect(first.example?.contains("old.example") == true)
        #expect(first.example?.contains("signature = \"none\"") == true)
        #expect(found.changes.dropFirst().allSatisfy { !$0.isOfAccess })
    }

    @Test func anEntryThatIsGoneIsToldByItsHost() throws {
        let found = try difference("\"p.example\", ", "")
        #expect(found.edits.map(\.label) == ["list:partners"])
        // The entry is told by itself; of the list both say the same.
        #expect(found.wordings.isEmpty)
        #expect(
            found.changes.allSatisfy { change in
                change.messages.allSatisfy { $0.contains("p.example") }
            })
        #expect(!found.changes.isEmpty)
    }

    @Test func otherNamesAreNoOtherMeaning() throws {
        let found = try difference("name = \"no ssh\"", "name = \"nothing over ssh\"")
        #expect(found.changes.isEmpty)
        #expect(found.edits.map(\.label) == ["rule:no ssh", "rule:nothing over ssh"])
        #expect(found.wordings["rule:no ssh"]?.after == [])
        #expect(found.wordings["rule:nothing over ssh"]?.before == [])
        #expect(found.wordings["rule:nothing over ssh"]?.after.first?.contains("refused") == true)
    }

    @Test func rulesThatMoveAreNamed() throws {
        let rules = base.components(separatedBy: "[[rule]]")
        let moved = PolicyDifference(
            from: try PolicySamples.policy(base),
            to: try PolicySamples.policy(rules[0] + "[[rule]]" + rules[2] + "[[rule]]" + rules[1]))
        #expect(
            moved.edits == [
                PolicyEdit(
                    label: "order", removed: ["rule:no ssh", "rule:all"],
                    added: ["rule:all", "rule:no ssh"])
            ])
        #expect(moved.changes.map(\.after) == ["allow by rule:all"])
        // That it is about ssh goes without saying: the rule says so.
        #expect(moved.changes[0].example?.contains("protocol = \"ssh\"") == true)
    }

    @Test func anotherModeIsOneChangeInFewWords() throws {
        let found = try difference("", "", head: "mode = \"report\"")
        #expect(
            found.edits.first == PolicyEdit(label: "mode", removed: ["enforce"], added: ["report"]))
        #expect(found.wordings["mode"]?.after.first?.contains("nothing is refused by it") == true)
        #expect(!found.changes.isEmpty)
        #expect(found.changes.reduce(0) { $0 + $1.messages.count } < 60)
    }
}
