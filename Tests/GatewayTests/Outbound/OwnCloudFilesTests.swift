import Federation
import Testing

@testable import Gateway
@testable import Transport

/// What ownCloud would take for a fatal error of all the files of a user never reaches it.
@Suite struct OwnCloudFilesTests {
    private static let lab = """
        [outbound]
        allow_private = ["127.0.0.0/8"]
        resolve = { "modern.test:443" = "127.0.0.1:9" }
        """
    private static let documents = [
        "/ocm-provider/", "/ocs-provider/", "/ocs-provider/index.php", "/status.php",
        "/cloud/ocm-provider/", "//ocs-provider/",
    ]
    private static let credential = basic("SECRET0PERMANEN")

    // MARK: Peers that are down

    @Test(arguments: [("owncloud10", 404), ("nextcloud", 502)])
    func documentsOfAPeerThatIsDown(_ kind: String, _ status: Int) async throws {
        let way = try TestEgress(outbound: Self.lab, allowing: ["127.0.0.0/8"], kind: kind)
        way.world.net.fail("https://modern.test/.well-known/ocm")
        for path in Self.documents {
            let outcome = try await way.through(
                "modern.test:443", "GET \(path) HTTP/1.1", "Host: modern.test")
            #expect(outcome.status == status, "\(path)")
        }
        // The log says what it was.
        let lines = way.logged()
        #expect(lines.count == Self.documents.count)
        #expect(lines.allSatisfy { $0["code"]?.string == "peer_unavailable" })
        #expect(lines.allSatisfy { $0["status"]?.number?.integer == status })
        // Of the data it hears that they may come back.
        let data = try await way.through(
            "modern.test:443", "PROPFIND /public.php/webdav/ HTTP/1.1", "Host: modern.test",
            Self.credential)
        #expect(data.status == 502)
    }

    // MARK: Hosts that are refused

    @Test(arguments: [
        ("blocked.test:443", "peer_blocked"), ("stranger.test:443", "peer_unknown"),
        // A peer at an address that is not dialled, and one at a port that nothing names.
        ("modern.test:443", "egress_address"), ("modern.test:8443", "egress_refused"),
    ])
    func aHostThatIsRefusedIsRefusedInsideOfTheConnection(
        _ target: String, _ code: String
    ) async throws {
        let way = try TestEgress(
            outbound: "[outbound]\nresolve = { \"modern.test:443\" = \"127.0.0.1:9\" }",
            kind: "owncloud10")
        let host = target.hasSuffix(":443") ? String(target.dropLast(4)) : target
        let starts =
            Self.documents.map { ("GET \($0)", 404) } + [
                ("PROPFIND /public.php/webdav/", 503), ("PUT /public.php/webdav/a", 503),
                ("GET /index.php/apps/x", 503),
                ("POST /index.php/apps/files_sharing/shareinfo?t=x", 503),
            ]
        for (start, status) in starts {
            let outcome = try await way.through(
                target, "\(start) HTTP/1.1", "Host: \(host)", Self.credential)
            #expect(outcome.status == status, "\(start)")
        }
        let message = try await way.through(
            target, "POST /ocs/v2.php/cloud/shares/7/decline HTTP/1.1", "Host: \(host)")
        #expect(message.status == 403)
        // It takes 4xx to a share by the older API for its success.
        let share = try await way.through(
            target, "POST /ocs/v1.php/cloud/shares?format=json HTTP/1.1", "Host: \(host)")
        #expect(share.status == 500)
        #expect(way.world.decisions().map { $0["code"]?.string } == [code, code])
        // One line for the CONNECT, and one for each request in it.
        let lines = way.logged()
        #expect(lines.count == 2 * starts.count + 2)
        #expect(lines.allSatisfy { $0["code"]?.string == code })
        #expect(lines.first?["status"]?.number?.integer == 200)
        #expect(way.world.net.asked.isEmpty)
    }

