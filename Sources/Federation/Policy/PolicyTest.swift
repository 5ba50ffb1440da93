/// A `[[test]]`: an example that must stay true.
package struct PolicyTest: Sendable {
    package let name: String
    package let file: String
    package let position: SourcePosition
    /// The message; what the test does not give is ordinary.
    package let facts: Facts
    /// Entries that take the place of those of a list, by its place in the policy.
    var lists: [Int: [ListEntry]]
    /// The limits that have no room, by their place.
    let over: Set<Int>
    package let want: Want

    /// What the verdict has to be; nil: not asked.
    package struct Want: Sendable, Equatable {
        package var action: Verdict.Action?
        package var by: String?
        package var code: String?
        package var status: Int?
        /// In any order.
        package var would: Set<String>?

        package init(
            action: Verdict.Action? = nil, by: String? = nil, code: String? = nil,
            status: Int? = nil, would: Set<String>? = nil
        ) {
            self.action = action
            self.by = by
            self.code = code
            self.status = status
            self.would = would
        }
    }

    /// The time of tests that give none: 2026-01-01. A fixed one, so that a test does not begin to
    /// fail because a contract ended.
    package static let ordinaryNow = TOMLInstant.midnight(year: 2026, month: 1, day: 1)
}

/// How a test came out.
package struct PolicyTestOutcome: Sendable {
    package let test: PolicyTest
    package let verdict: Verdict
    /// What differs, in words: `action: wanted "deny", got "allow"`; empty when the test passed.
    package let differences: [String]

    package var passed: Bool { differences.isEmpty }
}

extension Policy {
    /// Runs all tests of the policy.
    ///
    /// Of downloaded lists they know what they give themselves: whatever is in them today, a test
    /// says the same.
    package func runTests() -> [PolicyTestOutcome] {
        let written = asWritten
        return tests.map(written.run)
    }

    func run(_ test: PolicyTest) -> PolicyTestOutcome {
        let verdict = replacing(test.lists).evaluate(test.facts) { limit in
            test.over.contains(limit) ? .full(retryAfter: 60) : .room
        }
        return PolicyTestOutcome(
            test: test, verdict: verdict, differences: test.want.differences(from: verdict))
    }
}

extension PolicyTest.Want {
    /// What of a verdict is not as wanted, in words.
    func differences(from verdict: Verdict) -> [String] {
        var differences = [
            Self.difference("action", action?.rawValue, verdict.action.rawValue),
            Self.difference("by", by, verdict.by),
            Self.difference("code", code, verdict.code),
            Self.difference("status", status.map(String.init), verdict.status.map(String.init)),
        ].compactMap { $0 }
        if let would, would != Set(verdict.would) {
            differences.append(
                "would: wanted [\(would.sorted().map(quoted).joined(separator: ", "))], "
                    + "got [\(verdict.would.map(quoted).joined(separator: ", "))]")
        }
        return differences
    }

    private static func difference(_ what: String, _ wanted: String?, _ got: String?) -> String? {
        guard let wanted, wanted != got else { return nil }
        return "\(what): wanted \(quoted(wanted)), got \(got.map(quoted) ?? "none")"
    }
}
