import Federation
import OpenSSL
import Testing

@testable import Gateway
@testable import Transport

@Suite struct TokenEndpointTests {
    private static let secret = "SECRET0PERMANEN"

    @Test func aCodeBecomesAShortLivedToken() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let answer = try await world.exchange(code: Self.secret)
        #expect(answer.status == 200)
        #expect(answer.values("cache-control") == ["no-store"])
        #expect(answer.values("content-type") == ["application/json"])
        let object = try #require(try JSONValue(parsing: answer.body).object)
        #expect(object["token_type"]?.string == "Bearer")
        #expect(object.members.map(\.name) == ["access_token", "token_type", "expires_in"])
        #expect(!String(decoding: answer.body, as: UTF8.self).contains(Self.secret))
        #expect(world.backend.take() == [])
    }

    @Test func aCodeIsGoodUntilItsShareEnds() async throws {
        let world = try await TestGateway()
        let (id, code) = try await world.share(Self.secret, handle: .make)
        #expect(code != Self.secret)
        let first = try await world.token(code)
        let second = try await world.token(code)
        #expect(first != second)
        try await world.gateway.store.commit(
            world.gateway.registry.end(id, now: world.gateway.environment.now()))
        let answer = try await world.exchange(code: code)
        #expect((answer.status, answer.code) == (400, "invalid_grant"))
    }

    /// What a backend says while it starts ends no share; what it goes on saying is so for as long. It
    /// counts what it refuses, so it is asked seldom, and in nobody's name.
    @Test func aCodeIsNoneWhileTheBackendRefusesItsSecret() async throws {
        let world = try await TestGateway()
        let (id, code) = try await world.share(Self.secret, handle: .make)
        let token = try await world.token(code)
        world.backend.answers(401)
        try hear(404, by: token, at: world)
        #expect(try await world.exchange(code: code).status == 200)
        try hear(401, by: token, at: world)
        // For the same access neither another token nor the same one again.
        let refused = try await world.exchange(code: code)
        #expect((refused.status, refused.code) == (502, "temporarily_unavailable"))
        #expect(refused.values("retry-after") == ["60"])
        let again = try data(token, at: world)
        #expect((again.status, again.code) == (401, "token_invalid"))
        world.pass(seconds: 59)
        #expect(try await world.exchange(code: code).status == 502)
        #expect(world.backend.take() == [])
        for (passed, lasts) in [(1, false), (120, false), (240, false), (480, true), (960, true)] {
            world.pass(seconds: passed)
            for asked in [1, 0] {
                let answer = try await world.exchange(code: code)
                #expect(answer.code == (lasts ? "invalid_grant" : "temporarily_unavailable"))
                #expect(world.backend.take().count == asked, "\(passed)")
                #expect(world.backend.takeClients() == Array(repeating: "-", count: asked))
            }
        }
        let now = world.gateway.environment.now()
        #expect(world.gateway.registry.standing(of: id, now: now) == .active)
        // Trouble says nothing of the share.
        world.backend.answers(503)
        world.pass(seconds: 1920)
        #expect(try await world.exchange(code: code).code == "temporarily_unavailable")
        world.backend.answers(207)
        world.pass(seconds: 3840)
        let next = try await world.token(code)
        #expect(world.backend.take().count == 2)
        #expect(try data(next, at: world).status == nil)
        #expect(try await world.exchange(code: code).status == 200)
        #expect(world.backend.take() == [])
    }

    /// Another share of the same peer goes on; one that is read by its secret is tried again after a while.
    @Test func aSecretThatTheBackendRefusesIsNotShownAtOnceAgain() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        try await world.share("SECRET-OF-OTHER", id: "2")
        let line = "GET /public.php/webdav/a HTTP/1.1"
        func plan(_ secret: String = Self.secret) throws -> Planned {
            try world.plan(line, basic(secret))
        }
        try hear(401, try world.head(line, basic(Self.secret)), at: world)
        #expect(try plan().status == 401 && plan().code == "secret_refused")
        #expect(try plan("SECRET-OF-OTHER").status == nil)
        world.pass(seconds: 60)
        #expect(try plan().status == nil)
        #expect(try plan().status == 401)
        world.pass(seconds: 120)
        try hear(200, try world.head(line, basic(Self.secret)), at: world)
        #expect(try plan().status == nil && plan().status == nil)
    }

    /// Whoever keeps its token asks too, once after each pause.
    @Test func aTokenOpensAgainWhatTheBackendRefusedForAMoment() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        try hear(401, by: token, at: world)
        world.pass(seconds: 59)
        #expect(try data(token, at: world).code == "token_invalid")
        world.pass(seconds: 1)
        #expect(try data(token, at: world).status == nil)
        #expect(try data(token, at: world).code == "token_invalid")
        world.pass(seconds: 60)
        try hear(304, by: token, at: world)
        #expect(try data(token, at: world).status == nil)
        #expect(try data(token, at: world).status == nil)
    }

    /// A refusal that trouble follows is one refusal: no peer gives its share up for it.
    @Test func aCodeIsGoodAgainAfterTroubleOfAnyLength() async throws {
        let world = try await TestGateway()
        let (_, code) = try await world.share(Self.secret, handle: .make)
        try hear(401, by: try await world.token(code), at: world)
        world.backend.answers(503)
        for _ in 0..<20 {
            world.pass(seconds: 60)
            for _ in 0..<2 {
                #expect(try await world.exchange(code: code).code == "temporarily_unavailable")
            }
        }
        #expect(world.backend.take().count == 20)
        world.backend.answers(207)
        world.pass(seconds: 60)
        #expect(try await world.exchange(code: code).status == 200)
    }

    /// Where the path shows the secret, 404 is said of a share that is gone as well.
    @Test func whatIsNotBelowAPathWithASecretEndsNoDoubt() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let line = "GET /public.php/webdav/a HTTP/1.1"
        let inPath = "GET /public.php/dav/files/\(Self.secret)/a HTTP/1.1"
        try hear(401, try world.head(line, basic(Self.secret)), at: world)
        world.pass(seconds: 60)
        try hear(404, try world.head(inPath), at: world)
        #expect(try world.plan(line, basic(Self.secret)).code == "secret_refused")
        world.pass(seconds: 60)
        try hear(200, try world.head(inPath), at: world)
        #expect(try world.plan(line, basic(Self.secret)).status == nil)
        #expect(try world.plan(line, basic(Self.secret)).status == nil)
    }

    private func data(_ token: String, at world: TestGateway) throws -> Planned {
        try world.plan("GET /public.php/webdav/a HTTP/1.1", "Authorization: Bearer \(token)")
    }

    /// The backend's answer to a request for data.
    private func hear(_ status: Int, by token: String, at world: TestGateway) throws {
        let head = try world.head(
            "GET /public.php/webdav/a HTTP/1.1", "Authorization: Bearer \(token)")
        try hear(status, head, at: world)
    }

    private func hear(_ status: Int, _ head: RequestHead, at world: TestGateway) throws {
        guard case .forward(let forwarding) = world.gateway.plan(head, from: world.client) else {
            throw TestGateway.NoAddress()
        }
        _ = forwarding.onHead?(try WayOut.answer(status))
    }

    /// Of what the rule set that let the share through, and of what that of the request sets, the
    /// stricter counts.
    @Test(arguments: [
        (nil, "", 300), (60, "", 60), (nil, "token_ttl = \"20s\"", 20),
        (60, "token_ttl = \"20s\"", 20), (10, "token_ttl = \"20s\"", 10),
        (900, "", 900),
    ])
    func tokensLiveAsLongAsTheRulesSay(_ share: Int?, _ set: String, _ lifetime: Int) async throws {
        let rule = "[[rule]]\nname = \"t\"\non = \"token.in\"\naction = \"allow\"\nset = { \(set) }"
        let world = try await TestGateway(rules: rule)
        try await world.share(
            Self.secret, settings: RuleSettings(tokenTTL: share.map { .seconds($0) }))
        let answer = try await world.exchange(code: Self.secret)
        #expect(try JSONValue(parsing: answer.body).object?["expires_in"] == .integer(lifetime))
    }

    @Test func noTokenIsSaidToLiveLongerThanItsShare() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret, expires: world.gateway.environment.now() + 40)
        let answer = try await world.exchange(code: Self.secret)
        #expect(try JSONValue(parsing: answer.body).object?["expires_in"] == .integer(40))
    }

    @Test func aRuleSaysWhoMayExchangeACode() async throws {
        let open = try await TestGateway()
        try await open.share(Self.secret, settings: RuleSettings(bind: CodeBinding.none))
        #expect(try await open.exchange(code: Self.secret, by: "two.test").status == 200)
        let bound = try await TestGateway(token: "bind = \"none\"")
        try await bound.share(Self.secret, settings: RuleSettings(bind: .peer))
        #expect(try await bound.exchange(code: Self.secret, by: "two.test").code == "invalid_grant")
        #expect(try await bound.exchange(code: Self.secret, by: "one.test").status == 200)
    }

    /// A site may have thousands, and its users' clients poll them all.
    @Test func aPeerExchangesAsOftenAsItsSharesNeed() async throws {
        let world = try await TestGateway()
        for number in 0..<210 {
            let (_, code) = try await world.share(
                "SECRET-\(number)", id: "\(number)", handle: .make)
            #expect(try await world.exchange(code: code).status == 200)
        }
    }

    /// Whether it goes on or has ended.
    @Test func oneShareIsExchangedSoOften() async throws {
        let world = try await TestGateway()
        let (id, code) = try await world.share(Self.secret, handle: .make)
        for _ in 0..<200 { #expect(try await world.exchange(code: code).status == 200) }
        let limited = try await world.exchange(code: code)
        #expect((limited.status, limited.code) == (429, "temporarily_unavailable"))
        try await world.gateway.store.commit(
            world.gateway.registry.end(id, now: world.gateway.environment.now()))
        #expect(try await world.exchange(code: code).status == 429)
        world.pass(seconds: 1)
        #expect(try await world.exchange(code: code).code == "invalid_grant")
    }

    /// It keeps its own, which it need not guess; anybody's, which a rule may let it exchange, it could.
    @Test func aSignerThatGuessesKeepsItsOwnCodesAlone() async throws {
        let world = try await TestGateway(token: "verify_unknown = \"refuse\"")
        let (_, own) = try await world.share(Self.secret, for: "two.test", handle: .make)
        let (_, free) = try await world.share(
            "SECRET-OF-ANYBODY", id: "2", handle: .make,
            settings: RuleSettings(bind: CodeBinding.none))
        #expect(try await world.signedExchange(code: free, by: "two.test").status == 200)
        for _ in 0..<200 {
            let guess = try await world.signedExchange(code: "guess", by: "two.test")
            #expect(guess.code == "invalid_grant")
        }
        #expect(try await world.signedExchange(code: "guess", by: "two.test").status == 429)
        #expect(try await world.signedExchange(code: free, by: "two.test").status == 429)
        #expect(try await world.signedExchange(code: own, by: "two.test").status == 200)
        #expect(try await world.signedExchange(code: "guess", by: "one.test").status == 400)
        world.pass(seconds: 1)
        #expect(try await world.signedExchange(code: free, by: "two.test").status == 200)
    }

    private static let readOnly = """
        [[rule]]
        name = "read only"
        on = "token.in"
        when = { permissions = ["write"] }
        action = "deny"
        """

    /// The rules about token requests can look at the share whose code is shown.
    @Test func rulesAboutTokensSeeTheShare() async throws {
        let world = try await TestGateway(rules: Self.readOnly)
        try await world.share(Self.secret, id: "1", permissions: .named(["read"]))
        try await world.share("SECRET-OF-WRITE", id: "2", permissions: .named(["write"]))
        #expect(try await world.exchange(code: Self.secret).status == 200)
        #expect(try await world.exchange(code: "SECRET-OF-WRITE").code == "unauthorized_client")
    }

    /// Several shares may open by one secret: the one that is judged is the one that is granted.
    @Test func rulesAboutTokensSeeTheShareThatIsGranted() async throws {
        let world = try await TestGateway(rules: Self.readOnly)
        try await world.share(Self.secret, id: "1", permissions: .named(["write"]))
        let (newer, _) = try await world.share(
            Self.secret, id: "2", permissions: .named(["read"]))
        #expect(try await world.exchange(code: Self.secret).status == 200)
        try await world.gateway.store.commit(
            world.gateway.registry.end(newer, now: world.gateway.environment.now()))
        #expect(try await world.exchange(code: Self.secret).code == "unauthorized_client")
    }

    /// A share that another server made opens nothing here, and no rule is asked about it.
    @Test func rulesAboutTokensSeeNoShareOfAnotherServer() async throws {
        let world = try await TestGateway(rules: Self.readOnly)
        try await world.share(Self.secret, permissions: .named(["write"]))
        let foreign = world.gateway.registry.record(
            NewShare(
                direction: .outbound, origin: .seen, peer: try #require(PeerHost("one.test")),
                providerID: nil, resourceType: "file",
                accesses: [
                    NewAccess(
                        protocolName: "webdav", secret: Secret(utf8: Self.secret), handle: .none,
                        permissions: .named(["read"]), uri: nil, requirements: [])
                ]), now: world.gateway.environment.now())
        try await world.gateway.store.commit(foreign.change)
        #expect(try await world.exchange(code: Self.secret).code == "unauthorized_client")
    }

    @Test func aShareThatExpiredGivesNoTokens() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret, expires: world.gateway.environment.now() + 60)
        _ = try await world.token(Self.secret)
        world.pass(seconds: 60)
        #expect(try await world.exchange(code: Self.secret).code == "invalid_grant")
    }

    @Test(
        arguments: [
            ("", "invalid_request"), ("%", "invalid_request"), ("=", "invalid_request"),
            ("client_id=one.test&code=x", "invalid_request"),
            ("grant_type=&client_id=one.test&code=x", "invalid_request"),
            ("grant_type=authorization_code&code=x", "invalid_request"),
            ("grant_type=authorization_code&client_id=one.test", "invalid_request"),
            ("grant_type=authorization_code&client_id=one.test&code=", "invalid_request"),
            ("grant_type=authorization_code&client_id=one.test&code=a%20b", "invalid_request"),
            (
                "grant_type=authorization_code&client_id=one.test&code=x&code=x",
                "invalid_request"
            ),
            (
                "grant_type=authorization_code&client_id=one.test&code=x&scope=a&scope=b",
                "invalid_request"
            ),
            ("grant_type=password&client_id=one.test&code=x", "unsupported_grant_type"),
            ("grant_type=refresh_token&client_id=one.test&code=x", "unsupported_grant_type"),
            ("grant_type=authorization_code&client_id=no host&code=x", "invalid_client"),
            ("grant_type=authorization_code&client_id=127.1&code=x", "invalid_client"),
            (
                "grant_type=authorization_code&client_id=stranger.test&code=x",
                "unauthorized_client"
            ),
        ])
    func aRequestThatIsWrongIsToldHow(_ form: String, _ error: String) async throws {
        let world = try await TestGateway()
        let answer = try await world.exchange(form)
        #expect((answer.status, answer.code) == (400, error))
        #expect(answer.values("cache-control") == ["no-store"])
        #expect(answer.values("pragma") == ["no-cache"])
        #expect(world.backend.take() == [])
    }

    @Test func whatStandsInTheQueryIsRefused() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let form = "grant_type=authorization_code&client_id=one.test"
        for query in ["?code=\(Self.secret)", "?grant_type=authorization_code", "?x"] {
            let answer = try await world.exchange(form + "&code=\(Self.secret)", query: query)
            #expect((answer.status, answer.code) == (400, "invalid_request"), "\(query)")
        }
        #expect(!world.logged().contains(Self.secret))
    }

    @Test func otherTypesAndGreatBodiesAreRefused() async throws {
        let world = try await TestGateway()
        for type in ["text/plain", "multipart/form-data; boundary=x", ""] {
            let answer = try await world.exchange("code=x", type: type)
            #expect((answer.status, answer.code) == (415, "invalid_request"), "\(type)")
            #expect(answer.values("cache-control") == ["no-store"])
        }
        let padding = String(repeating: "x", count: 20_000)
        let answer = try await world.exchange("code=\(padding)")
        #expect((answer.status, answer.code) == (413, "invalid_request"))
    }

    @Test(arguments: ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
    func onlyPostIsHeard(_ method: String) async throws {
        let world = try await TestGateway()
        let planned = try world.plan("\(method) /ocm/token HTTP/1.1")
        #expect(planned.status == 405)
    }

    @Test func theFormMayAlsoBeJSON() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let body = """
            {"grant_type":"authorization_code","client_id":"one.test","code":"\(Self.secret)"}
            """
        #expect(try await world.exchange(body, type: "application/json").status == 200)
        let twice = "{\"code\":\"a\",\"code\":\"b\"}"
        #expect(try await world.exchange(twice, type: "application/json").code == "invalid_request")
    }

    @Test func withoutBindingAnyPeerThatMayExchangeCan() async throws {
        let world = try await TestGateway(token: "bind = \"none\"")
        try await world.share(Self.secret)
        #expect(try await world.exchange(code: Self.secret).status == 200)
        #expect(try await world.exchange(code: Self.secret, by: "two.test").status == 200)
    }

    /// What a rule says of a share holds for whoever shows its code.
    @Test func withoutBindingTheRulesSeeTheShareOfAnyPeer() async throws {
        let rule = """
            [[rule]]
            name = "read only"
            on = "token.in"
            when = { permissions = ["write"] }
            action = "deny"
            """
        let world = try await TestGateway(token: "bind = \"none\"", rules: rule)
        try await world.share(Self.secret, permissions: .named(["write"]))
        try await world.share("SECRET-TO-READ", id: "2", permissions: .named(["read"]))
        for peer in ["one.test", "two.test"] {
            #expect(try await world.exchange(code: Self.secret, by: peer).status == 400)
            #expect(try await world.exchange(code: "SECRET-TO-READ", by: peer).status == 200)
        }
    }

    /// Nextcloud 35 writes its host into `client_id`, and its port into the name of its key alone.
    @Test func aClientWithoutItsPortIsTheServerThatSigned() async throws {
        let world = try TestWorld(partners: ["nc35.test:8443", "modern.test"])
        let peer = try TestPeer("nc35.test:8443")
        let other = try TestPeer("modern.test")
        try peer.publish(on: world.net)
        try other.publish(on: world.net)
        let recording = world.gateway.registry.record(
            NewShare(
                direction: .outbound, origin: .seen, peer: try #require(PeerHost(peer.host)),
                providerID: ProviderID("1"), resourceType: "file",
                accesses: [.webdav(Secret(utf8: Self.secret))]), now: world.clock.now)
        try await world.gateway.store.commit(recording.change)
        func ask(_ signer: TestPeer, _ nonce: String) async throws -> Answer {
            let request = try signer.request(
                "/ocm/token",
                "grant_type=authorization_code&client_id=nc35.test&code=\(Self.secret)",
                at: world.clock.now, type: "application/x-www-form-urlencoded", nonce: nonce)
            return try await world.receive(request, as: .token)
        }
        #expect(try await ask(peer, "n1").status == 200)
        #expect(try await ask(other, "n2").status >= 400)
    }

    @Test func nothingOfTheCodeIsLogged() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        _ = try await world.exchange(code: Self.secret, by: "two.test")
        let log = world.logged()
        #expect(log.contains("ocm.decision"))
        #expect(!log.contains(Self.secret))
        #expect(!log.contains(token))
    }
}
