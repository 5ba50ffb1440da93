import Federation
import OpenSSL
import Testing

@testable import Gateway
@testable import Transport

@Suite struct SharedSecretsTests {
    private static let secret = "SECRET0PERMANEN"
    private static let root = "/public.php/webdav"
    private static let inside = "Basic " + Base64.encode(Array("\(secret):".utf8))

    // MARK: Secrets

    @Test(arguments: [1, 2, 3, 4])
    func seafilesColonsAreOfTheCredentialNotOfTheSecret(_ colons: Int) async throws {
        let world = try await TestGateway()
        let (_, code) = try await world.share(Self.secret, handle: .make)
        let planned = try world.plan(
            "GET \(Self.root)/a HTTP/1.1", basic(code, colons: colons))
        #expect(planned.values("authorization") == [Self.inside])
    }

    @Test func aSecretThatIsKnownWorksWhilePolicySaysSo() async throws {
        let modes = [("legacy", true, false), ("all", true, true), ("none", false, false)]
        for (mode, plain, demanding) in modes {
            let world = try await TestGateway(token: "accept_secret = \"\(mode)\"")
            try await world.share("SECRET-PLAIN", id: "1")
            try await world.share("SECRET-TOKENS", id: "2", requirements: [.mustExchangeToken])
            for (secret, isTaken) in [("SECRET-PLAIN", plain), ("SECRET-TOKENS", demanding)] {
                // ownCloud deletes its mount for a 401 to Basic, and declines the share.
                let refused = mode == "none" ? 403 : 401
                for (credential, status) in [
                    (basic(secret), refused), ("Authorization: Bearer \(secret)", 401),
                ] {
                    let planned = try world.plan("GET \(Self.root)/a HTTP/1.1", credential)
                    #expect(planned.status == (isTaken ? nil : status), "\(mode) \(secret)")
                    #expect(planned.code == (isTaken ? nil : "secret_refused"))
                }
            }
            // Links of the backend's own users.
            let link = try world.plan("GET \(Self.root)/a HTTP/1.1", basic("PUBLICLINK"))
            #expect(link.status == (mode == "none" ? 403 : nil))
        }
    }

    /// What is over is so for good.
    @Test func withoutSecretsTheOneOfAShareThatIsOverIsStillWrong() async throws {
        let world = try await TestGateway(token: "accept_secret = \"none\"")
        let (id, _) = try await world.share(Self.secret)
        try await world.gateway.store.commit(
            world.gateway.registry.end(id, now: world.gateway.environment.now()))
        #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", basic(Self.secret)).status == 401)
    }

    /// What the way over WebDAV demands counts, and what was shown; not what a third way demands.
    @Test func onlyTheWayThatIsUsedHasToBeExchanged() async throws {
        let world = try await TestGateway()
        let host = try #require(PeerHost("one.test"))
        let cases: [(webdav: [ShareRequirement], webapp: [ShareRequirement], Int?, Int?)] = [
            ([], [.mustExchangeToken], nil, 401), ([.mustExchangeToken], [], 401, 401),
            ([.mustUseMFA], [], nil, nil),
        ]
        for (number, one) in cases.enumerated() {
            let accesses = [("webapp", one.webapp), ("webdav", one.webdav)].map {
                NewAccess(
                    protocolName: $0.0, secret: Secret(utf8: "SECRET-\($0.0)-\(number)"),
                    handle: .none, permissions: .unspecified, uri: nil, requirements: $0.1)
            }
            let recording = world.gateway.registry.record(
                NewShare(
                    direction: .outbound, origin: .seen, peer: host,
                    providerID: ProviderID("\(number)"), resourceType: "file",
                    accesses: accesses), now: world.gateway.environment.now())
            try await world.gateway.store.commit(recording.change)
            for (name, status) in [("webdav", one.2), ("webapp", one.3)] {
                let secret = "SECRET-\(name)-\(number)"
                for credential in [basic(secret), "Authorization: Bearer \(secret)"] {
                    let planned = try world.plan("GET \(Self.root)/a HTTP/1.1", credential)
                    #expect(planned.status == status, "\(secret)")
                }
            }
        }
    }

    @Test func theSecretBehindACodeOpensNothingFromOutside() async throws {
        let world = try await TestGateway(token: "accept_secret = \"all\"")
        let (_, code) = try await world.share(Self.secret, handle: .make)
        #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", basic(Self.secret)).status == 401)
        #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", basic(code)).status == nil)
    }

