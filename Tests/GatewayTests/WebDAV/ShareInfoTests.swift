import Federation
import Testing

@testable import Gateway
@testable import Transport

@Suite struct ShareInfoTests {
    private static let secret = "SECRET0PERMANEN"
    private static let path = "/index.php/apps/files_sharing/shareinfo"

    @Test func theSecretInTheQueryIsSwapped() async throws {
        let world = try await TestGateway()
        let (_, code) = try await world.share(Self.secret, handle: .make)
        for path in [Self.path, "/apps/files_sharing/shareinfo"] {
            let planned = try world.plan("POST \(path)?t=\(code)&x=1 HTTP/1.1")
            #expect(planned.lines.first == "POST \(path)?t=\(Self.secret)&x=1 HTTP/1.1")
        }
        #expect(!world.logged().contains(code))
    }

    @Test func whatIsUnknownGoesOnAsItCame() async throws {
        let world = try await TestGateway()
        for query in ["?t=PUBLICLINK", "?t=a%2Bb&password", "?", ""] {
            let planned = try world.plan("POST \(Self.path)\(query) HTTP/1.1")
            #expect(planned.lines.first == "POST \(Self.path)\(query) HTTP/1.1")
        }
    }

    // Nextcloud tries a password that is shown on any of its paths.
    @Test func nobodyIsLoggedInByIt() async throws {
        let world = try await TestGateway()
        for secret in ["PUBLICLINK", Self.secret] {
            let planned = try world.plan(
                "POST \(Self.path)?t=\(secret) HTTP/1.1", basic("alice:password", colons: 0),
                "Cookie: session=1", "Authorization-App-Api: x", "X-Access-Token: x",
                "OCM-Token: x")
            #expect(planned.status == nil)
            for field in [
                "authorization", "cookie", "authorization-app-api", "x-access-token", "ocm-token",
            ] {
                #expect(planned.values(field) == [], "\(field)")
            }
            try await world.share(Self.secret)
        }
    }

    @Test(arguments: ["GET", "POST"])
    func noPartOfItIsAskedFor(_ method: String) async throws {
        let world = try await TestGateway()
        let (_, code) = try await world.share(Self.secret, handle: .make)
        for secret in [code, "PUBLICLINK"] {
            let planned = try world.plan(
                "\(method) \(Self.path)?t=\(secret) HTTP/1.1", "Range: bytes=0-9",
                "If-Range: \"x\"")
            #expect(planned.status == nil)
            #expect(planned.values("range") == [] && planned.values("if-range") == [])
        }
    }

    /// The share may end before its body is there, and while its answer streams.
    @Test func itIsJudgedWhenAllOfItIsThere() async throws {
        let world = try await TestGateway()
        let (id, code) = try await world.share(Self.secret, handle: .make)
        let head = try world.head(
            "POST \(Self.path)?t=\(code) HTTP/1.1", "Content-Length: 8",
            "Content-Type: application/x-www-form-urlencoded")
        let request = ReceivedRequest(
            head: head, body: Array("subdir=a".utf8), client: world.client)
        guard case .read(_, let then) = world.gateway.plan(head, from: world.client),
            case .forward(let forwarding) = await then(request),
            let withdrawn = forwarding.withdrawn
        else { throw TestGateway.NoAddress() }
        #expect(withdrawn(0) == nil)
        let now = world.gateway.environment.now()
        try await world.gateway.store.commit(world.gateway.registry.end(id, now: now))
        #expect(withdrawn(0)?.status == 503)
        #expect(Planned(await then(request)).status == 503)
    }

