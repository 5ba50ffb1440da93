import Federation
import Testing

@testable import Gateway

@Suite struct ReplayTests {
    private let journal: PastJournal

    init() throws { journal = try PastJournal() }

    static let all =
        "[[rule]]\nname = \"all\"\non = [\"share\", \"notification\"]\naction = \"allow\"\n"

    private func replay(
        _ policy: Policy, beside inForce: Policy? = nil, since: Int = 0,
        people: JournalPeople = .pseudonyms
    ) throws -> Replay {
        try Replay.run(
            policy, beside: inForce, over: journal.reader, since: since, people: people)
    }

    private func facts(
        _ peer: String = "one.test", _ change: (inout Facts) -> Void = { _ in }
    ) throws -> Facts {
        try JournalRecordTests.facts { facts in
            facts.peer = PeerHost(peer)
            change(&facts)
        }
    }

    @Test func underTheSamePolicyNothingChanges() throws {
        for second in 0..<10 { try journal.add(try facts(), at: second) }
        try journal.add(
            try facts("three.test"), at: 10, action: .deny, by: "unknown", code: "peer_unknown")
        let replay = try replay(.past(Self.all))
        #expect(replay.judged == 11)
        #expect(replay.changed == 0)
        #expect(replay.otherBlock == 0)
        #expect(replay.examples.isEmpty)
    }

    @Test func exactlyTheChangedOnesAreListed() throws {
        var groups: [String] = []
        for second in 0..<30 {
            let isGroup = second % 10 == 3
            let id = try journal.add(
                try facts(second % 2 == 0 ? "one.test" : "two.test") {
                    $0.shareType = isGroup ? "group" : "user"
                }, at: second)
            if isGroup { groups.append(id) }
        }
        let replay = try replay(
            .past(
                "[[rule]]\nname = \"no groups\"\non = \"share.in\"\nwhen = { share_type = [\"group\"] }\n"
                    + "action = \"deny\"\ncode = \"no_groups\"\n" + Self.all))
        #expect(replay.changed == 3)
        #expect(replay.examples.map(\.decision) == groups)
        #expect(replay.byPeer.sorted.map(\.name) == ["two.test"])
        #expect(replay.byBlock.sorted.first?.name == "rule:no groups")
        #expect(replay.byKind.sorted.first?.name == "share.in")
        #expect(replay.byKind.sorted.first?.transitions.first?.name == "allow > deny no_groups")
    }

    @Test func everyHostOfAMessageCounts() throws {
        let stranger = try #require(PeerHost("stranger.test"))
        try journal.add(try facts())
        let id = try journal.add(try facts { $0.alsoNamed = [stranger] }, at: 1)
        let list = "[list.bad]\nstanding = \"block\"\nentries = [\"stranger.test\"]\n"
        let replay = try replay(.past(list + Self.all, unknown: "allow"))
        #expect(replay.examples.map(\.decision) == [id])
        #expect(replay.examples.first?.now.by == "list:bad")
        #expect(replay.examples.first?.peer == "one.test")
    }

    @Test func anotherBlockWithTheSameEndIsNoChange() throws {
        try journal.add(try facts())
        let replay = try replay(.past(Self.all.replacing("\"all\"", with: "\"everything\"")))
        #expect(replay.changed == 0)
        #expect(replay.otherBlock == 1)
    }

    @Test func whatGuardsRefusedStaysRefused() throws {
        try journal.add(
            try facts(), action: .deny, by: "guard:signature_invalid", code: "signature_invalid")
        try journal.add(
            try facts(), action: .fail, by: "guard:backend_unavailable",
            code: "backend_unavailable")
        try journal.add(nil)
        let replay = try replay(.past("", mode: "open"))
        #expect(replay.guarded == 2)
        #expect(replay.unknown == 1)
        #expect(replay.judged == 0)
        #expect(replay.changed == 0)
    }

    /// No guard of its own refused them: another policy may say something else of the exchange.
    @Test func dataThatWantedARefusedTokenAreNoGuardsDoing() throws {
        let data = try facts { $0.occasion = Occasion(.webdav, .outbound) }
        let refused = Denial(.notAllowed, "policy: default")
        let denial = Denial(refused, ofExchange: "d1", retryAfter: nil)
        try journal.add(data, action: .deny, by: denial.by, code: "not_allowed") {
            $0.decision.detail = denial.detail
        }
        let replay = try replay(.past("", mode: "open"))
        #expect([replay.withoutToken, replay.guarded, replay.judged] == [1, 0, 0])
    }

