import Federation
import Testing

@testable import Gateway
@testable import Transport

@Suite struct DataOutTests {
    // MARK: Tokens

    @Test func aHandleBecomesATokenAtThePathOfThePeer() async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true)
        let planned = try await world.ask(
            "PROPFIND /public.php/webdav/a%20b HTTP/1.1", basic(handle), "Depth: 1",
            "Cookie: session=1", "X-Forwarded-For: 10.0.0.1", "Accept-Encoding: gzip",
            "Origin: https://cloud.test", "User-Agent: Nextcloud")
        #expect(planned.lines.first == "PROPFIND /webdav/ocm/x7/a%20b HTTP/1.1")
        #expect(planned.values("authorization") == ["Bearer token-1"])
        #expect(planned.values("host") == ["modern.test"])
        #expect(planned.values("depth") == ["1"])
        #expect(planned.values("user-agent") == ["Nextcloud"])
        for name in ["cookie", "x-forwarded-for", "forwarded", "origin"] {
            #expect(planned.values(name) == [], "\(name)")
        }
        // Without the field any coding would do (RFC 9110, section 12.5.3).
        #expect(planned.values("accept-encoding") == ["identity"])
        #expect(planned.values("via").count == 1)
        #expect(!planned.description.contains(handle))
    }

    @Test func aPartIsAskedForByGETAlone() async throws {
        let world = try WayOut()
        let secret = try await world.receive(uri: nil, demands: false, from: "legacy.test")
        for (method, isSent) in [("GET", true), ("PROPFIND", false), ("PUT", false)] {
            let planned = try await world.ask(
                "\(method) /public.php/webdav/a HTTP/1.1", basic(secret), "Range: bytes=0-9",
                "If-Range: \"x\"", at: "legacy.test")
            #expect(planned.lines.first == "\(method) /public.php/webdav/a HTTP/1.1")
            #expect(planned.values("range") == (isSent ? ["bytes=0-9"] : []))
            #expect(planned.values("if-range") == (isSent ? ["\"x\""] : []))
        }
    }

    /// oCIS and OpenCloud name a single file below the URL that they were told; its owner has it there.
    @Test func aFileIsFoundWhereItsBackendNamesIt() async throws {
        let world = try WayOut(kind: "opencloud")
        let shares: [(String, String?, String, String)] = [
            ("legacy.test", nil, "/public.php/webdav", "/"),
            ("modern.test", "x7", "/webdav/ocm/x7", ""),
        ]
        for (peer, uri, root, end) in shares {
            let secret = try await world.receive(
                uri: uri, demands: uri != nil, from: peer, type: "file",
                secret: "SECRET-AT-\(peer)")
            let place = "\(root)/ocmgate-file/a.txt"
            let credential = "Authorization: Bearer \(secret)"
            let put = try await world.ask(
                "PUT \(place) HTTP/1.1", credential, "Content-Length: 0",
                "If: <https://\(peer)\(place)> (<urn:1>)", at: peer)
            #expect(put.lines.first == "PUT \(root)\(end) HTTP/1.1")
            #expect(put.values("if") == ["<https://\(peer)\(root)\(end)> (<urn:1>)"])
            let plan = try await world.plan(
                "PROPFIND \(place) HTTP/1.1", credential, "Depth: 0", at: peer)
            #expect(Planned(plan).lines.first == "PROPFIND \(root)\(end) HTTP/1.1")
            guard case .forward(let forwarding) = plan,
                var transform = forwarding.onHead?(try WayOut.answer(207)).transform
            else { throw WayOut.Unmade() }
            let body = Array(#"<a:href xmlns:a="DAV:">\#(root)/x</a:href>"#.utf8)
            let text = String(decoding: try transform.push(body.span), as: UTF8.self)
            #expect(text.contains(">\(place)/x<"))
            #expect(
                try await world.ask(
                    "GET /public.php/other/ocmgate-file/a HTTP/1.1", credential, at: peer
                ).status == 403)
        }
    }

    @Test func aTokenThatIsThereCostsNoWait() async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true)
        _ = try await world.ask("GET /public.php/webdav/a HTTP/1.1", basic(handle))
        let plan = world.gateway.planDataOut(
            try world.request("GET /public.php/webdav/a HTTP/1.1", basic(handle)))
        #expect(Planned(plan).values("authorization") == ["Bearer token-1"])
        #expect(world.world.mail.sent.count == 1)
    }

    @Test func theExchangeIsSignedAndSaysWhoWeAre() async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true)
        _ = try await world.ask("GET /public.php/webdav/a HTTP/1.1", basic(handle))
        let request = try #require(world.world.mail.sent.first)
        #expect(request.authority.description == "modern.test")
        #expect(String(decoding: request.target, as: UTF8.self) == "/ocm/token")
        let body = String(decoding: request.body ?? [], as: UTF8.self)
        #expect(
            body == "grant_type=authorization_code&client_id=cloud.test&code=\(WayOut.secret)")
        #expect(request.fields.contains { $0.name == .signatureInput })
        let line = try #require(world.world.decisions().last)
        #expect(line["kind"]?.string == "token" && line["direction"]?.string == "out")
        #expect(line["action"]?.string == "allow" && line["peer"]?.string == "modern.test")
        let timings = try #require(line["timings"]?.object)
        for phase in ["policy", "peer", "total"] { #expect(timings[phase] != nil, "\(phase)") }
        for secret in [WayOut.secret, handle, "token-1"] {
            #expect(!world.logged().contains(secret))
        }
    }

    @Test(arguments: [("old.test", "old.test"), ("gone.test", "cloud.test")])
    func theExchangeIsInTheNameThatThePeerSharedWith(
        _ alias: String, _ name: String
    ) async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true, at: alias)
        _ = try await world.ask("GET /public.php/webdav/a HTTP/1.1", basic(handle))
        let request = try #require(world.world.mail.sent.first)
        #expect(
            String(decoding: request.body ?? [], as: UTF8.self).contains("&client_id=\(name)&"))
        #expect(
            request.fields.contains {
                $0.name == .signatureInput && $0.value.contains("keyid=\"\(name)#")
            })
    }

    @Test func aTokenRequestWhoseSignatureIsRefusedIsSignedTheOtherWay() async throws {
        let world = try WayOut(both: true)
        world.world.mail.answer(
            .success(PeerReply(status: 401, body: Array(#"{"message":"bad signature"}"#.utf8))),
            WayOut.token(1))
        let handle = try await world.receive(uri: "x7", demands: true)
        let planned = try await world.ask("GET /public.php/webdav/a HTTP/1.1", basic(handle))
        #expect(planned.values("authorization") == ["Bearer token-1"])
        let sent = world.world.mail.sent
        #expect(sent.count == 2)
        #expect(sent.first?.fields.contains { $0.name == .signatureInput } == true)
        #expect(sent.last?.fields.contains { $0.value.hasPrefix("keyId=") } == true)
        let line = try #require(world.world.decisions().last)
        #expect(line["signature"]?.object?["generation"]?.string == "cavage")
    }

    @Test func secretsOfWaysAreNotShown() async throws {
        let world = try WayOut()
        let secret = try await world.receive(uri: nil, demands: false, from: "legacy.test")
        let data = try await world.gateway.dataShare(
            String(basic(secret).dropFirst(15)), at: try #require(PeerHost("legacy.test")))
        #expect(!"\(data.way)".contains(secret) && !"\(data.way)".contains("Basic"))
    }

    @Test func aTokenIsRenewedBesideItsUseAndAskedForAnewWhenItIsOver() async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true)
        let get = "GET /public.php/webdav/a HTTP/1.1"
        _ = try await world.ask(get, basic(handle))
        world.world.clock.pass(300)
        #expect(
            try await world.ask(get, basic(handle)).values("authorization") == ["Bearer token-2"])
    }

    @Test func withoutATokenAShareThatDemandsOneStaysShut() async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true)
        world.world.mail.answer(.failure(.connect))
        let planned = try await world.ask("GET /public.php/webdav/a HTTP/1.1", basic(handle))
        #expect(planned.status == 502 && planned.code == "peer_unavailable")
        guard case .answered(let answer) = planned else { throw WayOut.Unmade() }
        #expect(answer.values("retry-after").count == 1)
        world.world.mail.answer(400, #"{"error":"invalid_grant"}"#)
        world.world.clock.pass(60)
        let over = try await world.ask("GET /public.php/webdav/a HTTP/1.1", basic(handle))
        #expect(over.status == 403)
        #expect(!world.logged().contains(WayOut.secret))
    }

    @Test func whereTokensAreOnlyOfferedTheSecretServesWithoutThem() async throws {
        let world = try WayOut()
        let secret = try await world.receive(uri: "x7", demands: false)
        #expect(secret == WayOut.secret)
        let get = "GET /public.php/webdav/a HTTP/1.1"
        #expect(
            try await world.ask(get, basic(secret)).values("authorization") == ["Bearer token-1"])
        world.world.mail.answer(.failure(.connect))
        world.world.clock.pass(300)
        let planned = try await world.ask(get, basic(secret))
        #expect(planned.values("authorization") == ["Bearer \(secret)"])
    }

    @Test func theSecretOfAnOldPeerGoesAsItAlwaysDid() async throws {
        let world = try WayOut()
        let secret = try await world.receive(uri: nil, demands: false, from: "legacy.test")
        let planned = try await world.ask(
            "GET /public.php/webdav/a HTTP/1.1", basic(secret), at: "legacy.test")
        #expect(planned.lines.first == "GET /public.php/webdav/a HTTP/1.1")
        #expect(planned.values("authorization") == [basic(secret).dropFirst(15).description])
        #expect(world.world.mail.sent.isEmpty)
    }

    /// It writes both forms of `protocol` into one share, and takes a permanent secret as Basic alone.
    @Test func withoutATokenNextcloudGetsTheSecretAsBasic() async throws {
        let world = try WayOut()
        world.world.net.answer(
            "https://legacy.test/.well-known/ocm", 200,
            #"{"enabled":true,"apiVersion":"1.1.2","endPoint":"https://legacy.test/ocm","#
                + #""provider":"Nextcloud 35.0.0","capabilities":["exchange-token"],"#
                + #""tokenEndPoint":"https://legacy.test/token","resourceTypes":[{"name":"file","#
                + #""shareTypes":["user"],"protocols":{"webdav":"/public.php/webdav/"}}]}"#)
        let secret = try await world.receive(
            uri: "https://legacy.test/public.php/webdav/", demands: false, from: "legacy.test")
        world.world.mail.answer(.failure(.connect))
        let planned = try await world.ask(
            "GET /public.php/webdav/a HTTP/1.1", basic(secret), at: "legacy.test")
        #expect(planned.lines.first == "GET /public.php/webdav/a HTTP/1.1")
        #expect(planned.values("authorization") == [basic(secret).dropFirst(15).description])
        #expect(!world.world.mail.sent.isEmpty)
    }

    // MARK: Whose share it is

    @Test func withoutCredentialsThereIsAChallenge() async throws {
        let world = try WayOut()
        let planned = try await world.ask("PROPFIND /public.php/webdav/ HTTP/1.1")
        guard case .answered(let answer) = planned else { throw WayOut.Unmade() }
        #expect(answer.status == 401)
        #expect(answer.values("www-authenticate").first?.hasPrefix("Basic ") == true)
    }

    @Test func aSecretThatWasNeverSeenIsThePeers() async throws {
        let world = try WayOut()
        let planned = try await world.ask(
            "GET /public.php/webdav/a HTTP/1.1", basic("SECRET-OF-BEFORE"), at: "legacy.test")
        #expect(
            planned.values("authorization") == [basic("SECRET-OF-BEFORE").dropFirst(15).description]
        )
    }

    @Test func theSecretOfAShareOfOursNeverLeaves() async throws {
        let world = try WayOut()
        try await world.send("SECRET-OF-OURS")
        let planned = try await world.ask(
            "GET /public.php/webdav/a HTTP/1.1", basic("SECRET-OF-OURS"))
        #expect(planned.status == 403)
    }

    @Test func theHandleOfOnePeersShareOpensNothingAtAnother() async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true)
        let planned = try await world.ask(
            "GET /public.php/webdav/a HTTP/1.1", basic(handle), at: "legacy.test")
        #expect(planned.status == 403)
    }

    @Test func aShareThatIsOverIsShutAtOnce() async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true)
        let get = "GET /public.php/webdav/a HTTP/1.1"
        #expect(try await world.ask(get, basic(handle)).status == nil)
        let share = try #require(world.gateway.registry.all.first)
        try await world.gateway.store.commit(
            world.gateway.registry.end(share.id, now: world.world.clock.now))
        let planned = try await world.ask(get, basic(handle))
        #expect(planned.status == 403 && planned.code == "share_unknown")
    }

    @Test func aShareThatEndsWhileItsTokenIsAwaitedIsShut() async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true)
        world.world.mail.hold()
        async let code = world.ask("GET /public.php/webdav/a HTTP/1.1", basic(handle)).code
        while world.world.mail.sent.isEmpty { await Task.yield() }
        let share = try #require(world.gateway.registry.all.first)
        try await world.gateway.store.commit(
            world.gateway.registry.end(share.id, now: world.world.clock.now))
        world.world.mail.release()
        #expect(try await code == "share_unknown")
    }

    @Test(arguments: [
        "Authorization: Digest x", "Authorization: Basic !!", "Authorization: Basic Og==",
    ])
    func aCredentialThatCannotBeReadIsRefused(_ field: String) async throws {
        let world = try WayOut()
        #expect(try await world.ask("GET /public.php/webdav/a HTTP/1.1", field).status == 403)
    }

    // MARK: Paths

    @Test(arguments: ["/cloud/public.php/webdav", "/public.php/webdav"])
    func dataOfAPeerInASubFolderAreThere(_ root: String) async throws {
        let world = try WayOut()
        let document =
            #"{"enabled":true,"apiVersion":"1.0-proposal1","#
            + #""endPoint":"https://legacy.test/cloud/ocm","resourceTypes":[{"name":"file","#
            + #""shareTypes":["user"],"protocols":{"webdav":"/public.php/webdav/"}}]}"#
        world.world.net.answer("https://legacy.test/ocm-provider/", 200, document)
        let secret = try await world.receive(uri: nil, demands: false, from: "legacy.test")
        let planned = try await world.ask(
            "PROPFIND \(root)/a HTTP/1.1", basic(secret), at: "legacy.test")
        #expect(planned.lines.first == "PROPFIND /cloud/public.php/webdav/a HTTP/1.1")
    }

    @Test func destinationsAreMapped() async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true)
        for destination in ["https://modern.test/public.php/webdav/b", "/public.php/webdav/b"] {
            let planned = try await world.ask(
                "MOVE /public.php/webdav/a HTTP/1.1", basic(handle), "Destination: \(destination)")
            #expect(planned.values("destination") == ["https://modern.test/webdav/ocm/x7/b"])
        }
        for destination in [
            "https://other.test/public.php/webdav/b", "https://modern.test/webdav/ocm/x8/b",
            "https://modern.test/", "x",
        ] {
            let planned = try await world.ask(
                "MOVE /public.php/webdav/a HTTP/1.1", basic(handle), "Destination: \(destination)")
            #expect(planned.status == 403, "\(destination)")
        }
        let without = try await world.ask("MOVE /public.php/webdav/a HTTP/1.1", basic(handle))
        #expect(without.status == 403)
        let copied = try await world.ask(
            "COPY /public.php/webdav/a HTTP/1.1", basic(handle),
            "Destination: /public.php/webdav/b", "Source: https://other.test/a")
        #expect((copied.status, copied.code) == (403, "destination_not_allowed"))
    }

    @Test func theURLsInTheTagsOfIfAreMapped() async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true)
        let put = "PUT /public.php/webdav/a HTTP/1.1"
        let planned = try await world.ask(
            put, basic(handle), "Content-Length: 0",
            "If: <https://modern.test/public.php/webdav/a> (<urn:uuid:1>)")
        #expect(planned.values("if") == ["<https://modern.test/webdav/ocm/x7/a> (<urn:uuid:1>)"])
        let plain = try await world.ask(
            put, basic(handle), "Content-Length: 0", "If: (<urn:uuid:1>)")
        #expect(plain.values("if") == ["(<urn:uuid:1>)"])
        for field in ["<https://other.test/a> (<urn:1>)", "</elsewhere> (<urn:1>)", "(<urn:1>"] {
            let refused = try await world.ask(
                put, basic(handle), "Content-Length: 0", "If: \(field)")
            #expect(refused.status == (field.hasPrefix("<") ? 403 : 400), "\(field)")
        }
    }

    @Test(arguments: ["/webdav/ocm/x8/a", "/webdav/ocm", "/public.php/webdavx", "/"])
    func aPathOutsideOfTheShareIsRefused(_ path: String) async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true)
        #expect(try await world.ask("GET \(path) HTTP/1.1", basic(handle)).status == 403)
    }

    @Test func dataOnAnotherHostAreReadThereIfTheListsAllowIt() async throws {
        let world = try WayOut()
        let get = "GET /public.php/webdav/a HTTP/1.1"
        let handle = try await world.receive(
            uri: "https://other.test/d/", demands: true, type: "folder")
        let planned = try await world.ask(get, basic(handle))
        #expect(planned.status == 403)
        let other = try await world.receive(
            uri: "https://legacy.test/d/", demands: true, type: "folder", secret: "SECRET-OF-OTHER")
        let allowed = try await world.ask(get, basic(other))
        #expect(allowed.lines.first == "GET /d/a HTTP/1.1")
        #expect(allowed.values("host") == ["legacy.test"])
    }

    @Test(arguments: ["POST", "PATCH", "LINK"])
    func otherMethodsAreNone(_ method: String) async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true)
        let planned = try await world.ask("\(method) /public.php/webdav/a HTTP/1.1", basic(handle))
        guard case .answered(let answer) = planned else { throw TestGateway.NoAddress() }
        #expect(answer.status == 405 && answer.values("allow") == [UnreadMessageTests.dataMethods])
    }

    // MARK: Answers

    @Test func aTokenThatIsRefusedIsReplacedAndTheRequestSentAgain() async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true)
        let plan = try await world.plan("GET /public.php/webdav/a HTTP/1.1", basic(handle))
        guard case .forward(let forwarding) = plan,
            case .plan(let again)? = forwarding.replacing?(try WayOut.answer(401))
        else { throw WayOut.Unmade() }
        #expect(Planned(await again()).values("authorization") == ["Bearer token-2"])
        #expect(try !replaces(forwarding, 404))
    }

    @Test func aRequestWhoseBodyIsGoneIsToldToComeBack() async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true)
        let plan = try await world.plan(
            "PUT /public.php/webdav/a HTTP/1.1", basic(handle), "Content-Length: 70000")
        guard case .forward(let forwarding) = plan,
            case .answer(let answer)? = forwarding.replacing?(try WayOut.answer(401))
        else { throw WayOut.Unmade() }
        #expect(answer.status == 502 && answer.values("retry-after") == ["1"])
        let next = try await world.ask("GET /public.php/webdav/a HTTP/1.1", basic(handle))
        #expect(next.values("authorization") == ["Bearer token-2"])
    }

    @Test func whatSetsAStateDoesNotReachTheBackend() async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true)
        let plan = try await world.plan("PROPFIND /public.php/webdav/a HTTP/1.1", basic(handle))
        guard case .forward(let forwarding) = plan,
            let edit = forwarding.onHead?(try WayOut.answer(207))
        else { throw WayOut.Unmade() }
        let kept = try #require(edit.keep).map(\.description)
        for name in ["set-cookie", "location", "strict-transport-security", "server", "alt-svc"] {
            #expect(!kept.contains(name))
        }
        #expect(kept.contains("etag") && kept.contains("oc-fileid"))
        #expect(try !replaces(forwarding, 207))
        let coded = forwarding.replacing?(try WayOut.answer(207, coding: "gzip"))
        guard case .answer(let refused)? = coded else { throw WayOut.Unmade() }
        #expect(refused.status == Denial(.peerUnavailable, "").status)
        var transform = try #require(edit.transform)
        let body = Array(
            #"<a:multistatus xmlns:a="DAV:"><a:href>/webdav/ocm/x7/b</a:href></a:multistatus>"#
                .utf8)
        let text = String(decoding: try transform.push(body.span), as: UTF8.self)
        #expect(text.contains("<a:href>/public.php/webdav/b</a:href>"))
    }

    @Test(arguments: [(200, true), (201, true), (423, false)])
    func theRootOfALockIsMapped(_ status: Int, _ isMapped: Bool) async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true)
        let plan = try await world.plan("LOCK /public.php/webdav/a HTTP/1.1", basic(handle))
        guard case .forward(let forwarding) = plan,
            let edit = forwarding.onHead?(try WayOut.answer(status))
        else { throw WayOut.Unmade() }
        #expect((edit.transform != nil) == isMapped)
        guard var transform = edit.transform else { return }
        let body = #"<d:prop xmlns:d="DAV:"><d:lockroot><d:href>/webdav/ocm/x7/a</d:href>"#
        let text = String(decoding: try transform.push(Array(body.utf8).span), as: UTF8.self)
        #expect(text.contains("<d:href>/public.php/webdav/a</d:href>"))
    }

    /// A lock in the way is named by its path (RFC 4918, section 16); a page about it is none.
    @Test(
        arguments: [
            ("PUT", 423, "application/xml; charset=utf-8", true), ("DELETE", 409, "text/xml", true),
            ("PUT", 423, "text/html", false), ("PUT", 409, nil, false),
            ("GET", 423, "text/xml", false),
        ] as [(String, Int, String?, Bool)])
    func thePathInAnErrorIsMapped(
        _ method: String, _ status: Int, _ type: String?, _ isMapped: Bool
    ) async throws {
        let world = try WayOut()
        let handle = try await world.receive(uri: "x7", demands: true)
        let plan = try await world.plan("\(method) /public.php/webdav/a HTTP/1.1", basic(handle))
        guard case .forward(let forwarding) = plan,
            let edit = forwarding.onHead?(try WayOut.answer(status, type: type))
        else { throw WayOut.Unmade() }
        #expect((edit.transform != nil) == isMapped)
        let coded = try WayOut.answer(status, coding: "gzip", type: type)
        #expect((forwarding.replacing?(coded) != nil) == isMapped)
        guard var transform = edit.transform else { return }
        let body =
            #"<d:error xmlns:d="DAV:"><d:lock-token-submitted><d:href>/webdav/ocm/x7/a</d:href>"#
        let text = String(decoding: try transform.push(Array(body.utf8).span), as: UTF8.self)
        #expect(text.contains("<d:href>/public.php/webdav/a</d:href>"))
    }

    private func replaces(_ forwarding: Forwarding, _ status: Int) throws -> Bool {
        forwarding.replacing?(try WayOut.answer(status)) != nil
    }
}