    /// PHP may read in it what nobody here has seen.
    @Test(arguments: ["application/x-www-form-urlencoded", "application/json"])
    func ofABodyInACodingNoParametersAreTaken(_ type: String) async throws {
        let world = try await TestGateway()
        let body = Array((type.hasSuffix("json") ? #"{"a":"b"}"# : "a=b").utf8)
        for coding in ["Content-Encoding: gzip", "Content-Encoding: identity", "X-Other: gzip"] {
            let head = try world.head(
                "POST \(Self.path) HTTP/1.1", "Content-Length: \(body.count)",
                "Content-Type: \(type)", coding)
            let request = ReceivedRequest(head: head, body: body, client: world.client)
            guard coding.hasPrefix("Content") else {
                #expect(try request.parameters().map(\.value) == ["b"])
                continue
            }
            let denial = #expect(throws: Denial.self) { try request.parameters() }
            #expect(denial?.code == .unsupportedMediaType)
        }
    }

    @Test func everyRefusalIsForNowOnly() async throws {
        let world = try await TestGateway()
        let (id, ended) = try await world.share(Self.secret, handle: .make)
        try await world.gateway.store.commit(
            world.gateway.registry.end(id, now: world.gateway.environment.now()))
        try await world.share("SECRET-HIDDEN", id: "2", handle: .make)
        try await world.share("SECRET-TOKENS", id: "3", requirements: [.mustExchangeToken])
        try await world.share(
            "SECRET-EXPIRED", id: "4", expires: world.gateway.environment.now())
        for query in [
            "t=\(ended)", "t=SECRET-HIDDEN", "t=SECRET-TOKENS", "t=SECRET-EXPIRED", "t=a&t=b",
            "t=%zz", "t=%00",
        ] {
            let planned = try world.plan("POST \(Self.path)?\(query) HTTP/1.1")
            guard case .answered(let answer) = planned else {
                Issue.record("\(query): \(planned)")
                continue
            }
            #expect(answer.status == 503, "\(query)")
            #expect(answer.values("retry-after") == ["30"])
        }
        let log = world.logged()
        for secret in [ended, Self.secret, "SECRET-HIDDEN", "SECRET-TOKENS", "SECRET-EXPIRED"] {
            #expect(!log.contains(secret))
        }
    }

    /// Nextcloud 19 scans a share by `shareinfo` alone where it finds a version.
    @Test(arguments: [
        ("ocis", true), ("opencloud", true), ("cernbox", true), ("seafile", true),
        ("nextcloud", false), ("owncloud10", false), ("generic", false),
    ])
    func serversFindNoStatusOfABackendWithoutIt(_ kind: String, _ isHidden: Bool) async throws {
        let world = try await TestGateway(kind: kind)
        for server in [
            "Nextcloud Server Crawler", "Nextcloud-Server-Crawler/33.0.3",
            "ownCloud Server Crawler",
        ] {
            let planned = try world.plan("GET /status.php HTTP/1.1", "User-Agent: \(server)")
            #expect(planned.status == (isHidden ? 404 : nil))
        }
        for client in ["User-Agent: Mozilla/5.0 (Linux) mirall/3.13.0 (Nextcloud)", "Accept: */*"] {
            #expect(try world.plan("GET /status.php HTTP/1.1", client).status == nil)
        }
    }

    /// They answer 404 to every path that they do not know, which would delete the mount.
    @Test(arguments: ["ocis", "opencloud", "cernbox", "seafile"])
    func aBackendWithoutItIsNotAsked(_ kind: String) async throws {
        let world = try await TestGateway(kind: kind)
        let (_, code) = try await world.share(Self.secret, handle: .make)
        for query in ["?t=\(code)", "?t=UNKNOWN", ""] {
            for lines in [[], ["Content-Length: 9"]] {
                let head = try world.head(["POST \(Self.path)\(query) HTTP/1.1"] + lines)
                let planned = Planned(world.gateway.plan(head, from: world.client))
                guard case .answered(let answer) = planned else {
                    Issue.record("\(query): \(planned)")
                    continue
                }
                #expect(answer.status == 503)
                #expect(answer.values("retry-after") == ["30"])
            }
        }
    }

    @Test(arguments: [
        (
            "[[require]]\nname = \"x\"\non = \"webdav\"\nneed = [\"token-exchange\"]",
            "token_exchange_required"
        ),
        ("[[rule]]\nname = \"x\"\non = \"webdav\"\naction = \"deny\"", "not_allowed"),
        (
            "[[rule]]\nname = \"x\"\non = \"webdav\"\naction = \"allow\"\nset.accept_secret = \"none\"",
            "secret_refused"
        ),
    ])
    func whatPolicyDeniesOnWebDAVItDeniesHere(_ rule: String, _ code: String) async throws {
        let world = try await TestGateway(rules: rule)
        try await world.share(Self.secret)
        let data = try world.plan("GET /public.php/webdav/a HTTP/1.1", basic(Self.secret))
        let planned = try world.plan("POST \(Self.path)?t=\(Self.secret) HTTP/1.1")
        #expect(data.code == code && planned.code == code)
        #expect(planned.status == 503)
    }

    @Test func aShareThatIsNotToBeReadIsNotListed() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret, permissions: .named(["write"]))
        let planned = try world.plan("POST \(Self.path)?t=\(Self.secret) HTTP/1.1")
        #expect((planned.status, planned.code) == (503, "permission_not_allowed"))
        let line = world.logLines().last { $0["message"]?.string == "data.refused" }
        #expect(line?["code"]?.string == "permission_not_allowed")
        #expect(line?["level"]?.string == "notice" && line?["method"]?.string == "POST")
        #expect(line?["peer"]?.string == "one.test" && line?["share"] != nil)
    }

