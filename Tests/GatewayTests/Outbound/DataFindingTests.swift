import Federation
import OpenSSL
import Testing

@testable import Gateway
@testable import Transport

@Suite struct DataFindingTests {
    private static let get = "GET /public.php/webdav/a HTTP/1.1"

    /// A share of `modern.test`'s, and one that `legacy.test`, which knows its secret, says to have from
    /// there; what the backend shows for both.
    private func share(in world: WayOut) async throws -> String {
        let secret = try await world.receive(uri: "x7", demands: false)
        return try await world.receive(
            uri: nil, demands: false, from: "legacy.test", secret: secret,
            sender: "alice@modern.test")
    }

    @Test func whoKnowsTheSecretOfAShareDoesNotGetItsRequests() async throws {
        let world = try WayOut()
        let secret = try await share(in: world)
        let planned = try await world.ask(Self.get, basic(secret))
        #expect(planned.lines.first == "GET /webdav/ocm/x7/a HTTP/1.1")
        #expect(planned.values("host") == ["modern.test"])
    }

    @Test func aShareThatComesAgainIsOpenAtOnce() async throws {
        let world = try WayOut()
        let secret = try await world.receive(uri: "x7", demands: false)
        #expect(try await world.ask(Self.get, basic(secret)).status == nil)
        let first = try #require(world.gateway.registry.all.first)
        try await world.gateway.store.commit(
            world.gateway.registry.end(first.id, now: world.world.clock.now))
        #expect(try await world.ask(Self.get, basic(secret)).code == "share_unknown")
        #expect(try await world.receive(uri: "x8", demands: false) == secret)
        let planned = try await world.ask(Self.get, basic(secret))
        #expect(planned.lines.first == "GET /webdav/ocm/x8/a HTTP/1.1")
    }

