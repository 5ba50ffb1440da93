import Federation
import Testing

@testable import Gateway
@testable import Transport

@Suite struct DataForwardingTests {
    private static let secret = "SECRET0PERMANEN"
    private static let file = "/public.php/webdav/a"

    @Test(arguments: [
        ("bytes=0-9", true), ("bytes=-5", true), ("bytes=7-", true), ("bytes=0-1,3-4", false),
        ("lines=1-2", false), ("bytes=", false),
    ])
    func oneRangePassesAndSeveralAreLeftOut(_ range: String, _ isSent: Bool) async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let planned = try world.plan(
            "GET \(Self.file) HTTP/1.1", basic(Self.secret), "Range: \(range)", "If-Range: \"x\"")
        #expect(planned.values("range") == (isSent ? [range] : []))
        #expect(planned.values("if-range") == (isSent ? ["\"x\""] : []))
    }

    /// Apache cuts what is answered to any method, and reads an older name of the field too.
    @Test(arguments: ["HEAD", "PROPFIND", "LOCK", "PUT", "DELETE", "OPTIONS"])
    func aPartIsAskedForByGETAlone(_ method: String) async throws {
        let world = try await TestGateway()
        let code = try await world.share(Self.secret, handle: .make).credential
        let token = try await world.token(code)
        for (file, credential) in [
            (Self.file, basic(code)), (Self.file, basic("PUBLICLINK")),
            (Self.file, "Authorization: Bearer \(token)"),
            ("/public.php/dav/files/\(code)/a", "Accept: */*"),
        ] {
            for (asked, isSent) in [(method, false), ("GET", true)] {
                let planned = try world.plan(
                    "\(asked) \(file) HTTP/1.1", credential, "Range: bytes=0-9",
                    "If-Range: \"x\"", "Request-Range: bytes=0-9")
                #expect(!planned.lines.isEmpty)
                #expect(planned.values("range") == (isSent ? ["bytes=0-9"] : []))
                #expect(planned.values("if-range") == (isSent ? ["\"x\""] : []))
                #expect(planned.values("request-range") == [])
            }
        }
    }

    /// Nextcloud deletes for good by it. Whoever is let in by the backend itself may ask for that.
    @Test func whatAPeerDeletesGoesToTheTrashOfItsOwner() async throws {
        let world = try await TestGateway()
        let code = try await world.share(Self.secret, handle: .make).credential
        let token = try await world.token(code)
        for (file, credential, isSent) in [
            (Self.file, basic(code), false), (Self.file, "Authorization: Bearer \(token)", false),
            ("/public.php/dav/files/\(code)/a", "Accept: */*", false),
            (Self.file, basic("PUBLICLINK"), true),
        ] {
            let planned = try world.plan(
                "DELETE \(file) HTTP/1.1", credential, "X-NC-Skip-Trashbin: true",
                "X-OC-MTime: 1700000000")
            #expect(planned.values("x-nc-skip-trashbin") == (isSent ? ["true"] : []))
            #expect(planned.values("x-oc-mtime") == ["1700000000"])
        }
    }

    /// The reva family takes the secret of a share there too, and a token of its own; nobody has judged
    /// them.
    @Test(arguments: ["OCM-Token", "X-Access-Token", "Authorization-App-Api"])
    func noSecretPassesBesideTheCredential(_ field: String) async throws {
        let world = try await TestGateway(kind: "opencloud")
        let code = try await world.share(Self.secret, id: "a", handle: .make).credential
        for credential in [basic(code), basic("PUBLICLINK")] {
            let planned = try world.plan(
                "GET /dav/ocm/a/x HTTP/1.1", credential, "\(field): \(Self.secret)")
            #expect(planned.status == nil && planned.values(field.lowercased()) == [])
        }
    }

    /// The reva family takes both from the query as well.
    @Test(arguments: [
        "ocm-token=SECRET", "a=b&access_token=x", "ocm%2Dtoken=x", "a;OCM-Token=x", "access_token",
    ])
    func noLoginPassesInTheQuery(_ query: String) async throws {
        for kind in ["ocis", "opencloud", "cernbox"] {
            let world = try await TestGateway(kind: kind)
            let code = try await world.share(Self.secret, id: "a", handle: .make).credential
            let token = "Authorization: Bearer \(try await world.token(code))"
            for credential in [basic(code), token, basic("PUBLICLINK")] {
                let planned = try world.plan("GET /dav/ocm/a/x?\(query) HTTP/1.1", credential)
                #expect(planned.status == 401 && planned.code == "secret_refused")
                let other = try world.plan(
                    "GET /dav/ocm/a/x?ocm-tokens=1&b=access_token HTTP/1.1", credential)
                #expect(other.status == nil)
            }
        }
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let planned = try world.plan("GET \(Self.file)?\(query) HTTP/1.1", basic(Self.secret))
        #expect(planned.status == nil)
    }

    /// RFC 6750, section 2: in one way. The backend would log it.
    @Test(arguments: ["access_token=TOKEN", "a=b&x=TOKEN", "TOKEN", "a=%54OKEN%3Dx"])
    func noTokenOfOursPassesInTheQuery(_ query: String) async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        let first = try #require(token.utf8.first)
        let encoded = "%" + String(first, radix: 16) + token.dropFirst()
        let shown = query.replacing("%54OKEN", with: encoded).replacing("TOKEN", with: token)
        for credential in ["Authorization: Bearer \(token)", basic(Self.secret)] {
            let planned = try world.plan("GET \(Self.file)?\(shown) HTTP/1.1", credential)
            #expect((planned.status, planned.code) == (400, "invalid_request"))
            let other = try world.plan(
                "GET \(Self.file)?access_token=\(String(repeating: "x", count: 80)) HTTP/1.1",
                credential)
            #expect(other.status == nil)
        }
    }

    /// By it alone the backend would let its reader in again, past every check.
    @Test(arguments: ["ocis", "opencloud", "cernbox", "generic"])
    func noTokenOfTheBackendIsTold(_ kind: String) async throws {
        let world = try await TestGateway(kind: kind)
        let document =
            #"{"enabled":true,"apiVersion":"1.1.0","endPoint":"https://cloud.test/ocm","#
            + #""resourceTypes":[{"name":"file","shareTypes":["user"],"#
            + #""protocols":{"webdav":"/dav/ocm/"}}]}"#
        world.gateway.backend.learn(
            try DiscoveryDocument(parsing: Array(document.utf8)), statusVersion: nil)
        let code = try await world.share(Self.secret, id: "a", handle: .make).credential
        let token = try await world.token(code)
        let lines = [
            "HTTP/1.1 207 X", "X-Access-Token: \(Self.secret)", "ETag: \"1\"", "Content-Length: 0",
        ]
        let bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        var parser = ResponseHeadParser()
        guard case .head(let told, _) = try parser.parse(bytes.span, answering: .propfind) else {
            throw TestGateway.NoAddress()
        }
        for credential in [
            basic(code), "Authorization: Bearer \(token)", basic("PUBLICLINK"),
        ] {
            for method in ["PROPFIND", "GET"] {
                let head = try world.head(
                    "\(method) /dav/ocm/a/x HTTP/1.1", credential, "Depth: 0")
                guard case .forward(let forwarding) = world.gateway.plan(head, from: world.client),
                    let edit = forwarding.onHead?(told)
                else { throw TestGateway.NoAddress() }
                #expect(edit.remove.contains(FieldName("x-access-token")))
                #expect(!edit.remove.contains(.etag))
                #expect(!edit.add.contains { $0.name == FieldName("x-access-token") })
            }
        }
    }

    @Test func theQueryGoesOnAsItCame() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let planned = try world.plan("GET \(Self.file)?a=%2f;b&c HTTP/1.1", basic(Self.secret))
        #expect(planned.lines.first == "GET \(Self.file)?a=%2f;b&c HTTP/1.1")
    }

    @Test func writesMayTakeFourTimesAsLongAndPagesALimitOfTheirOwn() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        for (method, file, seconds) in [
            ("GET", Self.file, 1), ("PROPFIND", Self.file, 1), ("PUT", Self.file, 4),
            ("MOVE", Self.file, 4), ("COPY", Self.file, 4), ("DELETE", Self.file, 4),
            ("GET", "/ocs/v2.php/apps/spreed/api/v1/chat/t", 9),
            ("MOVE", "/remote.php/dav/uploads/alice/1/.file", 9),
            ("PROPFIND", "/public.php/webdav/link", 9),
        ] {
            // On a page the secret of a share is refused; what was never seen is a link's.
            let head = try world.head(
                "\(method) \(file) HTTP/1.1", basic(file == Self.file ? Self.secret : "alice"),
                "Depth: 1",
                "Destination: \(Self.file)b".replacing("/ab", with: "/b"))
            guard case .forward(let forwarding) = world.gateway.plan(head, from: world.client)
            else {
                Issue.record("\(method) \(file)")
                continue
            }
            #expect(forwarding.firstByte == .seconds(seconds))
        }
    }

    @Test func aBackendThatFailsIsToldWithoutItsAddress() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let head = try world.head("GET \(Self.file) HTTP/1.1", basic(Self.secret))
        guard case .forward(let forwarding) = world.gateway.plan(head, from: world.client),
            let onFailure = forwarding.onFailure
        else { throw TestGateway.NoAddress() }
        for (failure, status) in [
            (UpstreamFailure.connectRefused, 502), (.firstByteTimeout, 504), (.busy, 503),
        ] {
            let answer = onFailure(failure)
            #expect(answer.status == status)
            #expect(answer.code == "backend_unavailable")
            #expect(answer.values("retry-after") == ["30"])
            #expect(!String(decoding: answer.body, as: UTF8.self).contains("127.0.0.1"))
        }
    }

    @Test func whatHasBegunEndsWithItsShare() async throws {
        for byToken in [true, false] {
            for expires in [true, false] {
                let world = try await TestGateway()
                let now = world.gateway.environment.now()
                let (id, _) = try await world.share(Self.secret, expires: now + 60)
                let credential =
                    byToken
                    ? "Authorization: Bearer \(try await world.token(Self.secret))"
                    : basic(Self.secret)
                let head = try world.head(
                    "PUT \(Self.file) HTTP/1.1", credential, "Transfer-Encoding: chunked")
                guard case .forward(let forwarding) = world.gateway.plan(head, from: world.client),
                    let withdrawn = forwarding.withdrawn
                else { throw TestGateway.NoAddress() }
                #expect(withdrawn(0) == nil)
                if expires {
                    world.pass(seconds: 60)
                } else {
                    try await world.gateway.store.commit(world.gateway.registry.end(id, now: now))
                }
                let answer = withdrawn(0)
                #expect(answer?.status == 401)
                #expect(answer?.code == (byToken ? "token_invalid" : "secret_refused"))
            }
        }
        let world = try await TestGateway()
        let head = try world.head("PUT \(Self.file) HTTP/1.1", basic("PUBLICLINK"))
        guard case .forward(let link) = world.gateway.plan(head, from: world.client) else {
            throw TestGateway.NoAddress()
        }
        #expect(link.withdrawn == nil)
    }

    @Test func eachRefusalIsOneLineWithItsDecision() async throws {
        let world = try await TestGateway()
        let (id, _) = try await world.share(Self.secret, permissions: .named(["read"]))
        let planned = try world.plan("PUT \(Self.file) HTTP/1.1", basic(Self.secret))
        guard case .answered(let answer) = planned else { throw TestGateway.NoAddress() }
        let object = try #require(try JSONValue(parsing: answer.body).object)
        let decision = try #require(object["decision"]?.string)
        let lines = world.logged().split(separator: "\n").filter { $0.contains("data.refused") }
        #expect(lines.count == 1 && lines.allSatisfy { $0.contains(decision) })
        let line = try #require(
            world.world.lines.objects.last { $0["message"]?.string == "data.refused" })
        #expect(line["peer"]?.string == "one.test" && line["share"]?.string == "\(id)")
    }

    /// As after a peer was left out of a list: who was cut off is in the log.
    @Test func aRefusalOfThePolicyNamesThePeer() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret, for: "forgotten.test")
        let planned = try world.plan("GET \(Self.file) HTTP/1.1", basic(Self.secret))
        #expect(planned.code == "peer_unknown")
        #expect(!world.logged().contains(Self.secret))
        let line = try #require(
            world.world.lines.objects.last { $0["message"]?.string == "data.refused" })
        #expect(line["peer"]?.string == "forgotten.test")
    }
}
