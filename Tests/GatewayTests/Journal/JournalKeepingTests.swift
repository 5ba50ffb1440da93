import Federation
import Foundation
import OpenSSL
import Testing

@testable import Gateway
@testable import Transport

/// What must be recorded is, from whichever way it comes.
@Suite("What is recorded")
struct JournalKeepingTests {
    private static let secret = "SECRET0PERMANEN"

    private let files: TestJournal
    private let journal: Journal

    init() throws {
        files = try TestJournal()
        journal = try JournalTests.open(files)
    }

    /// The decisions, once all is written.
    private func decisions() throws -> [JournalDecision] {
        journal.close()
        #expect(try files.verify().findings == [])
        return try JournalDiskTests.decisions(
            files, try JournalPeople.opening(files.folder, files.seal))
    }

    // MARK: Lists

    @Test func whatTheListsRefuseNamesTheListAndItsLine() async throws {
        let world = try TestWorld(unknown: "deny", journal: journal)
        for peer in ["blocked.test", "stranger.test"] {
            let answer = try await world.receive(Messages.share(from: peer))
            #expect(answer.status == 403)
        }
        let found = try decisions()
        #expect(found.map(\.by) == ["list:blocked", "unknown"])
        #expect(found.map(\.place) == ["policy.toml:14", "policy.toml:5"])
        let checks = try #require(found.first).checks
        #expect(checks.first?.name == "standing" && checks.first?.result == "refused")
        #expect(checks.first?.reason == "blocked.test in @blocked")
        #expect(checks.last?.name == "default" && checks.last?.result == "not-reached")
        // It reads the same when it is judged again.
        let replay = try Replay.run(
            world.gateway.policy.current, over: files.reader, since: 0, people: .pseudonyms)
        #expect(replay.judged == 2 && replay.changed == 0 && replay.otherBlock == 0)
    }

    // The owner's server may come in, the sender may not.
    @Test func anotherHostOfTheMessageIsJudgedAgainAsWhatItIs() async throws {
        let world = try TestWorld(journal: journal)
        _ = try await world.receive(Messages.share(from: "blocked.test", owner: "modern.test"))
        let found = try #require(try decisions().last)
        #expect(found.by == "list:blocked" && found.claimed == "modern.test")
        #expect(found.facts?.peer?.description == "modern.test")
        #expect(found.facts?.alsoNamed.map(\.description) == ["blocked.test"])
        let replay = try Replay.run(
            world.gateway.policy.current, over: files.reader, since: 0, people: .pseudonyms)
        #expect(replay.judged == 1 && replay.changed == 0)
    }

    @Test func whatIsRefusedBehindThePolicyIsNotItsDoing() async throws {
        let world = try TestWorld(journal: journal)
        let peer = try TestPeer("modern.test")
        try peer.publish(on: world.net)
        let now = world.clock.now
        let request = try peer.request(
            "/ocm/shares", Messages.share(from: "modern.test"), at: now, created: now)
        // The backend of this world refuses connections.
        #expect(try await world.receive(request).status == 502)
        let found = try #require(try decisions().last)
        #expect(found.by == "guard:backend_unavailable" && found.place == nil)
        #expect(found.checks.contains { $0.result == "allowed" })
        // Nobody waits for a message that is over.
        #expect(world.gateway.underWay.count == 0)
    }

    // MARK: The way out

    /// `journal search --peer` looks for the name that a peer has everywhere else.
    @Test func whereTheBackendMayNotGoIsNamedAsAPeerIs() async throws {
        let way = try TestEgress(journal: journal)
        for target in ["blocked.test:443", "modern.test:22"] {
            let outcome = try await way.plan("CONNECT \(target) HTTP/1.1", "Host: \(target)")
            #expect(outcome.status == 403)
        }
        let found = try decisions()
        #expect(found.map(\.peer) == ["blocked.test", "modern.test:22"])
        // Of what no block decided no policy is told.
        #expect(found.map(\.policy) == [way.world.gateway.policy.current.hash, nil])
        #expect(found.map(\.standing) == ["list:blocked", nil])
    }

