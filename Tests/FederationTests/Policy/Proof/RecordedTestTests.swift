import Testing

@testable import Federation

@Suite struct RecordedTestTests {
    private static let body = """
        [list.mesh]
        standing = "allow"
        source = "https://a.example/mesh.txt"
        format = "text"
        [[limit]]
        name = "flood"
        on = "share.in"
        per = "peer"
        rate = "5/min"
        [[rule]]
        name = "shares"
        on = "share.in"
        when = { owner = "*@x.example" }
        action = "allow"

        """

    private func record(
        _ action: Verdict.Action, _ by: String, _ code: String? = nil, _ status: Int? = nil,
        on occasion: String = "share.in", _ change: (inout Facts) -> Void = { _ in }
    ) throws -> RecordedTest {
        let facts = try PolicySamples.facts(occasion, "x.example") {
            $0.now += 86_401
            change(&$0)
        }
        return RecordedTest(
            "0123456789abcdef", facts,
            .init(action: action, by: by, code: code, status: status),
            try PolicySamples.policy(Self.body))
    }

    @Test func aDecisionThatStillHoldsIsATestThatPasses() throws {
        for recorded in [
            try record(.allow, "rule:shares"), try record(.deny, "unknown", "peer_unknown", 403),
            try record(.deny, "limit:flood", "limit_exceeded", 429),
            try record(.deny, "default", "not_allowed", 403) { $0.owner = nil },
        ] {
            #expect(recorded.isKept, "\(recorded.text)")
            try ProofTests.expectPassing(recorded.text, in: Self.body)
        }
        #expect(
            try record(.allow, "rule:shares").text.contains("lists = { mesh = [\"x.example\"] }"))
        #expect(try record(.allow, "rule:shares").text.contains("now = 2026-01-02T00:00:01Z"))
    }

    @Test func aStatusThatIsNotThePolicysIsNotWanted() throws {
        for (occasion, status) in [("share.out", 500), ("token.in", 400), ("webdav.in", 503)] {
            let recorded = try record(.deny, "unknown", "peer_unknown", status, on: occasion)
            #expect(recorded.isKept, "\(recorded.text)")
            #expect(!recorded.text.contains("status"), "\(recorded.text)")
            try ProofTests.expectPassing(recorded.text, in: Self.body)
        }
        #expect(
            try record(.deny, "unknown", "peer_unknown", 403).text.contains("status = 403"))
    }

    @Test func aWordThatIsNearlyOneOfOursIsFound() throws {
        #expect(try PolicySamples.facts().wordTakenForSlip?.word == nil)
        let own = try PolicySamples.facts { ($0.resourceType, $0.protocols) = ("x-lab", ["ftp"]) }
        #expect(own.wordTakenForSlip?.word == nil)
        for facts in [
            try PolicySamples.facts { $0.resourceType = "files" },
            try PolicySamples.facts { $0.shareType = "users" },
            try PolicySamples.facts { $0.protocols = ["webdav", "webdaw"] },
        ] {
            let slip = try #require(facts.wordTakenForSlip)
            let test = TestText(name: "t", facts: facts, want: .init(action: .deny), comment: [])
            let told = PolicySamples.problems(ofBody: test.text)
            #expect(told.contains { $0.contains("did you mean \"\(slip.meant)\"?") }, "\(told)")
        }
    }

    @Test func aDecisionThatIsAnotherNowSaysSo() throws {
        let recorded = try record(.allow, "rule:long gone")
        #expect(!recorded.isKept)
        #expect(recorded.text.contains("# The policy now says deny by unknown: this test fails."))
    }
}
