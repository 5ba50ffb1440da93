import Testing

@testable import Federation

@Suite struct StandingTests {
    /// Lists in the short form `name standing[!]: entry entry`, where `!` is `hard = true`.
    private func policy(_ lists: [String], unknown: String = "deny") throws -> Policy {
        let body = lists.map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            let head = parts[0].split(separator: " ")
            let entries = parts.count > 1 ? parts[1].split(separator: " ") : []
            return """
                [list.\(head[0])]
                standing = "\(head[1].filter { $0 != "!" })"
                hard = \(head[1].hasSuffix("!"))
                entries = [\(entries.map { "\"\($0)\"" }.joined(separator: ", "))]

                """
        }
        return try PolicySamples.policy(body.joined(), head: "unknown = \"\(unknown)\"")
    }

    @Test(arguments: [
        // The more specific pattern wins.
        (["a allow: .x.example", "b block: c.x.example"], "c.x.example", "list:b"),
        (["a block: .x.example", "b allow: c.x.example"], "c.x.example", "list:b"),
        (["a block: *.x.example", "b allow: .x.example"], "c.x.example", "list:a"),
        (["a block: .x.example", "b allow: *.x.example"], "c.x.example", "list:b"),
        (["a block: .x.example", "b allow: *.y.x.example"], "c.y.x.example", "list:b"),
        (["a block: c.x.example", "b allow: c.x.example:8443"], "c.x.example:8443", "list:b"),
        (["a block: c.x.example", "b allow: c.x.example:8443"], "c.x.example", "list:a"),
        (["a allow: c.x.example", "b block: c.x.example:443"], "c.x.example", "list:b"),
        // A tie is a block, whatever the order.
        (["a allow: c.x.example", "b block: c.x.example"], "c.x.example", "list:b"),
        (["b block: c.x.example", "a allow: c.x.example"], "c.x.example", "list:b"),
        (
            ["a allow: bücher.example", "b block: XN--BCHER-KVA.example."], "bücher.example",
            "list:b"
        ),
        // A hard list cannot be overridden; of two hard ones the block counts.
        (["a block!: .x.example", "b allow: c.x.example"], "c.x.example", "list:a"),
        (["a allow!: .x.example", "b block: c.x.example"], "c.x.example", "list:a"),
        (["a allow!: c.x.example", "b block!: .x.example"], "c.x.example", "list:b"),
        // Nobody's.
        (["a allow: x.example"], "c.x.example", "unknown"),
        (["a allow:"], "c.x.example", "unknown"),
        (["a allow: 192.0.2.1"], "192.0.2.2", "unknown"),
    ])
    func standingIsOfThisList(_ lists: [String], _ peer: String, _ by: String) throws {
        let policy = try policy(lists)
        let standing = policy.standing(of: PeerHost(peer), now: 0)
        #expect(standing.by == by)
        let word: Standing.Word =
            by == "unknown"
            ? .unknown
            : lists.contains { $0.hasPrefix("\(by.dropFirst(5)) allow") } ? .allow : .block
        #expect(standing.word == word)
        #expect((standing.refusal == nil) == (word == .allow))
    }

    @Test func emptyAllowListMeansNobody() throws {
        let policy = try policy(["members allow:"])
        for peer in ["a.example", "192.0.2.1", "[2001:db8::1]"] {
            #expect(policy.standing(of: PeerHost(peer), now: 0).denial?.code == .peerUnknown)
        }
        #expect(policy.standing(of: nil, now: 0).denial?.code == .peerUnknown)
    }

    @Test func unknownPeersAreAdmittedOnlyWherePolicySaysSo() throws {
        let open = try policy(["bad block: .bad.example"], unknown: "allow")
        #expect(open.standing(of: PeerHost("a.example"), now: 0).denial == nil)
        #expect(open.standing(of: PeerHost("a.bad.example"), now: 0).denial?.code == .peerBlocked)
        // Not said at all: refused.
        let silent = try PolicySamples.policy("")
        #expect(silent.standing(of: PeerHost("a.example"), now: 0).denial?.code == .peerUnknown)
    }

    /// 2027-06-30 ends at midnight of the 1st of July, UTC.
    @Test func entryCountsUntilItsDayIsOver() throws {
        let policy = try PolicySamples.policy(
            """
            [list.a]
            standing = "allow"
            entries = [{ host = "a.example", until = 2027-06-30 }]
            [list.b]
            standing = "block"
            entries = [{ host = "b.example", until = 2027-06-30T12:00:00Z }, ".b.example:1"]
            """, head: "unknown = \"allow\"")
        let end = TOMLInstant.midnight(year: 2027, month: 7, day: 1)
        let a = PeerHost("a.example")
        #expect(policy.standing(of: a, now: end - 1).by == "list:a")
        #expect(policy.standing(of: a, now: end).by == "unknown")
        let b = PeerHost("b.example")
        #expect(policy.standing(of: b, now: end - 43_201).by == "list:b")
        #expect(policy.standing(of: b, now: end - 43_200).by == "unknown")
    }

    /// Else nobody who asks why the server is refused would hear of it.
    @Test func whoseEntryIsOverIsToldSo() throws {
        let policy = try PolicySamples.policy(
            """
            [list.broad]
            standing = "allow"
            entries = [{ host = ".example", until = 2026-01-31 }]
            [list.legacy]
            standing = "allow"
            entries = [{ host = "a.example", note = "over since June", until = 2027-06-30 }]
            [list.partners]
            standing = "allow"
            entries = ["b.example"]
            """)
        let end = TOMLInstant.midnight(year: 2027, month: 7, day: 1)
        let a = PeerHost("a.example")
        #expect(policy.standing(of: a, now: end - 1).over == nil)
        let over = try #require(policy.standing(of: a, now: end).over)
        #expect(over.list == "legacy" && over.entry.words == "a.example until 2027-06-30")
        #expect(policy.standing(of: PeerHost("b.example"), now: end).over == nil)
        #expect(policy.standing(of: PeerHost("c.test"), now: end).over == nil)
        let facts = try PolicySamples.facts("share.in", "a.example") { $0.now = end }
        let verdict = policy.evaluate(facts)
        #expect(verdict.by == "unknown")
        #expect(verdict.checks.first?.reason == .entryOver(over))
    }

    @Test func entryThatNoLongerCountsIsNoMembershipEither() throws {
        let policy = try PolicySamples.policy(
            """
            [list.partners]
            standing = "allow"
            entries = ["a.example"]
            [list.legacy]
            standing = "allow"
            entries = [{ host = "a.example", until = 2027-03-31 }]
            [[require]]
            name = "signed"
            on = "share"
            except = "@legacy"
            need = "signature"
            \(PolicySamples.allowAll)
            """)
        var facts = try PolicySamples.facts("share.in", "a.example") { $0.signature = .none }
        facts.now = TOMLInstant.midnight(year: 2027, month: 3, day: 31)
        #expect(policy.evaluate(facts).action == .allow)
        facts.now = TOMLInstant.midnight(year: 2027, month: 4, day: 1)
        #expect(policy.evaluate(facts).by == "require:signed")
    }

    /// The peer and the other hosts of a message; by whom it is decided, whom that is about, and what
    /// is done.
    @Test(
        arguments: [
            ("a.example", ["b.example"], "rule:all", nil, .allow),
            ("a.example", ["b.example", "bad.example"], "list:bad", "bad.example", .deny),
            ("bad.example", ["worse.example"], "list:bad", nil, .deny),
            ("new.example", ["a.example"], "unknown", nil, .hold),
            ("a.example", ["new.example"], "unknown", "new.example", .hold),
            // Who is refused for good comes before who waits.
            ("new.example", ["bad.example"], "list:bad", "bad.example", .deny),
            ("a.example", ["new.example", "bad.example"], "list:bad", "bad.example", .deny),
            // Whom a rule refuses, nobody is asked about.
            ("b.example", ["new.example"], "rule:not b", "new.example", .deny),
        ] as [(String, [String], String, String?, Verdict.Action)])
    func everyHostOfAMessageCounts(
        _ peer: String, _ others: [String], _ by: String, _ about: String?,
        _ action: Verdict.Action
    ) throws {
        let body = """
            [list.known]
            standing = "allow"
            entries = ["a.example", "b.example"]
            [list.bad]
            standing = "block"
            entries = ["bad.example", "worse.example"]
            [[rule]]
            name = "not b"
            on = "share.in"
            peer = "b.example"
            action = "deny"
            \(PolicySamples.allowAll)
            """
        let policy = try PolicySamples.policy(body, head: "unknown = \"hold\"")
        var facts = try PolicySamples.facts("share.in", peer)
        facts.alsoNamed = others.compactMap { PeerHost($0) }
        let standings = policy.standings(of: facts)
        #expect((standings.named ?? standings.waiting?.host)?.name == about)
        #expect(standings.own == policy.standing(of: facts.peer, now: facts.now))
        let verdict = policy.evaluate(facts)
        #expect(verdict.by == by && verdict.action == action)
        // Where nothing is enforced, the same is told.
        let report = try PolicySamples.policy(
            body, head: "mode = \"report\"\nunknown = \"hold\"")
        let told = report.evaluate(facts)
        #expect(told.action == .allow)
        #expect(told.would.isEmpty == (action == .allow), "\(told.would)")
    }

    /// Which blocks are about a message hangs on its peer.
    @Test func anotherHostsListsAreNotThePeers() throws {
        let policy = try PolicySamples.policy(
            """
            [list.bad]
            standing = "block"
            entries = ["bad.example"]
            [[rule]]
            name = "of the bad"
            on = "share.in"
            peer = "@bad"
            action = "deny"
            \(PolicySamples.allowAll)
            """, head: "mode = \"report\"\nunknown = \"allow\"")
        var facts = try PolicySamples.facts("share.in", "a.example")
        facts.alsoNamed = [try #require(PeerHost("bad.example"))]
        #expect(policy.evaluate(facts).would == ["list:bad"])
        facts.alsoNamed = []
        #expect(policy.evaluate(facts).would.isEmpty)
    }

    @Test func noteAndPlaceOfTheEntryAreShown() throws {
        let policy = try PolicySamples.policy(
            """
            [list.a]
            standing = "allow"
            entries = [
              "other.example",
              { host = "a.example", note = "contract 17" },
            ]
            [list.b]
            standing = "block"
            source = "bad.txt"
            """, files: ["etc/bad.txt": "# bad\n\n  b.example # since May\n"])
        let a = policy.standing(of: PeerHost("a.example"), now: 0)
        #expect(a.entry?.note == "contract 17")
        #expect(policy.place(of: a)?.description == "etc/policy.toml:8")
        let b = policy.standing(of: PeerHost("b.example"), now: 0)
        #expect(policy.place(of: b)?.description == "etc/bad.txt:3")
        #expect(policy.place(of: "list:b")?.description == "etc/policy.toml:10")
    }

    /// Names below an entry, and ports of it, can be invented without end.
    @Test(arguments: [
        ("listed.example", true), ("listed.example:443", true), ("listed.example:1", false),
        ("ported.example:8443", true), ("ported.example", false), ("x.below.example", false),
        ("below.example", false), ("both.example", true), ("x.both.example", false),
        ("stranger.example", false), ("blocked.example", false),
    ])
    func anEntryNamesOneHost(_ peer: String, _ isNamed: Bool) throws {
        let policy = try policy([
            "a allow: listed.example ported.example:8443 *.below.example .both.example",
            "b block: blocked.example",
        ])
        let host = try #require(PeerHost(peer))
        #expect(policy.standing(of: host, now: 0).names(host) == isNamed)
    }

    /// Which of two entries is named does not hang on the order of lists, as the hash does not.
    @Test func equalEntriesAreNamedInOneOrder() throws {
        for lists in [
            ["a block: x.example", "b block: x.example"],
            ["b block: x.example", "a block: x.example"],
        ] {
            #expect(try policy(lists).standing(of: PeerHost("x.example"), now: 0).by == "list:a")
        }
    }
}
