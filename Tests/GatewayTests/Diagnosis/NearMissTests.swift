import Federation
import HTTPSignatures
import OpenSSL
import Testing

@testable import Gateway

@Suite struct NearMissTests {
    private let world: TestWorld
    private let modern: TestPeer
    private let cavage: TestPeer

    init() throws { (world, modern, cavage) = try TestWorld.withPeers() }

    private func request(_ peer: TestPeer, _ path: String = "/ocm/shares") throws -> TestRequest {
        try peer.request(path, Messages.share(from: peer.host), at: world.clock.now)
    }

    /// The cause of a refusal, found as the gateway finds it.
    private func miss(_ request: TestRequest) async throws -> NearMiss? {
        #expect(try await world.denial(request)?.code == .signatureInvalid)
        guard let suspect = world.gateway.nearMisses.take() else { return nil }
        return await world.gateway.nearMiss(suspect)
    }

    private func kinds(_ request: TestRequest) async throws -> [Distortion.Kind]? {
        try await miss(request)?.distortions.map(\.kind)
    }

    @Test func ofBothGenerationsARewrittenPathIsTold() async throws {
        for peer in [modern, cavage] {
            var request = try request(peer, "/index.php/ocm/shares")
            request.path = "/ocm/shares"
            #expect(try await kinds(request) == [.indexPHPRemoved])
        }
    }

    @Test func ofBothGenerationsARewrittenHostIsTold() async throws {
        for peer in [modern, cavage] {
            var request = try request(peer)
            request.fields.removeAll { $0.name == "host" }
            request.fields.append((name: "host", value: Array("old.test".utf8)))
            let found = try await miss(request)
            #expect(found?.distortions.map(\.kind) == [.host])
            #expect(found?.distortions.first?.signed == "cloud.test")
            #expect(found?.remedies.first?.contains("proxy_set_header Host") == true)
        }
    }

    @Test func ofBothGenerationsABodyWrittenAnewIsTold() async throws {
        for peer in [modern, cavage] {
            let pretty = Messages.share(from: peer.host).replacing(",", with: ", ")
                .replacing("\":", with: "\": ")
            var request = try peer.request("/ocm/shares", pretty, at: world.clock.now)
            let body = try JSONValue(parsing: request.body).serialized()
            request.body = body
            request.fields.removeAll { $0.name == "content-length" }
            request.fields.append((name: "content-length", value: Array("\(body.count)".utf8)))
            #expect(try await kinds(request) == [.bodyRewritten])
        }
    }

    @Test func aClockThatIsOffIsTold() async throws {
        let request = try modern.request(
            "/ocm/shares", Messages.share(from: "modern.test"), at: world.clock.now,
            created: world.clock.now - 400)
        let found = try await miss(request)
        #expect(found?.distortions == [Distortion(.clockBehind, seen: "400 seconds old")])
    }

    @Test func aKeyThatThePeerNoLongerShowsIsTold() async throws {
        let before = modern
        _ = try await world.accept(try request(before))
        var after = modern
        after.key = try .generate(.ed25519)
        after.keyName = "key2"
        try after.publish(on: world.net, also: [])
        world.clock.pass(700)
        // The new key is fetched first, so that the old one is of before.
        _ = try await world.denial(try request(after))
        _ = world.gateway.nearMisses.take()
        #expect(try await kinds(try request(before)) == [.previousKey])
    }

    /// The directory is empty after a start; the state is not.
    @Test func aKeyOfBeforeTheStartIsTold() async throws {
        let before = modern
        _ = try await world.accept(try request(before))
        var after = modern
        after.key = try .generate(.ed25519)
        after.keyName = "key2"
        try after.publish(on: world.net, also: [])
        let later = try TestWorld(
            clock: world.clock, net: world.net, store: world.gateway.store)
        later.clock.pass(700)
        _ = try await later.denial(try request(after))
        _ = later.gateway.nearMisses.take()
        #expect(try await later.denial(try request(before))?.code == .signatureInvalid)
        let suspect = try #require(later.gateway.nearMisses.take())
        #expect(await later.gateway.nearMiss(suspect)?.distortions.map(\.kind) == [.previousKey])
    }

    @Test func forgeriesAreNotExplained() async throws {
        var foreign = modern
        foreign.key = try .generate(.ed25519)
        #expect(try await miss(try request(foreign)) == nil)

        var other = try request(modern)
        other.body = Array(Messages.share(from: "modern.test", id: "\"8\"").utf8)
        let found = try await miss(other)
        #expect(found?.outcome == .otherBody)
        #expect(found?.distortions == [])
    }

    @Test func whatWasNotRefusedForItsSignatureIsNotLookedInto() async throws {
        _ = try await world.accept(try request(modern))
        #expect(try await world.denial(try request(modern))?.code == .replay)
        #expect(try await world.denial(TestRequest("/ocm/shares", "{}")) != nil)
        #expect(world.gateway.nearMisses.take() == nil)
    }

    @Test func theLogSaysWhatAndHowAndNothingOfTheBody() async throws {
        var request = try request(modern, "/index.php/ocm/shares")
        request.path = "/ocm/shares"
        let found = try #require(try await miss(request))
        world.gateway.log.nearMiss(found)
        world.gateway.log.flush()
        let line = try #require(
            world.lines.objects.first { $0["message"]?.string == "signature.near-miss" })
        #expect(line["decision"]?.string == found.decision)
        #expect(line["peer"]?.string == "modern.test")
        #expect(line["remedy"]?.string?.contains("proxy_pass") == true)
        let distortion = line["distortions"]?.array?.first?.object
        #expect(distortion?["name"]?.string == "index-php-removed")
        #expect(distortion?["signed"]?.string == "/index.php/ocm/shares")
        #expect(!world.lines.all.joined().contains("secret-of-seven"))
    }
}
