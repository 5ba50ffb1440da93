import Federation
import OpenSSL
import Testing

@testable import Gateway
@testable import Transport

/// Calendars, rooms and boards, which peers reach on the backend's own paths by the secret of their share.
@Suite struct PassThroughTests {
    private static let secret = "SECRET0OF0A0CALENDAR0OF032CHARS0"
    private static let calendar = "/remote.php/dav/remote-calendars/Ym9i/work_shared_by_alice/"

    private func field(_ password: String) -> String {
        "Authorization: Basic \(Base64.encode(Array("Ym9iQG9uZS50ZXN0:\(password)".utf8)))"
    }

    private func plan(
        _ world: TestGateway, _ password: String = Self.secret, _ path: String = Self.calendar
    ) throws -> Planned {
        try world.plan("REPORT \(path) HTTP/1.1", field(password))
    }

    @Test func aCalendarOpensUntilItsShareEnds() async throws {
        let world = try await TestGateway()
        #expect(try plan(world).status == nil)
        let (id, _) = try await world.share(Self.secret, id: "calendar")
        #expect(try plan(world).values("authorization").count == 1)
        try await world.gateway.store.commit(
            world.gateway.registry.end(id, now: world.gateway.environment.now()))
        for path in [Self.calendar, "/ocs/v2.php/apps/spreed/api/v4/room", "/x"] {
            let planned = try plan(world, Self.secret, path)
            #expect((planned.status, planned.code) == (401, "secret_refused"))
        }
        #expect(world.logged().contains("share \(id) is over"))
        #expect(!world.logged().contains(Self.secret))
        // Databases do not see spaces at the end, and PHP passes over what is no base64.
        #expect(try plan(world, "\(Self.secret)  ").status == 401)
        let loose = field(Self.secret).replacing("Basic WW05", with: "bASIC WW*0=5")
        #expect(loose != field(Self.secret))
        #expect(try world.plan("GET \(Self.calendar) HTTP/1.1", loose).status == 401)
        // Nextcloud takes any white space behind the scheme, and looks for it anywhere; PHP's strings end at
        // a NUL.
        for start in ["Basic\t", "Basic \t", "x Basic ", "Bearer x,bASIC\t"] {
            let credential = field(Self.secret).replacing("Basic ", with: start)
            let planned = try world.plan("REPORT \(Self.calendar) HTTP/1.1", credential)
            #expect((planned.status, planned.code) == (401, "secret_refused"))
        }
        #expect(try plan(world, "\(Self.secret)\0x").status == 401)
        // What nobody knows is the backend's.
        #expect(try plan(world, "ANOTHER0CALENDAR0OF0THE0BACKEND0").status == nil)
        #expect(try plan(world, "pw").status == nil)
        let bearer = "Authorization: Bearer x"
        #expect(try world.plan("GET \(Self.calendar) HTTP/1.1", bearer).status == nil)
        // The same may be shared again.
        try await world.share(Self.secret, id: "calendar")
        #expect(try plan(world).status == nil)
    }

    /// Nextcloud makes its calendars' of `+` and `/` too.
    @Test(arguments: ["SECRET+OF/A+CALENDAR/OF+32+CHAR/", "sauce & bread: 8 €"])
    func theSecretOfACalendarMayHaveAnyCharacters(_ secret: String) async throws {
        let world = try await TestGateway()
        let (id, _) = try await world.share(secret, id: "calendar")
        #expect(try plan(world, secret).status == nil)
        try await world.gateway.store.commit(
            world.gateway.registry.end(id, now: world.gateway.environment.now()))
        let over = try plan(world, secret)
        #expect((over.status, over.code) == (401, "secret_refused"))
        try await world.share(secret, for: "blocked.test")
        let blocked = try plan(world, secret)
        #expect((blocked.status, blocked.code) == (403, "peer_blocked"))
    }

