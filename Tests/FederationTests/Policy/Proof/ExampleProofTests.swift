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
}