    @Test func aHostOfNoListThatIsDownIsRefusedInsideOfTheConnection() async throws {
        let way = try TestEgress(unknown: "allow", kind: "owncloud10")
        way.world.net.fail("https://down.test/.well-known/ocm")
        for (start, status) in [
            ("GET /ocm-provider/", 404), ("GET /ocs-provider/", 404),
            ("PROPFIND /public.php/webdav/", 502),
        ] {
            let outcome = try await way.through(
                "down.test:443", "\(start) HTTP/1.1", "Host: down.test", Self.credential)
            #expect(outcome.status == status, "\(start)")
        }
        #expect(way.logged().allSatisfy { $0["code"]?.string == "peer_unavailable" })
    }

    @Test func aRefusalOfItsOtherFormsIsTheSame() async throws {
        let way = try TestEgress(kind: "owncloud10")
        for (method, path, status) in [
            ("GET", "/ocm-provider/", 404), ("GET", "/index.php/apps/x", 503),
            ("PUT", "/public.php/webdav/a", 503),
        ] {
            let absolute = try await way.plan(
                "\(method) http://blocked.test\(path) HTTP/1.1", "Host: blocked.test")
            let prefixed = try await way.plan(
                "\(method) /egress/blocked.test\(path) HTTP/1.1", "Host: 127.0.0.1:3128")
            #expect(absolute.status == status && prefixed.status == status, "\(method) \(path)")
        }
        // No certificate is made for an address.
        let address = try await way.plan("CONNECT 127.0.0.1:443 HTTP/1.1", "Host: 127.0.0.1:443")
        #expect(address.status == 403)
    }

    // MARK: Data that are refused

    /// What changes something fails alone.
    @Test(arguments: [
        ("owncloud10", 403, 503), ("owncloud10", 404, 503), ("owncloud10", 429, 429),
        ("nextcloud", 403, 403), ("nextcloud", 404, 404),
    ])
    func dataThatThePolicyRefusesAreReadLater(
        _ kind: String, _ ruled: Int, _ status: Int
    ) async throws {
        let world = try WayOut(
            rules: """
                [[rule]]
                name = "none"
                on = ["webdav.out"]
                action = "deny"
                status = \(ruled)
                """, kind: kind)
        let handle = try await world.receive(uri: "x7", demands: true)
        for start in ["PROPFIND /public.php/webdav/", "GET /public.php/webdav/a"] {
            let planned = try await world.ask("\(start) HTTP/1.1", basic(handle))
            #expect(planned.status == status, "\(start)")
        }
        let put = try await world.ask(
            "PUT /public.php/webdav/a HTTP/1.1", basic(handle), "Content-Length: 0")
        #expect(put.status == ruled)
        world.gateway.log.flush()
        let lines = world.world.lines.objects.filter { $0["message"]?.string == "data.refused" }
        #expect(lines.map { $0["code"]?.string } == Array(repeating: "not_allowed", count: 3))
        #expect(lines.first?["status"]?.number?.integer == status)
    }

    @Test(arguments: [("owncloud10", 503), ("nextcloud", 403)])
    func dataOfAShareThatIsOverAreReadLater(_ kind: String, _ status: Int) async throws {
        for isSaidByThePeer in [true, false] {
            let world = try WayOut(kind: kind)
            let handle = try await world.receive(uri: "x7", demands: true)
            if isSaidByThePeer {
                world.world.mail.answer(400, #"{"error":"invalid_grant"}"#)
            } else {
                let share = try #require(world.gateway.registry.all.first)
                try await world.gateway.store.commit(
                    world.gateway.registry.end(share.id, now: world.world.clock.now))
            }
            for start in ["PROPFIND /public.php/webdav/", "GET /public.php/webdav/a"] {
                let planned = try await world.ask("\(start) HTTP/1.1", basic(handle))
                guard case .answered(let answer) = planned else { throw WayOut.Unmade() }
                #expect(answer.status == status, "\(start)")
                #expect(answer.values("retry-after").count == (status == 503 ? 1 : 0))
            }
            world.gateway.log.flush()
            let lines = world.world.lines.objects.filter {
                $0["message"]?.string == "data.refused"
            }
            #expect(lines.map { $0["code"]?.string } == ["share_unknown", "share_unknown"])
        }
    }
}