    /// What the document of a peer names is told of like what a message names, and waits like it.
    @Test func aHostThatThePeerNamesForItsMessagesWaits() async throws {
        let world = try TestWorld(unknown: "hold", journal: journal)
        world.net.answer(
            "https://legacy.test/.well-known/ocm", 200,
            #"{"enabled":true,"apiVersion":"1.0-proposal1","#
                + #""endPoint":"https://api.legacy.test/ocm"}"#)
        _ = try await world.send(OutboundMessages.share(to: "legacy.test"), to: "legacy.test")
        #expect(world.mail.sent.isEmpty)
        #expect(world.gateway.holds.all.map(\.peer.description) == ["api.legacy.test"])
        let found = try #require(try decisions().last)
        #expect(found.action == .hold && found.by == "unknown")
        #expect(found.peer == "legacy.test" && found.standing == "list:legacy")
        #expect(found.detail?.hasSuffix("of api.legacy.test, which legacy.test names") == true)
        #expect(found.facts?.alsoNamed.map(\.description) == ["api.legacy.test"])
        #expect(found.checks.first?.result == "held")
        #expect(found.checks.first?.reason == "on no list, of api.legacy.test")
        let replay = try Replay.run(
            world.gateway.policy.current, over: files.reader, since: 0, people: .pseudonyms)
        #expect(replay.judged == 1 && replay.changed == 0)
    }

    // MARK: Shared data

    @Test func dataAtAHostThatTheListsRefuseAreToldOfSo() async throws {
        let world = try WayOut(journal: journal)
        let handle = try await world.receive(uri: "https://blocked.test/x", demands: true)
        let planned = try await world.ask("GET /public.php/webdav/a HTTP/1.1", basic(handle))
        #expect(planned.status == 403 && world.world.mail.sent.isEmpty)
        let found = try #require(try decisions().last)
        #expect(found.kind == "webdav" && found.by == "list:blocked")
        #expect(found.peer == "modern.test" && found.standing == "list:partners")
        #expect(found.place == "policy.toml:14")
        #expect(found.detail?.hasSuffix("of blocked.test, which modern.test names") == true)
        #expect(found.facts?.alsoNamed.map(\.description) == ["blocked.test"])
        let replay = try Replay.run(
            world.gateway.policy.current, over: files.reader, since: 0, people: .pseudonyms)
        #expect(replay.judged == 1 && replay.changed == 0)
    }

    /// The rule is about the exchange: of the data it says nothing, and another policy is asked anew.
    @Test func dataForWhichNoTokenIsAskedNameTheDecisionOnThat() async throws {
        let rule = "[[rule]]\nname = \"no codes\"\non = \"token.out\"\naction = \"deny\"\n"
        let world = try WayOut(rules: rule, journal: journal)
        let handle = try await world.receive(uri: "x7", demands: true)
        let get = "GET /public.php/webdav/a HTTP/1.1"
        for _ in 0..<2 { #expect(try await world.ask(get, basic(handle)).status == 403) }
        world.gateway.policy.swap(try WayOut().gateway.policy.current)
        let asked = try await world.ask(get, basic(handle))
        #expect(asked.values("authorization") == ["Bearer token-1"])
        let found = try decisions()
        let exchange = try #require(found.first { $0.kind == "token" })
        #expect(exchange.by == "rule:no codes" && exchange.standing == "list:partners")
        #expect(exchange.object["signature"]?.object?["result"]?.string == "unchecked")
        let data = found.filter { $0.kind == "webdav" }
        #expect(data.map(\.by) == ["guard:not_allowed", "guard:not_allowed"])
        for decision in data {
            #expect(decision.detail?.contains(exchange.id) == true)
            let advice = DecisionAdvice.on(decision, nil, nearMiss: nil, now: 0)
            #expect(advice.map(\.command) == ["ocmgate explain \(exchange.id)"])
        }
    }

    @Test func anExchangeThatWaitsIsKeptAndItsDataAreNot() async throws {
        let rule = "[[rule]]\nname = \"ask\"\non = \"token.out\"\naction = \"hold\"\n"
        let world = try WayOut(rules: rule, journal: journal)
        let handle = try await world.receive(uri: "x7", demands: true)
        let get = "GET /public.php/webdav/a HTTP/1.1"
        for _ in 0..<2 { #expect(try await world.ask(get, basic(handle)).status == 503) }
        let held = world.gateway.holds.all.flatMap(\.messages)
        #expect(held.map(\.occasion) == ["token.out"])
        let data = try decisions().filter { $0.kind == "webdav" }
        #expect(data.map { $0.action == .hold } == [true, true])
    }

    @Test func anExchangeThatNobodyIsAskedForIsNotToldAsSent() async throws {
        let world = try WayOut(journal: journal)
        world.world.net.answer(
            "https://modern.test/.well-known/ocm", 200,
            WayOut.modern.replacing(
                "https://modern.test/ocm/token", with: "https://other.test/token"))
        let handle = try await world.receive(uri: "x7", demands: true)
        _ = try await world.ask("GET /public.php/webdav/a HTTP/1.1", basic(handle))
        let found = try #require(try decisions().first { $0.kind == "token" })
        #expect(found.detail == "the peer names no token endpoint of its own")
        #expect(found.object["signature"]?.object?["result"]?.string == "unchecked")
        #expect(found.by == "guard:peer_unavailable")
    }

    @Test func aRefusedRequestForDataTellsItsShare() async throws {
        let world = try await TestGateway(journal: journal)
        let (id, _) = try await world.share(Self.secret, permissions: .named(["read"]))
        let token = try await world.token(Self.secret)
        world.pass(seconds: 300)
        let basic = "Basic " + Base64.encode(Array("\(Self.secret):".utf8))
        for (line, field) in [
            ("GET", "Bearer \(token)"), ("PUT", basic), ("GET", "Bearer unheard-of"),
        ] {
            _ = try world.plan(
                "\(line) /public.php/webdav/a HTTP/1.1", "Authorization: \(field)",
                "Content-Length: 0")
        }
        let found = try decisions().filter { $0.kind == "webdav" }
        #expect(found.compactMap { $0.object["method"]?.string } == ["GET", "PUT"])
        for decision in found {
            #expect(decision.claimed == "one.test" && decision.peer == nil)
            #expect(decision.standing == "list:legacy")
            #expect(decision.object["ocm"]?.object?["share"]?.string == id.description)
            #expect(decision.facts?.occasion == Occasion(.webdav, .inbound))
            #expect(decision.facts?.peer?.description == "one.test")
            #expect(decision.by.hasPrefix("guard:"))
        }
        #expect(found.compactMap { $0.facts?.access } == [AccessFact.token, .secret])
        #expect(found.map(\.secrets.count) == [0, 1])
        #expect(found.first?.code == "token_invalid")
    }

    @Test func aTransferThatALimitCutsOffIsWrittenDown() async throws {
        let limit =
            "[[limit]]\nname = \"copies\"\non = \"webdav.in\"\nper = \"peer\"\n"
            + "bytes = \"1000B/day\"\n"
        let world = try await TestGateway(rules: limit, journal: journal)
        let (id, _) = try await world.share(Self.secret)
        let head = try world.head("GET /public.php/webdav/a HTTP/1.1", basic(Self.secret))
        guard case .forward(let forwarding) = world.gateway.plan(head, from: world.client) else {
            throw TestGateway.NoAddress()
        }
        #expect(forwarding.onData?(2000) == nil)
        #expect(forwarding.onData?(1)?.status == 429)
        let found = try #require(try decisions().last)
        #expect(found.kind == "webdav" && found.by == "limit:copies" && found.action == .deny)
        #expect(found.object["ocm"]?.object?["share"]?.string == id.description)
        let check = try #require(found.checks.first { $0.name == "limit:copies" })
        #expect(check.result == "refused" && check.reason?.hasPrefix("no room for ") == true)
        #expect(found.checks.contains { $0.name == "standing" && $0.result == "passed" })
    }

    @Test func aRefusedShareInfoTellsItsShareAndTheBlock() async throws {
        let rule = "[[rule]]\nname = \"no data\"\non = \"webdav\"\naction = \"deny\""
        let world = try await TestGateway(rules: rule, journal: journal)
        let (id, _) = try await world.share(Self.secret)
        let planned = try world.plan(
            "POST /index.php/apps/files_sharing/shareinfo?t=\(Self.secret) HTTP/1.1")
        #expect(planned.status == 503)
        let found = try #require(try decisions().last)
        #expect(found.kind == "webdav" && found.action == .deny && found.by == "rule:no data")
        #expect(found.claimed == "one.test" && found.secrets.count == 1)
        #expect(found.object["ocm"]?.object?["share"]?.string == id.description)
        #expect(found.object["method"]?.string == "POST")
    }

    @Test func whoGetsNoAnswerOfTheBackendsIsWrittenDown() async throws {
        let world = try await TestGateway(journal: journal)
        let plan = world.gateway.plan(
            try world.head(["GET /page HTTP/1.1"], host: "other.test"), from: world.client)
        #expect(Planned(plan).status == 421)
        guard
            case .forward(let forwarding) = world.gateway.plan(
                try world.head("GET /page HTTP/1.1"), from: world.client)
        else { throw TestGateway.NoAddress() }
        #expect(forwarding.onFailure?(.connectRefused).status == 502)
        let found = try decisions()
        #expect(found.map(\.kind) == ["request", "request"])
        let address = world.client.addressText
        #expect(!address.isEmpty && found.map(\.client) == [address, address])
    }

    @Test func dataOfAPeerThatWasBlockedSinceNamesTheList() async throws {
        let world = try await TestGateway(journal: journal)
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        let policy = try Policy.past(
            """
            [list.out]
            standing = "block"
            hard = true
            entries = ["one.test"]
            [[rule]]
            name = "data"
            on = "webdav"
            action = "allow"
            """)
        world.gateway.policy.swap(policy)
        let planned = try world.plan(
            "GET /public.php/webdav/a HTTP/1.1", "Authorization: Bearer \(token)")
        #expect(planned.status == 403)
        let found = try #require(try decisions().last)
        #expect(found.by == "list:out" && found.standing == "list:out")
        #expect(found.place?.hasPrefix("policy.toml:") == true)
        #expect(found.checks.first?.result == "refused" && found.policy == policy.hash)
        // The rule that would have let it through was not asked.
        #expect(found.checks.contains { $0.name == "rule:data" })
        #expect(found.checks.dropFirst().allSatisfy { $0.result == "not-reached" })
        let replay = try Replay.run(policy, over: files.reader, since: 0, people: .pseudonyms)
        #expect(replay.byKind.rows["webdav.in"] == nil && replay.unknown == 0)
    }

    @Test func whatIsOnlyReportedOfARequestForDataIsRecorded() async throws {
        let rule =
            "[[rule]]\nname = \"no data\"\non = \"webdav\"\nmode = \"report\"\naction = \"deny\""
        let world = try await TestGateway(rules: rule, journal: journal)
        let (id, _) = try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        for _ in 0..<3 {
            let planned = try world.plan(
                "GET /public.php/webdav/a HTTP/1.1", "Authorization: Bearer \(token)")
            #expect(planned.status == nil)
        }
        // Of a transfer's many requests in one second the policy is asked once.
        let found = try decisions().filter { $0.kind == "webdav" }
        #expect(found.count == 1)
        let decision = try #require(found.first)
        #expect(decision.action == .allow && decision.by == "rule:admitted")
        #expect(decision.would == ["rule:no data"] && decision.claimed == "one.test")
        #expect(decision.object["status"] == nil)
        #expect(decision.object["ocm"]?.object?["share"]?.string == id.description)
        #expect(decision.checks.contains { $0.name == "rule:no data" && $0.result == "reported" })
        #expect(world.logged().contains("data.tolerated"))
    }

    @Test func whatACandidateSaysOfARequestForDataIsRecorded() async throws {
        let rule =
            "[[rule]]\nname = \"no data\"\non = \"webdav\"\nmode = \"report\"\naction = \"deny\""
        let world = try await TestGateway(rules: rule, journal: journal)
        let holder = world.gateway.policy
        holder.swap(holder.current, candidate: try .past(ReplayTests.all))
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        let request = "GET /public.php/webdav/a HTTP/1.1"
        #expect(try world.plan(request, "Authorization: Bearer \(token)").status == nil)
        let open = try Policy.past(
            "[[rule]]\nname = \"data\"\non = \"webdav\"\naction = \"allow\"\n")
        holder.swap(try .past(ReplayTests.all), candidate: open)
        #expect(try world.plan(request, "Authorization: Bearer \(token)").status == 403)
        let found = try decisions().filter { $0.kind == "webdav" }
        #expect(found.map(\.by) == ["rule:admitted", "default"])
        #expect(found.map { $0.candidate?.by } == ["default", "rule:data"])
        #expect(found.compactMap { $0.candidate?.action } == [.deny, .allow])
    }

    @Test func aRefusedRequestOfTheBackendForDataTellsItsShare() async throws {
        let way = try WayOut(journal: journal)
        let handle = try await way.receive(uri: "x7", demands: true)
        let field = "Authorization: Basic " + Base64.encode(Array("\(handle):".utf8))
        #expect(try await way.ask("GET /public.php/webdav/a HTTP/1.1", field).status == nil)
        let share = try #require(way.gateway.registry.find(Secret(utf8: handle), .inbound).first)
        try await way.gateway.store.commit(
            way.gateway.registry.end(share.share.id, now: way.gateway.environment.now()))
        #expect(try await way.ask("GET /public.php/webdav/a HTTP/1.1", field).status == 403)
        let found = try #require(try decisions().last)
        #expect(found.kind == "webdav" && found.direction == "out" && found.peer == "modern.test")
        #expect(found.by == "guard:share_ended" && found.code == "share_unknown")
        #expect(found.object["ocm"]?.object?["share"]?.string == share.share.id.description)
        #expect(found.facts?.occasion == Occasion(.webdav, .outbound))
        #expect(found.facts?.owner == "alice@modern.test")
    }

    // MARK: Messages that go out

    @Test func aMessageThatGoesOutIsRecorded() async throws {
        let (world, _, _) = try TestWorld.withPeers(journal: journal)
        #expect(try await world.send(OutboundMessages.share()).status == 201)
        #expect(try await world.send(OutboundMessages.share(), to: "stranger.test").status != 201)
        let found = try decisions()
        #expect(found.map(\.direction) == ["out", "out"])
        #expect(found.map(\.action) == [.allow, .deny])
        #expect(found[0].peer == "modern.test" && found[0].peerStatus == 201)
        #expect(found[0].facts?.occasion == Occasion(.share, .outbound))
        #expect(found[0].facts?.owner?.hasSuffix("@cloud.test") == true)
        #expect(found[0].secrets.count == 1)
        #expect(found[0].object["body"]?.object?["providerId"] != nil)
        let lines = try files.reader.days().map {
            try String(contentsOfFile: files.reader.file(of: $0), encoding: .utf8)
        }
        #expect(!lines.joined().contains("SECRET15CHARS00"))
    }

    // What the other server says may name anybody, and cannot be forgotten.
    @Test func theWordsOfAnotherServerAreForTheLogAlone() async throws {
        let (world, _, _) = try TestWorld.withPeers(journal: journal)
        let body = Array(#"{"message":"User dean does not exist"}"#.utf8)
        world.mail.answer(.success(PeerReply(status: 400, body: body)))
        _ = try await world.send(OutboundMessages.share())
        let found = try #require(try decisions().last)
        #expect(found.detail == "the peer answered 400" && found.object["words"] == nil)
        let line = try #require(world.decisions().last)
        #expect(line["words"]?.string == "User dean does not exist")
    }

    // MARK: Policies

    @Test func anotherPolicyInForceHasItsLineHoweverItCame() async throws {
        let world = try TestWorld(journal: journal)
        let before = world.gateway.policy.current
        let after = try Policy.past("")
        await world.gateway.changePolicy { _ in (after, nil) }
        await world.gateway.changePolicy { ($0.policy, nil) }
        journal.close()
        var told: [[String?]] = []
        try files.reader.lines(of: try files.reader.days()) { line, _ in
            if line.kind == .policy {
                told.append([line.member("was")?.string, line.member("policy")?.string])
            }
            return .goOn
        }
        #expect(told == [[before.hash, after.hash]])
    }

    // MARK: Before they are read

    @Test func whatIsRefusedBeforeItIsReadIsRecorded() async throws {
        let world = try await TestGateway(journal: journal)
        let start = RequestStart(guessing: Array("POST /ocm/shares HTTP/1.1\r\n".utf8).span)
        for failure in [RequestFailure.bodyTooLarge, .lengthAndCoding, .requestTimeout] {
            _ = world.gateway.refuse(failure, of: start, from: world.client)
        }
        _ = try world.plan("GET /ocm/notifications HTTP/1.1")
        #expect(try await world.post("/ocm/shares", "{\"a\":1,\"a\":2}").status == 400)
        _ = world.gateway.refuse(
            .lengthAndCoding,
            of: RequestStart(guessing: Array("POST /apps/files HTTP/1.1\r\n".utf8).span),
            from: world.client)
        let found = try decisions()
        #expect(
            found.map { "\($0.kind) \($0.status) \($0.code ?? "")" } == [
                "shares 413 body_too_large", "shares 400 malformed_request",
                "shares 408 request_timeout", "notifications 405 method_not_allowed",
                "shares 400 malformed_json", "request 400 malformed_request",
            ])
        #expect(found.allSatisfy { $0.by.hasPrefix("guard:") && $0.action == .deny })
        #expect(found.allSatisfy { $0.facts == nil && $0.client == "192.0.2.7" })
    }
}