    /// A 401 would tell ownCloud that the share is over.
    @Test(arguments: [
        ("legacy", AcceptSecret.none), ("all", AcceptSecret.none), ("none", nil),
    ])
    func withoutSecretsOneThatWasReplacedIsRefusedAsAllAre(
        _ mode: String, _ ofShare: AcceptSecret?
    ) async throws {
        let world = try await TestGateway(token: "accept_secret = \"\(mode)\"")
        try await world.share(
            Self.secret, handle: .make, settings: RuleSettings(acceptSecret: ofShare))
        for (credential, status) in [
            (basic(Self.secret), 403), ("Authorization: Bearer \(Self.secret)", 401),
        ] {
            let planned = try world.plan("GET \(Self.root)/a HTTP/1.1", credential)
            #expect(planned.status == status && planned.code == "secret_refused")
        }
    }

    /// A rule about the request says it as well as one about the share.
    @Test(arguments: ["one.test", "two.test"])
    func whereARuleTakesNoSecretsOneThatWasReplacedIsRefusedAsAllAre(_ peer: String) async throws {
        let world = try await TestGateway(
            rules: """
                [[rule]]
                name = "tokens alone"
                on = ["webdav.in"]
                peer = "one.test"
                action = "allow"
                set = { accept_secret = "none" }
                """)
        let (_, code) = try await world.share(Self.secret, for: peer, handle: .make)
        let isRuled = peer == "one.test"
        let expected: [(String, Int?)] = [
            (Self.secret, isRuled ? 403 : 401), (code, isRuled ? 403 : nil),
        ]
        for (secret, status) in expected {
            let planned = try world.plan("GET \(Self.root)/a HTTP/1.1", basic(secret))
            #expect(planned.status == status)
            #expect(planned.code == (status == nil ? nil : "secret_refused"))
        }
    }

    /// Where no token is demanded there is nothing to exchange.
    @Test func whoShowsASecretThatWasReplacedIsToldWhatToUse() async throws {
        let world = try await TestGateway(token: "accept_secret = \"all\"")
        try await world.share("SECRET-PLAIN", id: "1", handle: .make)
        try await world.share(
            "SECRET-TOKENS", id: "2", handle: .make, requirements: [.mustExchangeToken])
        for (secret, word) in [("SECRET-PLAIN", "replaced"), ("SECRET-TOKENS", "exchange")] {
            let planned = try world.plan("GET \(Self.root)/a HTTP/1.1", basic(secret))
            #expect(planned.status == 401 && planned.code == "secret_refused")
            #expect(planned.hint?.contains(word) == true, "\(secret)")
        }
    }

    @Test func aShareThatIsOverOpensNothing() async throws {
        let world = try await TestGateway()
        let (id, _) = try await world.share(Self.secret)
        let (registry, store) = (world.gateway.registry, world.gateway.store)
        try await store.commit(registry.end(id, now: world.gateway.environment.now()))
        #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", basic(Self.secret)).status == 401)
        // The same secret in a share that lives, as after a reshare, is good.
        try await world.share(Self.secret, for: "two.test", id: "2")
        try await store.commit(
            registry.end(
                try await world.share(Self.secret, id: "3").id,
                now: world.gateway.environment.now()))
        #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", basic(Self.secret)).status == nil)
    }