    /// Deck shows the secret of a board in a field of its own, and the web server may take any of several.
    @Test(arguments: [secret, "SECRET+OF/A+BOARD/OF+32+CHARS000"])
    func aBoardOpensUntilItsShareEnds(_ secret: String) async throws {
        let world = try await TestGateway()
        let stacks = "GET /ocs/v2.php/apps/deck/api/v1.0/stacks/2 HTTP/1.1"
        let board = "deck-federation-accesstoken: \(secret)"
        let shown = [[board], ["Deck-Federation-AccessToken: x", board], [board, field("pw")]]
        func plan(_ fields: [String]) throws -> Planned {
            Planned(world.gateway.plan(try world.head([stacks] + fields), from: world.client))
        }
        let (id, _) = try await world.share(secret, id: "board")
        for fields in shown { #expect(try plan(fields).status == nil) }
        #expect(try plan([board]).values("deck-federation-accesstoken") == [secret])
        try await world.gateway.store.commit(
            world.gateway.registry.end(id, now: world.gateway.environment.now()))
        for fields in shown {
            let planned = try plan(fields)
            #expect((planned.status, planned.code) == (401, "secret_refused"))
        }
        #expect(world.logged().contains("share \(id) is over"))
        #expect(!world.logged().contains(secret))
        #expect(try plan(["deck-federation-accesstoken: ANOTHER0BOARD0000"]).status == nil)
        try await world.share(secret, for: "blocked.test")
        let blocked = try plan([board])
        #expect((blocked.status, blocked.code) == (403, "peer_blocked"))
    }

    @Test func aCalendarOpensNoLongerThanItsShareLasts() async throws {
        let world = try await TestGateway()
        let now = world.gateway.environment.now()
        try await world.share(Self.secret, expires: now + 40)
        #expect(try plan(world).status == nil)
        world.pass(seconds: 40)
        #expect(try plan(world).status == 401)
    }

    /// It is the user, with any password, and opens shared data alone.
    @Test(arguments: ["nextcloud", "owncloud10", "generic"])
    func noPageTakesTheSecretOfSharedFiles(_ kind: String) async throws {
        let world = try await TestGateway(kind: kind)
        try world.moveBackend()
        func plan(_ credential: String) throws -> Planned {
            try world.plan("PROPFIND /old/x HTTP/1.1", "Authorization: \(credential)")
        }
        func basic(_ pair: String) -> String { "Basic \(Base64.encode(Array(pair.utf8)))" }
        let shown = [
            basic("\(Self.secret):"), basic("\(Self.secret):pw"), basic("\(Self.secret)  :pw"),
            basic("\(Self.secret)\0x:pw"), "x \(basic("\(Self.secret):"))",
            "Bearer \(Self.secret)",
        ]
        for credential in shown { #expect(try plan(credential).status == nil) }
        let other = "SECRET+OF/ANOTHER=KIND"
        #expect(try plan("Bearer \(other)").status == nil)
        try await world.share(other, id: "2")
        for credential in ["Bearer \(other)", basic("\(other):")] {
            #expect(try plan(credential).code == "secret_refused")
        }
        try await world.share(Self.secret)
        for credential in shown {
            let planned = try plan(credential)
            #expect((planned.status, planned.code) == (401, "secret_refused"), "\(credential)")
        }
        #expect(try plan(basic("alice-of-cloud:pw-of-an-app-0123456")).status == nil)
        #expect(try plan("Bearer an-app-0123456").status == nil)
        #expect(!world.logged().contains(Self.secret))
    }

    /// oCIS, OpenCloud and CERNBox fetch and store the bytes of files at the site's own address.
    @Test(arguments: [
        ("ocis", true), ("opencloud", true), ("cernbox", true), ("nextcloud", false),
        ("owncloud10", false), ("seafile", false), ("generic", false),
    ])
    func theBackendReachesItsOwnDataWhereNothingElseMayPass(
        _ kind: String, _ asksItself: Bool
    ) async throws {
        let world = try await TestGateway(kind: kind, pass: "ocm")
        for (method, isOwn) in [("GET", true), ("PUT", true), ("GET", false), ("PUT", false)] {
            for target in [
                "/data", "/data/eyJhbGciOiJIUzI1NiJ9.e30.x_-y", "/data/a%20b", "/data//a",
            ] {
                let head = try world.head("\(method) \(target) HTTP/1.1", "Content-Length: 0")
                let planned = Planned(
                    world.gateway.plan(
                        head, from: world.client, through: isOwn ? .wayOut : .listener))
                #expect(planned.lines.isEmpty == !(isOwn && asksItself), "\(method) \(target)")
                #expect(planned.status == (isOwn && asksItself ? nil : 404))
            }
        }
        for target in ["/", "/datax", "/datax/a", "/remote.php/dav/files/a/data/b", "/x/data"] {
            let head = try world.head("GET \(target) HTTP/1.1")
            let planned = Planned(world.gateway.plan(head, from: world.client, through: .wayOut))
            #expect(planned.status == 404, "\(target)")
        }
    }

    @Test(arguments: [("bridge", 403 as Int?, "peer_blocked" as String?), ("observe", nil, nil)])
    func aCalendarDoesNotOpenToAPeerThatIsBlocked(
        _ profile: String, _ status: Int?, _ code: String?
    ) async throws {
        let world = try await TestGateway(profile: profile)
        try await world.share(Self.secret, for: "blocked.test")
        let planned = try plan(world)
        #expect((planned.status, planned.code) == (status, code))
    }

    @Test(
        arguments: [
            ("Basic YTpi", "b"), ("basic YTpi", "b"), ("Basic YTpiOmM=", "b:c"),
            ("Basic YTpiICA=", "b"), ("Basic Y T-p\tb", "["), ("Basic YTog", nil),
            ("Basic YWI=", nil), ("Basic ", nil), ("Bearer YTpi", nil), ("Basic", nil), ("", nil),
            ("Basics YTpi", nil), ("BasicYTpi", nil), ("Basic\tYTpi", "b"), ("x,Basic YTpi", "b"),
            ("Bearer x Basic YTpi", "b"), ("BasicBasic \tYTpi", "b"), ("Basic x Basic YTpi", nil),
            ("Basic YTpiAGM=", "b"), ("Basic YTpiIABj", "b"), ("Basic YQA6Yg==", "b"),
            ("Basic YToAYg==", nil),
        ] as [(String, String?)])
    func aPasswordIsReadAsPHPDoes(_ field: String, _ password: String?) {
        #expect(BasicLogin(field)?.password?.text == password)
    }
}