    @Test func aPeerThatMayComeInNowIsTakenToHaveSignedWell() throws {
        let facts = try facts("three.test") { $0.signature = .none }
        try journal.add(facts, action: .deny, by: "unknown", code: "peer_unknown") { record in
            record.decision.signature = .init(generation: "rfc9421-tag", result: "unchecked")
        }
        let signed = "[[require]]\nname = \"signed\"\non = \"share\"\nneed = [\"signature\"]\n"
        let replay = try replay(.past(signed + Self.all, unknown: "allow"))
        let change = try #require(replay.examples.first)
        #expect(change.now.action == .allow)
        #expect(change.certainty == "if-signed")
        // One that did not sign is refused for it.
        try journal.add(facts, at: 1, action: .deny, by: "unknown", code: "peer_unknown")
        let again = try self.replay(.past(signed + Self.all, unknown: "allow"))
        #expect(again.examples.last?.now.code == "signature_required")
        #expect(again.examples.last?.certainty == "exact")
    }

    /// The policy refused it unsigned, so its peer was asked for nothing.
    @Test func whatNobodyAskedThePeerForIsUncertainWhereItMatters() throws {
        let facts = try facts {
            ($0.signature, $0.peerKeys, $0.mfa, $0.document) = (.none, .none, .notEnforced, .unread)
        }
        try journal.add(facts, action: .deny, by: "default", code: "not_allowed")
        let same = try replay(.past(""))
        #expect([same.changed, same.uncertain] == [0, 0])
        let allowing = try replay(.past(Self.all))
        #expect([allowing.changed, allowing.uncertain] == [1, 1])
        #expect(allowing.examples.first?.certainty == "unknown")
        let reporting = try replay(.past(Self.all, mode: "report"))
        #expect([reporting.changed, reporting.uncertain] == [1, 0])
        // What no document changes needs none.
        let signed = "[[require]]\nname = \"signed\"\non = \"share\"\nneed = [\"signature\"]\n"
        let needing = try replay(.past(signed + Self.all))
        #expect([needing.changed, needing.uncertain] == [1, 0])
        #expect(needing.examples.first?.now.code == "signature_required")
    }

    @Test func whatWhoWasNotLetInPublishesIsUncertainWhereItMatters() throws {
        let facts = try facts("three.test") {
            ($0.signature, $0.mfa, $0.document) = (.none, .notEnforced, .unread)
        }
        try journal.add(facts, action: .deny, by: "unknown", code: "peer_unknown") { record in
            record.decision.signature = .init(generation: "rfc9421-tag", result: "unchecked")
        }
        let factor = "[[require]]\nname = \"mfa\"\non = \"share\"\nneed = [\"mfa\"]\n"
        let needing = try replay(.past(factor + Self.all, unknown: "allow"))
        #expect(needing.examples.first?.now.code == "mfa_required")
        #expect(needing.examples.first?.certainty == "unknown")
        let named = "[[rule]]\nname = \"old\"\non = \"share\"\nwhen = { software = \"x 2*\" }\n"
        let denying = try replay(.past(named + "action = \"deny\"\n" + Self.all, unknown: "allow"))
        #expect(denying.examples.first?.certainty == "unknown")
        let allowing = try replay(.past(Self.all, unknown: "allow"))
        #expect(allowing.examples.first?.certainty == "if-signed")
        #expect(try replay(.past(factor + Self.all)).uncertain == 0)
    }

    @Test func limitsCountInTheTimeOfTheMessages() throws {
        var ids: [String] = []
        for second in [0, 10, 20, 30, 90, 100] {
            ids.append(try journal.add(try facts(), at: second))
        }
        let limit =
            "[[limit]]\nname = \"few\"\non = \"share.in\"\nper = \"peer\"\nrate = \"3/hour\"\nburst = 3\n"
        let replay = try replay(.past(limit + Self.all))
        #expect(replay.changed == 3)
        #expect(replay.examples.map(\.decision) == Array(ids[3...]))
        #expect(replay.byBlock.sorted.first?.name == "limit:few")
        let later = try self.replay(.past(limit.replacing("3/hour", with: "6/min") + Self.all))
        #expect(later.changed == 0)
    }

