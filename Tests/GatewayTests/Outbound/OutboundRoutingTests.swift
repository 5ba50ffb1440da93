import Federation
import Testing
import Transport

@testable import Gateway

@Suite struct OutboundRoutingTests {
    let world: TestWorld

    init() throws { (world, _, _) = try TestWorld.withPeers() }

    /// What becomes of a request, once the peer was asked.
    private func plan(
        _ path: String, to host: String = "modern.test", method: String = "GET"
    ) async throws -> Plan {
        let (request, _) = try world.request(path, to: host, "", method: method)
        guard case .prepare(let prepare) = world.gateway.planOutbound(request) else {
            return world.gateway.planOutbound(request)
        }
        return await prepare(request.head)
    }

    private func answer(
        _ path: String, to host: String = "modern.test", method: String = "GET"
    ) async throws -> Answer {
        guard case .answer(let answer) = try await plan(path, to: host, method: method) else {
            throw TestPeer.Unmade()
        }
        return answer
    }

    @Test(arguments: [
        "/.well-known/ocm", "/ocm-provider/", "/ocm-provider", "/index.php/.well-known/ocm",
    ])
    func discoveryIsInTheWordsOfTheBackend(_ path: String) async throws {
        let answer = try await answer(path)
        #expect(answer.status == 200)
        let document = try #require(try JSONValue(parsing: answer.body).object)
        #expect(document["endPoint"]?.string == "https://modern.test/ocm")
        #expect(document["apiVersion"]?.string == "1.0-proposal1")
        #expect(document["jwksUri"] == nil)
    }

    @Test func theOlderApiIsFoundAtThePeer() async throws {
        let answer = try await answer("/ocs-provider/")
        #expect(answer.status == 200)
        #expect(String(decoding: answer.body, as: UTF8.self).contains("/public.php/webdav/"))
    }

    @Test func aPeerIsAskedOnceForManyRequests() async throws {
        _ = try await answer("/.well-known/ocm")
        _ = try await answer("/ocm-provider/")
        let (request, _) = try world.request("/ocm-provider/", to: "modern.test", "")
        guard case .answer = world.gateway.planOutbound(request) else {
            Issue.record("the peer is asked again")
            return
        }
        #expect(world.net.asked.filter { $0.contains("modern.test") }.count == 1)
    }

    @Test(arguments: ["/ocm/shares", "/ocm/notifications", "/ocs/v2.php/cloud/shares"])
    func messagesAreReadWhole(_ path: String) async throws {
        guard case .read(let limit, _) = try await plan(path, method: "POST") else {
            Issue.record("not read")
            return
        }
        #expect(limit == 256 << 10)
    }

    @Test(arguments: ["modern.test", "cavage.test"], ["", "/nextcloud"])
    func remoteActivityGoesToNoPeer(_ host: String, _ folder: String) async throws {
        let path = "\(folder)/ocs/v2.php/apps/activity/api/v2/remote/SECRET0PERMANEN"
        let answer = try await answer(path, to: host, method: "POST")
        #expect((answer.status, answer.code) == (403, "secret_refused"))
        world.gateway.log.flush()
        #expect(!world.lines.all.joined().contains("SECRET0PERMANEN"))
    }

    @Test(arguments: ["modern.test", "cavage.test"])
    func federatedTeamsAskNoPeer(_ host: String) async throws {
        for (method, path) in [
            ("POST", "/index.php/apps/circles/incoming/"), ("POST", "/apps/circles/event/"),
            ("GET", "/index.php/apps/circles/members/x/"),
            ("POST", "/nextcloud/index.php/apps/circles/event/"),
        ] {
            let answer = try await answer(path, to: host, method: method)
            #expect((answer.status, answer.code) == (501, "protocol_not_supported"))
            #expect(answer.hint?.contains("share with people") == true)
        }
        world.gateway.log.flush()
        #expect(world.lines.all.joined().contains("federated teams for \(host)"))
    }

    @Test(arguments: [("/ocm/shares", 405, "shares"), ("/ocm/unheard-of", 404, "ocm")])
    func aMessageByAnotherMethodIsOneDecision(
        _ path: String, _ status: Int, _ kind: String
    ) async throws {
        let answer = try await answer(path, method: "PUT")
        #expect(answer.status == status)
        #expect(answer.values("allow") == (status == 405 ? ["POST"] : []))
        let line = try #require(world.decisions().first)
        #expect(line["kind"]?.string == kind && line["direction"]?.string == "out")
        #expect(line["peer"]?.string == "modern.test")
        #expect(line["status"]?.number?.integer == status)
    }

    @Test func aPeerThatIsDownIsAnOutage() async throws {
        world.net.lose("modern.test")
        #expect(try await answer("/.well-known/ocm").status == 502)
    }

    @Test(arguments: ["/ocm/shares", "/ocm/notifications", "/ocs/v2.php/cloud/shares"])
    func aMessageAsksThePeerItself(_ path: String) async throws {
        world.net.lose("modern.test")
        let (request, _) = try world.request(path, to: "modern.test", "")
        guard case .read = world.gateway.planOutbound(request) else {
            Issue.record("not read")
            return
        }
        #expect(world.net.asked.isEmpty)
    }

    @Test func aMessageAtAPathThatNobodyCanTellAnyMoreIsOneStill() async throws {
        world.net.lose("modern.test")
        guard case .read = try await plan("/odd/api/shares", method: "POST") else {
            Issue.record("not read")
            return
        }
        #expect(try await answer("/odd/api/shares").status == 502)
    }

    @Test func aPeerWithoutADocumentHasNone() async throws {
        #expect(try await answer("/.well-known/ocm", to: "legacy.test").status == 404)
    }

    @Test func whatIsNotTheFederationsIsRefusedUnlessToldOtherwise() async throws {
        let answer = try await answer("/index.php/apps/spreed/x")
        #expect(answer.status == 403)
        #expect(answer.code == "egress_refused")
        // As one that is refused at the CONNECT: with its host, and a line of its own.
        world.gateway.log.flush()
        let lines = world.lines.objects.filter { $0["message"]?.string == "egress.refused" }
        #expect(lines.map { $0["code"]?.string } == ["egress_refused"])
        #expect(lines.first?["host"]?.string == "modern.test")
        #expect(lines.first?["client"]?.string != nil)
    }
}
