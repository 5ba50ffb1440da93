import Federation
import OpenSSL
import Testing

@testable import Gateway
@testable import Transport

/// Codes that were never seen: what the backend is asked of them, and what becomes of what it knows.
@Suite struct UnknownCodesTests {
    private static let secret = "SECRET0PERMANEN"

    @Test func aCodeOfAnotherPeerIsAnsweredAndCostsLikeOneThatNobodyKnows() async throws {
        let world = try await TestGateway()
        let (id, code) = try await world.share(Self.secret, for: "one.test", handle: .make)
        world.backend.answers(401)
        let foreign = try await world.signedExchange(code: code, by: "two.test")
        let asked = world.backend.take()
        let unknown = try await world.signedExchange(code: "never-given", by: "two.test")
        #expect(asked.count == 1 && world.backend.take().count == 1)
        #expect(foreign.status == unknown.status && foreign.code == unknown.code)
        #expect(foreign.reason == unknown.reason)
        #expect(foreign.fields.map(\.name) == unknown.fields.map(\.name))
        #expect(foreign.body.count == unknown.body.count)
        // We learn which it was.
        let told = world.world.decisions().map { $0["detail"]?.string }
        #expect(told.count == 2 && told[1]?.contains("of one.test") == false)
        #expect(told[0] == "the code of share \(id), which is of one.test")
    }

