import Testing

@testable import Federation

/// What an operator reads when a policy cannot be used: file, line, column, and what mends it.
@Suite struct PolicyLoadTests {
    @Test func topLevelMistakes() {
        PolicySamples.expect(
            PolicySamples.problems(
                "version = 2\nnme = \"p\"\nmode = \"enforced\"\ndefault = true\n"),
            "1:1: the key \"name\" is missing",
            "1:11: 2 is not the number 1",
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

    @Test func misspeltWordsOfTestsAreTold() {
        PolicySamples.expect(
            PolicySamples.problems(
                ofBody: """
                    [[rule]]
                    name = "all"
                    on = "share"
                    action = "allow"
                    [[test]]
                    name = "t"
                    given = { on = "share.in", share_type = "gorup", protocol = "sssh", resource_type = "fil" }
                    want = { by = "rule:al", would = ["unknwon"] }
                    """),
            "9:41: unknown share type \"gorup\"; did you mean \"group\"?",
            "9:61: unknown protocol \"sssh\"; did you mean \"ssh\"?",
            "9:85: unknown resource type \"fil\"; did you mean \"file\"?",
            "10:15: unknown block \"rule:al\"; did you mean \"rule:all\"?",
            "10:35: unknown block \"unknwon\"; did you mean \"unknown\"?")
    }

    @Test func listMistakes() {
        PolicySamples.expect(
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
            "5:26: \"https://x.example\" is not a host pattern (\"host\", \"*.host\" or \".host\", each with an optional port); write \"x.example\"",
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

    @Test(arguments: [
        (
            "[[list.a]]\nstanding = \"allow\"\n",
            "3:1: expected a table, found an array; write single brackets: [list.a]"
        ),
        (
            "[list]\nstanding = \"allow\"\nentries = [\"a.example\"]\n",
            "4:1: \"standing\" stands in [list], which has a table for each list; write [list.NAME] above it, with a name of your own"
        ),
        (
            "[[rule]]\nname = \"a\"\non = \"share\"\npeer = \"https://a.example/x\"\naction = \"deny\"\n",
            "6:8: \"https://a.example/x\" is not \"@list\" or a host pattern; write \"a.example\""
        ),
        (
            "[[rule]]\nname = \"a\"\non = \"share\"\nwhen = { net = \"10.1.2.3/8\" }\naction = \"deny\"\n",
            "6:16: \"10.1.2.3/8\" is not an address block like \"192.0.2.0/24\"; write the first address of the block, and a prefix of at most 32 (IPv4) or 128 (IPv6); an address alone has none"
        ),
        (
            "[[invariant]]\nname = \"a\"\ngiven = { on = \"share\", size = 5 }\nnever = \"allow\"\n",
            "5:25: unknown key \"size\" in [given]; did you mean \"size_max\"?"
        ),
    ])
    func whatIsWrittenInsteadIsSaid(_ body: String, _ problem: String) {
        let problems = PolicySamples.problems(ofBody: body)
        #expect(problems.map { $0.replacing("etc/policy.toml:", with: "") } == [problem])
    }

    @Test func blockMistakes() {
        PolicySamples.expect(
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
            "13:1: there is another [[require]] \"r\", in line 7",
            "14:6: an empty array matches nothing; write at least one, or leave the key out where it may be missing",
            "16:1: the key \"name\" of [rule] is missing",
            "18:10: unknown action \"permit\"; known here: allow, deny, hold",
            "23:1: \"status\" belongs to a rule that refuses",
            "24:8: \"under_score\" is not \"@list\" or a host pattern",
            "29:10: the status of a refusal is one of 400, 401, 403, 404, 429, 501, 503",
            "30:8: this must not be empty")
    }

    @Test func singleBracketsAreTold() {
        PolicySamples.expect(
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
            "6:21: an empty array matches nothing; write at least one, or leave the key out where it may be missing"
        ),
        ("{ permissions = \"raed\" }", "6:24: unknown permission \"raed\"; did you mean \"read\"?"),
        ("{ size_max = \"5 GB\" }", "6:21: \"5 GB\" is not a size like \"256KiB\""),
        ("{ size_max = -1 }", "6:21: expected a size like \"256KiB\", found an integer"),
        (
            "{ owner = \"*@*.bücher.example\" }",
            "6:18: \"*@*.bücher.example\" is not a pattern of addresses like \"*@cloud.example\" or \"alice@*\""
        ),
        (
            "{ owner = \"dean\" }",
            "6:18: \"dean\" is not a pattern of addresses like \"*@cloud.example\" or \"alice@*\""
        ),
        (
            "{ net = \"192.0.2.1/24\" }",
            "6:16: \"192.0.2.1/24\" is not an address block like \"192.0.2.0/24\"; write the first address of the block, and a prefix of at most 32 (IPv4) or 128 (IPv6); an address alone has none"
        ),
        (
            "{ net = \"::ffff:192.0.2.0/120\" }",
            "6:16: \"::ffff:192.0.2.0/120\" is not an address block like \"192.0.2.0/24\"; write it as IPv4, from 192.0.2.0 on, with a prefix of at most 32"
        ),
        (
            "{ net = \"[2001:db8::]/32\" }",
            "6:16: \"[2001:db8::]/32\" is not an address block like \"192.0.2.0/24\"; leave the brackets out"
        ),
        (
            "{ notification_type = \"SHARE_ACEPTED\" }",
            "6:30: unknown notification type \"SHARE_ACEPTED\"; did you mean \"SHARE_ACCEPTED\"?"
        ),
        ("{ }", "6:8: \"when\" is empty; leave it out to mean everything"),
        (
            "{ time = \"9-17\" }",
            "6:17: \"9-17\" is not a time of the week like \"mon-fri 08:00-18:00 +01:00\" (days, span, or both; without an offset, UTC)"
        ),
    ])
    func conditionMistakes(_ when: String, _ problem: String) {
        let body = "[[rule]]\nname = \"r\"\non = \"share.in\"\nwhen = \(when)\naction = \"deny\"\n"
        PolicySamples.expect(PolicySamples.problems(ofBody: body), problem)
    }

    @Test(arguments: [
        ("share.in", "token_ttl = \"5m\"", nil),
        (
            "share.in", "token_ttl = \"10500ms\"",
            "7:21: 10500ms is no whole number of seconds; write whole seconds"
        ),
        (
            "webdav.in", "token_ttl = \"5m\"",
            "7:9: \"token_ttl\" changes nothing for what this rule is about; it belongs to a rule about share.out, share.in, token.in, token.out"
        ),
        ("[\"webdav\", \"invite\"]", "accept_secret = \"none\"", nil),
        (
            "share.in", "bind = \"peer\"",
            "7:9: \"bind\" changes nothing for what this rule is about; it belongs to a rule about share.out, token.in"
        ),
        ("token", "bind = \"pear\"", "7:16: unknown value \"pear\"; did you mean \"peer\"?"),
    ])
    func whatARuleSetsHasToBeOfUse(_ on: String, _ set: String, _ problem: String?) {
        let words = on.hasPrefix("[") ? on : "\"\(on)\""
        let problems = PolicySamples.problems(
            ofBody: "[[rule]]\nname = \"r\"\non = \(words)\naction = \"allow\"\nset = { \(set) }\n")
        #expect(problems == (problem.map { ["etc/policy.toml:\($0)"] } ?? []))
    }

    @Test func codeThatSaysHeldIsNoDenial() {
        PolicySamples.expect(
            PolicySamples.problems(
                ofBody:
                    "[[rule]]\nname = \"r\"\non = \"share\"\naction = \"deny\"\ncode = \"held\"\n"),
            "7:1: the code \"held\" says that it waits; write action = \"hold\", or another code")
    }

    @Test(arguments: [
        ("held", "require", "need = \"signature\""),
        ("peer_held", "limit", "per = \"all\"\nrate = \"1/s\""),
        ("key_changed", "limit", "per = \"all\"\nrate = \"1/s\""),
    ])
    func nothingSaysThatItWaitsWhereNobodyIsAsked(_ code: String, _ kind: String, _ keys: String) {
        PolicySamples.expect(
            PolicySamples.problems(
                ofBody:
                    "[[\(kind)]]\nname = \"b\"\ncode = \"\(code)\"\non = \"share\"\n\(keys)\n"),
            "5:1: the code \"\(code)\" says that it waits; nobody is asked here: write another code"
        )
    }

    @Test(arguments: [
        ("status = 503", nil), ("code = \"held\"", nil), ("code = \"peer_held\"", nil),
        ("code = \"ask_the_office\"", nil),
        (
            "status = 403",
            "what waits for a person is answered 503; leave \"status\" out, or write action = \"deny\""
        ),
        (
            "code = \"peer_blocked\"",
            "the code \"peer_blocked\" does not say that it waits; leave \"code\" out, or write action = \"deny\""
        ),
    ])
    func whatIsHeldIsAnsweredLikeWhatWaits(_ key: String, _ problem: String?) {
        let problems = PolicySamples.problems(
            ofBody: "[[rule]]\nname = \"r\"\non = \"share\"\naction = \"hold\"\n\(key)\n")
        #expect(problems == (problem.map { ["etc/policy.toml:7:1: \($0)"] } ?? []))
    }

    @Test(arguments: [
        (
            "given = { standing = \"blok\" }\nnever = \"allow\"",
            "5:22: unknown standing \"blok\"; did you mean \"block\"?"
        ),
        ("given = { peer_not = \"@x\" }\nnever = \"allow\"", "5:22: there is no list \"x\""),
        (
            "given = { sise_max = 5 }\nnever = \"allow\"",
            "5:11: unknown key \"sise_max\" in [given]; did you mean \"size_max\"?"
        ),
        (
            "given = { }\nnever = \"permit\"",
            "6:9: unknown action \"permit\"; known here: allow, deny, hold"
        ),
        ("given = { }", "3:1: the key \"never\" of [invariant] is missing"),
        ("never = \"allow\"", "3:1: the key \"given\" of [invariant] is missing"),
    ])
    func invariantMistakes(_ keys: String, _ problem: String) {
        PolicySamples.expect(
            PolicySamples.problems(ofBody: "[[invariant]]\nname = \"i\"\n\(keys)\n"), problem)
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
