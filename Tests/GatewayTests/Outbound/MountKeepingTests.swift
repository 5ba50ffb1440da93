import Federation
import Testing

@testable import Gateway
@testable import Transport

/// What would make a receiver delete a mount never reaches it.
@Suite struct MountKeepingTests {
    private static let shareInfo = "/index.php/apps/files_sharing/shareinfo"

    @Test func shareInfoNeverDeletesAMount() async throws {
        let world = try WayOut()
        let secret = try await world.receive(uri: nil, demands: false, from: "legacy.test")
        let request = try world.request(
            "POST \(Self.shareInfo)?t=\(secret)&format=json HTTP/1.1", at: "legacy.test")
        let plan = await world.settled(world.gateway.planShareInfoOut(request), request)
        guard case .forward(let forwarding) = plan else { throw WayOut.Unmade() }
        #expect(
            Planned(plan).lines.first
                == "POST \(Self.shareInfo)?t=\(secret)&format=json HTTP/1.1")
        for status in [401, 403, 404] {
            guard case .answer(let answer)? = forwarding.replacing?(try WayOut.answer(status))
            else { throw WayOut.Unmade() }
            #expect(answer.status == 503 && answer.values("retry-after").count == 1)
        }
        let passed = try WayOut.answer(200)
        #expect(forwarding.replacing?(passed) == nil)
        // The log says what it was.
        world.gateway.log.flush()
        let lines = world.world.lines.objects.filter { $0["message"]?.string == "data.refused" }
        let codes = lines.compactMap { $0["code"]?.string }
        #expect(codes == Array(repeating: "peer_unavailable", count: 3))
        #expect(lines.allSatisfy { $0["status"]?.number?.integer == 503 })
    }

    /// The peer's document tells of no folder.
    @Test(arguments: ["tunnel", "refuse"])
    func shareInfoInAFolderIsNotOtherTraffic(_ other: String) async throws {
        let world = try WayOut(
            configuration: "[egress]\nlisten = \"127.0.0.1:3128\"\nother = \"\(other)\"")
        let handle = try await world.receive(uri: "x7", demands: true)
        let folder = try world.request("POST /nextcloud\(Self.shareInfo)?t=\(handle) HTTP/1.1")
        let plan = await world.settled(world.gateway.planOutbound(folder), folder)
        #expect(Planned(plan).status == 503)
    }

    @Test(arguments: ["", "?t=", "?t=a&t=b", "?t[]=a"])
    func shareInfoOfNoShareIsTemporary(_ query: String) async throws {
        let world = try WayOut()
        let request = try world.request("POST \(Self.shareInfo)\(query) HTTP/1.1")
        let plan = await world.settled(world.gateway.planShareInfoOut(request), request)
        #expect(Planned(plan).status == 503)
    }

    @Test func shareInfoShowsTheCodeOfAShareToNobody() async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true)
        let request = try world.request("POST \(Self.shareInfo)?t=\(handle) HTTP/1.1")
        let plan = await world.settled(world.gateway.planShareInfoOut(request), request)
        #expect(Planned(plan).status == 503)
    }

    // MARK: Data

    /// ownCloud asks the data themselves, and not `shareinfo`.
    @Test(arguments: ["nextcloud", "owncloud10", "ocis", "generic"])
    func data401IsTemporary(_ kind: String) async throws {
        let world = try WayOut(kind: kind)
        let secret = try await world.receive(uri: nil, demands: false, from: "legacy.test")
        for credential in [secret, "SECRET-OF-BEFORE"] {
            for start in ["PROPFIND /public.php/webdav/", "GET /public.php/webdav/a"] {
                let forwarding = try await forwarding("\(start) HTTP/1.1", credential, in: world)
                guard case .answer(let answer)? = forwarding.replacing?(try WayOut.answer(401))
                else { throw WayOut.Unmade() }
                #expect(answer.status == 503 && answer.values("retry-after").count == 1)
                #expect(answer.values("www-authenticate") == [])
                for status in [207, 403, 500] {
                    #expect(forwarding.replacing?(try WayOut.answer(status)) == nil)
                }
            }
        }
        world.gateway.log.flush()
        let lines = world.world.lines.objects.filter { $0["message"]?.string == "data.refused" }
        #expect(lines.map { $0["code"]?.string } == Array(repeating: "peer_unavailable", count: 4))
    }

    @Test(arguments: [
        ("owncloud10", true), ("generic", true), ("nextcloud", false), ("ocis", false),
    ])
    func aRootThatIsNotFoundIsTemporaryWhereItDeletes(_ kind: String, _ isKept: Bool) async throws {
        let world = try WayOut(kind: kind)
        let secret = try await world.receive(uri: nil, demands: false, from: "legacy.test")
        let root = "PROPFIND /public.php/webdav"
        let starts = [
            (root, isKept), ("\(root)/", isKept), ("\(root)/a", false),
            ("GET /public.php/webdav/", false),
        ]
        for (start, isReplaced) in starts {
            let forwarding = try await forwarding("\(start) HTTP/1.1", secret, in: world)
            let replacement = forwarding.replacing?(try WayOut.answer(404))
            guard isReplaced else {
                #expect(replacement == nil, "\(start)")
                continue
            }
            guard case .answer(let answer)? = replacement else { throw WayOut.Unmade() }
            #expect(answer.status == 503 && answer.values("retry-after").count == 1)
        }
    }

    /// Without `Location` Nextcloud takes the body for the file.
    @Test(arguments: ["GET", "HEAD", "PUT", "PROPFIND"])
    func dataThatAreElsewhereAreTemporary(_ method: String) async throws {
        let world = try WayOut()
        let secret = try await world.receive(uri: nil, demands: false, from: "legacy.test")
        let forwarding = try await forwarding(
            "\(method) /public.php/webdav/a HTTP/1.1", secret, in: world)
        for status in [300, 301, 302, 303, 307, 308] {
            guard case .answer(let answer)? = forwarding.replacing?(try WayOut.answer(status))
            else { throw WayOut.Unmade() }
            #expect(answer.status == 503 && answer.values("retry-after").count == 1)
        }
        #expect(forwarding.replacing?(try WayOut.answer(304)) == nil)
    }

    private func forwarding(
        _ start: String, _ secret: String, in world: WayOut
    ) async throws -> Forwarding {
        let plan = try await world.plan(start, basic(secret), at: "legacy.test")
        guard case .forward(let forwarding) = plan else { throw WayOut.Unmade() }
        return forwarding
    }

    // MARK: status.php

    @Test func aPeerThatExchangesTokensSeemsToHaveNoStatus() async throws {
        let world = try WayOut()
        let request = try world.request("GET /status.php HTTP/1.1")
        let plan = await world.settled(world.gateway.planStatusOut(request), request)
        #expect(Planned(plan).status == 404)
        let old = try world.request("GET /status.php HTTP/1.1", basic("x"), at: "legacy.test")
        let planned = Planned(await world.settled(world.gateway.planStatusOut(old), old))
        #expect(planned.lines.first == "GET /status.php HTTP/1.1")
        #expect(planned.values("authorization") == [])
    }

    /// It asks for no `shareinfo`, and adds no public link from a server without a status.
    @Test func ownCloudHearsTheStatusOfAPeerThatExchangesTokens() async throws {
        let world = try WayOut(kind: "owncloud10")
        let request = try world.request("GET /status.php HTTP/1.1", basic("x"))
        let planned = Planned(await world.settled(world.gateway.planOutbound(request), request))
        #expect(planned.lines.first == "GET /status.php HTTP/1.1")
        #expect(planned.values("host") == ["modern.test"])
        #expect(planned.values("authorization") == [])
    }

    /// Where one is found, old servers scan by `shareinfo` alone.
    @Test func aPeerWithoutShareInfoSeemsToHaveNoStatus() async throws {
        let world = try WayOut()
        world.world.net.answer(
            "https://legacy.test/ocm-provider/", 200,
            #"{"enabled":true,"apiVersion":"1.1.0","endPoint":"https://legacy.test/ocm","#
                + #""provider":"OpenCloud","resourceTypes":[{"name":"file","shareTypes":["user"],"#
                + #""protocols":{"webdav":"/dav/ocm"}}]}"#)
        let request = try world.request("GET /status.php HTTP/1.1", at: "legacy.test")
        let plan = await world.settled(world.gateway.planStatusOut(request), request)
        #expect(Planned(plan).status == 404)
    }
}
