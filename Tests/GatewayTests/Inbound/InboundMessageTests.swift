import Federation
import Testing
import Transport

@testable import Gateway

@Suite struct InboundMessageTests {
    private let world: TestWorld

    init() throws { world = try TestWorld() }

    private func refusal(_ denial: Denial, _ kind: Received.Kind) throws -> (Answer, JSONObject) {
        let answer = world.gateway.refusal(denial, of: kind.family, decision: "0123456789abcdef")
        return (answer, try #require(try JSONValue(parsing: answer.body).object))
    }

    private func field(_ name: String, of answer: Answer) -> String? {
        answer.fields.first { $0.name == name }?.value
    }

    /// A second message would else be let in by the first, and strangers would fill the disk.
    @Test(arguments: [
        ("modern.test", "need = [\"key-pinned\"]", 403), ("modern.test", "need = [\"mtls\"]", 403),
        ("stranger.test", "need = [\"signature\"]", 503),
    ])
    func whatIsNotLetInMakesNobodyKnown(_ host: String, _ need: String, _ status: Int) async throws
    {
        let rule = "[[require]]\nname = \"n\"\non = \"share.in\"\n\(need)"
        let world = try TestWorld(unknown: "hold", rules: rule)
        let peer = try TestPeer(host)
        try peer.publish(on: world.net)
        for nonce in ["n1", "n2"] {
            let request = try peer.request(
                "/ocm/shares", Messages.share(from: host), at: world.clock.now, nonce: nonce)
            #expect(try await world.receive(request).status == status)
            // That it was seen is all that is known.
            #expect(try await world.receive(request).status == 401)
        }
        let name = try #require(PeerHost(host))
        #expect(world.gateway.pins[name].isEmpty && world.gateway.generations[name] == .none)
    }

    /// A listed peer that names somebody else's host does not speak for it.
    @Test func whoIsOnlyNamedWaitsAsOneWhoProvedNothing() async throws {
        let world = try TestWorld(unknown: "hold")
        let modern = try TestPeer("modern.test")
        try modern.publish(on: world.net)
        let share = Messages.share(from: "modern.test", owner: "college.test")
        let answer = try await world.receive(
            try modern.request("/ocm/shares", share, at: world.clock.now))
        #expect(answer.status == 503)
        let held = try #require(world.gateway.holds.all.first)
        #expect(held.peer.name == "college.test" && world.gateway.holds.all.count == 1)
        #expect(held.messages.first?.signature == "none")
        #expect(held.messages.first?.namedBy == "modern.test")
        #expect(held.messages.first?.by == "unknown")
        let decision = try #require(world.decisions().first)
        #expect(decision["action"]?.string == "hold" && decision["by"]?.string == "unknown")
        #expect(decision["detail"]?.string?.contains("college.test") == true)
        #expect(decision["standing"]?.string == "list:partners")
        let check = try #require(decision["checks"]?.array?.first?.object)
        #expect(check["name"]?.string == "standing" && check["result"]?.string == "held")
        #expect(check["reason"]?.string == "on no list, of college.test")
        #expect(!world.net.asked.contains { $0.contains("college.test") })
    }

    /// It is told that a person is asked: then that person sees it, whatever happens to the process.
    @Test func whoWaitsForTheFirstTimeIsOnTheDiskAtOnce() async throws {
        let world = try TestWorld(unknown: "hold")
        let stranger = try TestPeer("stranger.test")
        try stranger.publish(on: world.net)
        let received = try world.received(
            try stranger.request(
                "/ocm/shares", Messages.share(from: "stranger.test"), at: world.clock.now))
        let answer = await world.gateway.receive(
            ReceivedRequest(head: received.head, body: received.body, client: received.client),
            as: .ocm(.shares), through: .listener)
        #expect(answer.status == 503)
        let kept = try HoldBook.read(world.gateway.store.path, world.seal, now: world.clock.now)
        #expect(kept.map(\.peer.name) == ["stranger.test"])
    }

    @Test func ocmIsToldCodeDecisionAndHint() throws {
        let (answer, body) = try refusal(Denial(.senderMismatch, "detail"), .ocm(.shares))
        #expect(answer.status == 403)
        #expect(body.members.map(\.name) == ["error", "decision", "hint"])
        #expect(!String(decoding: answer.body, as: UTF8.self).contains("detail"))
        #expect(field("cache-control", of: answer) == "no-store")
    }

    /// RFC 9421, section 5.1.
    @Test(arguments: [
        ("\"rfc9421\"", true), ("\"rfc9421\", \"cavage\"", true), ("\"cavage\"", false),
    ])
    func aSignatureIsAskedForInAGenerationThatIsTaken(_ accept: String, _ isAsked: Bool) throws {
        let world = try TestWorld(configuration: "[signature]\naccept = [\(accept)]")
        for kind in [Received.Kind.ocm(.shares), .token] {
            let answer = world.gateway.refusal(
                Denial(.wrong, "detail"), of: kind.family, decision: "d1")
            #expect(answer.status == 401)
            #expect((field("accept-signature", of: answer) != nil) == isAsked)
            #expect(field("www-authenticate", of: answer) == "Signature realm=\"OCM\"")
        }
    }

    @Test func aTokenClientIsToldInTheWordsOfOAuth() throws {
        let (answer, body) = try refusal(Denial(.wrong, "detail"), .token)
        #expect(answer.status == 401)
        #expect(body["error"]?.string == "invalid_client")
        #expect(body["error_description"]?.string == "signature_invalid")
        #expect(field("pragma", of: answer) == "no-cache")
        #expect(field("cache-control", of: answer) == "no-store")
    }

    @Test func theOlderAPIIsToldInItsOwnForm() throws {
        let path = try #require(TargetPath(canonical: "/ocs/v2.php/cloud/shares"))
        let (answer, body) = try refusal(
            Denial(.legacyAPIRefused), .ocs(OCSCall(version: .v2, action: .share), path))
        #expect((400..<500).contains(answer.status))
        #expect(body["ocs"] != nil)
    }

    @Test func whoMayTryAgainIsToldWhen() throws {
        let (answer, _) = try refusal(Denial(.keyUnavailable), .ocm(.shares))
        #expect(answer.status == 503 && field("retry-after", of: answer) == "30")
    }
}
