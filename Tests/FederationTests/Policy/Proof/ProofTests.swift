import Testing

@testable import Federation

@Suite struct ProofTests {
    static let lists = """
        [list.partners]
        standing = "allow"
        entries = ["p.example", { host = "*.q.example", until = 2026-06-30 }]
        [list.legacy]
        standing = "allow"
        entries = ["old.example"]
        [list.mesh]
        standing = "allow"
        source = "https://a.example/mesh.txt"
        format = "text"
        [list.bad]
        standing = "block"
        source = "https://a.example/bad.txt"
        format = "text"

        """

    static let signed = """
        [[require]]
        name = "signed"
        on = ["share", "token"]
        except = "@legacy"
        need = "signature"

        """

    /// What became of the one invariant of a policy.
    static func prove(_ body: String, given: String, never: String = "allow") throws -> Proof {
        let policy = try policy(body, given: given, never: never)
        return policy.prove(try #require(policy.invariants.first))
    }

    private static func policy(_ body: String, given: String, never: String) throws -> Policy {
        try PolicySamples.policy(
            lists + body + """

                [[invariant]]
                name = "i"
                given = { \(given) }
                never = "\(never)"
                """)
    }

    /// No policy has such a limit; a proof of one that had is no end of the gateway.
    @Test func aLimitOfABuiltInNameIsNoTrap() throws {
        let body = "[[limit]]\nname = \"l\"\non = \"share\"\nper = \"all\"\nrate = \"1/s\"\n"
        let policy = try PolicySamples.policy(body)
        var parts = policy.parts
        let limit = try #require(parts.limits.first)
        parts.limits[0] = Limit(
            name: Policy.pingPongLabel, scope: limit.scope, mode: limit.mode,
            measure: limit.measure, per: limit.per, refusal: limit.refusal, label: limit.label,
            position: limit.position)
        let space = try MessageSpace([Policy(parts, file: policy.file)], asked: [])
        #expect(Set(space.aspects).count == space.aspects.count)
    }

    /// A share may name permissions beside a word that nobody knows.
    @Test func whatIsNamedBesideAnUnknownPermissionIsLookedAt() throws {
        let rules = """
            [[rule]]
            name = "unspecified alone"
            on = "share.in"
            when = { permissions = "unspecified" }
            action = "allow"
            [[rule]]
            name = "with others"
            on = "share.in"
            when = { permissions = "unspecified" }
            action = "deny"

            """
        let given = "on = \"share.in\", standing = \"allow\", signature = \"rfc9421\""
        guard
            case .broken(let example) = try Self.prove(
                rules + PolicySamples.allowAll, given: given, never: "deny")
        else {
            Issue.record("not found")
            return
        }
        #expect(example.facts.permissions.words == ["read", "unspecified"])
        #expect(example.verdict.by == "rule:with others")
    }

    /// Where a credential is shown, who is not known is refused like everybody.
    @Test(arguments: [
        "\"token.in\"", "\"webdav\"", "[\"share.in\", \"token.in\"]", "\"share.in\"", "\"*.in\"",
    ])
    func whoIsRefusedByNameIsRefusedWithoutOne(_ on: String) throws {
        let rule = """
            [[rule]]
            name = "not of p"
            on = \(on)
            when = { owner = "*@p.example" }
            action = "deny"

            """
        let proof = try Self.prove(
            rule + PolicySamples.allowAll, given: "on = \(on), owner = \"*@p.example\"")
        if case .proved = proof { return }
        Issue.record("\(proof)")
    }

    /// Who is not known belongs to whoever is named there, in a class of several kinds too.
    @Test(arguments: ["\"token.in\"", "[\"share.in\", \"token.in\"]"])
    func whoIsNotKnownIsOfTheClassToo(_ on: String) throws {
        let rule = """
            [[rule]]
            name = "of p"
            on = ["share.in", "token.in"]
            when = { owner = "*@p.example" }
            action = "allow"

            """
        let proof = try Self.prove(
            rule,
            given:
                "on = \(on), owner = \"*@p.example\", standing = \"allow\", signature = \"rfc9421\"",
            never: "deny")
        if case .broken = proof { return }
        Issue.record("\(proof)")
    }

    @Test(arguments: [
        ("", "standing = \"block\""),
        ("", "standing = \"unknown\""),
        ("", "on = \"share.in\", signature = \"none\", peer_not = \"@legacy\""),
        (
            "",
            "peer = \"other.example\", on = \"share.out\", signature = [\"none\", \"invalid\"], peer_not = [\"@legacy\"]"
        ),
        // A contract that has ended counts for nobody, at any time; the peers are on no other list.
        (
            "",
            "on = \"share.in\", signature = \"none\", peer = \"*.q.example\", peer_not = \"@legacy\""
        ),
    ])
    func whatHoldsIsProved(_ body: String, _ given: String) throws {
        let proof = try Self.prove(body + Self.signed + PolicySamples.allowAll, given: given)
        guard case .proved(let regions) = proof else {
            Issue.record("\(proof)")
            return
        }
        #expect(regions > 0)
    }

    /// Each breaks its invariant by a message that only one thing makes possible.
    @Test(arguments: [
        (signed, "on = \"share.in\", signature = \"none\"", "old.example"),
        (
            signed, "on = \"notification.in\", signature = \"none\", peer_not = \"@legacy\"",
            "p.example"
        ),
        ("", "peer = \"*.q.example\", time = \"mon-sun\"", "some.q.example"),
        ("", "peer = \"@mesh\", peer_not = \"@partners\"", "elsewhere.example"),
        ("", "owner = \"*@exams.example\", on = \"share.out\"", "old.example"),
        ("", "net = \"192.0.2.0/24\"", "old.example"),
    ])
    func whatDoesNotHoldHasAMessage(_ body: String, _ given: String, _ peer: String) throws {
        let whole = body + PolicySamples.allowAll
        guard case .broken(let found) = try Self.prove(whole, given: given) else {
            Issue.record("not broken: \(given)")
            return
        }
        #expect(found.verdict.action == .allow)
        #expect(found.facts.peer?.description == peer)
        let policy = try Self.policy(whole, given: given, never: "allow")
        try Self.expectPassing(policy.test(for: found), in: Self.lists + whole)
    }

    /// The printed test, written into the policy, passes.
    static func expectPassing(_ test: String, in body: String, head: String = "") throws {
        let policy = try PolicySamples.policy(body + "\n" + test, head: head)
        for outcome in policy.runTests() {
            #expect(outcome.passed, "\(outcome.differences)\n\(test)")
        }
        #expect(policy.tests.count == 1)
    }

    @Test func aClassWithoutMessagesIsProvedOfNone() throws {
        guard
            case .proved(0) = try Self.prove(
                PolicySamples.allowAll, given: "peer = \"p.example\", peer_not = \"*.example\"")
        else {
            Issue.record("not empty")
            return
        }
    }

    /// What refuses nothing yet is proved of what it will refuse; what is switched off, or one block
    /// of which is only tried out, of what it does.
    @Test(arguments: [
        ("mode = \"report\"", "enforce", true), ("mode = \"open\"", "enforce", false),
        ("mode = \"report\"", "report", false), ("", "report", false), ("", "enforce", true),
    ]) func reportModeIsProvedAsItWouldBeEnforced(
        _ head: String, _ block: String, _ isProved: Bool
    ) throws {
        let body =
            Self.lists
                + """
                [[require]]
                name = "signed"
                on = "*.in"
                need = ["signature"]
                mode = "\(block)"

                """
            + PolicySamples.allowAll
                + """
                [[invariant]]
                name = "i"
                given = { on = "share.in", signature = "none" }
                never = "allow"

                """
        let policy = try PolicySamples.policy(body, head: head)
        switch policy.prove(policy.invariants[0]) {
        case .proved: #expect(isProved)
        case .broken(let found):
            #expect(!isProved)
            #expect(policy.proofFailures().count == 1)
            // What is printed as a test passes, whatever the mode.
            let text = policy.test(for: found)
            let again = try PolicySamples.policy(body + text, head: head)
            #expect(text.contains(head.contains("report") ? "Enforced, it would," : "It does now,"))
            #expect(again.runTests().map(\.differences) == [[]])
        case .open(let reason): Issue.record("\(reason)")
        }
    }

    /// What is never to be refused is looked for where it would be, and told as it is.
    @Test func whatReportModeWouldRefuseIsShown() throws {
        let body =
            PolicySamples.allowAll
            + "[[invariant]]\nname = \"i\"\ngiven = {}\nnever = \"deny\"\n"
        let policy = try PolicySamples.policy(body, head: "mode = \"report\"")
        guard case .broken(let found) = policy.prove(policy.invariants[0]) else {
            Issue.record("nothing would be refused")
            return
        }
        #expect(found.verdict.action == .deny)
        let text = policy.test(for: found)
        #expect(text.contains("would = [\"unknown\"]"), "\(text)")
        let again = try PolicySamples.policy(body + text, head: "mode = \"report\"")
        #expect(again.runTests().allSatisfy { $0.passed })
        #expect(policy.proofFailures()[0].message.contains("would get \"deny\" by unknown"))
    }

    /// A full limit is one of the things that may be.
    @Test func limitsMayBeFull() throws {
        let limit = """
            [[limit]]
            name = "flood"
            on = "*.in"
            per = "peer"
            rate = "60/min"

            """
        guard
            case .broken(let found) = try Self.prove(
                limit + PolicySamples.allowAll, given: "on = \"share.in\", peer = \"p.example\"",
                never: "deny")
        else {
            Issue.record("a limit is never full")
            return
        }
        #expect(found.full == ["flood"])
        try Self.expectPassing(
            try Self.policy(
                limit + PolicySamples.allowAll, given: "on = \"share.in\"", never: "deny"
            )
            .test(for: found), in: Self.lists + limit + PolicySamples.allowAll)
    }

    @Test func tooManyPatternsAreNoProof() throws {
        let rules = (0..<26).map { number in
            """
            [[rule]]
            name = "\(number)"
            on = "share.in"
            when = { owner = "*\(String(UnicodeScalar(UInt8(ascii: "a") + UInt8(number))))*@*" }
            action = "deny"

            """
        }.joined()
        guard case .open(let reason) = try Self.prove(rules, given: "standing = \"block\"") else {
            Issue.record("told")
            return
        }
        #expect(reason.hasPrefix("26 patterns with * overlap"))
    }

    /// As many people as a pilot group has, in one rule or in many.
    @Test(arguments: [(1, 2000), (500, 2)])
    func peopleWhoAreNamedAreNotTooMany(_ rules: Int, _ people: Int) throws {
        let body = (0..<rules).map { rule in
            let names = (0..<people).map { "\"p\(rule)x\($0 &* 7_919 % 100_003)@here.example\"" }
            return """
                [[rule]]
                name = "\(rule)"
                on = "share.in"
                when = { recipient = [\(names.joined(separator: ", "))] }
                action = "allow"

                """
        }.joined()
        guard case .proved = try Self.prove(body, given: "standing = \"block\"") else {
            Issue.record("not told")
            return
        }
        let space = try MessageSpace([try PolicySamples.policy(Self.lists + body)], asked: [])
        let place = try #require(space.aspects.firstIndex(of: .recipient))
        // With everybody else, and nobody.
        #expect(space.everything.sets[place].count == rules * people + 2)
    }
}
