import Foundation
import Testing

@testable import Federation

/// `docs/policy.example.toml`, which uses the whole language.
@Suite struct ExamplePolicyTests {
    static let file = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "docs/policy.example.toml").path(percentEncoded: false)

    static func load() throws -> Policy {
        try Policy.load(
            file: file,
            PolicyFiles { path in FileManager.default.contents(atPath: path).map { [UInt8]($0) } })
    }

    @Test func itsTestsPass() throws {
        let outcomes = try Self.load().runTests()
        #expect(outcomes.count == 25)
        for outcome in outcomes {
            #expect(outcome.passed, "\(outcome.test.name): \(outcome.differences)")
        }
    }

    @Test func itsBlocksAreRead() throws {
        let policy = try Self.load()
        #expect(policy.unknown == .hold)
        #expect(
            policy.lists.map(\.name) == ["partners", "legacy", "sciencemesh", "abuse", "never"])
        #expect(policy.lists.map(\.tier) == [.own, .own, .downloaded, .downloaded, .downloaded])
        #expect(policy.limits.map(\.label) == ["limit:message flood", "limit:fan-out"])
        #expect(policy.limits.map(\.per) == [.peer, .sender])
        #expect(policy.invariants.count == 3)
        #expect(policy.invariants.allSatisfy { $0.never == .allow })
        #expect(policy.invariants[0].given.standing == .block)
        #expect(policy.invariants[1].given.signatures == [.none])
        #expect(policy.invariants[1].given.occasions.occasions.count == 3)
        #expect(policy.invariants[2].given.conditions.map(\.key) == ["owner"])
    }
}
