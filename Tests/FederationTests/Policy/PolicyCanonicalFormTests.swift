import Testing

@testable import Federation

@Suite struct PolicyCanonicalFormTests {
    private let text = """
        version = 1
        name = "p"
        [list.a]
        standing = "allow"
        entries = ["a.example", { host = ".b.example", until = 2027-01-01, note = "n" }]
        [list.b]
        standing = "block"
        entries = ["c.example"]
        [[require]]
        name = "signed"
        on = ["share.in", "token.in"]
        except = ["@a", "x.example"]
        need = ["signature", "token-exchange"]
        [[rule]]
        name = "one"
        on = ["share", "token"]
        when = { permissions = ["read", "write"], owner = ["*@a.example", "*@b.example"] }
        action = "allow"
        [[rule]]
        name = "two"
        on = "share"
        action = "deny"

        """

    /// What may change without a change of the hash.
    @Test(arguments: [
        ("name = \"p\"", "# a comment\nname   =   'p'   # another"),
        (
            "[\"a.example\", { host = \".b.example\", until = 2027-01-01, note = \"n\" }]",
            "[{ note = \"n\", until = 2027-01-01, host = \".B.example.\" }, \"A.EXAMPLE\", \"a.example\"]"
        ),
        ("[\"share.in\", \"token.in\"]", "[\"token.in\", \"share.in\", \"share.in\"]"),
        ("[\"@a\", \"x.example\"]", "[\"X.example\", \"@a\", \"@a\"]"),
        (
            "[\"signature\", \"token-exchange\"]",
            "[\"token-exchange\", \"signature\", \"signature\"]"
        ),
        ("[\"read\", \"write\"]", "[\"write\", \"read\"]"),
        ("[\"*@a.example\", \"*@b.example\"]", "[\"*@B.example\", \"*@a.example\"]"),
        (
            "on = [\"share\", \"token\"]",
            "on = [\"token.out\", \"share.in\", \"token.in\", \"share.out\"]"
        ),
        (
            "name = \"p\"",
            "name = \"p\"\nmode = \"enforce\"\ndefault = \"deny\"\nunknown = \"deny\""
        ),
        (
            "action = \"deny\"",
            "action = \"deny\"\nmode = \"enforce\"\ncode = \"not_allowed\"\nstatus = 403"
        ),
    ])
    func commentsDefaultsAndTheOrderOfSetsDoNotCount(_ old: String, _ new: String) throws {
        try #require(text.contains(old))
        let other = text.replacing(old, with: new, maxReplacements: 1)
        #expect(try PolicySamples.read(other).hash == PolicySamples.read(text).hash)
    }

    @Test func theOrderOfListsAndTheTestsDoNotCount() throws {
        let list = "[list.b]\nstanding = \"block\"\nentries = [\"c.example\"]\n"
        try #require(text.contains(list))
        let without = text.replacing(list, with: "")
        let first = without.replacing("[list.a]", with: list + "[list.a]")
        let test =
            "[[test]]\nname = \"t\"\ngiven = { on = \"share.in\" }\nwant = { action = \"deny\" }\n"
        let hash = try PolicySamples.read(text).hash
        #expect(try PolicySamples.read(first).hash == hash)
        #expect(try PolicySamples.read(text + test).hash == hash)
    }

