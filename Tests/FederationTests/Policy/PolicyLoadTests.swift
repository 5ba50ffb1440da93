import Testing

@testable import Federation

/// What an operator reads when a policy cannot be used: file, line, column, and what mends it.
@Suite struct PolicyLoadTests {
    private func expect(
        _ problems: [String], _ wanted: String..., at: SourceLocation = #_sourceLocation
    ) {
        let full = wanted.map { "etc/policy.toml:\($0)" }
        #expect(problems == full, sourceLocation: at)
    }

    @Test func topLevelMistakes() {
        expect(
            PolicySamples.problems(
                "version = 2\nnme = \"p\"\nmode = \"enforced\"\ndefault = true\n"),
            "1:1: the key \"name\" is missing",
            "1:11: 2 is not an integer from 1 to 1",
            "2:1: unknown key \"nme\"; did you mean \"name\"?",
            "3:8: unknown mode \"enforced\"; did you mean \"enforce\"?",
            "4:11: expected one of deny, allow, found a boolean")
    }

    @Test func syntaxErrorHasItsPlace() {
        let problems = PolicySamples.problems("version = 1\nname = *x\n")
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("etc/policy.toml:2:") == true, "\(problems)")
        let twice = PolicySamples.problems("version = 1\nname = \"p\"\nname = \"q\"\n")
        #expect(twice.first?.hasPrefix("etc/policy.toml:3:") == true, "\(twice)")
    }

    @Test func listMistakes() {
        expect(
            PolicySamples.problems(
                ofBody: """
                    [list.a]
                    standing = "alow"
                    entries = ["ok.example", "https://x.example", 3, { hst = "y.example" }]
                    [list."b c"]
                    standing = "block"
                    [list.d]
                    standing = "block"
                    entries = ["x"]
                    source = "l.txt"
                    [list.e]
                    entries = [{ host = "e.example", until = "2027-01-01" }, "*"]
                    hard = "yes"
                    """, files: ["etc/l.txt": "fine.example"]),
            "4:12: unknown standing \"alow\"; did you mean \"allow\"?",
            "5:26: \"https://x.example\" is not a host pattern (\"host\", \"*.host\" or \".host\", each with an optional port)",
            "5:47: expected a host pattern (\"host\", \"*.host\" or \".host\", each with an optional port), found an integer",
            "5:50: the key \"host\" of [entry] is missing",
            "5:52: unknown key \"hst\" in [entry]; did you mean \"host\"?",
            "6:1: the list \"b c\" has neither \"entries\" nor \"source\"; write one of them",
            "6:7: the name of a list has letters, digits, \"-\" and \"_\" only",
            "8:1: the list \"d\" has both \"entries\" and \"source\"; write one of them",
            "12:1: the key \"standing\" of [list.e] is missing",
            "13:42: expected a date, found a string; write it without quotes, as 2027-06-30",
            "13:58: \"*\" is not a host pattern (\"host\", \"*.host\" or \".host\", each with an optional port)",
            "14:8: expected true or false, found a string")
    }

    @Test func mistakesInATextFileHaveTheirOwnPlace() {
        let body = "[list.a]\nstanding = \"block\"\nsource = \"lists/a.txt\"\nstandin = 1\n"
        let problems = PolicySamples.problems(
            ofBody: body, files: ["etc/lists/a.txt": "ok.example\n  bad/host # why\n\n*.\n"])
        let pattern =
            "a host pattern (\"host\", \"*.host\" or \".host\", each with an optional port)"
        #expect(
            problems == [
                "etc/policy.toml:6:1: unknown key \"standin\" in [list.a]; did you mean \"standing\"?",
                "etc/lists/a.txt:2:3: \"bad/host\" is not \(pattern)",
                "etc/lists/a.txt:4:1: \"*.\" is not \(pattern)",
            ])
    }

    @Test func fileOfGarbageIsReportedInAFewLines() {
        let garbage = String(repeating: "not a host!\n", count: 10_000)
        let problems = PolicySamples.problems(
            ofBody: "[list.a]\nstanding = \"block\"\nsource = \"a.txt\"\n",
            files: ["etc/a.txt": garbage])
        #expect(problems.count == 21)
        #expect(problems.contains { $0.contains("10000 lines are not host patterns") })
    }

    /// A list that cannot be loaded never widens access: there is no policy without it.
    @Test func listThatCannotBeReadStopsTheLoading() {
        expect(
            PolicySamples.problems(
                ofBody: "[list.a]\nstanding = \"block\"\nsource = \"gone.txt\"\n"),
            "5:10: there is no file \"gone.txt\"")
        do throws(ConfigurationErrors) {
            _ = try Policy(
                Array(
                    "version = 1\nname = \"p\"\n[list.a]\nstanding = \"allow\"\nsource = \"/x\"\n"
                        .utf8),
                file: "policy.toml",
                PolicyFiles { path in
                    if path == "/x" { throw StructuredError(text: "permission denied") }
                    return nil
                })
            Issue.record("loaded")
        } catch {
            #expect(
                error.description
                    == "policy.toml:5:10: the file \"/x\" cannot be read: permission denied")
        }
    }

    private struct StructuredError: Error, CustomStringConvertible {
        let text: String
        var description: String { text }
    }

    @Test func blockMistakes() {
        expect(
            PolicySamples.problems(
                ofBody: """
                    [list.partners]
                    standing = "allow"
                    entries = []
                    [[require]]
                    name = "r"
                    on = ["share.in", "sahre"]
                    except = ["@partner", "partners"]
                    need = ["signatur"]
                    code = "Not OK"
                    [[require]]
                    name = "r"
                    on = []
                    need = "signature"
                    [[rule]]
                    on = "share.in"
                    action = "permit"
                    [[rule]]
                    name = "x"
                    on = "share.in"
                    action = "allow"
                    status = 403
                    peer = "under_score"
                    [[rule]]
                    name = "y"
                    on = "share.in"
                    action = "deny"
                    status = 418
                    hint = ""
                    """),
            "8:19: unknown kind of message \"sahre\"; did you mean \"share\"?",
            "9:11: there is no list \"partner\"; did you mean \"partners\"?",
            "9:23: \"partners\" is the name of a list; did you mean \"@partners\"?",
            "10:9: unknown need \"signatur\"; did you mean \"signature\"?",
            "11:8: \"Not OK\" is not a code like \"not_allowed\" (a-z, 0-9, _)",
            "13:1: there is another [[require]] \"r\"",
            "14:6: an empty array matches nothing; leave the key out to mean everything",
            "16:1: the key \"name\" of [rule] is missing",
            "18:10: unknown action \"permit\"; known here: allow, deny",
            "23:1: \"status\" belongs to a rule that refuses",
            "24:8: \"under_score\" is not \"@list\" or a host pattern",
            "29:10: the status of a refusal is one of 400, 401, 403, 404, 429, 501, 503",
            "30:8: this must not be empty")
    }

    @Test func singleBracketsAreTold() {
        expect(
            PolicySamples.problems(ofBody: "[rule]\nname = \"r\"\n"),
            "3:2: expected [[rule]], found a table; write double brackets: [[rule]]")
    }

    @Test(arguments: [
        (
            "{ share_tpe = \"user\" }",
            "6:10: unknown key \"share_tpe\" in [rule.when]; did you mean \"share_type\"?"
        ),
        ("{ share_type = \"usr\" }", "6:23: unknown share type \"usr\"; did you mean \"user\"?"),
        (
            "{ resource_type = [\"fil\"] }",
            "6:27: unknown resource type \"fil\"; did you mean \"file\"?"
        ),
        (
            "{ protocol = [] }",
            "6:21: an empty array matches nothing; leave the key out to mean everything"
        ),
        ("{ permissions = \"raed\" }", "6:24: unknown permission \"raed\"; did you mean \"read\"?"),
        ("{ size_max = \"5 GB\" }", "6:21: \"5 GB\" is not a size like \"256KiB\""),
        ("{ size_max = -1 }", "6:21: expected a size like \"256KiB\", found an integer"),
        (
            "{ owner = \"*@*.bücher.example\" }",
            "6:18: \"*@*.bücher.example\" is not a pattern of addresses like \"*@cloud.example\""
        ),
        (
            "{ net = \"192.0.2.1/24\" }",
            "6:16: \"192.0.2.1/24\" is not an address block like \"192.0.2.0/24\""
        ),
        (
            "{ notification_type = \"SHARE_ACEPTED\" }",
            "6:30: unknown notification type \"SHARE_ACEPTED\"; did you mean \"SHARE_ACCEPTED\"?"
        ),
        ("{ }", "6:8: \"when\" is empty; leave it out to mean everything"),
        ("{ software = \"nextcloud\" }", "6:10: the condition \"software\" is not available yet"),
        ("{ time = \"09:00-17:00\" }", "6:10: the condition \"time\" is not available yet"),
    ])
    func conditionMistakes(_ when: String, _ problem: String) {
        let body = "[[rule]]\nname = \"r\"\non = \"share.in\"\nwhen = \(when)\naction = \"deny\"\n"
        expect(PolicySamples.problems(ofBody: body), problem)
    }

    /// Words of the language whose function comes later are refused, never ignored.
    @Test(arguments: [
        ("[[limit]]\nname = \"l\"\n", "3:1: [[limit]] is not available yet"),
        ("[[invariant]]\nname = \"i\"\n", "3:1: [[invariant]] is not available yet"),
        (
            "unknown = \"hold\"\n",
            "3:11: unknown = \"hold\" is not available yet; \"deny\" until then"
        ),
        (
            "[[rule]]\nname = \"r\"\non = \"share\"\naction = \"hold\"\n",
            "6:10: action = \"hold\" is not available yet"
        ),
        (
            "[list.a]\nstanding = \"allow\"\nsource = \"https://x.example/l\"\n",
            "5:10: a downloaded list is not available yet; fetch it yourself into a text file"
        ),
        (
            "[list.a]\nstanding = \"allow\"\nsource = \"l.txt\"\nformat = \"csv\"\n",
            "6:10: format = \"csv\" is not available yet"
        ),
        (
            "[list.a]\nstanding = \"allow\"\nentries = []\nkeys = [\"k\"]\n",
            "6:1: the key \"keys\" of a list is not available yet"
        ),
        (
            "[list.a]\nstanding = \"allow\"\nentries = []\nrefresh = \"6h\"\n",
            "6:1: the key \"refresh\" of a list is not available yet"
        ),
        (
            "[list.a]\nstanding = \"allow\"\nentries = []\napply = \"all\"\n",
            "6:1: the key \"apply\" of a list is not available yet"
        ),
        (
            "[list.a]\nstanding = \"allow\"\nentries = []\nmax_change = \"20%\"\n",
            "6:1: the key \"max_change\" of a list is not available yet"
        ),
        (
            "[[rule]]\nname = \"r\"\non = \"token\"\naction = \"allow\"\nset = { bind = \"peer\" }\n",
            "7:9: \"bind\" of \"set\" is not available yet"
        ),
        (
            "[[rule]]\nname = \"r\"\non = \"share\"\naction = \"allow\"\nset = { token_ttl = \"5m\" }\n",
            "7:1: \"set\" of a rule that is not about token.in is not available yet; tokens are issued by the rule that allows token.in: set it there"
        ),
    ])
    func wordThatComesLaterIsNotAvailableYet(_ body: String, _ problem: String) {
        expect(PolicySamples.problems(ofBody: body), problem)
    }

    @Test(arguments: ["rfc9421", "mfa", "key-pinned", "directory", "mtls"])
    func needThatComesLaterIsNotAvailableYet(_ need: String) {
        let body =
            "[[require]]\nname = \"r\"\non = \"share\"\nneed = [\"signature\", \"\(need)\"]\n"
        expect(
            PolicySamples.problems(ofBody: body),
            "6:22: the need \"\(need)\" is not available yet")
    }

    @Test(arguments: [
        ("share.in", true), ("[\"share\", \"request-share\", \"ocs\"]", true), ("webdav.in", false),
        ("[\"share.in\", \"token.in\"]", false), ("*.in", false), ("invite", false),
    ])
    func anInvitationIsAskedForSharesOnly(_ occasions: String, _ isRead: Bool) {
        let words = occasions.hasPrefix("[") ? occasions : "\"\(occasions)\""
        let problems = PolicySamples.problems(
            ofBody: "[[require]]\nname = \"r\"\non = \(words)\nneed = \"invite\"\n")
        #expect(
            problems
                == (isRead
                    ? []
                    : [
                        "etc/policy.toml:5:1: an invitation stands behind shares only; name share, request-share or ocs in \"on\""
                    ]))
    }

    @Test func fileThatIsNotThereIsTold() {
        #expect(throws: ConfigurationErrors.self) {
            try Policy.load(file: "policy.toml", PolicyFiles { _ in nil })
        }
    }

    @Test func mistakesInTheTestFileHaveItsName() {
        let problems = PolicySamples.problems(
            "version = 1\nname = \"p\"\n",
            files: ["etc/policy.test.toml": "[[tst]]\nname = \"t\"\n"])
        #expect(
            problems == ["etc/policy.test.toml:1:1: unknown key \"tst\"; did you mean \"test\"?"]
                || problems == [
                    "etc/policy.test.toml:1:3: unknown key \"tst\"; did you mean \"test\"?"
                ])
    }
}