    /// What the backend refuses has passed the policy, and taken its room; what a guard refused before
    /// has not.
    @Test(arguments: [(.allowed, 3), (.notReached, 6), (.refused, 6)] as [(Check.Result, Int)])
    func whatWasLetThroughTakesItsRoomWhateverBecameOfIt(
        _ result: Check.Result, _ left: Int
    ) throws {
        for second in 0..<3 {
            try journal.add(
                try facts(), at: second, action: .deny, by: "guard:not_delivered",
                code: "not_delivered"
            ) { record in
                record.checks = [Check("standing", .passed), Check("rule:all", result)]
            }
        }
        for second in 3..<9 { try journal.add(try facts(), at: second) }
        let limit =
            "[[limit]]\nname = \"few\"\non = \"share.in\"\nper = \"peer\"\nrate = \"6/hour\"\nburst = 6\n"
        let replay = try replay(.past(limit + Self.all))
        #expect(replay.judged == 6 && replay.guarded == 3)
        #expect(replay.judged - replay.changed == left)
    }

    /// The journal says neither how long a message was under way nor how much it brought.
    @Test(arguments: ["concurrent = 1", "bytes = \"1B/day\""])
    func limitsOfWhatIsUnderWayAlwaysHaveRoom(_ measure: String) throws {
        for second in 0..<4 { _ = try journal.add(try facts(), at: second) }
        let limit = "[[limit]]\nname = \"l\"\non = \"share.in\"\nper = \"peer\"\n\(measure)\n"
        let next = try Policy.past(limit + Self.all)
        let replay = try replay(next, beside: .past(Self.all))
        #expect([replay.judged, replay.changed, replay.uncertain] == [4, 0, 4])
        #expect(replay.untriedLimits == ["limit:l"] && !replay.findsNothing)
        #expect(ReplayPage(replay, file: "next.toml").html.contains("limit:l"))
        // What was let through under it before had its room.
        let same = try self.replay(next, beside: next)
        #expect(same.uncertain == 0 && same.findsNothing)
        // One that refuses nothing has nothing to be known of.
        let reporting = try self.replay(
            .past(limit + "mode = \"report\"\n" + Self.all), beside: .past(Self.all))
        #expect(reporting.findsNothing)
    }

    /// Data that are let through have no record.
    @Test func aLimitOfDataIsToldThoughNoMessagePassesIt() throws {
        try journal.add(try facts())
        let limit =
            "[[limit]]\nname = \"l\"\non = \"webdav.in\"\nper = \"peer\"\nrate = \"1/day\"\n"
        let replay = try replay(.past(limit + Self.all), beside: .past(Self.all))
        #expect([replay.changed, replay.uncertain] == [0, 0])
        #expect(replay.untriedLimits == ["limit:l"] && !replay.findsNothing)
        #expect(try self.replay(.past(Self.all), beside: .past(Self.all)).findsNothing)
    }

    /// Data that were let through are in no record, so nobody knows how full a limit was.
    @Test(arguments: ["concurrent = 1", "bytes = \"1B/day\"", "rate = \"1/day\""])
    func whatALimitRefusedByMoreThanTheJournalHoldsIsUncertain(_ measure: String) throws {
        let data = try facts { $0.occasion = Occasion(.webdav, .inbound) }
        try journal.add(data, action: .deny, by: "limit:l", code: "limit_exceeded")
        try journal.add(try facts(), at: 1, action: .deny, by: "limit:s", code: "limit_exceeded")
        func limit(_ name: String, _ on: String, _ measure: String) -> String {
            "[[limit]]\nname = \"\(name)\"\non = \"\(on)\"\nper = \"peer\"\n\(measure)\n"
        }
        let limits = limit("l", "webdav.in", measure) + limit("s", "share.in", "rate = \"9/day\"")
        let replay = try replay(
            .past(limits + Self.all.replacing("\"share\"", with: "\"webdav\", \"share\"")))
        #expect([replay.changed, replay.uncertain] == [2, 1])
        #expect(replay.examples.map(\.certainty) == ["unknown", "exact"])
    }