    @Test func publicLinksPassAsTheyAre() async throws {
        let world = try await TestGateway()
        for credential in [
            basic("PUBLICLINK"), "Authorization: Basic UFVCTElDTElOSzpwYXNzd29yZA==",
        ] {
            let planned = try world.plan(
                "PROPFIND \(Self.root)/a HTTP/1.1", credential, "Depth: infinity")
            #expect(
                planned.lines.contains(credential.replacing("Authorization", with: "Authorization"))
            )
            #expect(planned.values("depth") == ["infinity"])
        }
    }

    // The backend may have another host, and takes nothing to a foreign one.
    @Test(arguments: ["MOVE", "COPY"])
    func aMoveBehindASecretThatIsNotKnownLeadsToTheBackendsHost(_ method: String) async throws {
        let world = try await TestGateway()
        let files = "/public.php/dav/files/PUBLICLINK"
        for (root, credential) in [(Self.root, basic("PUBLICLINK")), (files, "Accept: */*")] {
            for (asked, sent) in [
                ("https://old.test\(root)/b", "https://cloud.test\(root)/b"),
                ("\(root)/b", "https://cloud.test\(root)/b"),
                ("https://other.test\(root)/b", "https://other.test\(root)/b"),
                ("nowhere", "nowhere"),
            ] {
                let planned = try world.plan(
                    "\(method) \(root)/a HTTP/1.1", credential, "Destination: \(asked)")
                #expect(planned.values("destination") == [sent], "\(planned)")
            }
            let several = try world.plan(
                "\(method) \(root)/a HTTP/1.1", credential, "Destination: \(root)/b",
                "Destination: \(root)/c")
            #expect(several.values("destination") == ["\(root)/b", "\(root)/c"])
            let other = try world.plan(
                "PUT \(root)/a HTTP/1.1", credential, "Destination: https://old.test\(root)/b")
            #expect(other.values("destination") == ["https://old.test\(root)/b"])
        }
    }

    // ownCloud opens any share that the destination names, and looks at the source's link alone.
    @Test(arguments: [
        "https://cloud.test/D/\(secret)/b", "/D/\(secret)/b", "https://other.test/D/\(secret)/b",
        "/D/%53ECRET0PERMANEN/b", "/D/x%2F\(secret)%2Fb",
        "/D/x%2f\(secret)%2Fb%FF", "/D/x\\\(secret)%5Cb", "/D/\(secret)%20/b",
    ])
    func aMoveIntoAKnownShareByItsSecretIsRefused(_ destination: String) async throws {
        for (kind, files) in [
            ("nextcloud", "/public.php/dav/files"), ("owncloud10", "/remote.php/dav/public-files"),
        ] {
            let world = try await TestGateway(kind: kind)
            let (id, _) = try await world.share(Self.secret)
            let (registry, store) = (world.gateway.registry, world.gateway.store)
            try await store.commit(registry.end(id, now: world.gateway.environment.now()))
            let asked = destination.replacing("/D/", with: files + "/")
            for place in ["\(files)/PUBLICLINK", "/remote.php/dav/files/alice"] {
                let request = "COPY \(place)/a HTTP/1.1"
                let planned = try world.plan(request, "Destination: \(asked)")
                #expect((planned.status, planned.code) == (401, "secret_refused"))
                let link = asked.replacing("ECRET0PERMANEN", with: "ECRET0ANOTHERONE")
                #expect(try world.plan(request, "Destination: \(link)").status == nil)
            }
        }
    }

    @Test func theFirstRequestWithoutCredentialsIsChallengedWithBasicAlone() async throws {
        for kind in ["nextcloud", "owncloud10"] {
            let world = try await TestGateway(kind: kind)
            let planned = try world.plan("PROPFIND \(Self.root)/ HTTP/1.1", "Depth: 0")
            guard case .answered(let answer) = planned else { throw TestGateway.NoAddress() }
            #expect(answer.status == 401)
            let challenges = answer.values("www-authenticate")
            #expect(
                challenges.count == 1 && challenges.allSatisfy { $0.hasPrefix("Basic realm=\"") })
        }
    }

    @Test func severalCredentialsAreNone() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        for pair in [
            [basic(Self.secret), bearer(token)], [bearer(token), bearer(token)],
            ["Authorization: ü"],
        ] {
            let head = try world.head(["GET \(Self.root)/a HTTP/1.1"] + pair)
            #expect(Planned(world.gateway.plan(head, from: world.client)).status == 400)
        }
        // One field with both is one that cannot be read.
        let planned = try world.plan(
            "GET \(Self.root)/a HTTP/1.1", basic(Self.secret) + ", Bearer \(token)")
        #expect(planned.status == 401)
    }

    // PHP skips what is not base64, Nextcloud looks for "Basic" anywhere in the field, databases
    // do not see spaces at the end, and a share without a password takes any.
    @Test(arguments: ["\(secret):x", "\(secret):::::", "\(secret) :", "\(secret)  :x"])
    func aSecretIsKnownInEveryPairThatTheBackendTakesForIt(_ pair: String) async throws {
        let world = try await TestGateway()
        let (id, _) = try await world.share(Self.secret)
        try await world.gateway.store.commit(
            world.gateway.registry.end(id, now: world.gateway.environment.now()))
        let credential = "Authorization: Basic \(Base64.encode(Array(pair.utf8)))"
        for path in ["\(Self.root)/a", "/public.php/a", "/index.php/public.php/webdav/a"] {
            #expect(try world.plan("GET \(path) HTTP/1.1", credential).status == 401)
        }
    }

    @Test(arguments: [
        "Basic U0VDUkVUMFBFUk1BTkVO*Og==", "Basic  U0 VDUkVUOg==",
        "Basic\tU0VDUkVUMFBFUk1BTkVOOg==", "Bearer x Basic U0VDUkVUMFBFUk1BTkVOOg==",
        "x,Basic U0VDUkVUMFBFUk1BTkVOOg==", "Digest username=\"x\"", "Basic U0VDUkVU",
        "Negotiate x",
    ])
    func aCredentialThatCannotBeReadReachesNobody(_ credential: String) async throws {
        let world = try await TestGateway()
        for path in ["\(Self.root)/a", "/public.php/dav/files/PUBLICLINK/a", "/public.php"] {
            let planned = try world.plan(
                "GET \(path) HTTP/1.1", "Authorization: \(credential)")
            #expect((planned.status, planned.code) == (401, "secret_refused"))
        }
    }

    // MARK: Secrets in paths

    @Test func aSecretInThePathIsHeldToTheSameRules() async throws {
        let files = "/public.php/dav/files"
        let world = try await TestGateway()
        let (id, code) = try await world.share(
            Self.secret, permissions: .named(["read"]), handle: .make)
        let planned = try world.plan(
            "GET \(files)/\(code)/a%20b HTTP/1.1", "Authorization: Basic YW5vbnltb3VzOg==")
        #expect(planned.lines.first == "GET \(files)/\(Self.secret)/a%20b HTTP/1.1")
        #expect(planned.values("authorization") == [])
        #expect(try world.plan("PUT \(files)/\(code)/a HTTP/1.1").status == 403)
        #expect(try world.plan("GET \(files)/\(Self.secret)/a HTTP/1.1").status == 401)
        #expect(try world.plan("GET \(files)/\(Self.secret)/a HTTP/1.1", basic("x")).status == 401)
        let (registry, store) = (world.gateway.registry, world.gateway.store)
        try await store.commit(registry.end(id, now: world.gateway.environment.now()))
        #expect(try world.plan("GET \(files)/\(code)/a HTTP/1.1").status == 401)
        #expect(!world.logged().contains(code))
    }

    @Test func aMoveInsideASecretsPathIsMapped() async throws {
        let files = "/public.php/dav/files"
        let world = try await TestGateway()
        let (_, code) = try await world.share(Self.secret, handle: .make)
        let planned = try world.plan(
            "MOVE \(files)/\(code)/a HTTP/1.1",
            "Destination: https://cloud.test\(files)/\(code)/b")
        #expect(
            planned.values("destination") == ["https://cloud.test\(files)/\(Self.secret)/b"])
        let other = try world.plan(
            "MOVE \(files)/\(code)/a HTTP/1.1", "Destination: https://cloud.test\(files)/other/b"
        )
        #expect(other.status == 403)
        let inside = try world.plan(
            "COPY \(files)/\(code) HTTP/1.1", "Destination: https://cloud.test\(files)/\(code)/b")
        #expect((inside.status, inside.code) == (403, "destination_not_allowed"))
    }

    @Test func aSharesSecretInThePathObeysAcceptSecret() async throws {
        let files = "/public.php/dav/files"
        let legacy = try await TestGateway()
        try await legacy.share(Self.secret, requirements: [.mustExchangeToken])
        #expect(try legacy.plan("GET \(files)/\(Self.secret)/a HTTP/1.1").status == 401)
        #expect(try legacy.plan("GET \(files)/PUBLICLINK/a HTTP/1.1").status == nil)
        for path in [
            "files/\(Self.secret)%20", "uploads/\(Self.secret)%20", "%66iles/\(Self.secret)",
        ] {
            for credential in ["Accept: */*", basic("PUBLICLINK"), basic("x", colons: 2)] {
                let planned = try legacy.plan("GET /public.php/dav/\(path)/a HTTP/1.1", credential)
                #expect(planned.status == 401, "\(path)")
            }
        }
        let none = try await TestGateway(token: "accept_secret = \"none\"")
        #expect(try none.plan("GET \(files)/PUBLICLINK/a HTTP/1.1").status == 401)
    }

    private func bearer(_ token: String) -> String { "Authorization: Bearer \(token)" }
}
