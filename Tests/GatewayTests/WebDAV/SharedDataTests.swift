import Federation
import OpenSSL
import Testing

@testable import Gateway
@testable import Transport

@Suite struct SharedDataTests {
    private static let secret = "SECRET0PERMANEN"
    private static let root = "/public.php/webdav"
    private static let inside = "Basic " + Base64.encode(Array("\(secret):".utf8))

    // MARK: Tokens

    @Test func aTokenIsReplacedByWhatTheBackendKnows() async throws {
        let world = try await TestGateway()
        let (_, code) = try await world.share(Self.secret, handle: .make)
        let token = try await world.token(code)
        let planned = try world.plan(
            "GET \(Self.root)//a%2ftxt HTTP/1.1".replacing("%2f", with: "%41"),
            "Authorization: bearer \(token)", "X-OCM-Peer: evil.example",
            "X-Forwarded-For: 127.0.0.1", "XAuthorization: Basic eDp5", "Accept: */*")
        #expect(planned.lines.first == "GET \(Self.root)/aAtxt HTTP/1.1")
        #expect(planned.values("authorization") == [Self.inside])
        #expect(planned.values("xauthorization") == [])
        #expect(planned.values("x-ocm-peer") == [])
        #expect(planned.values("x-forwarded-for") == ["192.0.2.7"])
        #expect(planned.values("host") == ["cloud.test"])
        #expect(planned.values("accept") == ["*/*"])
        #expect(!planned.description.contains(token))
        #expect(!planned.description.contains(code))
    }

