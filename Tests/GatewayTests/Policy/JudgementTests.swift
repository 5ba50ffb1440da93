import Federation
import OpenSSL
import Testing
import Transport

@testable import Gateway

@Suite struct JudgementTests {
    private static let limits = """
        [[limit]]
        name = "two"
        on = "*.in"
        per = "peer"
        rate = "2/min"
        [[limit]]
        name = "spray"
        on = "share.in"
        per = "sender"
        distinct = "recipient"
        rate = "1/day"
        [[rule]]
        name = "not mallory"
        on = "share.in"
        when = { recipient = "mallory@*" }
        action = "deny"
        """

    private func facts(
        _ world: TestWorld, to recipient: String, on kind: MessageKind = .share,
        from peer: String = "legacy.test"
    ) -> Facts {
        var facts = Facts(Occasion(kind, .inbound), peer: PeerHost(peer), now: world.clock.now)
        (facts.sender, facts.recipient) = ("alice@\(peer)", recipient)
        return facts
    }

    private func judge(_ world: TestWorld, _ facts: Facts, _ amount: Amount = Amount()) -> Verdict {
        world.gateway.judge(facts, amount, under: world.gateway.policy.snapshot).verdict
    }

    @Test func whatIsRefusedByAnythingElseTakesNoRoom() throws {
        let world = try TestWorld(rules: Self.limits)
        for _ in 0..<10 {
            #expect(judge(world, facts(world, to: "mallory@cloud.test")).by == "rule:not mallory")
        }
        #expect(judge(world, facts(world, to: "bob@cloud.test")).action == .allow)
        // Refused by the second limit, it gives back what it took of the first.
        for _ in 0..<10 {
            #expect(judge(world, facts(world, to: "eve@cloud.test")).by == "limit:spray")
        }
        #expect(judge(world, facts(world, to: "bob@cloud.test")).action == .allow)
        let full = judge(world, facts(world, to: "bob@cloud.test"))
        #expect(full.by == "limit:two" && full.status == 429)
        #expect(full.denial?.retryAfter == 30)
        world.clock.pass(30)
        #expect(judge(world, facts(world, to: "bob@cloud.test")).action == .allow)
    }

    /// One machine may serve as many ports as it likes.
    @Test func thePortsOfAPeerShareItsRoom() throws {
        let world = try TestWorld(rules: Self.limits)
        for peer in ["legacy.test", "legacy.test:8443"] {
            #expect(judge(world, facts(world, to: "bob@cloud.test", from: peer)).action == .allow)
        }
        let full = judge(world, facts(world, to: "bob@cloud.test", from: "legacy.test:8444"))
        #expect(full.by == "limit:two")
    }

    @Test func aPersonIsOneHoweverWritten() throws {
        let limit = """
            [[limit]]
            name = "each"
            on = "share.in"
            per = "recipient"
            rate = "2/day"
            """
        let world = try TestWorld(rules: limit)
        for name in ["bob", "Bob"] {
            #expect(judge(world, facts(world, to: "\(name)@cloud.test")).action == .allow)
        }
        #expect(judge(world, facts(world, to: "BOB@cloud.test")).by == "limit:each")
    }

