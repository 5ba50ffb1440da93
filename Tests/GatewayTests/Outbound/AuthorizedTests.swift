import Federation
import OpenSSL
import Testing
import Transport

@testable import Gateway

@Suite struct AuthorizedTests {
    /// A world whose `plain.test` publishes a document of old servers, without keys.
    private func world(_ rules: String = "", legacy: [String] = []) throws -> TestWorld {
        let world = try TestWorld(
            partners: ["modern.test", "plain.test"], legacy: legacy, rules: rules)
        try TestPeer("modern.test").publish(on: world.net)
        world.net.answer(
            "https://plain.test/.well-known/ocm", 200,
            #"{"enabled":true,"apiVersion":"1.0-proposal1","endPoint":"https://plain.test/ocm"}"#)
        return world
    }

    private func send(_ world: TestWorld, to host: String) async throws -> Answer {
        try await world.send(OutboundMessages.share(to: host), to: host)
    }

    @Test func aNeedOfSignaturesIsMetOnlyByAPeerThatVerifies() async throws {
        let world = try world()
        #expect(try await send(world, to: "modern.test").status == 201)
        let refused = try await send(world, to: "plain.test")
        #expect(refused.status == 500)
        #expect(refused.code == "signature_required")
        #expect(world.mail.sent.count == 1)
    }

    @Test func whoIsExceptedGetsSignedMessagesAllTheSame() async throws {
        let world = try world(legacy: ["plain.test"])
        #expect(try await send(world, to: "plain.test").status == 201)
        #expect(world.mail.sent.first?.fields.contains { $0.name == .signatureInput } == true)
    }

    @Test func aNeedOfAnInvitationIsMetByAContact() async throws {
        let world = try world(
            "[[require]]\nname = \"invited\"\non = [\"share.out\"]\nneed = [\"invite\"]")
        let refused = try await send(world, to: "modern.test")
        #expect(refused.code == "invite_required")
        let peer = try #require(PeerHost("modern.test"))
        let contact = Contact(
            peer: peer, remote: "bob", local: "alice", site: world.gateway.site.host)
        try await world.gateway.store.commit(
            world.gateway.contacts.learn(contact, invitation: Secret(utf8: "t"), now: 1))
        #expect(try await send(world, to: "modern.test").status == 201)
    }

    /// To a peer that publishes nothing the older API is all there is.
    @Test func inTheOlderAPIItIsMetByAContactToo() async throws {
        let world = try world(
            """
            [[require]]
            name = "invited"
            on = ["ocs.out"]
            need = ["invite"]
            [[rule]]
            name = "older"
            on = ["ocs.out"]
            action = "allow"
            """, legacy: ["bare.test"])
        _ = try await world.call(OutboundMessages.form(), to: "bare.test")
        #expect(world.decisions().last?["code"]?.string == "invite_required")
        #expect(world.mail.sent.isEmpty)
        let contact = Contact(
            peer: try #require(PeerHost("bare.test")), remote: "bob", local: "alice",
            site: world.gateway.site.host)
        try await world.gateway.store.commit(
            world.gateway.contacts.learn(contact, invitation: Secret(utf8: "t"), now: 1))
        _ = try await world.call(OutboundMessages.form(), to: "bare.test")
        #expect(world.mail.sent.count == 1)
    }

    @Test func aNeedOfTokensIsMetByAPeerThatExchangesThem() async throws {
        let world = try world(
            "[[require]]\nname = \"tokens\"\non = [\"share.out\"]\nneed = [\"token-exchange\"]")
        let refused = try await send(world, to: "modern.test")
        #expect(refused.code == "token_exchange_required")
        world.net.answer(
            "https://modern.test/.well-known/ocm", 200,
            #"{"enabled":true,"apiVersion":"1.2.0","endPoint":"https://modern.test/ocm","#
                + #""capabilities":["http-sig","exchange-token"],"#
                + #""tokenEndPoint":"https://modern.test/ocm/token"}"#)
        world.clock.pass(1000)
        #expect(try await send(world, to: "modern.test").status == 201)
        #expect(world.mail.bodies.first?.contains("must-exchange-token") == true)
    }

    @Test func aNotificationThatGoesOutIsBetweenThoseOfItsShare() async throws {
        let world = try world(
            "[[rule]]\nname = \"not alice\"\non = [\"notification.out\"]\n"
                + "when = { owner = \"alice@cloud.test\" }\naction = \"deny\"")
        #expect(try await send(world, to: "modern.test").status == 201)
        let refused = try await world.notify(OutboundMessages.notification("SHARE_UNSHARED"))
        #expect(refused.code == "not_allowed")
    }

    @Test func aRuleMayNameWhatGoesOut() async throws {
        let world = try world(
            "[[rule]]\nname = \"no shares out\"\non = [\"share.out\"]\naction = \"deny\"")
        #expect(try await send(world, to: "modern.test").code == "not_allowed")
        #expect(
            try await world.notify(
                OutboundMessages.notification("SHARE_UNSHARED", id: "5", secret: "old-secret-0")
            ).status == 201)
    }

    /// Whatever the lists say of that one: no entry of its own would let it be gone to.
    @Test(arguments: ["blocked.test", "stranger.test", "legacy.test"])
    func anEndPointAtAnotherServerIsNamed(_ other: String) async throws {
        let world = try world(legacy: ["plain.test", "legacy.test"])
        world.net.answer(
            "https://plain.test/.well-known/ocm", 200,
            #"{"enabled":true,"apiVersion":"1.0-proposal1","endPoint":"https://\#(other)/ocm"}"#)
        _ = try await send(world, to: "plain.test")
        #expect(world.mail.sent.isEmpty)
        let line = try #require(world.decisions().last)
        #expect(line["code"]?.string == "peer_unavailable")
        let detail = try #require(line["detail"]?.string)
        #expect(detail == "the endPoint of plain.test is at another server, \(other)")
        let advice = GuardAdvice(peer: "plain.test", detail: detail, way: .outbound)
            .on(.peerUnavailable)
        #expect(advice.map(\.command) == ["ocmgate discover plain.test"])
    }

    @Test func ofAPeerThatIsTurnedAwayNothingThatItPublishesIsTold() async throws {
        let world = try world()
        let received = try world.received(
            TestRequest("/ocm/shares", OutboundMessages.share(to: "blocked.test")),
            from: "127.0.0.1")
        let trail = Trail(
            "shares", .outbound, from: received.client, now: received.now,
            under: world.gateway.policy.snapshot, clock: world.clock.environment,
            fingerprint: world.gateway.fingerprint)
        let host = try #require(PeerHost("blocked.test"))
        await #expect(throws: Denial.self) {
            _ = try await world.gateway.address(received, to: host, trail)
        }
        let facts = try #require(trail.finished().record.facts)
        #expect(facts.peer == host && facts.document == .unread)
        #expect(world.net.asked.isEmpty)
    }
}