    @Test func aTokenEndsWithItsTimeAndTheClientIsTold() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        world.pass(seconds: 299)
        #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", bearer(token)).status == nil)
        world.pass(seconds: 1)
        let planned = try world.plan("GET \(Self.root)/a HTTP/1.1", bearer(token))
        guard case .answered(let answer) = planned else { throw TestGateway.NoAddress() }
        #expect((answer.status, answer.code) == (401, "token_invalid"))
        #expect(answer.values("www-authenticate") == ["Bearer error=\"invalid_token\""])
        #expect(answer.values("cache-control") == ["no-store"])
    }

    @Test func aTokenWhoseSealIsBrokenIsAnsweredLikeOneThatIsOver() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        var changed = Array(try await world.token(Self.secret))
        changed[20] = changed[20] == "A" ? "B" : "A"
        let text = String(changed)
        for root in [Self.root, "/public.php/dav/files/PUBLICLINK"] {
            let planned = try world.plan("GET \(root)/a HTTP/1.1", bearer(text))
            guard case .answered(let answer) = planned else { throw TestGateway.NoAddress() }
            #expect((answer.status, answer.code) == (401, "token_invalid"))
            #expect(answer.values("www-authenticate") == ["Bearer error=\"invalid_token\""])
        }
        // What is known for a secret is one, whatever it looks like.
        try await world.share(text, id: "2")
        #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", bearer(text)).status == nil)
    }

    @Test func aTokenThatIsShownAsASecretGoesNowhere() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        for planned in [
            try world.plan("GET \(Self.root)/a HTTP/1.1", basic(token)),
            try world.plan("GET /public.php/dav/files/\(token)/a HTTP/1.1", basic("x")),
        ] {
            guard case .answered(let answer) = planned else { throw TestGateway.NoAddress() }
            #expect((answer.status, answer.code) == (401, "token_invalid"))
        }
    }

    // A second fetch of the backend's document makes a new view, which changes nothing here.
    @Test func aTokenThatWasOpenedStaysSoWhenTheBackendIsAskedAgain() async throws {
        let world = try await TestGateway()
        let (id, _) = try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        let planned = try world.plan("GET \(Self.root)/a HTTP/1.1", bearer(token))
        #expect(planned.values("authorization") == [Self.inside])
        let opened = try #require(
            world.gateway.openedTokens.find(
                Array("Bearer \(token)".utf8)[...]))
        #expect(opened.form == .basic && opened.share == id)
        let marked = OpenedTokens.Entry(
            token: opened.token, share: id, secret: Secret(utf8: "marked"), form: opened.form)
        world.gateway.openedTokens.keep("Bearer \(token)", marked)
        world.gateway.backend.learn(
            try DiscoveryDocument(parsing: Array(Self.document.utf8)), statusVersion: nil)
        let again = try world.plan("GET \(Self.root)/a HTTP/1.1", bearer(token))
        #expect(again.values("authorization") == ["Basic bWFya2VkOg=="])
    }

    @Test func aTokenOpensTheWayOverWebDAVWhateverItsPlace() async throws {
        let world = try await TestGateway()
        let host = try #require(PeerHost("one.test"))
        let accesses = [("datatx", "SECRET-OF-DATATX"), ("webdav", Self.secret)].map {
            NewAccess(
                protocolName: $0.0, secret: Secret(utf8: $0.1), handle: .none,
                permissions: .named(["read"]), uri: nil, requirements: [])
        }
        let recording = world.gateway.registry.record(
            NewShare(
                direction: .outbound, origin: .seen, peer: host, providerID: ProviderID("1"),
                resourceType: "file", accesses: accesses), now: world.gateway.environment.now())
        try await world.gateway.store.commit(recording.change)
        let token = try await world.token(Self.secret)
        for _ in 0..<2 {
            let planned = try world.plan("GET \(Self.root)/a HTTP/1.1", bearer(token))
            #expect(planned.values("authorization") == [Self.inside])
        }
    }

    private static let document =
        #"{"enabled":true,"apiVersion":"1.0","endPoint":"https://cloud.test/ocm","#
        + #""resourceTypes":[{"name":"file","shareTypes":["user"],"#
        + #""protocols":{"webdav":"/public.php/webdav/"}}]}"#

    /// Nextcloud in a folder leaves it out of its document; some peers add it, others do not.
    @Test func dataOfABackendInAFolderAreFoundWithAndWithoutIt() async throws {
        let world = try await TestGateway()
        try world.moveBackend()
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        for credential in [bearer(token), basic(Self.secret)] {
            for folder in ["", "/cloud"] {
                let planned = try world.plan(
                    "MOVE \(folder)\(Self.root)/a HTTP/1.1", credential,
                    "Destination: https://cloud.test\(folder)\(Self.root)/b")
                #expect(planned.lines.first == "MOVE /cloud\(Self.root)/a HTTP/1.1")
                #expect(planned.values("authorization") == [Self.inside])
                #expect(
                    planned.values("destination") == ["https://cloud.test/cloud\(Self.root)/b"])
            }
        }
        let plan = world.gateway.plan(
            try world.head("PROPFIND \(Self.root)/ HTTP/1.1", bearer(token), "Depth: 0"),
            from: world.client)
        guard case .forward(let forwarding) = plan,
            var transform = forwarding.onHead?(try WayOut.answer(207)).transform
        else { throw TestGateway.NoAddress() }
        let body = Array(#"<a:href xmlns:a="DAV:">/cloud/public.php/webdav/b</a:href>"#.utf8)
        let text = String(decoding: try transform.push(body.span), as: UTF8.self)
        #expect(text.contains(">/public.php/webdav/b<"))
        // What peers are told is what Nextcloud says.
        let host = world.gateway.site.host
        let document = try #require(
            world.gateway.published.answer(.ocsProvider, at: host)?.body)
        #expect(String(decoding: document, as: UTF8.self).contains(#""webdav":"/public.php"#))
    }

    @Test func aTokenEndsWithItsShare() async throws {
        let world = try await TestGateway()
        let (id, _) = try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        let (registry, store) = (world.gateway.registry, world.gateway.store)
        try await store.commit(registry.revokeTokens(of: id))
        #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", bearer(token)).status == 401)
        let next = try await world.token(Self.secret)
        #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", bearer(next)).status == nil)
        try await store.commit(registry.end(id, now: world.gateway.environment.now()))
        #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", bearer(next)).status == 401)
    }

    @Test func aTokenOfOneShareOpensNoOther() async throws {
        let world = try await TestGateway(kind: "opencloud")
        try await world.share("SECRET-OF-A", id: "a")
        try await world.share("SECRET-OF-AB", id: "ab")
        let token = try await world.token("SECRET-OF-A")
        for path in ["/dav/ocm/a", "/dav/ocm/a/", "/dav/ocm/a/x", "/dav/ocm//a/x", "/dav/ocm/%61"] {
            let planned = try world.plan("GET \(path) HTTP/1.1", bearer(token))
            #expect(planned.values("authorization") == ["Bearer SECRET-OF-A"], "\(path)")
        }
        for path in ["/ab", "/ab/x", "", "/", "/A/x"] {
            let planned = try world.plan("GET /dav/ocm\(path) HTTP/1.1", bearer(token))
            #expect(planned.lines.first == "GET /dav/ocm/a\(path) HTTP/1.1")
            #expect(planned.values("authorization") == ["Bearer SECRET-OF-A"], "\(path)")
        }
        for path in ["/dav/ocm/../x", "/dav/ocm/%2e%2e/ab", "/dav/ocm/a/..;/ab"] {
            let planned = try world.plan("GET \(path) HTTP/1.1", bearer(token))
            #expect(planned.status == 400, "\(path)")
        }
    }

    /// What a rule sets takes the place of `token.accept_secret`; of two rules the stricter counts.
    @Test(arguments: [
        (AcceptSecret.none, "", 403), (.all, "", nil), (.legacy, "", 401),
        (.all, "accept_secret = \"none\"", 403), (.all, "accept_secret = \"legacy\"", 401),
        (nil, "accept_secret = \"all\"", nil), (nil, "accept_secret = \"none\"", 403),
    ])
    func aRuleSaysWhichSecretsAreTaken(
        _ share: AcceptSecret?, _ set: String, _ status: Int?
    ) async throws {
        let rule =
            "[[rule]]\nname = \"w\"\non = \"webdav.in\"\naction = \"allow\"\nset = { \(set) }"
        let world = try await TestGateway(rules: rule)
        try await world.share(
            Self.secret, requirements: [.mustExchangeToken],
            settings: RuleSettings(acceptSecret: share))
        let planned = try world.plan("GET \(Self.root)/a HTTP/1.1", "Authorization: \(Self.inside)")
        #expect(planned.status == status)
    }

    // reva took a secret as the first part of the path, and any text as a bearer: where the credential
    // is good, that part is the share's own name.
    @Test func aSecretInThePlaceOfAnIDOpensNothing() async throws {
        let world = try await TestGateway(kind: "cernbox", token: "accept_secret = \"all\"")
        try await world.share(Self.secret, id: "a")
        let token = try await world.token(Self.secret)
        for root in ["/dav/ocm", "/remote.php/dav/ocm", "/webdav/ocm"] {
            for credential in [
                bearer("unknown"), basic("x"), "Authorization: \(Self.secret)",
            ] {
                let planned = try world.plan("GET \(root)/\(Self.secret)/x HTTP/1.1", credential)
                #expect([401, 403].contains(planned.status), "\(root) \(credential)")
            }
            for credential in [bearer(token), basic(Self.secret), bearer(Self.secret)] {
                let planned = try world.plan("GET \(root)/\(Self.secret)/x HTTP/1.1", credential)
                #expect(
                    planned.lines.first == "GET /remote.php/dav/ocm/a/\(Self.secret)/x HTTP/1.1")
            }
        }
        #expect(
            try world.plan("GET /dav/ocm/a HTTP/1.1", "Authorization: \(Self.secret)").status == 401
        )
    }

    /// oCIS and OpenCloud ask so for a file by its base64, where that holds a slash.
    @Test func aPlainDotIsLeftOutOfSharedDataOfTheRevaFamily() async throws {
        let world = try await TestGateway(kind: "opencloud")
        try await world.share(Self.secret, id: "a")
        let token = try await world.token(Self.secret)
        for (written, path) in [
            ("/a/./CfmIB5MS50eHQ=", "/a/CfmIB5MS50eHQ="), ("/a//./././x/.", "/a/x/"),
            ("/./a/x%20y/./%7Ez", "/a/x%20y/~z"), ("/a/.x/./...", "/a/.x/..."),
        ] {
            for method in ["GET", "PROPFIND"] {
                let planned = try world.plan(
                    "\(method) /dav/ocm\(written) HTTP/1.1", bearer(token))
                #expect(planned.lines.first == "\(method) /dav/ocm\(path) HTTP/1.1")
                #expect(planned.values("authorization") == ["Bearer \(Self.secret)"])
            }
        }
        let other = try world.plan("GET /remote.php/dav/ocm/./x HTTP/1.1", bearer(token))
        #expect(other.lines.first == "GET /dav/ocm/a/x HTTP/1.1")
        for target in [
            "/dav/ocm/a/../x", "/dav/ocm/a/./../x", "/dav/ocm/./..", "/dav/ocm/a/%2e/x",
            "/dav/ocm/a/./%2E/x", "/dav/ocm/a/.;x/y", "/dav/ocm/a/./.;/y", "/dav/ocm/a/.%2Fx",
            "/dav/ocm/a/./x%2Fy", "/dav/ocm/a/./x\\y", "/./dav/ocm/a/x", "/dav/./ocm/a/x",
            "/dav/%6fcm/./a/x",
        ] {
            let planned = try world.plan("GET \(target) HTTP/1.1", bearer(token))
            #expect((planned.status, planned.code) == (400, "malformed_path"), "\(target)")
        }
        let climbing = try world.plan("GET /dav/ocm/a/./%252e%252e/x HTTP/1.1", bearer(token))
        #expect((climbing.status, climbing.code) == (404, "malformed_path"))
    }

    @Test func theNameOfAShareMayBeOdd() async throws {
        let world = try await TestGateway(kind: "opencloud")
        try await world.share("SECRET-ONE", id: "a b/ü")
        let token = try await world.token("SECRET-ONE")
        let inside = "/dav/ocm/a%20b%2F%C3%BC"
        // An escaped slash is refused on every routed path, also where the name would hold one.
        #expect(try world.plan("GET \(inside)/x HTTP/1.1", bearer(token)).status == 400)
        try await world.share("SECRET-TWO", id: "2", uri: "https://cloud.test/dav/ocm/sub%20x/")
        let other = try await world.token("SECRET-TWO")
        #expect(
            try world.plan("GET /dav/ocm/sub%20x/y HTTP/1.1", bearer(other)).status == nil)
        #expect(
            try world.plan("GET /dav/ocm/sub HTTP/1.1", bearer(other)).lines.first
                == "GET /dav/ocm/sub%20x/sub HTTP/1.1")
    }

    @Test(arguments: [
        "/../x", "/%2e%2e/x", "/%2E./x", "/..;/x", "/..;a=b/x", "/%2e%2e%3bx/y", "/a%2f..%2fb",
        "/a%252f..%252fb", "/a\\..\\b", "/a%5c..%5cb", "/a%00b", "/./x", "/%zz", "/%c0%ae%c0%ae/x",
    ])
    func pathsWithTwoMeaningsReachNobody(_ rest: String) async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        let planned = try world.plan("GET \(Self.root)\(rest) HTTP/1.1", bearer(token))
        // What climbs once it is decoded again may be the name of a file, which is left out.
        let status = rest.contains("%25") ? 404 : 400
        #expect((planned.status, planned.code) == (status, "malformed_path"))
    }

    @Test(arguments: [
        ("OPTIONS", "read"), ("PROPFIND", "read"), ("GET", "read"), ("HEAD", "read"),
        ("REPORT", "read"), ("PUT", "write"), ("MKCOL", "write"), ("MOVE", "write"),
        ("COPY", "write"), ("DELETE", "write"), ("PROPPATCH", "write"), ("LOCK", "write"),
        ("UNLOCK", "write"),
    ])
    func permissionsHoldByMethod(_ method: String, _ needed: String) async throws {
        let world = try await TestGateway()
        let lines = [
            "Depth: 1", "Destination: https://cloud.test\(Self.root)/b",
            "Lock-Token: <opaquelocktoken:x>",
        ]
        for (number, names) in [["read"], ["write"], ["share"], ["read", "write"], []].enumerated()
        {
            let secret = "SECRET-\(number)"
            try await world.share(secret, id: "\(number)", permissions: .named(names))
            let token = try await world.token(secret)
            for credential in [bearer(token), basic(secret)] {
                let head = try world.head(
                    ["\(method) \(Self.root)/a HTTP/1.1", credential] + lines)
                let planned = Planned(world.gateway.plan(head, from: world.client))
                #expect(
                    planned.status == (names.contains(needed) ? nil : 403),
                    "\(method) \(names) \(planned)")
            }
        }
        try await world.share(Self.secret, id: "any", permissions: .unspecified)
        let head = try world.head(
            ["\(method) \(Self.root)/a HTTP/1.1", bearer(try await world.token(Self.secret))]
                + lines)
        #expect(Planned(world.gateway.plan(head, from: world.client)).status == nil)
    }

    /// RFC 6750, section 3.1. To a secret a challenge would say that there is another one.
    @Test func aTokenThatDoesNotSufficeIsToldSo() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret, permissions: .named(["read"]))
        let token = try await world.token(Self.secret)
        let path = "PUT \(Self.root)/a HTTP/1.1"
        for (credential, challenges) in [
            (bearer(token), ["Bearer error=\"insufficient_scope\""]), (basic(Self.secret), []),
            (bearer(Self.secret), []),
        ] {
            let planned = try world.plan(path, credential, "Content-Length: 0")
            guard case .answered(let answer) = planned else { throw TestGateway.NoAddress() }
            #expect((answer.status, answer.code) == (403, "permission_not_allowed"))
            #expect(answer.values("www-authenticate") == challenges)
        }
    }

    @Test(arguments: ["POST", "PATCH", "SEARCH", "ACL", "MKCALENDAR"])
    func otherMethodsAreNotForSharedData(_ method: String) async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        for credential in [bearer(token), basic(Self.secret)] {
            guard let head = try? world.head("\(method) \(Self.root)/a HTTP/1.1", credential) else {
                continue
            }
            #expect(Planned(world.gateway.plan(head, from: world.client)).status == 405)
        }
    }

    @Test(
        arguments: [
            ("https://cloud.test/public.php/webdav/b", "/public.php/webdav/b"),
            ("https://old.test/public.php/webdav/b", "/public.php/webdav/b"),
            ("https://CLOUD.test:443//public.php/webdav/%62", "/public.php/webdav/b"),
            ("/public.php/webdav/b%20c", "/public.php/webdav/b%20c"),
            ("https://evil.example/public.php/webdav/b", nil),
            ("https://cloud.test:8443/public.php/webdav/b", nil),
            ("https://cloud.test@evil.example/public.php/webdav/b", nil),
            ("//evil.example/public.php/webdav/b", nil),
            ("https://cloud.test/remote.php/webdav/b", nil),
            ("https://cloud.test/public.php/webdavx/b", nil),
            ("https://cloud.test/public.php/webdav/../x", nil),
            ("https://cloud.test/public.php/webdav/%2e%2e/x", nil),
            ("https://cloud.test/public.php/webdav/..%2fx", nil),
            ("https://cloud.test/public.php/webdav/..%252fx", nil),
            ("https://cloud.test/public.php/webdav/..;/x", nil),
            ("https://cloud.test/public.php/webdav/a%5c..%5cx", nil),
            ("https://cloud.test/public.php/webdav/b?x=1", nil),
            ("https://cloud.test/public.php/webdav/b#x", nil),
            ("ftp://cloud.test/public.php/webdav/b", nil), ("public.php/webdav/b", nil),
            ("", nil),
        ] as [(String, String?)])
    func aDestinationIsReadLikeThePathAndHeldToTheShare(
        _ destination: String, _ sent: String?
    ) async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        for method in ["MOVE", "COPY"] {
            for credential in [bearer(token), basic(Self.secret)] {
                let planned = try world.plan(
                    "\(method) \(Self.root)/a HTTP/1.1", credential, "Destination: \(destination)")
                #expect(
                    planned.values("destination")
                        == (sent.map { ["https://cloud.test\($0)"] } ?? []))
                #expect(planned.code == (sent == nil ? "destination_not_allowed" : nil))
            }
        }
    }

    @Test func oneDestinationIsNeededAndNoOtherMethodHasIt() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        let good = "Destination: https://cloud.test\(Self.root)/b"
        #expect(
            try world.plan("MOVE \(Self.root)/a HTTP/1.1", bearer(token)).code
                == "destination_not_allowed")
        #expect(
            try world.plan("MOVE \(Self.root)/a HTTP/1.1", bearer(token), good, good).code
                == "destination_not_allowed")
        let put = try world.plan("PUT \(Self.root)/a HTTP/1.1", bearer(token), good)
        #expect(put.status == nil && put.values("destination") == [])
    }

    /// It would be fetched by the backend, from wherever it is.
    @Test func aCopyFromASourceIsRefused() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        let good = "Destination: https://cloud.test\(Self.root)/b"
        for credential in [bearer(token), basic(Self.secret), basic("PUBLICLINK")] {
            let copy = try world.plan(
                "COPY \(Self.root)/a HTTP/1.1", credential, good, "Source: http://192.0.2.1/x")
            #expect((copy.status, copy.code) == (403, "destination_not_allowed"))
        }
        let plain = try world.plan(
            "COPY \(Self.root)/a HTTP/1.1", bearer(token), good,
            "TransferHeaderAuthorization: Bearer x")
        #expect(plain.status == nil && plain.values("transferheaderauthorization") == [])
    }

    @Test func aWholeTreeIsNotListedAtOnce() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        for credential in [bearer(token), basic(Self.secret)] {
            func ask(_ fields: String...) throws -> Planned {
                let head = try world.head(["PROPFIND \(Self.root)/ HTTP/1.1", credential] + fields)
                return Planned(world.gateway.plan(head, from: world.client))
            }
            for depth in ["0", "1"] {
                #expect(try ask("Depth: \(depth)").values("depth") == [depth])
            }
            for depth in ["infinity", "Infinity", "2", "-1", ""] {
                let planned = try ask("Depth: \(depth)")
                #expect((planned.status, planned.code) == (403, "depth_not_allowed"))
            }
            #expect(try ask("Depth: 0", "Depth: infinity").status == 403)
            // Seafile sends none.
            #expect(try ask().values("depth") == ["1"])
        }
        let delete = try world.plan(
            "DELETE \(Self.root)/a HTTP/1.1", bearer(token), "Depth: infinity")
        #expect(delete.values("depth") == ["infinity"])
    }

    // MARK: Single files

    /// oCIS and OpenCloud name a single file below its URL; the backend has it at the root.
    @Test func aFileIsFoundWhereItsReaderNamesIt() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        let place = "\(Self.root)/ocmgate-file/a.txt"
        let get = try world.plan("GET \(place) HTTP/1.1", bearer(token))
        #expect(get.lines.first == "GET \(Self.root)/ HTTP/1.1")
        let put = try world.plan(
            "PUT \(place) HTTP/1.1", bearer(token), "Content-Length: 0",
            "If: <https://cloud.test\(place)> (<urn:1>)")
        #expect(put.lines.first == "PUT \(Self.root)/ HTTP/1.1")
        #expect(put.values("if") == ["<\(Self.root)/> (<urn:1>)"])
        let head = try world.head(
            "PROPFIND \(place) HTTP/1.1", bearer(token), "Depth: 0", "Accept-Encoding: gzip")
        let plan = world.gateway.plan(head, from: world.client)
        #expect(Planned(plan).lines.first == "PROPFIND \(Self.root)/ HTTP/1.1")
        #expect(Planned(plan).values("accept-encoding") == ["identity"])
        guard case .forward(let forwarding) = plan,
            var transform = forwarding.onHead?(try WayOut.answer(207)).transform
        else { throw TestGateway.NoAddress() }
        let body = Array(
            #"<a:multistatus xmlns:a="DAV:"><a:href>/public.php/webdav/</a:href></a:multistatus>"#
                .utf8)
        let text = String(decoding: try transform.push(body.span), as: UTF8.self)
        #expect(text.contains("<a:href>/public.php/webdav/ocmgate-file/a.txt/</a:href>"))
    }

    /// Seafile is no less a backend whose files peers are told of with the segment.
    @Test func aFileOfSeafileIsFoundThereToo() async throws {
        let world = try await TestGateway(kind: "seafile")
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        for (place, path) in [("ocmgate-file/a.txt", ""), ("a", "a")] {
            let get = try world.plan("GET /seafdav/\(place) HTTP/1.1", bearer(token))
            #expect(get.lines.first == "GET /seafdav/\(path) HTTP/1.1")
        }
    }

    private func bearer(_ token: String) -> String { "Authorization: Bearer \(token)" }
}
