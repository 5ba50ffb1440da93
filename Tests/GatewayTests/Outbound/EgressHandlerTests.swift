import Federation
import Testing

@testable import Gateway
@testable import Transport

/// What becomes of the backend's requests on their way out, as the transport asks for it.
@Suite struct EgressHandlerTests {
    private static let lab = """
        [outbound]
        allow_private = ["127.0.0.0/8"]
        resolve = { "modern.test:443" = "127.0.0.1:9", "stranger.test:443" = "127.0.0.1:9" }
        """

    // MARK: CONNECT

    @Test func aConnectToAPeerIsIntercepted() async throws {
        let way = try TestEgress(outbound: Self.lab, allowing: ["127.0.0.0/8"])
        let outcome = try await way.plan("CONNECT modern.test:443 HTTP/1.1", "Host: modern.test")
        #expect(outcome.target == "modern.test")
        #expect(way.logged().isEmpty)
        // Nothing is fetched from it for that.
        #expect(way.world.net.asked.isEmpty)
    }

    @Test func aConnectToThisSiteIsIntercepted() async throws {
        let way = try TestEgress()
        for host in ["cloud.test", "old.test"] {
            let outcome = try await way.plan("CONNECT \(host):443 HTTP/1.1", "Host: \(host):443")
            #expect(outcome.target == host)
        }
    }

