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
        #expect(object.members.map(\.0) == ["access_token", "token_type", "expires_in"])
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

    @Test func aCodeOfAnotherPeerIsAnsweredAndCostsLikeOneThatNobodyKnows() async throws {
        let world = try await TestGateway()
        let (_, code) = try await world.share(Self.secret, for: "one.test", handle: .make)
        world.backend.answers(401)
        let foreign = try await world.exchange(code: code, by: "two.test")
        let asked = world.backend.take()
        let unknown = try await world.exchange(code: "never-given", by: "two.test")
        #expect(asked.count == 1 && world.backend.take().count == 1)
        #expect(foreign.status == unknown.status && foreign.code == unknown.code)
        #expect(foreign.reason == unknown.reason)
        #expect(foreign.fields.map(\.name) == unknown.fields.map(\.name))
        #expect(foreign.body.count == unknown.body.count)
    }

    @Test func thePermanentSecretBehindACodeIsNoCode() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret, handle: .make)
        world.backend.answers(207)
        #expect(try await world.exchange(code: Self.secret).code == "invalid_grant")
        #expect(
            try await world.exchange(code: Self.secret, by: "two.test").code == "invalid_grant")
        #expect(world.gateway.registry.count == 1)
    }

    // A Basic user ends at its colon, and the password of a share is any.
    @Test func aSecretInDisguiseIsNoUnknownCode() async throws {
        let world = try await TestGateway()
        let (id, _) = try await world.share(Self.secret, permissions: .named(["read"]))
        world.backend.answers(207)
        for code in ["\(Self.secret)%3A", "\(Self.secret)%3Ax", "other%3Ax"] {
            for peer in ["one.test", "two.test"] {
                #expect(try await world.exchange(code: code, by: peer).code == "invalid_grant")
            }
        }
        try await world.gateway.store.commit(
            world.gateway.registry.end(id, now: world.gateway.environment.now()))
        #expect(try await world.exchange(code: "\(Self.secret)%3A").code == "invalid_grant")
        #expect(world.gateway.registry.count == 1)
        #expect(world.backend.take() == [])
    }

    // A public link is known to many; that one of them shows it as a code takes it from nobody.
    @Test func aLinkThatAPeerExchangesStaysALink() async throws {
        let world = try await TestGateway()
        world.backend.answers(207)
        let token = try await world.token(Self.secret)
        let link = [basic(Self.secret), "Accept: */*"]
        func ask(_ target: String) throws -> Int? {
            Planned(
                world.gateway.plan(
                    try world.head(["GET \(target) HTTP/1.1"] + link), from: world.client)
            ).status
        }
        let places = [
            "/public.php/webdav/a", "/public.php/dav/files/\(Self.secret)/a",
            "/s/\(Self.secret)/download",
        ]
        for place in places { #expect(try ask(place) == nil, "\(place)") }
        let text = "version = 1\nname = \"closed\"\ndefault = \"deny\"\nunknown = \"deny\""
        world.gateway.policy.swap(
            try Policy(Array(text.utf8), file: "policy.toml", PolicyFiles { _ in nil }),
            candidate: nil)
        for place in places { #expect([401, 403].contains(try ask(place)), "\(place)") }
        #expect(
            try world.plan("GET /public.php/webdav/a HTTP/1.1", "Authorization: Bearer \(token)")
                .status == 403)
    }

    @Test func anUnknownCodeIsTriedOnceAtTheBackendAndThenBound() async throws {
        let world = try await TestGateway()
        world.backend.answers(207)
        #expect(try await world.exchange(code: Self.secret).status == 200)
        let credential = "Basic " + Base64.encode(Array("\(Self.secret):".utf8))
        #expect(world.backend.take() == ["PROPFIND /public.php/webdav/ \(credential)"])
        #expect(try await world.exchange(code: Self.secret).status == 200)
        #expect(world.backend.take() == [])
        let other = try await world.exchange(code: Self.secret, by: "two.test")
        #expect(other.code == "invalid_grant")
        #expect(world.gateway.registry.all.map(\.boundPeer?.description) == ["one.test"])
    }

    @Test func anUnknownCodeIsTriedInTheFolderOfTheBackend() async throws {
        let world = try await TestGateway()
        try world.moveBackend()
        world.backend.answers(207)
        #expect(try await world.exchange(code: Self.secret).status == 200)
        let asked = world.backend.take()
        #expect(asked.first?.hasPrefix("PROPFIND /cloud/public.php/webdav/ ") == true)
    }

    /// It may be a folder: a rule that lets files through does not let it through.
    @Test func ofWhatAnUnknownCodeIsNobodyKnows() async throws {
        let rules = """
            [[rule]]
            name = "files"
            on = "webdav.in"
            when = { resource_type = "file" }
            action = "allow"
            [[rule]]
            name = "nothing else"
            on = "webdav.in"
            action = "deny"
            """
        let world = try await TestGateway(rules: rules)
        world.backend.answers(207)
        let token = try await world.token(Self.secret)
        #expect(world.gateway.registry.all.map(\.resourceType) == [nil])
        let asked = try world.plan(
            "GET /public.php/webdav/a HTTP/1.1", "Authorization: Bearer \(token)")
        #expect(asked.status == 403)
    }

    @Test func whoMayNotShareIsAlsoWhoMadeAnUnknownCode() async throws {
        let rules = """
            [[rule]]
            name = "nothing of ours"
            on = ["token", "webdav"]
            when = { owner = "*@cloud.test" }
            action = "deny"
            """
        let world = try await TestGateway(rules: rules)
        world.backend.answers(207)
        #expect(try await world.exchange(code: Self.secret).code == "unauthorized_client")
        #expect(world.backend.take() == [])
    }

    @Test func ofSeveralWhoShowAnUnknownCodeAtOnceOneHasIt() async throws {
        let world = try await TestGateway()
        world.backend.answers(207)
        let answers = try await withThrowingTaskGroup(of: (String, Int).self) { group in
            for number in 0..<8 {
                let peer = number % 2 == 0 ? "one.test" : "two.test"
                group.addTask {
                    (peer, try await world.exchange(code: Self.secret, by: peer).status)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(answers.filter { $0.1 == 200 }.map(\.0)).count == 1)
        #expect(answers.filter { $0.1 == 200 }.count == 4)
        #expect(world.gateway.registry.count == 1)
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

    @Test func refusingUnknownCodesAsksNobody() async throws {
        let world = try await TestGateway(token: "verify_unknown = \"refuse\"")
        world.backend.answers(207)
        let (_, code) = try await world.share(Self.secret, for: "two.test", handle: .make)
        #expect(try await world.exchange(code: "never-given").code == "invalid_grant")
        #expect(try await world.exchange(code: code).code == "invalid_grant")
        #expect(world.backend.take() == [])
    }

    @Test func guessingIsLimitedForEachPeer() async throws {
        let world = try await TestGateway()
        var statuses: [Int] = []
        for number in 0..<25 {
            statuses.append(try await world.exchange(code: "guess-\(number)").status)
        }
        #expect(statuses.prefix(20).allSatisfy { $0 == 400 })
        #expect(statuses.suffix(5).allSatisfy { $0 == 429 })
        #expect(world.backend.take().count == 20)
        let limited = try await world.exchange(code: "guess")
        #expect(limited.code == "temporarily_unavailable")
        #expect(limited.values("retry-after") == ["60"])
        // A peer counts by its name, whatever ports of it ask.
        let port = try await world.exchange(code: "guess", by: "one.test:8443")
        #expect(port.code == "temporarily_unavailable")
        // Others, and codes that are known, are not held up.
        #expect(try await world.exchange(code: "guess", by: "two.test").status == 400)
        try await world.share(Self.secret)
        #expect(try await world.exchange(code: Self.secret).status == 200)
        world.pass(seconds: 6)
        #expect(try await world.exchange(code: "guess").status == 400)
    }

    @Test(arguments: [(500, 502), (503, 502), (429, 502), (404, 400), (301, 400), (200, 400)])
    func aBackendThatIsInTroubleIsNoVerdictOnTheCode(_ status: Int, _ answered: Int) async throws {
        let world = try await TestGateway()
        world.backend.answers(status)
        let answer = try await world.exchange(code: Self.secret)
        #expect(answer.status == answered)
        #expect(
            answer.code == (answered == 400 ? "invalid_grant" : "temporarily_unavailable"))
        #expect(world.gateway.registry.count == 0)
    }

    @Test func aStoreThatDoesNotWriteGivesNoToken() async throws {
        let world = try await TestGateway()
        world.backend.answers(207)
        world.gateway.store.close()
        let answer = try await world.exchange(code: Self.secret)
        #expect(answer.status == 503)
        #expect(answer.code == "temporarily_unavailable")
        #expect(answer.values("retry-after") == ["30"])
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