    @Test func aNewPolicyGoesOnCounting() throws {
        let world = try TestWorld(rules: Self.limits)
        for _ in 0..<2 { #expect(judge(world, facts(world, to: "bob@a")).action == .allow) }
        let holder = world.gateway.policy
        holder.swap(holder.current, candidate: nil)
        #expect(judge(world, facts(world, to: "bob@a")).by == "limit:two")
    }

    @Test func notificationsThatAnswerEachOtherEnd() throws {
        let world = try TestWorld()
        var facts = facts(world, to: "bob@a", on: .notification)
        facts.notificationType = "RESHARE_CHANGE_PERMISSION"
        for _ in 0..<10 { #expect(judge(world, facts, Amount(providerID: "7")).action == .allow) }
        let full = judge(world, facts, Amount(providerID: "7"))
        #expect(full.by == "built-in:ping-pong" && full.status == 429)
        #expect(judge(world, facts, Amount(providerID: "8")).action == .allow)
        facts.notificationType = "SHARE_UNSHARED"
        #expect(judge(world, facts, Amount(providerID: "7")).action == .allow)
    }

    /// All calendars of a peer have one name, and a room has a message for each line.
    @Test func anApplicationMaySayMuchOfOneShare() throws {
        let world = try TestWorld()
        var facts = facts(world, to: "bob@a", on: .notification)
        facts.notificationType = "SYNC_CALENDAR"
        for _ in 0..<30 {
            #expect(judge(world, facts, Amount(providerID: "calendar")).action == .allow)
        }
    }

    @Test func aPlaceIsGivenBackWhateverWayAMessageEnds() throws {
        let world = try TestWorld(
            rules: """
                [[limit]]
                name = "one"
                on = "share.in"
                per = "all"
                concurrent = 1
                """)
        let facts = facts(world, to: "bob@a")
        let snapshot = world.gateway.policy.snapshot
        var first: Judgement? = world.gateway.judge(facts, Amount(), under: snapshot)
        #expect(first?.pending != nil)
        #expect(judge(world, facts).by == "limit:one")
        first?.pending?.end()
        #expect(judge(world, facts).action == .allow)
        first = world.gateway.judge(facts, Amount(), under: snapshot)
        #expect(first?.verdict.action == .allow)
        // Nobody says that it is over, and it is.
        first = nil
        #expect(judge(world, facts).action == .allow)
    }

    @Test func aCandidateCountsByItselfAndDecidesNothing() throws {
        let world = try TestWorld()
        let stricter = try TestWorld(rules: Self.limits)
        let holder = world.gateway.policy
        holder.swap(holder.current, candidate: stricter.gateway.policy.current)
        var differing: [Bool] = []
        for _ in 0..<3 {
            let judgement = world.gateway.judge(
                facts(world, to: "bob@a"), Amount(), under: holder.snapshot)
            #expect(judgement.verdict.action == .allow)
            differing.append(try #require(judgement.beside).differs)
        }
        #expect(differing == [false, false, true])
        let news = try #require(holder.count.news())
        #expect(news.judged == 3 && news.differing == 1)
        #expect(holder.count.news() == nil)
    }

    @Test func whatACandidateSaysStandsInTheLineOfTheDecision() async throws {
        let world = try TestWorld(partners: [], legacy: ["a.test"])
        let other = try TestWorld(partners: [], legacy: ["legacy.test"])
        let holder = world.gateway.policy
        holder.swap(holder.current, candidate: other.gateway.policy.current)
        // A peer that is not let in, and would be by the candidate.
        try await send(from: "legacy.test", to: world)
        let line = try #require(world.decisions().last)
        #expect(line["action"]?.string == "deny")
        let candidate = try #require(line["candidate"]?.object)
        #expect(candidate["action"]?.string == "allow")
        #expect(candidate["policy"]?.string == other.gateway.policy.current.hash)
        // What was read for it is told too: the message has no signature.
        #expect(line["signature"]?.object?["result"]?.string == "absent")
    }

    /// An unsigned message that is refused makes nobody ask whether its peer publishes keys.
    @Test func aCandidateIsNotSureOfWhatNobodyAskedThePeerFor() async throws {
        let world = try TestWorld(
            rules: """
                [[rule]]
                name = "none of them"
                on = "share.in"
                peer = "@legacy"
                action = "deny"
                """)
        let holder = world.gateway.policy
        holder.swap(holder.current, candidate: try TestWorld().gateway.policy.current)
        try await send(from: "legacy.test", to: world)
        let candidate = try #require(world.decisions().last?["candidate"]?.object)
        #expect(candidate["action"]?.string == "allow")
        #expect(candidate["certainty"]?.string == "unknown")
        // Without a signature it needs no document to refuse.
        let strict = try TestWorld(partners: ["legacy.test"], legacy: [])
        holder.swap(holder.current, candidate: strict.gateway.policy.current)
        try await send(from: "legacy.test", to: world)
        let refusing = try #require(world.decisions().last?["candidate"]?.object)
        #expect(refusing["code"]?.string == "signature_required")
        #expect(refusing["certainty"] == nil)
        #expect(world.net.asked.isEmpty)
    }

    /// Behind a signature that is wrong nobody asks for a document either.
    @Test func aCandidateIsNotSureOfWhoseSignatureIsToleratedOnly() async throws {
        let world = try TestWorld(profile: "observe")
        let other = try TestWorld(
            rules: "[[require]]\nname = \"factor\"\non = \"share.in\"\nneed = [\"mfa\"]")
        let holder = world.gateway.policy
        holder.swap(holder.current, candidate: other.gateway.policy.current)
        var request = try TestPeer("legacy.test").request(
            "/ocm/shares", Messages.share(from: "legacy.test"), at: world.clock.now)
        request["signature"] = "ocm=:AAAA:"
        let received = try world.received(request)
        let trail = world.trail(received)
        let verified = try await world.gateway.verify(
            try world.gateway.identify(received, trail), trail)
        _ = try world.gateway.evaluate(verified, trail)
        let record = trail.finished().record
        #expect(record.facts?.signature == .invalid && record.facts?.document == .unread)
        #expect(record.candidate?.code == "mfa_required")
        #expect(record.candidate?.isCertain == false)
    }

    @Test func aCandidateKnowsTheInvitationAndThePinsOfWhoIsNotLetIn() async throws {
        let world = try TestWorld(partners: [])
        let peer = try TestPeer("modern.test")
        let host = try #require(PeerHost("modern.test"))
        func candidate(needing needs: String, nonce: String) async throws -> JSONObject {
            let other = try TestWorld(
                rules: "[[require]]\nname = \"known\"\non = \"share.in\"\nneed = [\(needs)]")
            let holder = world.gateway.policy
            holder.swap(holder.current, candidate: other.gateway.policy.current)
            _ = try await world.receive(
                try peer.request(
                    "/ocm/shares", Messages.share(from: "modern.test"), at: world.clock.now,
                    nonce: nonce))
            return try #require(world.decisions().last?["candidate"]?.object)
        }
        let needs = "\"invite\", \"key-pinned\""
        let before = try await candidate(needing: needs, nonce: "n1")
        #expect(before["code"]?.string == "invite_required")
        let contact = Contact(
            peer: host, remote: "alice", local: "bob", site: world.gateway.site.host)
        world.gateway.contacts.learn(contact, invitation: Secret(utf8: "token"), now: 1)
            .committed()
        let uninvited = try await candidate(needing: needs, nonce: "n2")
        #expect(uninvited["code"]?.string == "not_allowed")
        let key = OfferedKey(
            source: "jwks", id: peer.keyID,
            thumbprint: OfferedKey.thumbprint(of: peer.key.publicKey))
        world.gateway.pins.accept(host, offered: [key], now: 1).committed()
        let known = try await candidate(needing: needs, nonce: "n3")
        #expect(known["action"]?.string == "allow" && known["certainty"] == nil)
        let factor = try await candidate(needing: "\"mfa\"", nonce: "n4")
        #expect(factor["code"]?.string == "mfa_required")
        #expect(factor["certainty"]?.string == "unknown")
        #expect(world.net.asked.isEmpty)
    }

    /// The peer is who signed, as it would be if the signature were good.
    @Test func aCandidateJudgesWhoSignedWhereAnotherIsNotLetIn() async throws {
        let world = try TestWorld()
        let other = try TestWorld(
            unknown: "allow",
            rules: """
                [[rule]]
                name = "of a partner"
                on = "share.in"
                peer = "@partners"
                action = "allow"
                """)
        let holder = world.gateway.policy
        holder.swap(holder.current, candidate: other.gateway.policy.current)
        _ = try await world.receive(
            try TestPeer("modern.test").request(
                "/ocm/shares", Messages.share(from: "modern.test", owner: "stranger.test"),
                at: world.clock.now))
        let candidate = try #require(world.decisions().last?["candidate"]?.object)
        #expect(candidate["by"]?.string == "rule:of a partner")
    }

    /// A share of one host that was shared on by another.
    private static let passedOn = Messages.oldShare(from: "legacy.test").replacing(
        "\"sharedBy\":\"alice@https://legacy.test/\"", with: "\"sharedBy\":\"eve@stranger.test\"")
    private static let blocking =
        "[list.bad]\nstanding = \"block\"\nentries = [\"stranger.test\"]\n" + ReplayTests.all

    /// What comes in names it itself, but for a request for data; what goes out names nobody but its peer.
    @Test(arguments: [
        (Occasion(.share, .inbound), "the message"), (Occasion(.webdav, .inbound), "the share"),
        (Occasion(.webdav, .outbound), "one.test"),
    ])
    func whatNamesAHostThatIsRefusedIsTold(_ occasion: Occasion, _ namer: String) throws {
        let policy = try Policy.past(Self.blocking)
        var facts = Facts(occasion, peer: PeerHost("one.test"), now: 1_700_000_000)
        facts.alsoNamed = [try #require(PeerHost("stranger.test"))]
        let denial = try #require(policy.standings(of: facts).denial(of: facts))
        #expect(denial.detail.hasSuffix(", of stranger.test, which \(namer) names"))
    }

    @Test func aCandidateLooksAtEveryHostOfAMessage() async throws {
        let world = try TestWorld(unknown: "allow")
        let holder = world.gateway.policy
        holder.swap(holder.current, candidate: try .past(Self.blocking, unknown: "allow"))
        _ = try await world.receive(Self.passedOn)
        let line = try #require(world.decisions().last)
        #expect(line["by"]?.string != "list:bad")
        let candidate = try #require(line["candidate"]?.object)
        #expect(candidate["action"]?.string == "deny")
        #expect(candidate["by"]?.string == "list:bad")
        #expect(candidate["code"]?.string == "peer_blocked")
    }

    @Test func whereOnlyReportedEveryHostOfAMessageIsLookedAtToo() async throws {
        let world = try TestWorld(unknown: "allow")
        let reporting = try Policy.past(Self.blocking, unknown: "allow", mode: "report")
        world.gateway.policy.swap(reporting)
        _ = try await world.receive(Self.passedOn)
        let line = try #require(world.decisions().last)
        #expect(line["would"]?.array?.compactMap(\.string) == ["list:bad"])
    }

    @Test func whoWaitsForAPersonIsVerifiedAndKept() async throws {
        let world = try TestWorld(partners: [], legacy: [], unknown: "hold")
        let peer = try TestPeer("modern.test")
        try peer.publish(on: world.net)
        let request = try peer.request(
            "/ocm/shares", Messages.share(from: "modern.test"), at: world.clock.now)
        let received = try world.received(request)
        let answer = await world.gateway.receive(
            ReceivedRequest(head: received.head, body: received.body, client: received.client),
            as: .ocm(.shares), through: .listener)
        #expect(answer.status == 503 && answer.code == "peer_held")
        #expect(answer.values("retry-after") == ["3600"])
        let host = try #require(PeerHost("modern.test"))
        let held = try #require(world.gateway.holds[host])
        #expect(held.count == 1 && held.messages.first?.signature == "rfc9421")
        #expect(held.messages.first?.sender == "alice@modern.test")
        #expect(world.decisions().last?["action"]?.string == "hold")
        // One that only claims to be somebody is kept as what it is.
        try await send(from: "claimed.test", to: world)
        let other = try #require(PeerHost("claimed.test"))
        let claimed = try #require(world.gateway.holds[other])
        #expect(claimed.messages.first?.signature == "none")
    }

    /// An unsigned share.
    private func send(from host: String, to world: TestWorld) async throws {
        let received = try world.received(TestRequest("/ocm/shares", Messages.share(from: host)))
        _ = await world.gateway.receive(
            ReceivedRequest(head: received.head, body: received.body, client: received.client),
            as: .ocm(.shares), through: .listener)
    }
}