    @Test func withNoSecretsAcceptedNoneIsAsked() async throws {
        let world = try await TestGateway(token: "accept_secret = \"none\"")
        try await world.share(Self.secret)
        for secret in [Self.secret, "PUBLICLINK"] {
            #expect(try world.plan("POST \(Self.path)?t=\(secret) HTTP/1.1").status == 503)
        }
    }

    // PHP lets the body win over the query, and reads some names as others.
    @Test func theShareIsNamedInOnePlaceOnly() async throws {
        let world = try await TestGateway()
        let form = "application/x-www-form-urlencoded"
        for (type, body) in [
            (form, "t=\(Self.secret)"), (form, "+t=\(Self.secret)"), (form, "t%5B%5D=x"),
            (form, "password=&t="), ("application/json", "{\"t\":\"\(Self.secret)\"}"),
            ("application/json", "{\"\\u0074\":\"\(Self.secret)\"}"), ("multipart/form-data", "x"),
            ("text/plain", "x"), ("", "t=x"),
        ] {
            let planned = try await world.shareInfo("?t=PUBLICLINK", type, body)
            #expect(planned.status == 503, "\(type) \(body)")
        }
        for (type, body) in [(form, "password=&depth=0"), ("application/json", "{\"depth\":0}")] {
            let planned = try await world.shareInfo("?t=PUBLICLINK", type, body)
            #expect(planned.status == nil && planned.values("accept-encoding") == ["identity"])
        }
        for query in ["?+t=PUBLICLINK", "?%20t=a", "?t[]=a", "?t=a&+t=b", "?t=PUBLICLINK%20"] {
            #expect(try world.plan("POST \(Self.path)\(query) HTTP/1.1").status == 503, "\(query)")
        }
    }
}

extension TestGateway {
    fileprivate func logLines() -> [JSONObject] {
        gateway.log.flush()
        return world.lines.objects
    }

    /// What becomes of a `shareinfo` with a body.
    fileprivate func shareInfo(
        _ query: String, _ type: String, _ body: String
    ) async throws -> Planned {
        let head = try head(
            "POST /index.php/apps/files_sharing/shareinfo\(query) HTTP/1.1",
            "Content-Type: \(type)", "Content-Length: \(body.utf8.count)")
        return try await judged(head, Array(body.utf8))
    }
}