    /// Who ended the share for that sees it go on.
    @Test func aCodeThatIsOverIsKnownAgainFromAnotherPeer() async throws {
        let world = try await TestGateway()
        let (id, code) = try await world.share(Self.secret, for: "one.test", handle: .make)
        try await world.gateway.store.commit(
            world.gateway.registry.end(id, now: world.gateway.environment.now()))
        world.backend.answers(401)
        #expect(
            try await world.signedExchange(code: code, by: "two.test").code == "invalid_grant")
        #expect(
            world.world.decisions().last?["detail"]?.string
                == "the code of share \(id), which is of one.test, and over")
    }

    @Test func thePermanentSecretBehindACodeIsNoCode() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret, handle: .make)
        world.backend.answers(207)
        #expect(try await world.signedExchange(code: Self.secret).code == "invalid_grant")
        #expect(
            try await world.signedExchange(code: Self.secret, by: "two.test").code
                == "invalid_grant")
        #expect(world.gateway.registry.count == 1)
    }

    // A Basic user ends at its colon, and the password of a share is any.
    @Test func aSecretInDisguiseIsNoUnknownCode() async throws {
        let world = try await TestGateway()
        let (id, _) = try await world.share(Self.secret, permissions: .named(["read"]))
        world.backend.answers(207)
        for code in ["\(Self.secret)%3A", "\(Self.secret)%3Ax", "other%3Ax"] {
            for peer in ["one.test", "two.test"] {
                let answer = try await world.signedExchange(code: code, by: peer)
                #expect(answer.code == "invalid_grant")
            }
        }
        try await world.gateway.store.commit(
            world.gateway.registry.end(id, now: world.gateway.environment.now()))
        #expect(try await world.signedExchange(code: "\(Self.secret)%3A").code == "invalid_grant")
        #expect(world.gateway.registry.count == 1)
        #expect(world.backend.take() == [])
    }

    /// Who asks by what may be a link: over WebDAV, by the path that names it, and on its page.
    private static let places = [
        "/public.php/webdav/a", "/public.php/dav/files/\(secret)/a", "/s/\(secret)/download",
    ]

    /// What whoever has the link is answered at each of those; nil where it is the backend's to say.
    private func asked(_ world: TestGateway) throws -> [Int?] {
        try Self.places.map { place in
            try world.plan("GET \(place) HTTP/1.1", basic(Self.secret), "Accept: */*").status
        }
    }

    // A public link is known to many; that one of them shows it as a code takes it from nobody.
    @Test func aLinkThatAPeerExchangesStaysALink() async throws {
        let world = try await TestGateway()
        world.backend.answers(207)
        let token = try await world.signedToken(Self.secret)
        #expect(try asked(world) == [nil, nil, nil])
        // It may have a password, and be one that files are sent to.
        let password = basic("\(Self.secret):password", colons: 0)
        let planned = try world.plan("GET /public.php/webdav/a HTTP/1.1", password)
        #expect(planned.lines.contains(password))
        let files = "/public.php/dav/files/\(Self.secret)"
        for lines in [
            ["POST \(files)/ HTTP/1.1"],
            [
                "MOVE /public.php/dav/uploads/\(Self.secret)/1/.file HTTP/1.1",
                "Destination: https://cloud.test\(files)/a",
            ],
        ] {
            let planned = Planned(world.gateway.plan(try world.head(lines), from: world.client))
            #expect(planned.status == nil, "\(lines): \(planned)")
        }
        // Of a peer that is let in no more nothing tells whether it was one.
        let text = "version = 1\nname = \"closed\"\ndefault = \"deny\"\nunknown = \"deny\""
        world.gateway.policy.swap(
            try Policy(Array(text.utf8), file: "policy.toml", PolicyFiles { _ in nil }),
            candidate: nil)
        for status in try asked(world) { #expect([401, 403].contains(status)) }
        #expect(
            try world.plan("GET /public.php/webdav/a HTTP/1.1", "Authorization: Bearer \(token)")
                .status == 403)
    }

    /// What the policy wants of the share of a peer it does not want of a link.
    @Test func rulesAboutTheDataOfSharesAreNotAboutLinks() async throws {
        let rule = "[[require]]\nname = \"x\"\non = \"webdav\"\nneed = [\"token-exchange\"]"
        let world = try await TestGateway(rules: rule)
        world.backend.answers(207)
        _ = try await world.signedToken(Self.secret)
        #expect(try asked(world) == [nil, nil, nil])
    }

    @Test(arguments: [true, false])
    func aLinkThatAPeerDeclinesIsLeftToTheOthers(_ isRevoked: Bool) async throws {
        let world = try await TestGateway()
        world.backend.answers(207)
        let token = try await world.signedToken(Self.secret)
        let share = try #require(world.gateway.registry.all.first)
        if isRevoked {
            try await world.gateway.store.commit(
                world.gateway.registry.end(share.id, now: world.gateway.environment.now()))
        }
        world.backend.answers(201, "[]")
        let answer = try await world.signedPost(
            "/ocm/notifications", Messages.notification("SHARE_DECLINED", secret: Self.secret))
        #expect(answer.status == 201)
        let data = try world.plan(
            "GET /public.php/webdav/a HTTP/1.1", "Authorization: Bearer \(token)")
        #expect(data.status == 401)
        // What an operator has ended is over, whatever the peer says after it.
        #expect(try asked(world) == (isRevoked ? [401, 401, 401] : [nil, nil, nil]))
    }

    // Anybody can write the name of a peer that need not sign.
    @Test func whoDoesNotSignShowsNoCodeThatWasNeverSeen() async throws {
        let world = try await TestGateway()
        world.backend.answers(207)
        #expect(try await world.exchange(code: Self.secret).code == "invalid_grant")
        #expect(world.backend.take() == [] && world.gateway.registry.count == 0)
        #expect(try asked(world) == [nil, nil, nil])
        try await world.share(Self.secret)
        #expect(try await world.exchange(code: Self.secret).status == 200)
        let (id, code) = try await world.share(
            "OTHER0PERMANENT", for: "two.test", id: "2", handle: .make)
        #expect(try await world.exchange(code: code).code == "invalid_grant")
        #expect(
            world.world.decisions().last?["detail"]?.string
                == "the code of share \(id), which is of two.test")
    }

    @Test func anUnknownCodeIsTriedOnceAtTheBackendAndThenBound() async throws {
        let world = try await TestGateway()
        world.backend.answers(207)
        #expect(try await world.signedExchange(code: Self.secret).status == 200)
        let credential = "Basic " + Base64.encode(Array("\(Self.secret):".utf8))
        #expect(world.backend.take() == ["PROPFIND /public.php/webdav/ \(credential)"])
        #expect(try await world.signedExchange(code: Self.secret).status == 200)
        #expect(world.backend.take() == [])
        let other = try await world.signedExchange(code: Self.secret, by: "two.test")
        #expect(other.code == "invalid_grant")
        #expect(world.gateway.registry.all.map(\.boundPeer?.description) == ["one.test"])
    }

    @Test func anUnknownCodeIsTriedInTheFolderOfTheBackend() async throws {
        let world = try await TestGateway()
        try world.moveBackend()
        world.backend.answers(207)
        #expect(try await world.signedExchange(code: Self.secret).status == 200)
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
        let token = try await world.signedToken(Self.secret)
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
        #expect(try await world.signedExchange(code: Self.secret).code == "unauthorized_client")
        #expect(world.backend.take() == [])
    }

    @Test func ofSeveralWhoShowAnUnknownCodeAtOnceOneHasIt() async throws {
        let world = try await TestGateway()
        world.backend.answers(207)
        let answers = try await withThrowingTaskGroup(of: (String, Int).self) { group in
            for number in 0..<8 {
                let peer = number % 2 == 0 ? "one.test" : "two.test"
                group.addTask {
                    (peer, try await world.signedExchange(code: Self.secret, by: peer).status)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(answers.filter { $0.1 == 200 }.map(\.0)).count == 1)
        #expect(answers.filter { $0.1 == 200 }.count == 4)
        #expect(world.gateway.registry.count == 1)
    }

    @Test func refusingUnknownCodesAsksNobody() async throws {
        let world = try await TestGateway(token: "verify_unknown = \"refuse\"")
        world.backend.answers(207)
        let (_, code) = try await world.share(Self.secret, for: "two.test", handle: .make)
        #expect(try await world.signedExchange(code: "never-given").code == "invalid_grant")
        #expect(try await world.signedExchange(code: code).code == "invalid_grant")
        #expect(world.backend.take() == [])
    }

    @Test func guessingIsLimitedForEachPeer() async throws {
        let world = try await TestGateway()
        var statuses: [Int] = []
        for number in 0..<25 {
            statuses.append(try await world.signedExchange(code: "guess-\(number)").status)
        }
        #expect(statuses.prefix(20).allSatisfy { $0 == 400 })
        #expect(statuses.suffix(5).allSatisfy { $0 == 429 })
        #expect(world.backend.take().count == 20)
        let limited = try await world.signedExchange(code: "guess")
        #expect(limited.code == "temporarily_unavailable")
        #expect(limited.values("retry-after") == ["60"])
        // A peer counts by its name, whatever ports of it ask.
        let port = try await world.signedExchange(code: "guess", by: "one.test:8443")
        #expect(port.code == "temporarily_unavailable")
        // Others, and codes that are known, are not held up.
        #expect(try await world.signedExchange(code: "guess", by: "two.test").status == 400)
        try await world.share(Self.secret)
        #expect(try await world.signedExchange(code: Self.secret).status == 200)
        world.pass(seconds: 6)
        #expect(try await world.signedExchange(code: "guess").status == 400)
    }

    @Test(arguments: [
        (401, 400), (404, 400), (500, 502), (503, 502), (429, 502), (200, 502), (301, 502),
        (302, 502), (400, 502), (403, 502), (405, 502), (408, 502), (421, 502),
    ])
    func aBackendThatIsInTroubleIsNoVerdictOnTheCode(_ status: Int, _ answered: Int) async throws {
        let world = try await TestGateway()
        world.backend.answers(status)
        let answer = try await world.signedExchange(code: Self.secret)
        #expect(answer.status == answered)
        #expect(
            answer.code == (answered == 400 ? "invalid_grant" : "temporarily_unavailable"))
        #expect(world.gateway.registry.count == 0)
    }

    @Test func aStoreThatDoesNotWriteGivesNoToken() async throws {
        let world = try await TestGateway()
        world.backend.answers(207)
        world.gateway.store.close()
        let answer = try await world.signedExchange(code: Self.secret)
        #expect(answer.status == 503)
        #expect(answer.code == "temporarily_unavailable")
        #expect(answer.values("retry-after") == ["30"])
    }
}
