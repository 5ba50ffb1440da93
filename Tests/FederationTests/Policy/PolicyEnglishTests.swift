import Federation
import Foundation
import Testing

/// Pages as people read them. A change of the words is seen here as a whole:
/// `ocmgate policy english policies/NAME.toml >Tests/Vectors/policy/english/NAME.txt` writes them anew.
@Suite struct PolicyEnglishTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let names = [
        "default", "allowlist-only", "legacy-bridge", "research-federation", "hospital", "strict",
        "observe",
    ]

    private func load(_ file: String) throws -> Policy {
        try Policy.load(
            file: Self.root.appending(path: file).path(),
            PolicyFiles { path in
                FileManager.default.contents(atPath: path).map { [UInt8]($0) }
            })
    }

    private func english(_ policy: Policy) -> PolicyEnglish {
        PolicyEnglish(policy, PolicyPromises(policy))
    }

    @Test func whatIsNotSoIsSaid() throws {
        let policy = try Policy(
            Array(
                """
                version = 1
                name = "p"
                unknown = "allow"
                [[rule]]
                name = "r"
                on = "share.in"
                action = "allow"
                [[test]]
                name = "t"
                given = { on = "share.in" }
                want = { action = "deny" }
                [[invariant]]
                name = "nobody"
                given = { on = "share.in" }
                never = "allow"
                [[invariant]]
                name = "all"
                given = { on = "token.in" }
                never = "allow"
                """.utf8), file: "p.toml", PolicyFiles { _ in nil })
        let english = self.english(policy)
        let text = english.text(width: 1000)
        for sentence in [
            "NOT TO BE SIGNED: of its 1 tests 1 fail, first “t” (line 8).",
            "NOT TO BE SIGNED: of what has to hold of every message, 1 of 2 is not so, or is not "
                + "proved.",
            "none is ever allowed. NOT SO: a message gets \"allow\" by rule:r (line 4).",
            "none is ever allowed. Proved.", "It enforces: a message is judged",
        ] {
            #expect(text.contains(sentence), "\(sentence)")
        }
        let kept = english.sections.flatMap(\.clauses).compactMap(\.isKept)
        #expect(kept == [false, true])
        #expect(!PolicyPromises(policy).areKept)
    }

    @Test(arguments: names) func theShippedPoliciesReadAsWritten(_ name: String) throws {
        let golden = try String(
            contentsOf: Self.root.appending(path: "Tests/Vectors/policy/english/\(name).txt"),
            encoding: .utf8)
        let english = try self.english(load("policies/\(name).toml"))
        for (got, wanted) in zip(
            english.text().split(separator: "\n"), golden.split(separator: "\n"))
        where got != wanted {
            Issue.record("got    \(got)\nwanted \(wanted)")
        }
        #expect(english.text().count == golden.count)
    }

    @Test(arguments: names) func everyBlockHasItsSentence(_ name: String) throws {
        let policy = try load("policies/\(name).toml")
        let said = Set(english(policy).sections.flatMap(\.clauses).compactMap(\.block))
        let blocks =
            policy.lists.map(\.label) + policy.requirements.map(\.label)
            + policy.limits.map(\.label) + policy.rules.map(\.label) + ["unknown", "default"]
        #expect(Set(blocks).subtracting(said) == [])
    }

    @Test func linesAreNotLongerThanThePage() throws {
        for name in Self.names {
            for line in try self.english(load("policies/\(name).toml")).text().split(
                separator: "\n")
            where line.count > 92 {
                Issue.record("\(name): \(line)")
            }
        }
    }

    @Test(arguments: [
        (
            #"protocol = ["webdav", "webapp"]"#, "allow",
            "by no other protocol than webapp or webdav"
        ),
        (#"protocol = "ssh""#, "deny", "by ssh, also among other protocols"),
        (
            #"permissions = ["read"]"#, "allow",
            "that grant no more than read (a share that names none counts as all)"
        ),
        (
            #"permissions_not = ["read", "unspecified"]"#, "deny",
            "that grant anything beyond read and unspecified"
        ),
        (#"size_max = "1MiB""#, "allow", "of at most 1MiB (or of no stated size)"),
        ("size_max = 1000000", "allow", "of at most 1MB (or of no stated size)"),
        (
            #"net = ["192.0.2.0/24"]"#, "deny",
            "that come from the network 192.0.2.0/24 (or from an unknown address)"
        ),
        (#"net = ["192.0.2.0/24"]"#, "allow", "that come from the network 192.0.2.0/24"),
        (
            #"software = "Nextcloud*""#, "hold",
            "with software that calls itself “nextcloud*”"
        ),
        (#"time = "mon-fri 08:00-18:00""#, "allow", "at the time mon-fri 08:00-18:00"),
        (
            #"owner = "*@a.example", share_type = "group""#, "deny",
            "for a group and owned by *@a.example"
        ),
    ]) func conditionsAreSaidAsTheyCount(
        _ condition: String, _ action: String, _ words: String
    ) throws {
        let policy = try PolicySamples.policy(
            """
            [[rule]]
            name = "r"
            on = "share.in"
            when = { \(condition) }
            action = "\(action)"
            """)
        let clause = try #require(
            english(policy).sections.flatMap(\.clauses).first { $0.block == "rule:r" })
        #expect(clause.text.hasPrefix("“r”: Shares from outside \(words) "))
    }

    /// Of a code or of data it may not be known whose share it is of: then a block that restricts is
    /// about it, and says so.
    @Test(arguments: [
        ("webdav.in", "deny", true), ("token.in", "hold", true), ("webdav.in", "allow", false),
        ("share.in", "deny", false),
    ]) func whatIsNotKnownOfDataIsSaidToBeRestricted(
        _ occasion: String, _ action: String, _ isSaid: Bool
    ) throws {
        for condition in ["owner", "sender", "recipient", "resource_type"] {
            let value = condition == "resource_type" ? "file" : "*@a.example"
            let policy = try PolicySamples.policy(
                """
                [[rule]]
                name = "r"
                on = "\(occasion)"
                when = { \(condition) = "\(value)" }
                action = "\(action)"
                """)
            let clause = try #require(
                english(policy).sections.flatMap(\.clauses).first { $0.block == "rule:r" })
            let words = "\(value) (or, of a code or of data, where that is not known) "
            #expect(clause.text.contains(words) == isSaid, "\(clause.text)")
        }
    }

    @Test func amongListsThatNothingOverrulesTheOneThatRefusesIsSaidToCount() throws {
        let policy = try PolicySamples.policy(
            """
            [list.legal]
            standing = "block"
            hard = true
            entries = [".example.org"]
            [list.close]
            standing = "allow"
            hard = true
            entries = ["a.example.org"]
            """ + "\n" + PolicySamples.allowAll)
        #expect(policy.standing(of: PeerHost("a.example.org"), now: 0).word == .block)
        let text = english(policy).text(width: 1000)
        #expect(
            text.contains(
                "one that nothing overrules counts first, and of two such ones that which refuses, "
                    + "however exact the other is; then the more exact"))
        #expect(text.contains("“legal” refuses, and no other list overrules it:"))
        #expect(text.contains("“close” admits, and no other list overrules it but “legal”:"))
    }

    @Test(arguments: [
        ("share.in", "must be signed with a key by which the server was known before."),
        ("share.out", "must be with a server that was known by its key before."),
        (
            "share",
            "must be with a server that was known by its key before and, from outside, be signed "
                + "with a key by which it was known."
        ),
    ]) func aKeyIsKnownByASignatureWhereTheMessageComesIn(
        _ occasion: String, _ words: String
    ) throws {
        let policy = try PolicySamples.policy(
            """
            [[require]]
            name = "r"
            on = "\(occasion)"
            need = "key-pinned"
            """)
        #expect(english(policy).text(width: 1000).contains(words))
    }

    @Test(arguments: [
        ("share.out", "deny", "Our own server reads: embargo, “No.”"),
        ("notification.out", "hold", "Our own server reads: held, “No.”"),
        (
            "token.in", "deny",
            "The peer reads: 400 unauthorized_client, described as embargo, “No.”"
        ),
        (
            "token.in", "hold",
            "The peer reads: 503 temporarily_unavailable, described as held, “No.”"
        ),
        ("share", "deny", "The peer reads: 403 embargo, “No.”"),
    ]) func aRefusalIsSaidAsItIsRead(
        _ occasion: String, _ action: String, _ words: String
    ) throws {
        let code = action == "deny" ? "code = \"embargo\"" : ""
        let policy = try PolicySamples.policy(
            """
            [[rule]]
            name = "r"
            on = "\(occasion)"
            action = "\(action)"
            hint = "No."
            \(code)
            """)
        let clause = try #require(
            english(policy).sections.flatMap(\.clauses).first { $0.block == "rule:r" })
        #expect(clause.text.hasSuffix(words), "\(clause.text)")
    }

    @Test func entriesThatAreOverAreSaidToBe() throws {
        let policy = try PolicySamples.policy(
            """
            [list.l]
            standing = "allow"
            entries = [
              { host = "a.example", until = 2026-06-30 },
              { host = "b.example", until = 2027-06-30 },
            ]
            """)
        let now = 1_795_737_600
        let text = PolicyEnglish(policy, PolicyPromises(policy), now: now).text(width: 1000)
        for sentence in [
            "- a.example, to the end of 30 June 2026 (which is over: it no longer counts)\n",
            "- b.example, to the end of 30 June 2027\n",
            "a.example is no longer admitted by the list “l”: that is so now.",
            "b.example is no longer admitted by the list “l”.",
        ] {
            #expect(text.contains(sentence), "\(sentence)")
        }
    }

    @Test func datesAreTheLastDay() throws {
        let policy = try PolicySamples.policy(
            """
            [list.l]
            standing = "allow"
            entries = [
              { host = "a.example", until = 2028-02-29 },
              { host = "b.example", until = 2027-06-30T12:30:00Z },
            ]
            """)
        let text = english(policy).text()
        #expect(text.contains("a.example, to the end of 29 February 2028"))
        #expect(text.contains("b.example, until 30 June 2027, 12:30 UTC"))
    }
}