    @Test func aRefusalSaysItsCodeWhereClientsOfAProxyLook() async throws {
        let way = try TestEgress()
        let outcome = try await way.plan("CONNECT blocked.test:443 HTTP/1.1", "Host: blocked.test")
        #expect(outcome.status == 403)
        #expect(
            outcome.value("proxy-status")
                == "ocmgate; error=http_request_denied; details=\"peer_blocked\"")
        let line = try #require(way.logged().first)
        #expect(way.logged().count == 1)
        #expect(line["host"]?.string == "blocked.test:443")
        #expect(line["code"]?.string == "peer_blocked")
        guard case .answered(let answer) = outcome else { return }
        let body = try JSONValue(parsing: answer.body).object
        #expect(body?["decision"]?.string == line["decision"]?.string)
    }

    @Test(arguments: [
        ("127.0.0.1:443", "egress_address", "destination_ip_prohibited"),
        ("[::ffff:127.0.0.1]:443", "egress_address", "destination_ip_prohibited"),
        ("169.254.169.254:443", "egress_address", "destination_ip_prohibited"),
        ("localhost:443", "egress_address", "destination_ip_prohibited"),
        ("modern.test:22", "egress_refused", "http_request_denied"),
        ("cloud.test:22", "egress_address", "destination_ip_prohibited"),
        ("stranger.test:443", "peer_unknown", "http_request_denied"),
    ])
    func whatIsRefusedIsRefusedBeforeAnythingIsAsked(
        _ target: String, _ code: String, _ error: String
    ) async throws {
        let way = try TestEgress()
        let outcome = try await way.plan("CONNECT \(target) HTTP/1.1", "Host: \(target)")
        #expect(outcome.status == 403)
        #expect(outcome.code == code)
        #expect(outcome.value("proxy-status")?.contains("error=\(error);") == true)
        #expect(way.world.net.asked.isEmpty)
    }

    @Test func aPeerAtAForbiddenAddressIsRefusedAtTheConnect() async throws {
        let way = try TestEgress(
            outbound: "[outbound]\nresolve = { \"modern.test:443\" = \"127.0.0.1:9\" }")
        let outcome = try await way.plan("CONNECT modern.test:443 HTTP/1.1", "Host: modern.test")
        #expect(outcome.status == 403)
        #expect(outcome.code == "egress_address")
    }

    @Test func whetherAnUnknownHostIsAPeerItsDocumentSays() async throws {
        let way = try TestEgress(unknown: "allow", outbound: Self.lab)
        let none = try await way.plan("CONNECT stranger.test:443 HTTP/1.1", "Host: stranger.test")
        #expect(none.code == "egress_refused")
        #expect(way.world.net.asked.contains("https://stranger.test/.well-known/ocm"))

        let peer = try TestPeer("other.test")
        try peer.publish(on: way.world.net)
        let found = try await way.plan("CONNECT other.test:443 HTTP/1.1", "Host: other.test")
        #expect(found.target == "other.test")

        // A host that does not answer is neither.
        way.world.net.fail("https://down.test/.well-known/ocm")
        let down = try await way.plan("CONNECT down.test:443 HTTP/1.1", "Host: down.test")
        #expect(down.status == 502)
        #expect(down.code == "peer_unavailable")
        // One that cannot be asked for its address is refused for that.
        way.world.net.fail("https://inside.test/.well-known/ocm")
        let inside = try await way.plan("CONNECT inside.test:443 HTTP/1.1", "Host: inside.test")
        #expect(inside.code == "egress_address")
        // A message is refused as one, with its decision.
        let message = try await way.plan(
            "POST http://down.test/ocm/shares HTTP/1.1", "Host: down.test", "Content-Length: 2")
        #expect(message.isRead)
    }

    @Test func otherHostsAreTunnelledWhenTheyAreNamed() async throws {
        let way = try TestEgress(egress: "other = [\"updates.test\"]")
        #expect(
            try await way.plan("CONNECT updates.test:443 HTTP/1.1", "Host: updates.test").isTunnel)
        #expect(
            try await way.plan("CONNECT stranger.test:443 HTTP/1.1", "Host: stranger.test").code
                == "peer_unknown")
        #expect(way.world.net.asked.isEmpty)
    }

    /// Its messages would go out unsigned else, with the permanent secrets, and nobody would judge them.
    @Test(arguments: ["allow", "hold"])
    func aPeerThatIsNamedAndMayBeAskedIsIntercepted(_ unknown: String) async throws {
        let way = try TestEgress(egress: "other = [\"named.test\"]", unknown: unknown)
        try TestPeer("named.test").publish(on: way.world.net)
        let outcome = try await way.plan("CONNECT named.test:443 HTTP/1.1", "Host: named.test")
        #expect(outcome.target == "named.test")
        // It stays one, also when its document is older than what is used, and it keeps it to itself by now.
        way.world.clock.pass(30 * 86_400)
        way.world.net.answer("https://named.test/.well-known/ocm", 403, "")
        let later = try await way.plan("CONNECT named.test:443 HTTP/1.1", "Host: named.test")
        #expect(later.status == 502 && later.code == "peer_unavailable")
    }

    @Test(arguments: [
        (404, true), (401, true), (403, true), (500, false), (503, false), (429, false),
    ])
    func whatIsNamedAndShowsNoDocumentIsTunnelled(_ status: Int, _ isTunnel: Bool) async throws {
        for unknown in ["allow", "hold"] {
            let way = try TestEgress(egress: "other = [\"named.test\"]", unknown: unknown)
            way.world.net.answer("https://named.test/.well-known/ocm", status, "")
            let outcome = try await way.plan("CONNECT named.test:443 HTTP/1.1", "Host: named.test")
            #expect(outcome.isTunnel == isTunnel && (outcome.status == 502) != isTunnel)
            let page = try await way.plan("GET http://named.test/a HTTP/1.1", "Host: named.test")
            #expect((page.head.first == "GET /a HTTP/1.1") == isTunnel)
        }
    }

    /// What was learned of it before a restart counts, where its document is in nobody's memory.
    @Test(arguments: ["[\"named.test\"]", "\"tunnel\""])
    func aPeerThatWasMetIsInterceptedWithoutItsDocument(_ other: String) async throws {
        let named = try #require(PeerHost("named.test"))
        for bySigning in [true, false] {
            let way = try TestEgress(egress: "other = \(other)", unknown: "allow")
            let gateway = way.world.gateway
            let met = bySigning ? gateway.generations : gateway.accepted
            let change = try #require(met.learn(named, .label, now: way.world.clock.now))
            try await gateway.store.commit(change)
            let outcome = try await way.plan("CONNECT named.test:443 HTTP/1.1", "Host: named.test")
            #expect(outcome.target == "named.test" && !outcome.isTunnel)
            let stranger = try await way.plan(
                "CONNECT stranger.test:443 HTTP/1.1", "Host: stranger.test")
            #expect(stranger.isTunnel == (other == "\"tunnel\""))
        }
    }

    /// A document that is too long, say, is one of a peer all the same.
    @Test(arguments: [true, false])
    func whatIsNamedAndShowsWhatIsNotTakenIsTunnelledOnlyWhenItLeadsElsewhere(
        _ isElsewhere: Bool
    ) async throws {
        let way = try TestEgress(egress: "other = [\"named.test\"]", unknown: "allow")
        way.world.net.isUnusable(
            "https://named.test/.well-known/ocm", isElsewhere: isElsewhere)
        let outcome = try await way.plan("CONNECT named.test:443 HTTP/1.1", "Host: named.test")
        #expect(outcome.isTunnel == isElsewhere && (outcome.status == 502) != isElsewhere)
    }

    @Test func whatIsNamedAndNotReachedIsNotTunnelled() async throws {
        let way = try TestEgress(egress: "other = [\"named.test\"]", unknown: "allow")
        way.world.net.fail("https://named.test/.well-known/ocm")
        let outcome = try await way.plan("CONNECT named.test:443 HTTP/1.1", "Host: named.test")
        #expect(outcome.status == 502 && outcome.code == "peer_unavailable")
    }

    @Test func whoIsNoClientOfTheProxyIsRefused() async throws {
        let way = try TestEgress(egress: "clients = [\"10.0.0.0/8\"]")
        let outcome = try await way.plan(
            "CONNECT modern.test:443 HTTP/1.1", "Host: modern.test", from: "127.0.0.1")
        #expect(outcome.code == "egress_refused")
        #expect(way.logged().first?["client"]?.string == "127.0.0.1")
    }

    // MARK: Loops

    @Test func whatHasPassedTheGatewayBeforeIsALoop() async throws {
        let way = try TestEgress()
        let pseudonym = way.world.gateway.pseudonym
        #expect(pseudonym.utf8.count == 16)
        for via in ["1.1 \(pseudonym)", "1.0 a, 1.1 \(pseudonym.uppercased()) (x), 2 b"] {
            let out = try await way.plan(
                "CONNECT modern.test:443 HTTP/1.1", "Host: modern.test", "Via: \(via)")
            #expect(out.status == 508)
            #expect(out.value("proxy-status")?.contains("proxy_loop_detected") == true)
            let inside = try await way.inside(
                "modern.test:443", name: "modern.test", "GET /ocm-provider/ HTTP/1.1",
                "Host: modern.test", "Via: 1.1 proxy", "Via: \(via)")
            #expect(inside.status == 508)
            let head = try way.head(["GET / HTTP/1.1", "Host: cloud.test", "Via: \(via)"])
            guard case .answer(let answer) = way.world.gateway.plan(head, from: try way.client())
            else {
                Issue.record("the way in took a loop")
                return
            }
            #expect(answer.status == 508)
        }
        let other = try await way.plan(
            "GET https://cloud.test/ HTTP/1.1", "Host: cloud.test", "Via: 1.1 0123456789abcdef")
        #expect(!other.head.isEmpty)
    }

    // MARK: Inside of a CONNECT

    @Test func aNameInTheHandshakeThatIsNotTheOneOfTheConnectIsRefused() async throws {
        let way = try TestEgress()
        let outcome = try await way.inside(
            "modern.test:443", name: "blocked.test", "GET /ocm-provider/ HTTP/1.1",
            "Host: modern.test")
        #expect(outcome.status == 403)
        #expect(outcome.code == "egress_refused")
    }

    @Test(arguments: ["blocked.test", "modern.test:8443", "cloud.test", "127.0.0.1"])
    func aHostThatIsNotTheOneOfTheConnectIsMisdirected(_ host: String) async throws {
        let way = try TestEgress()
        let outcome = try await way.inside(
            "modern.test:443", name: "modern.test", "GET /ocm-provider/ HTTP/1.1", "Host: \(host)")
        #expect(outcome.status == 421)
    }

    @Test func aRequestWithoutAHostIsMisdirected() async throws {
        let way = try TestEgress()
        let outcome = try await way.inside(
            "modern.test:443", name: nil, "GET /ocm-provider/ HTTP/1.0")
        #expect(outcome.status == 421)
    }

    @Test func requestsToAPeerArePlannedAsSuch() async throws {
        let way = try TestEgress()
        for host in ["modern.test", "MODERN.test.", "modern.test:443"] {
            let outcome = try await way.inside(
                "modern.test:443", name: "modern.test", "GET //ocm-provider/ HTTP/1.1",
                "Host: \(host)")
            #expect(outcome.status != 421 && outcome.status != 403)
        }
    }

    @Test func aPathThatOthersMayReadInAnotherWayIsRefused() async throws {
        let way = try TestEgress()
        for path in [
            "/a/../ocm/shares", "/ocm%2fshares", "/%2e%2e/ocm", "/ocm/%5cshares",
            "/ocm%252fshares", "/ocm%25252fshares",
        ] {
            let outcome = try await way.inside(
                "modern.test:443", name: "modern.test", "GET \(path) HTTP/1.1",
                "Host: modern.test")
            #expect(outcome.code == "malformed_path", "\(path)")
        }
    }

    /// OpenCloud writes one where the base64 of a file's path holds a slash.
    @Test func aPlainDotIsLeftOutBeforeAPathIsJudged() async throws {
        let way = try TestEgress(egress: "other = [\"updates.test\"]")
        let head = try way.head(["PROPFIND /dav/ocm/7/./CfmI= HTTP/1.1", "Host: modern.test"])
        #expect(try PeerRequest.path(head.path, of: head).text == "/dav/ocm/7/CfmI=")
        let page = try await way.plan(
            "GET http://updates.test/a//./b%7E/. HTTP/1.1", "Host: updates.test")
        #expect(page.head.first == "GET /a/b~/ HTTP/1.1")
        // Shared data, to whoever is no peer.
        let data = try await way.plan(
            "GET http://updates.test/dav/./ocm/7 HTTP/1.1", "Host: updates.test")
        #expect(data.status == 403 && data.code == "not_allowed")
        for path in [
            "/a/../b", "/a/./../b", "/a/%2e/b", "/a/./%2e%2e/b", "/a/.;x/b", "/a/./b%2Fc",
            "/./ocm%252fshares",
        ] {
            let refused = try await way.plan(
                "GET http://updates.test\(path) HTTP/1.1", "Host: updates.test")
            #expect(refused.code == "malformed_path", "\(path)")
        }
    }

    /// At any other status Nextcloud sets the whole share aside.
    @Test(arguments: [
        ("PROPFIND", "/public.php/webdav/%252e%252e", 404), ("GET", "/c/dav/a%252F..%252Fb", 404),
        ("POST", "/public.php/webdav/%252e%252e", 400), ("GET", "/public.php/webdav/a%2Fb", 400),
    ])
    func dataWhoseNameClimbsWhenItIsDecodedAgainAreNotFound(
        _ method: String, _ path: String, _ status: Int
    ) async throws {
        let way = try TestEgress()
        let credential = basic("SECRET0PERMANEN")
        let inside = try await way.inside(
            "modern.test:443", name: "modern.test", "\(method) \(path) HTTP/1.1",
            "Host: modern.test", credential)
        let prefixed = try await way.plan(
            "\(method) /egress/modern.test\(path) HTTP/1.1", "Host: 127.0.0.1:3128", credential)
        for outcome in [inside, prefixed] {
            #expect(outcome.status == status && outcome.code == "malformed_path")
        }
        let fault = status == 404 || method == "POST" ? "double_encoding" : "encoded_slash"
        #expect(way.logged().map { $0["detail"]?.string } == [fault, fault])
        // Without a credential it is no request for data.
        let page = try await way.inside(
            "modern.test:443", name: "modern.test", "\(method) \(path) HTTP/1.1",
            "Host: modern.test")
        #expect(page.status == 400)
    }

    @Test func policyThatChangedSinceTheConnectCounts() async throws {
        let way = try TestEgress()
        let outcome = try await way.inside(
            "blocked.test:443", name: "blocked.test", "GET /ocm-provider/ HTTP/1.1",
            "Host: blocked.test")
        #expect(outcome.code == "peer_blocked")
    }

    @Test func aPolicyThatIsSwappedCountsWithinTheSameSecond() async throws {
        let way = try TestEgress()
        let handler = InterceptedHandler(
            way.handler, to: try Authority("modern.test:443"), .admitted)
        let head = try way.head(["GET /ocm-provider/ HTTP/1.1", "Host: modern.test"])
        let client = try way.client(intercepted: true, name: "modern.test")
        for _ in 0..<2 {
            guard case .prepare = handler.plan(head, from: client) else {
                Issue.record("refused")
                return
            }
        }
        let closed = """
            version = 1
            name = "closed"
            mode = "enforce"
            default = "deny"
            unknown = "deny"
            """
        way.world.gateway.policy.swap(
            try Policy(Array(closed.utf8), file: "policy.toml", PolicyFiles { _ in nil }),
            candidate: nil)
        guard case .answer(let answer) = handler.plan(head, from: client) else {
            Issue.record("let pass")
            return
        }
        #expect(answer.status == 403 && answer.code == "peer_unknown")
    }

    @Test func requestsToTheSiteItselfGoBackInAsTheyWouldFromOutside() async throws {
        let way = try TestEgress()
        let inside = try await way.inside(
            "cloud.test:443", name: "cloud.test", "GET /status.php HTTP/1.1", "Host: cloud.test",
            "X-Forwarded-For: 10.0.0.1")
        #expect(inside.head.first == "GET /status.php HTTP/1.1")
        #expect(inside.head.contains("x-forwarded-for: 127.0.0.1"))
        let absolute = try await way.plan(
            "GET http://cloud.test/status.php?a=b HTTP/1.1", "Host: cloud.test")
        #expect(absolute.head.first == "GET /status.php?a=b HTTP/1.1")
        let message = try await way.inside(
            "cloud.test:443", name: "cloud.test", "POST /ocm/shares HTTP/1.1", "Host: cloud.test",
            "Content-Length: 2")
        #expect(message.isRead)
    }

    @Test func onlyTheWayOutSpeaksForTheSite() async throws {
        let way = try TestEgress()
        let body = Array(Messages.oldShare(from: "cloud.test").utf8)
        let head = try way.head([
            "POST /ocm/shares HTTP/1.1", "Host: cloud.test", "Content-Type: application/json",
            "Content-Length: \(body.count)",
        ])
        let client = try way.client(intercepted: true, name: "cloud.test")
        let inside = InterceptedHandler(
            way.handler, to: try Authority("cloud.test:443"), .admitted)
        for (plan, code) in [
            (inside.plan(head, from: client), "backend_unavailable"),
            (way.world.gateway.plan(head, from: client), "peer_unknown"),
        ] {
            guard case .read(_, let then) = plan else {
                Issue.record("not read")
                return
            }
            let next = await then(ReceivedRequest(head: head, body: body, client: client))
            let answer = try next.answered
            #expect(answer.code == code)
        }
    }

    // MARK: Other forms

    @Test func thePrefixAndAnAbsoluteTargetStandForHTTPS() async throws {
        let way = try TestEgress(egress: "other = [\"updates.test\"]")
        for (line, target) in [
            ("GET /egress/updates.test/a/b?c=d HTTP/1.1", "/a/b?c=d"),
            ("GET /egress/updates.test HTTP/1.1", "/"),
            ("GET /egress/updates.test?c=d HTTP/1.1", "/?c=d"),
            ("GET http://updates.test/a//b HTTP/1.1", "/a/b"),
            ("GET http://updates.test:80/ HTTP/1.1", "/"),
            ("GET https://updates.test HTTP/1.1", "/"),
        ] {
            let host = line.contains("://") ? "updates.test" : "127.0.0.1:3128"
            let outcome = try await way.plan(
                line, "Host: \(host)", "Proxy-Authorization: Basic eA==", "Cookie: a=b",
                "X-Forwarded-For: 10.0.0.1")
            #expect(outcome.head.first == "GET \(target) HTTP/1.1", "\(line)")
            #expect(outcome.head.contains("host: updates.test"))
            #expect(outcome.head.contains("via: 1.1 \(way.world.gateway.pseudonym)"))
            for word in ["cookie", "proxy-authorization", "x-forwarded-for"] {
                #expect(!outcome.head.contains { $0.lowercased().hasPrefix(word) })
            }
        }
    }

    @Test(arguments: [
        ("GET /egress/127.0.0.1/ HTTP/1.1", 403), ("GET /egress/127.1/ HTTP/1.1", 403),
        ("GET /egress/2130706433/ HTTP/1.1", 403), ("GET /egress/0x7f.1/ HTTP/1.1", 403),
        ("GET /egress/[::1]/ HTTP/1.1", 403), ("GET /egress/[example.com]/ HTTP/1.1", 403),
        ("GET /egress/a@modern.test/ HTTP/1.1", 403), ("GET /egress/mod%65rn.test/ HTTP/1.1", 403),
        ("GET /egress//modern.test/ HTTP/1.1", 403), ("GET /egress/ HTTP/1.1", 403),
        ("GET /egress HTTP/1.1", 404), ("GET / HTTP/1.1", 404), ("GET /ocm/shares HTTP/1.1", 404),
        ("OPTIONS * HTTP/1.1", 404), ("GET /egress/blocked.test/ HTTP/1.1", 403),
        ("GET /egress/modern.test:22/ HTTP/1.1", 403), ("GET /egress/cloud.test/ HTTP/1.1", 403),
        ("GET /egress/modern.test/../x HTTP/1.1", 400),
        ("GET /egress/modern.test/a%2Fb HTTP/1.1", 400),
    ])
    func aPrefixedRequestIsJudgedAsAConnectIs(_ line: String, _ status: Int) async throws {
        let way = try TestEgress()
        let outcome = try await way.plan(line, "Host: 127.0.0.1:3128")
        #expect(outcome.status == status)
        #expect(way.logged().count == 1)
    }

    /// A page in a browser beside the backend has a name of its own that leads to us.
    @Test(arguments: [
        ("127.0.0.1:3128", true), ("[::1]:3128", true), ("localhost:3128", true),
        ("gateway:3128", true), ("gateway.internal", true), ("evil.example:3128", false),
        ("modern.test", false),
    ])
    func aPrefixIsTakenUnderOurOwnAddressOnly(_ host: String, _ isTaken: Bool) async throws {
        let way = try TestEgress()
        let outcome = try await way.plan("GET /egress/modern.test/ HTTP/1.1", "Host: \(host)")
        #expect((outcome.status == 421) == !isTaken)
    }

    @Test(arguments: [
        "http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "https://[::1]/",
        "http://localhost/", "http://blocked.test/", "http://modern.test:8080/",
        "https://modern.test:22/", "http://modern.test:443@evil.test/",
    ])
    func anAbsoluteTargetIsJudgedAsAConnectIs(_ target: String) async throws {
        let way = try TestEgress()
        guard let url = try? HTTPURL(target) else {
            #expect(throws: RequestFailure.self) {
                try way.head(["GET \(target) HTTP/1.1", "Host: modern.test"])
            }
            return
        }
        let outcome = try await way.plan("GET \(target) HTTP/1.1", "Host: \(url.authority)")
        #expect(outcome.status == 403, "\(target)")
    }
}
