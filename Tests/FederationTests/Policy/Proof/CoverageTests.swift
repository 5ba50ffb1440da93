import Testing

@testable import Federation

@Suite struct CoverageTests {
    private let body = """
        [list.partners]
        standing = "allow"
        entries = ["p.example"]
        [list.bad]
        standing = "block"
        entries = ["bad.example"]
        [[require]]
        name = "signed"
        on = "share"
        need = "signature"
        [[require]]
        name = "off"
        on = "share"
        need = "mfa"
        mode = "open"
        [[limit]]
        name = "flood"
        on = "notification.in"
        per = "peer"
        rate = "5/min"
        [[rule]]
        name = "shares"
        on = "share"
        action = "allow"
        [[rule]]
        name = "tried out"
        on = "token"
        action = "allow"
        mode = "report"

        """

    private func missed(_ given: String...) throws -> [String] {
        let tests = given.enumerated().map { number, given in
            "[[test]]\nname = \"\(number)\"\ngiven = { \(given) }\nwant = { action = \"allow\" }\n"
        }
        return Coverage(try PolicySamples.policy(body + tests.joined())).missed.map(\.label)
    }

    @Test func withoutTestsNothingIsReached() throws {
        #expect(
            try missed() == [
                "unknown", "list:partners", "list:bad", "require:signed", "limit:flood",
                "rule:shares", "rule:tried out", "default",
            ])
    }

    @Test func whatAMessageGoesThroughIsReached() throws {
        #expect(
            try missed("on = \"share.in\", peer = \"p.example\"") == [
                "unknown", "list:bad", "limit:flood", "rule:tried out", "default",
            ])
    }

    @Test func aRefusalReachesWhatRefusedAndARoomThatWasAskedForTheLimit() throws {
        #expect(
            try missed(
                "on = \"notification.in\", peer = \"p.example\"",
                "on = \"share.in\", peer = \"bad.example\"",
                "on = \"token.in\", peer = \"x.example\"")
                == ["rule:shares"])
    }

    /// Rules are judged behind a refusal too, and decide nothing there.
    @Test func refusalsByTheListsReachNoRule() throws {
        let policy = try PolicySamples.policy(
            """
            [[rule]]
            name = "shares"
            on = "share"
            action = "allow"
            [[rule]]
            name = "no tokens"
            on = "token"
            action = "deny"
            """
                + ["share.in", "token.in", "notification.in"].map {
                    "\n[[test]]\nname = \"\($0)\"\ngiven = { on = \"\($0)\", peer = \"x.example\" }\n"
                        + "want = { by = \"unknown\" }"
                }.joined())
        #expect(
            Coverage(policy).missed.map(\.label) == ["rule:shares", "rule:no tokens", "default"])
    }

    @Test func percentIsRoundedDown() throws {
        let coverage = Coverage(try PolicySamples.policy(body))
        #expect(coverage.percent == 0)
        #expect(coverage.reached == 0)
        #expect(coverage.blocks.count == 8)
        #expect(
            coverage.missed.first { $0.label == "rule:shares" }?.place?.description
                == "etc/policy.toml:24")
    }
}
