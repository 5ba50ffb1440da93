import Testing

@testable import Federation

/// What an operator reads when a list cannot be used, and what is read of one that can.
@Suite struct PolicyListReaderTests {
    @Test func oneHostHasOneEnd() {
        PolicySamples.expect(
            PolicySamples.problems(
                ofBody: """
                    [list.a]
                    standing = "allow"
                    entries = [
                      { host = "a.example", until = 2027-01-01 }, "b.example",
                      { host = "a.example", until = 2028-01-01 }, "b.example",
                    ]
                    """),
            "7:3: \"a.example\" stands here twice, with different ends; take one of them out")
        #expect(
            PolicySamples.problems(
                ofBody: "[list.a]\nstanding = \"allow\"\nsource = \"a.txt\"\n",
                files: ["etc/a.txt": "a.example until 2027-01-01\na.example\n"]
            ).count == 1)
    }

    @Test(arguments: [
        (
            "[list.a]\nstanding = \"allow\"\nsource = \"http://x.example/l\"\n",
            "5:10: \"http://x.example/l\" is not a URL that begins with https://"
        ),
        (
            "[list.a]\nstanding = \"allow\"\nsource = \"https://\"\n",
            "5:10: \"https://\" names no host"
        ),
        (
            "[list.a]\nstanding = \"allow\"\nsource = \"HTTPS://x.example:0/l\"\n",
            "5:10: \"HTTPS://x.example:0/l\" has a host or a port that there cannot be"
        ),
        (
            "[list.a]\nstanding = \"allow\"\nsource = \"https://x.example/l#b\"\n",
            "5:10: \"https://x.example/l#b\" is too long, or has behind its host what a URL here cannot have"
        ),
        (
            "[list.a]\nstanding = \"allow\"\nsource = \"l.txt\"\nformat = \"csv\"\n",
            "6:1: a list in a file of one's own has the format \"text\"; ocmgate list import turns the others into it"
        ),
        (
            "[list.a]\nstanding = \"allow\"\nentries = []\nkeys = [\"k\"]\n",
            "6:1: \"keys\" belongs to a list that is downloaded; its \"source\" is a URL"
        ),
        (
            "[list.a]\nstanding = \"allow\"\nsource = \"l.txt\"\nrefresh = \"6h\"\n",
            "6:1: \"refresh\" belongs to a list that is downloaded; its \"source\" is a URL"
        ),
        (
            "[list.a]\nstanding = \"allow\"\nsource = \"https://x.example/l\"\nrefresh = \"5s\"\n",
            "6:11: 5s is not from 1m to 30d"
        ),
        (
            "[list.a]\nstanding = \"allow\"\nsource = \"https://x.example/l\"\nrefresh = \"60500ms\"\n",
            "6:11: 60500ms is no whole number of seconds; write whole seconds"
        ),
        (
            "[list.a]\nstanding = \"allow\"\nsource = \"https://x.example/l\"\nformat = \"cvs\"\n",
            "6:10: unknown format \"cvs\"; did you mean \"csv\"?"
        ),
        (
            "[list.a]\nstanding = \"allow\"\nsource = \"https://x.example/l\"\napply = \"aditions\"\n",
            "6:9: unknown value \"aditions\"; did you mean \"additions\"?"
        ),
        (
            "[list.a]\nstanding = \"allow\"\nsource = \"https://x.example/l\"\nmax_change = \"20\"\n",
            "6:14: \"20\" is not a part like \"20%\" (from 0% to 100%)"
        ),
        (
            "[list.a]\nstanding = \"allow\"\nsource = \"https://x.example/l\"\nformat = \"ocm-directory\"\n",
            "3:1: a list of a directory service is signed: \"keys\" is missing; name the files of its keys (JWK or PEM): keys = [\"keys/directory.jwk\"]"
        ),
        (
            "[list.a]\nstanding = \"allow\"\nsource = \"https://x.example/l\"\nsubject = \"a\"\n",
            "6:1: \"subject\" is what a signature is about, and \"keys\" is missing; name the files of the keys (JWK or PEM) that sign the list, or leave it out"
        ),
    ])
    func downloadedListMistakes(_ body: String, _ problem: String) {
        PolicySamples.expect(
            PolicySamples.problems(ofBody: body, files: ["etc/l.txt": ""]), problem)
    }

    @Test func downloadedListIsReadWhole() throws {
        let policy = try PolicySamples.policy(
            """
            [list.a]
            standing = "block"
            source = "https://lists.example/l.csv"
            format = "csv"
            keys = ["keys/a.jwk", "/etc/b.jwk"]
            subject = "lists of the mesh"
            refresh = "2h"
            apply = "drafts"
            max_change = "5%"
            [list.b]
            standing = "allow"
            source = "https://lists.example/l.txt"
            """)
        #expect(policy.lists.allSatisfy { $0.tier == .downloaded && $0.source == nil })
        #expect(policy.lists.allSatisfy { $0.entries.isEmpty })
        #expect(
            policy.lists[0].download
                == PeerList.Download(
                    url: "https://lists.example/l.csv", format: .csv,
                    keys: ["etc/keys/a.jwk", "/etc/b.jwk"],
                    namedKeys: ["keys/a.jwk", "/etc/b.jwk"], subject: "lists of the mesh",
                    refresh: .seconds(7200), apply: .drafts, maxChange: 5))
        #expect(policy.lists[0].download?.purpose == .named("lists of the mesh"))
        #expect(policy.lists[1].download?.purpose == .url("https://lists.example/l.txt"))
        #expect(
            policy.lists[1].download
                == PeerList.Download(
                    url: "https://lists.example/l.txt", format: .text, keys: [], namedKeys: [],
                    subject: nil, refresh: .seconds(21_600), apply: .additions, maxChange: nil))
    }

    @Test func mistakesInATextFileHaveTheirOwnPlace() {
        let body = "[list.a]\nstanding = \"block\"\nsource = \"lists/a.txt\"\nstandin = 1\n"
        let problems = PolicySamples.problems(
            ofBody: body,
            files: ["etc/lists/a.txt": "ok.example\n  bad/host # why\n\n*.\nhttps://a.example/\n"])
        let pattern =
            "a host pattern (\"host\", \"*.host\" or \".host\", each with an optional port)"
        #expect(
            problems == [
                "etc/policy.toml:6:1: unknown key \"standin\" in [list.a]; did you mean \"standing\"?",
                "etc/lists/a.txt:2:3: \"bad/host\" is not \(pattern)",
                "etc/lists/a.txt:4:1: \"*.\" is not \(pattern)",
                "etc/lists/a.txt:5:1: \"https://a.example/\" is not \(pattern); write \"a.example\"",
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
        PolicySamples.expect(
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
}