    /// What changes a verdict, or what peers read, changes the hash.
    @Test(arguments: [
        ("name = \"p\"", "name = \"q\""), ("name = \"p\"", "name = \"p\"\nmode = \"report\""),
        ("name = \"p\"", "name = \"p\"\ndefault = \"allow\""),
        ("name = \"p\"", "name = \"p\"\nunknown = \"allow\""),
        ("name = \"p\"", "name = \"p\"\ncontact = \"x\""), ("\"a.example\", {", "{"),
        ("\".b.example\"", "\"*.b.example\""), ("\".b.example\"", "\".b.example:443\""),
        ("2027-01-01", "2027-01-02"), ("note = \"n\"", "note = \"m\""),
        ("standing = \"block\"", "standing = \"block\"\nhard = true"),
        ("\"token.in\"]", "\"token\"]"), ("\"@a\", ", "\"@b\", "), ("\"signature\", ", ""),
        ("\"write\"]", "\"share\"]"), ("action = \"deny\"", "action = \"deny\"\nstatus = 404"),
        ("action = \"deny\"", "action = \"deny\"\nhint = \"h\""),
        ("action = \"deny\"", "action = \"deny\"\nmode = \"report\""),
        ("action = \"allow\"", "action = \"allow\"\nset = { token_ttl = \"5m\" }"),
    ])
    func whatDecidesCounts(_ old: String, _ new: String) throws {
        try #require(text.contains(old))
        let other = text.replacing(old, with: new, maxReplacements: 1)
        #expect(try PolicySamples.read(other).hash != PolicySamples.read(text).hash)
    }

    @Test func theOrderOfRulesCounts() throws {
        func rules(_ names: [String]) throws -> String {
            try PolicySamples.policy(
                names.map { "[[rule]]\nname = \"\($0)\"\non = \"share\"\naction = \"allow\"\n" }
                    .joined()
            ).hash
        }
        #expect(try rules(["a", "b"]) != rules(["b", "a"]))
    }

    @Test func entriesCountTheSameInlineAndInAFile() throws {
        let inline = "[list.a]\nstanding = \"allow\"\nentries = [\"b.example\", \"a.example\"]"
        let file = "[list.a]\nstanding = \"allow\"\nsource = \"l.txt\""
        let files = ["etc/l.txt": "a.example\r\nB.EXAMPLE. # x\n"]
        #expect(
            try PolicySamples.policy(inline).hash == PolicySamples.policy(file, files: files).hash)
    }

    @Test func theFolderOfThePolicyDoesNotCount() throws {
        let text = """
            version = 1
            name = "p"
            [list.d]
            standing = "allow"
            source = "https://d.example/l.jws"
            format = "ocm-directory"
            keys = ["keys/d.jwk"]
            """
        let hashes = try ["policy.toml", "a/policy.toml", "/etc/ocmgate/policy.toml"].map { file in
            try Policy(Array(text.utf8), file: file, PolicyFiles { _ in nil }).hash
        }
        #expect(Set(hashes).count == 1)
    }

    /// Another release may say it in other words, and judges the same.
    @Test func theProgramsOwnSentencesAreNoPartOfIt() throws {
        let limit = """
            [[limit]]
            name = "l"
            on = "share.in"
            rate = "1/day"
            per = "peer"

            """
        let form = PolicyCanonicalForm(try PolicySamples.read(text + limit).parts).text
        for code in [
            DenialCode.signatureRequired, .tokenExchangeRequired, .notAllowed, .limitExceeded,
        ] {
            #expect(!form.contains(code.hint), "\(code)")
        }
        #expect(form.contains("signature_required") && form.contains("limit_exceeded"))
        let own = text.replacing("action = \"deny\"", with: "action = \"deny\"\nhint = \"ask us\"")
        #expect(PolicyCanonicalForm(try PolicySamples.read(own).parts).text.contains("ask us"))
    }

    /// A hash that changes by itself would tell operators that somebody changed their policy.
    @Test func theFormOfOneThatIsKnownStaysWhatItIs() throws {
        let policy = try PolicySamples.read(
            """
            version = 1
            name = "p"
            [[require]]
            name = "signed"
            on = "share.in"
            need = ["signature"]

            """)
        #expect(
            PolicyCanonicalForm(policy.parts).text == #"""
                ocmgate policy 1
                policy "p" "enforce" "deny" "deny" ""
                require "signed" "enforce"
                on "share.in"
                need "signature \"signature_required\" \"401\" \"\""

                """#)
        #expect(policy.hash == "92255a2f18f5ceda")
    }

    @Test func hashIsSixteenHexDigits() throws {
        let hash = try PolicySamples.read(text).hash
        #expect(hash.count == 16)
        #expect(hash.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    }
}
