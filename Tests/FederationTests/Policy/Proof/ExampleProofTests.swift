import Foundation
import Testing

@testable import Federation

/// `docs/policy.example.toml` as it is, and broken in four ways that each show.
@Suite struct ExampleProofTests {
    /// The example with one text in the place of another.
    private func example(_ old: String = "", _ new: String = "") throws -> Policy {
        let text = try String(contentsOfFile: ExamplePolicyTests.file, encoding: .utf8)
        #expect(old.isEmpty || text.components(separatedBy: old).count == 2, "\(old)")
        return try PolicySamples.read(old.isEmpty ? text : text.replacing(old, with: new))
    }

    @Test func everyBlockIsReached() throws {
        let coverage = Coverage(try example())
        #expect(coverage.missed.map(\.label) == [])
        #expect(coverage.percent == 100)
        #expect(coverage.blocks.count == 20)
    }

    @Test func everyInvariantIsProved() throws {
        let policy = try example()
        #expect(policy.invariants.count == 3)
        for invariant in policy.invariants {
            guard case .proved(let regions) = policy.prove(invariant) else {
                Issue.record("\(invariant.name)")
                continue
            }
            #expect(regions > 0)
        }
    }

    @Test func everyMutantIsNoticed() throws {
        let report = MutationReport(try example(), .blocks)
        #expect(report.survivors.map(\.mutant.change) == [])
        #expect(report.killed > 60)
    }

    // MARK: Deliberately broken copies

    @Test func aWeakenedListFailsATestThatNamesIt() throws {
        let policy = try example("hard     = true\n", "")
        #expect(
            policy.proofFailures().map(\.description) == [
                "etc/policy.toml:186:1: test \"a legal hold beats even our own list\" fails: "
                    + "action: wanted \"deny\", got \"allow\"; "
                    + "by: wanted \"list:never\", got \"rule:files and folders from anyone we admit\"; "
                    + "decided by rule:files and folders from anyone we admit (etc/policy.toml:123)"
            ])
    }

    @Test func aRuleWithoutATestIsNamed() throws {
        let policy = try example().replacingTests { $0.name != "ssh share" }
        let coverage = Coverage(policy)
        #expect(coverage.missed.map(\.label) == ["rule:no ssh"])
        #expect(coverage.missed.first?.place?.description == "etc/policy.toml:108")
        #expect(coverage.percent == 95)
    }

    @Test func aRuleThatIsTestedFromOneSideOnlyIsNamed() throws {
        let policy = try example().replacingTests { $0.name != "partners may ask for write" }
        #expect(Coverage(policy).missed.isEmpty)
        let survivors = MutationReport(policy, .blocks).survivors
        #expect(
            survivors.map(\.mutant.change) == [
                "rule:read-only from legacy peers: peer is taken away"
            ])
        #expect(
            survivors.first?.given
                == "{ on = \"share.in\", peer = \"cloud.partner.example\", permissions = \"write\" }"
        )
    }

    @Test func aRequirementThatForgetsTokensBreaksAnInvariant() throws {
        let policy = try example(
            "on     = [\"share\", \"notification\", \"invite\", \"token\"]",
            "on     = [\"share\", \"notification\", \"invite\"]")
        #expect(
            policy.proofFailures().map(\.description) == [
                "etc/policy.toml:284:1: invariant \"no unsigned share, token or invite is accepted, "
                    + "except from @legacy\" does not hold: a message gets \"allow\" by "
                    + "rule:plumbing (etc/policy.toml:143); see it: ocmgate policy prove etc/policy.toml"
            ])
        guard case .broken(let found) = policy.prove(policy.invariants[1]) else {
            Issue.record("not broken")
            return
        }
        #expect(
            policy.test(for: found).split(separator: "\n").map { String($0) } == [
                "# The invariant \"no unsigned share, token or invite is accepted, except from @legacy\" "
                    + "says that this never gets \"allow\". It does now,",
                "# by rule:plumbing (etc/policy.toml:143). As long as that is so, this test passes.",
                "[[test]]",
                "name  = \"breaks: no unsigned share, token or invite is accepted, except from @legacy\"",
                "given = { on = \"token.in\", peer = \"cloud.partner.example\", signature = \"none\" }",
                "want  = { action = \"allow\", by = \"rule:plumbing\" }",
            ])
    }
}

extension Policy {
    /// The same with some of its tests only.
    fileprivate func replacingTests(_ isKept: (PolicyTest) -> Bool) -> Policy {
        var parts = self.parts
        parts.tests = parts.tests.filter(isKept)
        return Policy(parts, file: file)
    }
}
