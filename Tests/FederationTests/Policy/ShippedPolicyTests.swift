import Foundation
import Testing

@testable import Federation

/// The files of `policies/` and `deploy/`: their tests pass, and reach every block.
@Suite struct ShippedPolicyTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let files = [
        "policies/default.toml", "policies/allowlist-only.toml", "policies/legacy-bridge.toml",
        "policies/research-federation.toml", "policies/hospital.toml", "policies/strict.toml",
        "policies/observe.toml", "deploy/nextcloud/policy.toml", "deploy/owncloud10/policy.toml",
    ]

    private func load(_ file: String) throws -> Policy {
        let path = Self.root.appending(path: file).path(percentEncoded: false)
        return try Policy.load(
            file: path,
            PolicyFiles { path in
                FileManager.default.contents(atPath: path).map { [UInt8]($0) }
            })
    }

    /// A policy alone, without the tests beside it, whose lists name other servers than it is
    /// shipped with.
    private func loadFilledIn(_ file: String) throws -> Policy {
        let shipped = try String(contentsOf: Self.root.appending(path: file), encoding: .utf8)
        let lists = try #require(shipped.range(of: "[[require]]")).lowerBound
        let filled =
            shipped[..<lists].replacingOccurrences(of: ".example\"", with: ".other\"")
            + shipped[lists...]
        return try Policy.load(
            file: file, PolicyFiles { path in path == file ? [UInt8](filled.utf8) : nil })
    }

    @Test func everyPolicyOfTheFolderIsTested() throws {
        let there = try FileManager.default.contentsOfDirectory(
            atPath: Self.root.appending(path: "policies").path(percentEncoded: false))
        #expect(
            Set(
                there.filter { $0.hasSuffix(".toml") && !$0.hasSuffix(".test.toml") }
                    .map { "policies/\($0)" })
                == Set(Self.files.filter { $0.hasPrefix("policies/") }))
    }

    @Test(arguments: files) func itsTestsPass(_ file: String) throws {
        let outcomes = try load(file).runTests()
        #expect(!outcomes.isEmpty)
        for outcome in outcomes {
            #expect(outcome.passed, "\(outcome.test.name): \(outcome.differences)")
        }
    }

    /// Who fills in the lists has no test to mend, and a gateway that starts.
    @Test(arguments: files) func itsTestsDoNotHangOnItsEntries(_ file: String) throws {
        let policy = try loadFilledIn(file)
        for outcome in policy.runTests() {
            #expect(outcome.passed, "\(outcome.test.name): \(outcome.differences)")
        }
        expectEveryBlockReached(policy)
    }

    /// Each list gives a standing, each requirement refuses and is met, each rule decides, and the
    /// default and `unknown` are seen.
    @Test(arguments: files) func itsTestsReachEveryBlock(_ file: String) throws {
        try expectEveryBlockReached(load(file))
    }

    private func expectEveryBlockReached(_ policy: Policy) {
        var seen: Set<String> = []
        for outcome in policy.runTests() {
            seen.insert(outcome.verdict.by)
            seen.formUnion(outcome.verdict.would)
            for check in outcome.verdict.checks {
                if case .entry(let list, _, _, _) = check.reason { seen.insert("list:\(list)") }
                if check.result == .passed { seen.insert("\(check.name) passed") }
            }
        }
        var wanted = Set(policy.lists.map(\.label) + policy.rules.map(\.label))
        for block in policy.requirements {
            wanted.formUnion([block.label, "\(block.label) passed"])
        }
        wanted.formUnion(["default", "unknown"])
        #expect(wanted.subtracting(seen) == [])
    }
}