    @Test func whatDownloadedListsHeldThenIsNotTakenForWhatTheyHoldNow() throws {
        let list =
            "[list.mesh]\nstanding = \"allow\"\nsource = \"https://d.example/mesh.txt\"\n"
        func policy(_ entries: String...) throws -> Policy {
            try Policy.past(list + Self.all).taking([
                "mesh": entries.map { ListEntry(pattern: try #require(HostPattern($0))) }
            ])
        }
        let then = try policy("three.test")
        for peer in ["three.test", "one.test"] {
            try journal.add(try facts(peer)) { $0.decision.lists = then.contentsHash }
        }
        let same = try replay(then)
        #expect([same.changed, same.otherLists] == [0, 0])
        let now = try replay(policy("four.test"))
        #expect([now.changed, now.otherLists] == [1, 2])
        #expect(now.examples.map(\.certainty) == ["other-lists"])
    }

    /// The hash in a record is of all lists together.
    @Test func aListThatComesOrGoesLeavesTheOthersKnown() throws {
        func list(_ name: String, _ standing: String) -> String {
            "[list.\(name)]\nstanding = \"\(standing)\"\nsource = \"https://d.example/\(name).txt\"\n"
        }
        func policy(_ lists: String, mesh: String) throws -> Policy {
            try Policy.past(lists + Self.all).taking([
                "mesh": [ListEntry(pattern: try #require(HostPattern(mesh)))],
                "bad": [ListEntry(pattern: try #require(HostPattern("two.test")))],
            ])
        }
        let (mesh, bad) = (list("mesh", "allow"), list("bad", "block"))
        let both = try policy(mesh + bad, mesh: "three.test")
        let before = try policy(mesh + bad, mesh: "four.test")
        for (second, then) in [both, before].enumerated() {
            try journal.add(try facts("three.test"), at: second) {
                $0.decision.lists = then.contentsHash
            }
        }
        let without = try replay(policy(bad, mesh: "three.test"), beside: both)
        #expect([without.changed, without.otherLists] == [2, 1])
        #expect(without.examples.map(\.certainty) == ["exact", "other-lists"])
        let alone = try replay(policy(bad, mesh: "three.test"))
        #expect(alone.otherLists == 2)
        let more = try replay(
            policy(mesh + bad + list("new", "block"), mesh: "three.test"), beside: both)
        #expect(more.otherLists == 1)
        // What the lists hold is not what the gateway judges by.
        let other = try replay(policy(mesh, mesh: "five.test"), beside: both)
        #expect(other.otherLists == 2)
    }

    @Test func aBlockThatAsksForADownloadedListIsNotExactEither() throws {
        let lists =
            "[list.friends]\nstanding = \"allow\"\nentries = [\"three.test\"]\n"
            + "[list.mesh]\nstanding = \"allow\"\nsource = \"https://d.example/mesh.txt\"\n"
        func policy(_ entry: String) throws -> Policy {
            let rules = Self.all.replacing("action", with: "peer = \"@mesh\"\naction")
            return try Policy.past(lists + rules).taking([
                "mesh": [ListEntry(pattern: try #require(HostPattern(entry)))]
            ])
        }
        let then = try policy("three.test")
        try journal.add(try facts("three.test")) { $0.decision.lists = then.contentsHash }
        let now = try policy("four.test")
        let replay = try replay(now, beside: now)
        #expect(replay.examples.map(\.now.by) == ["default"])
        #expect(replay.examples.map(\.certainty) == ["other-lists"])
    }

    /// What only the profile let pass is no block's doing.
    @Test func guardsAreNotAmongWhatIsOnlyReported() throws {
        try journal.add(try facts()) {
            $0.decision.would = ["secret_refused: the permanent secret of share 4", "rule:old"]
        }
        #expect(try replay(.past(Self.all)).reported.keys.sorted() == ["rule:old"])
    }

    @Test func whoIsSealedIsJudgedByTheHostAndElseToldAsUncertain() throws {
        try journal.add(try facts { $0.sender = "dean@one.test" })
        func denying(_ glob: String) throws -> Policy {
            try .past(
                "[[rule]]\nname = \"not these\"\non = \"share.in\"\nwhen = { sender = \"\(glob)\" }\n"
                    + "action = \"deny\"\n" + Self.all)
        }
        let byHost = try replay(denying("*@one.test"))
        #expect(byHost.changed == 1)
        #expect(byHost.uncertain == 0)
        let byName = try replay(denying("dean@one.test"))
        #expect(byName.changed == 0)
        #expect(byName.uncertain == 1)
        let elsewhere = try replay(denying("dean@two.test"))
        #expect(elsewhere.uncertain == 0)
        let opened = try replay(denying("dean@one.test"), people: OpenSeals.people)
        #expect(opened.changed == 1)
        #expect(opened.uncertain == 0)
    }

    @Test func whereFromIsUncertainOnlyWhereItMatters() throws {
        try journal.add(try facts())
        let net = "[[rule]]\nname = \"net\"\non = \"share.in\"\nwhen = { net = \"192.0.2.0/24\" }\n"
        let allows = try replay(.past(net + "action = \"allow\"\n" + Self.all))
        #expect(allows.uncertain == 0)
        let denies = try replay(.past(net + "action = \"deny\"\n" + Self.all))
        #expect(denies.uncertain == 1)
        let opened = try replay(
            .past(net + "action = \"deny\"\n" + Self.all), people: OpenSeals.people)
        #expect(opened.uncertain == 0)
        #expect(opened.changed == 1)
    }

    @Test func whatIsOnlyReportedIsCountedBeforeAndNow() throws {
        try journal.add(try facts { $0.access = .secret }) { $0.decision.would = ["require:old"] }
        let replay = try replay(
            .past(
                "[[require]]\nname = \"tokens\"\non = \"share.in\"\nneed = [\"token-exchange\"]\n"
                    + "mode = \"report\"\n" + Self.all))
        #expect(replay.changed == 0)
        #expect(replay.reported["require:old"].map { [$0.before, $0.now] } == [1, 0])
        #expect(replay.reported["require:tokens"].map { [$0.before, $0.now] } == [0, 1])
    }

    /// The gateway asks nothing behind the lists of what they refuse.
    @Test(arguments: [("deny", nil), ("hold", 1)] as [(String, Int?)])
    func whatTheListsRefuseIsReportedByNoBlock(_ unknown: String, _ count: Int?) throws {
        try journal.add(
            try facts("three.test") { $0.access = .secret }, action: .deny, by: "unknown",
            code: "peer_unknown")
        let replay = try replay(
            .past(
                "[[require]]\nname = \"tokens\"\non = \"share.in\"\nneed = [\"token-exchange\"]\n"
                    + "mode = \"report\"\n" + Self.all, unknown: unknown))
        #expect(replay.judged == 1)
        #expect(replay.reported["require:tokens"]?.now == count)
    }

    @Test func onlyWhatCameSinceThenIsJudged() throws {
        let day = 86_400
        for second in [0, 10, day, day + 10, 2 * day] { try journal.add(try facts(), at: second) }
        #expect(try replay(.past(Self.all), since: PastJournal.start).judged == 5)
        #expect(try replay(.past(Self.all), since: PastJournal.start + 5_000).judged == 4)
        #expect(
            try replay(.past(Self.all), since: PastJournal.start + day * 1000 + 1).judged == 2)
    }

    /// A clock jumped ahead, and the file that it made goes on; a disk was full at midnight.
    @Test func whatCameSinceThenIsJudgedWhateverFileItIsIn() throws {
        let day = 86_400
        for (number, file) in [(0, 0), (9, 9), (5, 9)] {
            try journal.add(try facts(), at: number * day, into: file)
        }
        func judged(since number: Int) throws -> Int {
            try replay(.past(Self.all), since: PastJournal.start + number * day * 1000).judged
        }
        #expect(try judged(since: 4) == 2)
        #expect(try judged(since: 6) == 1)
        let full = try PastJournal()
        try full.add(try facts(), at: 0)
        try full.add(try facts(), at: day, into: 0)
        let since = PastJournal.start + day * 1000
        #expect(
            try Replay.run(
                .past(Self.all), over: full.reader, since: since, people: .pseudonyms
            ).judged == 1)
    }

    @Test func aPageHoldsNothingThatRunsAndNothingFromElsewhere() throws {
        try journal.add(try facts())
        let text = Self.all.replacing("\"all\"", with: "'<script>&all'")
            .replacing("allow\"\n", with: "deny\"\ncode = \"no\"\n")
        let html = ReplayPage(try replay(.past(text)), file: "a<b>.toml").html
        #expect(!html.contains("<script"))
        #expect(html.contains("&lt;script&gt;&amp;all"))
        #expect(html.contains("a&lt;b&gt;.toml"))
        #expect(html.contains("default-src 'none'"))
        #expect(!html.contains("http://") && !html.contains("https://") && !html.contains("src="))
    }

    /// Of two who are sealed both may be meant at once.
    @Test func peopleWhoAreSealedAreAskedAboutTogether() throws {
        try journal.add(
            try facts {
                ($0.owner, $0.sender) = ("eve@one.test", "dean@one.test")
            })
        func denying(_ when: String) throws -> Policy {
            try .past(
                "[[rule]]\nname = \"both\"\non = \"share.in\"\nwhen = { \(when) }\n"
                    + "action = \"deny\"\n" + Self.all)
        }
        let both = try denying("owner = \"eve@one.test\", sender = \"dean@one.test\"")
        #expect(try replay(both).uncertain == 1)
        #expect(try replay(both, people: OpenSeals.people).changed == 1)
        let withNet = try denying("owner = \"eve@one.test\", net = \"192.0.2.0/24\"")
        #expect(try replay(withNet).uncertain == 1)
        // More than anybody asks for is not worked out.
        let many = (0..<2000).map { "\"x\($0)@one.test\"" }.joined(separator: ", ")
        #expect(try replay(denying("owner = [\(many)]")).uncertain == 1)
    }
}
