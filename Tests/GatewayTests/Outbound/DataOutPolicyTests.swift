import Federation
import OpenSSL
import Testing

@testable import Gateway
@testable import Transport

/// What the policy says of data at a peer, and of the tokens for them.
@Suite struct DataOutPolicyTests {
    /// A way out whose policy denies what is of this kind.
    private func denying(_ occasion: String, profile: String = "bridge") throws -> WayOut {
        try WayOut(
            rules: """
                [[rule]]
                name = "none"
                on = ["\(occasion)"]
                action = "deny"
                """, profile: profile)
    }

    @Test func thePolicyKnowsWhatATokenIsFor() async throws {
        let world = try WayOut(
            rules: """
                [[rule]]
                name = "no folders"
                on = ["token.out"]
                when = { resource_type = ["folder"], sender = ["alice@modern.test"] }
                action = "deny"
                """)
        let handle = try await world.receive(uri: "x7", demands: true)
        #expect(
            try await world.ask("GET /public.php/webdav/a HTTP/1.1", basic(handle)).status == 403)
        #expect(world.world.mail.sent.isEmpty)
    }

    @Test func thePolicyHasItsSayForEveryRequest() async throws {
        let world = try denying("webdav.out")
        let handle = try await world.receive(uri: "x7", demands: true)
        let planned = try await world.ask("GET /public.php/webdav/a HTTP/1.1", basic(handle))
        #expect(planned.status == 403)
    }

    /// Where a share says that its data are is the peer's to choose.
    @Test(arguments: ["tunnel", "hosts", "refuse"])
    func thePolicyHasItsSayAtEveryPath(_ other: String) async throws {
        let words = other == "hosts" ? "[\"modern.test\", \"legacy.test\"]" : "\"\(other)\""
        let egress = "[egress]\nlisten = \"127.0.0.1:3128\"\nother = \(words)"
        for isDenied in [false, true] {
            let rule = "[[rule]]\nname = \"none\"\non = [\"webdav.out\"]\naction = \"deny\""
            let world = try WayOut(
                rules: isDenied ? rule : "", configuration: egress, kind: "opencloud")
            let handle = try await world.receive(
                uri: "https://modern.test/elsewhere/x", demands: true)
            func ask(at host: String) async throws -> Planned {
                let request = try world.request(
                    "GET /elsewhere/x/a HTTP/1.1", "Authorization: Bearer \(handle)", at: host)
                let plan = world.gateway.planOutbound(request)
                return Planned(await world.settled(plan, request))
            }
            let planned = try await ask(at: "modern.test")
            #expect(planned.status == (isDenied ? 403 : nil))
            #expect(isDenied || planned.values("authorization") == ["Bearer token-1"])
            // It is another peer's.
            #expect(try await ask(at: "legacy.test").status == 403)
            let share = try #require(
                world.gateway.registry.find(Secret(utf8: handle), .inbound).first)
            try await world.gateway.store.commit(
                world.gateway.registry.end(share.share.id, now: world.gateway.environment.now()))
            let over = try await ask(at: "modern.test")
            #expect((over.status, over.code) == (404, "share_unknown"))
        }
    }

    @Test func underObserveWhatThePolicyIsAgainstIsReportedAndSent() async throws {
        let world = try denying("webdav.out", profile: "observe")
        let handle = try await world.receive(uri: "x7", demands: true)
        let planned = try await world.ask("GET /public.php/webdav/a HTTP/1.1", basic(handle))
        #expect(planned.values("authorization") == ["Bearer token-1"])
        world.gateway.log.flush()
        let lines = world.world.lines.objects.filter {
            $0["message"]?.string == "data.tolerated"
        }
        let line = try #require(lines.first)
        #expect(lines.count == 1)
        #expect(line["peer"]?.string == "modern.test" && line["method"]?.string == "GET")
        #expect(line["direction"]?.string == "out")
        #expect(line["would"]?.array?.count == 1)
        // What is no question of policy is refused all the same.
        #expect(try await world.ask("GET /elsewhere HTTP/1.1", basic(handle)).status == 403)
    }

    @Test func underObserveAnExchangeThatThePolicyIsAgainstSaysByWhichCode() async throws {
        let world = try denying("token.out", profile: "observe")
        let handle = try await world.receive(uri: "x7", demands: true)
        #expect(
            try await world.ask("GET /public.php/webdav/a HTTP/1.1", basic(handle))
                .values("authorization") == ["Bearer token-1"])
        world.gateway.log.flush()
        let line = try #require(
            world.world.lines.objects.first {
                $0["message"]?.string == "ocm.decision" && $0["kind"]?.string == "token"
            })
        #expect(
            line["would"]?.array?.contains { $0.string?.hasPrefix("not_allowed: ") ?? false }
                == true)
    }

    /// To limits it is the same request.
    @Test(arguments: ["rate = \"1/day\"", "concurrent = 1"])
    func aRequestThatIsSentAgainTakesItsRoomOnce(_ limit: String) async throws {
        let world = try WayOut(
            rules: "[[limit]]\nname = \"few\"\non = \"webdav.out\"\nper = \"peer\"\n\(limit)\n")
        let handle = try await world.receive(uri: "x7", demands: true)
        let get = "GET /public.php/webdav/a HTTP/1.1"
        guard case .forward(let first) = try await world.plan(get, basic(handle)),
            case .plan(let again)? = first.replacing?(try WayOut.answer(401))
        else { throw WayOut.Unmade() }
        first.onEnd?(.replaced)
        guard case .forward(let second) = await again() else { throw WayOut.Unmade() }
        #expect(try await world.ask(get, basic(handle)).status == 429)
        second.onEnd?(.complete)
        let isPlace = limit.hasPrefix("concurrent")
        #expect(try await world.ask(get, basic(handle)).status == (isPlace ? nil : 429))
    }
}
