import Testing

@testable import Federation

@Suite struct PolicyTestTests {
    private let body = """
        [list.partners]
        standing = "allow"
        entries = ["p.example", { host = "q.example", until = 2026-06-30 }]
        [[require]]
        name = "tried out"
        on = "share"
        need = "token-exchange"
        mode = "report"
        [[rule]]
        name = "no groups"
        on = "share"
        when = { share_type = "group" }
        action = "deny"
        code = "no_groups"
        status = 501
        \(PolicySamples.allowAll)
        """

    private func outcome(_ given: String, _ want: String) throws -> PolicyTestOutcome {
        let policy = try PolicySamples.policy(
            body + "[[test]]\nname = \"t\"\ngiven = { \(given) }\nwant = { \(want) }\n")
        return try #require(policy.runTests().first)
    }

    @Test(arguments: [
        (
            "on = \"share.in\", peer = \"p.example\"",
            "action = \"allow\", by = \"rule:all\", would = []"
        ),
        (
            "on = \"share.in\", peer = \"x.example\"",
            "action = \"deny\", by = \"unknown\", code = \"peer_unknown\", status = 403"
        ),
        (
            "on = \"share.in\", peer = \"p.example\", token_exchange = false",
            "action = \"allow\", would = [\"require:tried out\"]"
        ),
        (
            "on = \"share.out\", peer = \"P.example:443\", share_type = \"group\"",
            "by = \"rule:no groups\", code = \"no_groups\", status = 501"
        ),
        // Without `now` it is the 1st of January 2026, so that no test breaks by itself.
        ("on = \"share.in\", peer = \"q.example\"", "action = \"allow\""),
        ("on = \"share.in\", peer = \"q.example\", now = 2026-06-30", "action = \"allow\""),
        ("on = \"share.in\", peer = \"q.example\", now = 2026-07-01", "by = \"unknown\""),
        (
            "on = \"share.in\", peer = \"x.example\", lists = { partners = [\"*.x.example\", \"x.example\"] }",
            "by = \"rule:all\""
        ),
        ("on = \"share.in\", peer = \"p.example\", lists = { partners = [] }", "by = \"unknown\""),
        (
            "on = \"share.in\", peer = \"p.example\", signature = \"none\", advertises_keys = true",
            "by = \"built-in:advertised-keys\", status = 401"
        ),
    ])
    func testThatHoldsPasses(_ given: String, _ want: String) throws {
        #expect(try outcome(given, want).differences == [])
    }

    /// Requests for a share name no sender, in a test as on the wire.
    @Test func whoGivesAnOwnerGivesNoSenderToWhatHasNone() throws {
        let policy = try PolicySamples.policy(
            """
            [[rule]]
            name = "not eve"
            on = "request-share.in"
            when = { sender = "eve@*" }
            action = "deny"
            \(PolicySamples.allowAll)
            [[test]]
            name = "t"
            given = { on = "request-share.in", peer = "p.example", owner = "eve@here.example" }
            want = { by = "rule:all" }
            """, head: "unknown = \"allow\"")
        #expect(try #require(policy.runTests().first).differences == [])
    }

    /// Of a message that there was, only what is given changes.
    @Test func anotherOwnerOfAMessageThatThereWasLeavesItsSender() throws {
        let message = try PolicySamples.facts { $0.sender = "eve@other.example" }
        let findings = Findings(file: "given")
        let given = Facts.given(
            [(key: "owner", value: .string("dan@p.example"))], over: message, findings)
        #expect(given?.owner == "dan@p.example" && given?.sender == "eve@other.example")
    }

    @Test func testThatDoesNotHoldSaysWhatDiffers() throws {
        let outcome = try outcome(
            "on = \"share.in\", peer = \"p.example\", share_type = \"group\", token_exchange = false",
            "action = \"allow\", by = \"rule:all\", code = \"not_allowed\", status = 403, would = []"
        )
        #expect(!outcome.passed)
        #expect(
            outcome.differences == [
                #"action: wanted "allow", got "deny""#,
                #"by: wanted "rule:all", got "rule:no groups""#,
                #"code: wanted "not_allowed", got "no_groups""#,
                #"status: wanted "403", got "501""#,
                #"would: wanted [], got ["require:tried out"]"#,
            ])
        #expect(outcome.test.position == SourcePosition(line: 23, column: 1))
    }

    @Test func refusalThatDidNotComeIsTold() throws {
        let outcome = try outcome(
            "on = \"share.in\", peer = \"p.example\"", "code = \"not_allowed\", status = 403")
        #expect(
            outcome.differences == [
                #"code: wanted "not_allowed", got none"#, #"status: wanted "403", got none"#,
            ])
    }

    @Test func testsBesideThePolicyRunToo() throws {
        let beside = """
            [[test]]
            name = "beside"
            given = { on = "share.in", peer = "p.example" }
            want = { action = "deny" }
            """
        let policy = try PolicySamples.policy(body, files: ["etc/policy.test.toml": beside])
        let outcome = try #require(policy.runTests().first)
        #expect(outcome.test.file == "etc/policy.test.toml")
        #expect(!outcome.passed)
    }

    @Test(arguments: [
        (
            "given = { on = \"share\" }\nwant = { action = \"deny\" }",
            "5:16: \"share\" is not one kind of message"
        ),
        (
            "given = { on = \"share.in\", owner = \"e@p.example\", absent = [\"peer\", \"owner\"] }\n"
                + "want = { action = \"deny\" }",
            "5:51: \"owner\" is given and absent; leave one of the two"
        ),
        ("given = { on = \"share.in\" }\nwant = { }", "6:8: \"want\" is empty"),
        (
            "given = { on = \"share.in\", peer = \"a b\" }\nwant = { action = \"deny\" }",
            "5:35: \"a b\" is not a host"
        ),
        (
            "given = { on = \"share.in\", peeer = \"a\" }\nwant = { action = \"deny\" }",
            "5:28: unknown key \"peeer\" in [given]; did you mean \"peer\"?"
        ),
        (
            "given = { on = \"share.in\", lists = { nobody = [] } }\nwant = { action = \"deny\" }",
            "5:38: there is no list \"nobody\""
        ),
        (
            "given = { on = \"share.in\", mfa = 1 }\nwant = { action = \"deny\" }",
            "5:34: expected true or false, found an integer"
        ),
        (
            "given = { on = \"share.in\", over = [\"flood\"] }\nwant = { action = \"deny\" }",
            "5:36: unknown limit \"flood\"; known here: built-in:ping-pong"
        ),
        (
            "given = { on = \"share.in\" }\nwant = { action = \"alow\" }",
            "6:19: unknown action \"alow\"; did you mean \"allow\"?"
        ),
        (
            "given = { on = \"share.in\" }\nwant = { staus = 403 }",
            "6:10: unknown key \"staus\" in [want]; did you mean \"status\"?"
        ),
        ("want = { action = \"deny\" }", "3:1: the key \"given\" of [test] is missing"),
    ])
    func testThatIsWrittenWronglyIsReportedWithItsPlace(_ body: String, _ problem: String) {
        let problems = PolicySamples.problems(ofBody: "[[test]]\nname = \"t\"\n\(body)\n")
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("etc/policy.toml:\(problem)") == true, "\(problems)")
    }

    @Test func secondTestOfTheSameNameIsReported() {
        let test =
            "[[test]]\nname = \"t\"\ngiven = { on = \"share.in\" }\nwant = { action = \"deny\" }\n"
        #expect(
            PolicySamples.problems(ofBody: test + test)
                == ["etc/policy.toml:8:1: there is another test \"t\""])
    }
}