    @Test func aShareThatIsOverIsNotReplacedByOneOfWhoKnowsItsSecret() async throws {
        let world = try WayOut()
        let secret = try await share(in: world)
        let own = try #require(
            world.gateway.registry.all.first { "\($0.peer)" == "modern.test" })
        try await world.gateway.store.commit(
            world.gateway.registry.end(own.id, now: world.world.clock.now))
        let planned = try await world.ask(Self.get, basic(secret))
        #expect(planned.status == 403 && planned.code == "share_unknown")
    }

    /// Whoever it names: what the backend shows there may be a name that it has, a public link, or what opens a
    /// share from before the gateway.
    @Test(
        arguments: [
            ("nextcloud", nil, get), ("nextcloud", "https://modern.test/d/", get),
            ("opencloud", "https://modern.test/d/", "GET /webdav/ocm/a HTTP/1.1"),
        ] as [(String, String?, String)])
    func thePeersSecretIsAnothersWordElsewhere(
        _ kind: String, _ uri: String?, _ line: String
    ) async throws {
        for sender in ["carol@modern.test", "alice@legacy.test"] {
            try await thePeersSecretIsAnothersWord(WayOut(kind: kind), sender, uri, line)
        }
    }

    private func thePeersSecretIsAnothersWord(
        _ world: WayOut, _ sender: String, _ uri: String?, _ line: String
    ) async throws {
        let secret = try await world.receive(
            uri: uri, demands: false, from: "legacy.test", sender: sender)
        func asked() async throws {
            let planned = try await world.ask(line, basic(secret))
            #expect(planned.values("host") == ["modern.test"])
            #expect(planned.values("authorization") == [basic(secret).dropFirst(15).description])
        }
        try await asked()
        let share = try #require(world.gateway.registry.all.first)
        try await world.gateway.store.commit(
            world.gateway.registry.end(share.id, now: world.world.clock.now))
        world.world.clock.pass(100)
        try await asked()
        #expect(world.world.mail.sent.isEmpty)
    }

    /// What we put in its place nobody else has chosen.
    @Test func whatStandsForASecretIsItsShareWhereverThatIsLookedFor() async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true, sender: "carol@legacy.test")
        let planned = try await world.ask(Self.get, basic(handle), at: "legacy.test")
        #expect(planned.values("host") == ["modern.test"])
        let other = try await world.receive(
            uri: "x8", demands: true, secret: "SECRET-OF-OTHER")
        let elsewhere = try await world.ask(Self.get, basic(other), at: "legacy.test")
        #expect(elsewhere.code == "not_allowed")
    }

    /// Seafile asks whoever shared it on, for whom the owner's secret is nobody's.
    @Test(arguments: ["seafile", "nextcloud"], ["legacy.test", "modern.test"])
    func whereItIsShownElsewhereASecretIsReplaced(_ kind: String, _ sharer: String) async throws {
        let world = try WayOut(configuration: "[egress]\nlisten = \"127.0.0.1:2\"", kind: kind)
        let text = Messages.oldShare(from: "legacy.test").replacing(
            #""sharedBy":"alice@https://legacy.test/"#,
            with: #""sharedBy":"carol@https://\#(sharer)/"#)
        let message = try await world.world.accept(TestRequest("/ocm/shares", text))
        let isReplaced = kind == "seafile" && sharer != "legacy.test"
        #expect(message.made?.accesses.map(\.hasHandle) == [isReplaced])
        guard isReplaced, let told = message.made else { return }
        let handle = try world.gateway.registry.credential(of: told).text
        #expect(String(decoding: message.body, as: UTF8.self).contains(handle))
        let planned = try await world.ask(Self.get, basic(handle), at: sharer)
        #expect(planned.values("host") == ["legacy.test"])
        let secret = basic("SECRET15CHARS00").dropFirst(15).description
        #expect(planned.values("authorization") == [secret])
    }

    /// The backend follows the URI of a share there.
    @Test(arguments: ["opencloud", "ocis", "cernbox"])
    func aSecretIsReplacedWhereTheDataAreElsewhere(_ kind: String) async throws {
        let world = try WayOut(configuration: "[egress]\nlisten = \"127.0.0.1:2\"", kind: kind)
        let modern = try TestPeer("modern.test")
        try modern.publish(on: world.world.net)
        for host in ["modern.test", "legacy.test"] {
            let secret = "secret-of-\(host)"
            let text = Messages.share(
                from: "modern.test", owner: "legacy.test", id: "\"\(host)\"", secret: secret,
                requirements: ""
            ).replacing("x7", with: "https://\(host)/d/")
            let message = try await world.world.accept(
                try modern.request("/ocm/shares", text, at: world.world.clock.now, nonce: host))
            let isReplaced = host != "modern.test"
            let draft = message.made
            let made = try #require(draft)
            #expect(made.accesses.map(\.hasHandle) == [isReplaced], "\(host)")
            let told = try world.gateway.registry.credential(of: made).text
            #expect(String(decoding: message.body, as: UTF8.self).contains(told))
            let planned = try await world.ask(
                "GET /d/a HTTP/1.1", "Authorization: Bearer \(told)", at: host)
            #expect(planned.values("host") == [host])
            #expect(planned.values("authorization") == ["Bearer \(secret)"])
        }
    }

    /// To the reva family anything but 404 is a fault, and it sets nothing aside for that.
    @Test(arguments: [
        ("ocis", 404), ("opencloud", 404), ("cernbox", 404), ("nextcloud", 403),
        ("owncloud10", 503), ("generic", 403),
    ])
    func aShareThatIsOverIsNotFoundByWhoLosesNothingByThat(
        _ kind: String, _ status: Int
    ) async throws {
        let world = try WayOut(kind: kind)
        let handle = try await world.receive(uri: "x7", demands: true)
        let credential = "Authorization: Bearer \(handle)"
        func ask(_ method: String) async throws -> Plan {
            try await world.plan(
                "\(method) /webdav/ocm/x7/a HTTP/1.1", credential, "Depth: 0", "Content-Length: 0")
        }
        let plans = [("GET", try await ask("GET")), ("DELETE", try await ask("DELETE"))]
        let share = try #require(world.gateway.registry.all.first)
        try await world.gateway.store.commit(
            world.gateway.registry.end(share.id, now: world.world.clock.now))
        for (method, plan) in plans {
            guard case .forward(let forwarding) = plan else { throw WayOut.Unmade() }
            #expect(forwarding.withdrawn?(0)?.status == (method == "GET" ? status : 403))
        }
        let codes = [404: "share_unknown", 403: "share_unknown", 503: "backend_unavailable"]
        for method in ["GET", "HEAD", "PROPFIND"] {
            let planned = Planned(try await ask(method))
            #expect(planned.status == status, "\(method)")
            #expect(planned.code == codes[status])
        }
        for method in ["PUT", "DELETE", "MKCOL", "PROPPATCH"] {
            #expect(Planned(try await ask(method)).status == 403, "\(method)")
        }
    }

    // MARK: Token endpoints that move

    private static let document = "https://modern.test/.well-known/ocm"
    private static let endPoint = #""tokenEndPoint":"https://modern.test/ocm/token""#

    private func tokenTargets(_ world: WayOut) -> [String] {
        world.world.mail.sent.map { String(decoding: $0.target, as: UTF8.self) }
    }

    @Test(arguments: [404, 405, 410])
    func aTokenEndpointThatIsGoneIsLookedForAgain(_ status: Int) async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true)
        #expect(try await world.ask(Self.get, basic(handle)).status == nil)
        // The token is over, the document is not.
        world.world.clock.pass(400)
        world.world.net.answer(
            Self.document, 200,
            WayOut.modern.replacing(
                Self.endPoint, with: #""tokenEndPoint":"https://modern.test/new/token""#))
        world.world.mail.answer(
            .success(PeerReply(status: status, body: [])), WayOut.token(2))
        #expect(try await world.ask(Self.get, basic(handle)).code == "peer_unavailable")
        world.world.clock.pass(5)
        let planned = try await world.ask(Self.get, basic(handle))
        #expect(planned.values("authorization") == ["Bearer token-2"])
        #expect(tokenTargets(world) == ["/ocm/token", "/ocm/token", "/new/token"])
    }

    /// As where it got a gateway meanwhile. A share is opened by several requests at once.
    @Test func aTokenEndpointThatAPeerHasByNowIsFoundBeforeAnythingIsRefused() async throws {
        let world = try WayOut()
        let net = world.world.net
        net.answer(Self.document, 200, WayOut.modern.replacing(Self.endPoint + ",", with: ""))
        _ = try await world.gateway.resolution.resolve(try #require(PeerHost("modern.test")))
        net.answer(Self.document, 200, WayOut.modern)
        world.world.clock.pass(1)
        let handle = try await world.receive(uri: "x7", demands: true)
        async let first = world.ask(Self.get, basic(handle)).values("authorization")
        async let second = world.ask(Self.get, basic(handle)).values("authorization")
        #expect(try await first == ["Bearer token-1"])
        #expect(try await second == ["Bearer token-1"])
        #expect(tokenTargets(world) == ["/ocm/token"])
    }

    @Test func aPeerThatNamesNoTokenEndpointIsAskedForOneOnceAMinute() async throws {
        let world = try WayOut()
        let (clock, net) = (world.world.clock, world.world.net)
        net.answer(Self.document, 200, WayOut.modern.replacing(Self.endPoint + ",", with: ""))
        let handle = try await world.receive(uri: "x7", demands: true)
        _ = try await world.gateway.resolution.resolve(try #require(PeerHost("modern.test")))
        for _ in 0..<12 {
            clock.pass(5)
            #expect(try await world.ask(Self.get, basic(handle)).code == "peer_unavailable")
        }
        #expect(net.asked.filter { $0 == Self.document }.count == 2)
        net.answer(Self.document, 200, WayOut.modern)
        clock.pass(60)
        #expect(try await world.ask(Self.get, basic(handle)).status == nil)
        #expect(tokenTargets(world) == ["/ocm/token"])
    }
}
