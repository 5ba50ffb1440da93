import Testing

@testable import Federation

/// Downloaded lists in a policy: what they say, and what holds while one was never loaded.
@Suite struct PolicyDownloadsTests {
    private static let text = """
        [list.own]
        standing = "allow"
        entries = ["own.example", "both.example"]
        [list.bad]
        standing = "block"
        entries = ["bad.example"]
        [list.mesh]
        standing = "allow"
        source = "https://d.example/mesh.txt"
        [list.abuse]
        standing = "block"
        source = "https://d.example/abuse.txt"

        """

    private func policy(
        _ contents: [String: [String]?], unknown: String = "allow", mode: String = "enforce",
        _ more: String = "", hard: Bool = false
    ) throws -> Policy {
        let text = hard ? Self.text + "hard = true\n" : Self.text
        return try PolicySamples.policy(
            text + PolicySamples.allowAll + more,
            head: "unknown = \"\(unknown)\"\nmode = \"\(mode)\""
        ).taking(
            contents.mapValues { words in
                try words?.map { ListEntry(pattern: try #require(HostPattern($0))) }
            })
    }

    private func verdict(_ policy: Policy, _ peer: String) throws -> String {
        let verdict = policy.evaluate(
            try PolicySamples.facts("share.in", peer), room: Policy.roomForAll)
        return verdict.action == .allow
            ? "allow" : "\(verdict.by) \(verdict.code ?? "") \(verdict.status ?? 0)"
    }

    @Test func contentsCount() throws {
        let policy = try policy([
            "mesh": ["n.example"], "abuse": ["both.example", ".spam.example"],
        ])
        #expect(try verdict(policy, "n.example") == "allow")
        #expect(try verdict(policy, "x.spam.example") == "list:abuse peer_blocked 403")
        // Own lists beat downloaded ones.
        #expect(try verdict(policy, "both.example") == "allow")
    }

    /// The policy that people sign is the text; what came into its lists has a hash of its own.
    @Test func contentsHaveAHashOfTheirOwnInWhichTheirOrderDoesNotCount() throws {
        let one = try policy(["mesh": ["n.example", "m.example"], "abuse": []])
        let other = try policy(["mesh": ["m.example"], "abuse": nil])
        #expect(one.hash == other.hash && one.hash == one.asWritten.hash)
        let contents = one.contentsHash
        #expect(contents != nil && contents != other.contentsHash)
        #expect(
            try policy(["mesh": ["m.example", "n.example"], "abuse": []]).contentsHash == contents)
        #expect(
            try policy(["mesh": [], "abuse": []]).contentsHash
                != policy(["mesh": [], "abuse": nil]).contentsHash)
    }

    /// Nobody whom the list could block comes in before it is there.
    @Test(arguments: ["allow", "hold", "deny"])
    func blocksThatWereNeverLoadedKeepOutWhomTheyCouldBlock(_ unknown: String) throws {
        let waiting = "list:abuse list_unavailable 503"
        let policy = try policy(["mesh": ["n.example"]], unknown: unknown)
        #expect(try verdict(policy, "n.example") == waiting)
        #expect(
            try verdict(policy, "stranger.example")
                == (unknown == "deny" ? "unknown peer_unknown 403" : waiting))
        // What is decided whatever the list says stays decided.
        #expect(try verdict(policy, "bad.example") == "list:bad peer_blocked 403")
        #expect(try verdict(policy, "own.example") == "allow")
    }

    @Test func hardBlocksThatWereNeverLoadedKeepEverybodyOut() throws {
        let policy = try policy(["mesh": ["n.example"]], hard: true)
        for peer in ["own.example", "n.example", "stranger.example"] {
            #expect(try verdict(policy, peer) == "list:abuse list_unavailable 503")
        }
        #expect(try verdict(policy, "bad.example") == "list:bad peer_blocked 403")
    }

    @Test func peersThatWereNeverLoadedAreNobody() throws {
        let policy = try policy(["abuse": []], unknown: "deny")
        #expect(try verdict(policy, "n.example") == "unknown peer_unknown 403")
        #expect(try verdict(policy, "own.example") == "allow")
    }

    /// A demand on the members of a list holds for all while nobody knows who they are; what is
    /// given to them is given to nobody.
    @Test func blocksAboutTheMembersOfAListThatIsNotThere() throws {
        let demand = """
            [[require]]
            name = "invited"
            on = "share.in"
            peer = "@mesh"
            need = ["invite"]
            [[require]]
            name = "signed"
            on = "share.in"
            except = ["@mesh"]
            need = ["signature"]

            """
        for (contents, wanted) in [
            (["abuse": []] as [String: [String]?], "require:invited"),
            (["abuse": [], "mesh": []], "require:signed"),
        ] {
            let policy = try policy(contents, demand)
            var facts = try PolicySamples.facts("share.in", "own.example")
            (facts.invite, facts.signature) = (.none, .none)
            #expect(policy.evaluate(facts, room: Policy.roomForAll).by == wanted)
            facts.invite = .accepted
            #expect(policy.evaluate(facts, room: Policy.roomForAll).by == "require:signed")
        }
        let gift = try PolicySamples.policy(
            Self.text + """
                [[rule]]
                name = "mesh only"
                on = "share.in"
                peer = "@mesh"
                action = "allow"

                """, head: "unknown = \"allow\""
        ).taking(["abuse": []])
        #expect(try verdict(gift, "own.example") == "default not_allowed 403")
    }

    @Test func reportModeOnlySaysSo() throws {
        let policy = try policy([:], mode: "report")
        let verdict = policy.evaluate(
            try PolicySamples.facts("share.in", "stranger.example"), room: Policy.roomForAll)
        #expect(verdict.action == .allow)
        #expect(verdict.would.contains("list:abuse"))
    }

    @Test func testsAreAboutThePolicyAsItIsWritten() throws {
        let test = """
            [[test]]
            name = "t"
            given = { on = "share.in", peer = "n.example", lists = { mesh = ["n.example"] } }
            want = { action = "allow" }

            """
        for contents in [["mesh": ["o.example"], "abuse": ["n.example"]], [:]]
            as [[String: [String]?]]
        {
            #expect(try policy(contents, test).runTests().allSatisfy(\.passed))
        }
    }
}
