import Federation
import HTTPSignatures
import OpenSSL
import Testing
import Transport

@testable import Gateway

@Suite struct SignatureChecksTests {
    private let world: TestWorld
    private let modern: TestPeer
    private let cavage: TestPeer

    init() throws { (world, modern, cavage) = try TestWorld.withPeers() }

    private var now: Int { world.clock.now }

    private func share(_ peer: TestPeer) throws -> TestRequest {
        try peer.request("/ocm/shares", Messages.share(from: peer.host), at: now)
    }

    private func token(nonce: String? = nil) throws -> TestRequest {
        try modern.request(
            "/ocm/token", "grant_type=authorization_code&client_id=modern.test&code=abc", at: now,
            type: "application/x-www-form-urlencoded", nonce: nonce)
    }

    /// Verifies a message and writes that it was seen.
    private func take(
        _ request: TestRequest, as kind: Received.Kind = .ocm(.shares),
        from address: String = "192.0.2.1"
    ) async throws -> Denial? {
        do {
            let verified = try await world.verify(request, as: kind, from: address)
            try await world.gateway.makeDurable(verified.memory.take())
            return nil
        } catch let denial as Denial { return denial }
    }

    // MARK: Replay

    @Test func anExactRepeatIsRefused() async throws {
        for peer in [modern, cavage] {
            let request = try share(peer)
            #expect(try await take(request) == nil)
            #expect(try await take(request)?.code == .replay)
            #expect(try await take(request, from: "192.0.2.9")?.code == .replay)
        }
    }

    /// One party may open as many ports as it likes.
    @Test func allPortsOfAHostShareOnePartOfTheMemory() async throws {
        let other = try TestPeer("modern.test:8443")
        try other.publish(on: world.net)
        let replays = world.gateway.replays
        for number in 0..<ReplayCache.Limits(window: 300, skew: 30).perPeer {
            _ = replays.judge(
                replays.name(of: Array("\(number)".utf8)), peer: "modern.test", .known,
                client: "192.0.2.1", created: now, now: now,
                monotonic: world.gateway.environment.monotonicMilliseconds())
        }
        #expect(try await take(try share(other))?.code == .overloaded)
        #expect(try await take(try share(cavage)) == nil)
    }

    /// Anybody can invent hosts that sign.
    @Test func strangersLeaveRoomForMessagesOfPeersThatAreKnown() async throws {
        var limits = ReplayCache.Limits(window: 300, skew: 30)
        limits.capacity = 4
        let world = try TestWorld(replays: limits, isKnown: { $0.description == "modern.test" })
        try modern.publish(on: world.net)
        try cavage.publish(on: world.net)
        for number in 0..<3 {
            _ = world.gateway.replays.judge(
                world.gateway.replays.name(of: Array("\(number)".utf8)),
                peer: "invented\(number).test", .stranger, client: "192.0.2.1", created: now,
                now: now, monotonic: world.gateway.environment.monotonicMilliseconds())
        }
        #expect(try await world.denial(try share(cavage))?.code == .overloaded)
        #expect(try await world.denial(try share(modern)) == nil)
    }

    @Test func aRepeatIsRefusedBeforeKeysAreAskedFor() async throws {
        let request = try share(modern)
        #expect(try await take(request) == nil)
        world.net.lose("modern.test")
        world.net.forget()
        #expect(try await take(request)?.code == .replay)
        #expect(world.net.asked.isEmpty)
    }

    @Test func anotherEncodingOfASignatureIsNoOtherMessage() async throws {
        var request = try share(modern)
        #expect(try await take(request) == nil)
        request["signature"] = "ocm = " + (request["signature"]?.dropFirst(4) ?? "")
        #expect(try await take(request) != nil)
        request = try share(cavage)
        #expect(try await take(request) == nil)
        request["signature"] = request["signature"]?.replacing(",", with: ", ")
        #expect(try await take(request)?.code == .replay)
    }

    @Test func anotherNameForTheSameKeyIsNoOtherMessage() async throws {
        // draft-cavage does not sign the name of the key, and a document may show one key twice.
        let pem = cavage.key.publicKey.pem.replacing("\n", with: "\\n")
        world.net.answer(
            "https://cavage.test/.well-known/ocm", 200,
            cavage.discovery.dropLast()
                + #","publicKeys":[{"keyId":"https://cavage.test/ocm#two","publicKeyPem":"\#(pem)"}]}"#
        )
        var request = try share(cavage)
        #expect(try await take(request) == nil)
        request["signature"] = request["signature"]?.replacing("ocm#key1", with: "ocm#two")
        #expect(try await take(request)?.code == .replay)
    }

    @Test func aForgedRepeatSpoilsNothing() async throws {
        var forged = try share(modern)
        let genuine = forged
        forged["signature"] = "ocm=:\(Base64.encode([UInt8](repeating: 1, count: 64))):"
        for _ in 0..<5 { #expect(try await take(forged)?.fault == .wrong) }
        #expect(try await take(genuine) == nil)
        #expect(world.gateway.replays.count == 1)
    }

    @Test func ofTwoAtTheSameTimeOnePasses() async throws {
        let request = try share(modern)
        let verified = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask { (try? await world.verify(request)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(verified == 1)
    }

    @Test func aTokenRequestMayComeTwiceWithinTwoSecondsFromOneClient() async throws {
        let request = try token()
        #expect(try await take(request, as: .token) == nil)
        world.clock.pass(2)
        #expect(try await take(request, as: .token) == nil)
        #expect(try await take(request, as: .token, from: "192.0.2.9")?.code == .replay)
        world.clock.pass(1)
        #expect(try await take(request, as: .token)?.code == .replay)
    }

    @Test func noStepBackOfTheClockMakesTheTimeOfADoubleLonger() async throws {
        let request = try token()
        #expect(try await take(request, as: .token) == nil)
        world.clock.step(-25)
        for seconds in [3, 22, 2] {
            world.clock.pass(seconds)
            #expect(try await take(request, as: .token)?.code == .replay)
        }
    }

    @Test func theDoubleOfATokenRequestIsVerifiedToo() async throws {
        var request = try token()
        #expect(try await take(request, as: .token) == nil)
        request["signature"] = "ocm=:\(Base64.encode([UInt8](repeating: 1, count: 64))):"
        #expect(try await take(request, as: .token)?.fault == .wrong)
    }

    @Test func noOtherMessageMayComeTwice() async throws {
        let invite = try modern.request(
            "/ocm/invite-accepted", Messages.invite(from: "modern.test"), at: now)
        #expect(try await take(invite, as: .ocm(.inviteAccepted)) == nil)
        #expect(try await take(invite, as: .ocm(.inviteAccepted))?.code == .replay)
    }

    @Test func whatPolicyRefusedIsRememberedAndLeavesInItsTime() async throws {
        let world = try TestWorld(
            rules: """
                [[rule]]
                name = "no"
                on = ["share"]
                action = "deny"
                """)
        try modern.publish(on: world.net)
        let request = try modern.request(
            "/ocm/shares", Messages.share(from: "modern.test"), at: now)
        let received = try world.received(request)
        let answer = await world.gateway.receive(
            .init(head: received.head, body: request.body, client: received.client),
            as: .ocm(.shares), through: .listener)
        #expect(answer.status == 403)
        #expect(world.gateway.replays.count == 1)
        #expect(try await world.denial(request)?.code == .replay)
        // Written though nobody waited for it: else it would never be forgotten.
        try await world.stored()
        world.clock.pass(5000)
        _ = world.gateway.replays.expire(
            now: world.clock.now, monotonic: world.clock.seconds * 1000)
        #expect(world.gateway.replays.count == 0)
    }

    @Test func aClockThatStepsBackOpensNothing() async throws {
        let request = try share(modern)
        #expect(try await take(request) == nil)
        world.clock.pass(330)
        let expired = world.gateway.replays.expire(
            now: world.clock.now, monotonic: world.clock.seconds * 1000)
        #expect(expired == nil)
        world.clock.step(-330)
        #expect(try await take(request)?.code == .replay)
        // Long after, when it was forgotten, the floor that it left refuses it.
        world.clock.pass(5000)
        _ = world.gateway.replays.expire(
            now: world.clock.now, monotonic: world.clock.seconds * 1000)
        world.clock.step(-5000)
        let denial = try await take(request)
        #expect(denial?.code == .storeUnavailable && denial?.status == 503)
        #expect(denial?.retryAfter == 1)
    }

    // MARK: Pins

    /// What a message under way has learned is not written behind what a person has said meanwhile.
    @Test func nobodyIsKnownByAMessageFromBeforeItWasForgotten() async throws {
        let peer = try #require(PeerHost("modern.test"))
        let gateway = world.gateway
        let before = try await world.verify(try share(modern)).memory.take()
        let shown = gateway.peers.keys(of: peer)
        try await gateway.store.commit([gateway.peers.forgetting(peer), gateway.pins.forget(peer)])
        try await gateway.makeDurable(before)
        #expect(gateway.pins[peer].isEmpty)
        #expect(gateway.pastKeys.learn(peer, shown: shown, now: now) != nil)
        #expect(gateway.generations[peer] == .none)
        // The next message teaches it.
        let next = try modern.request(
            "/ocm/shares", Messages.share(from: "modern.test"), at: now, nonce: "n2")
        #expect(try await take(next) == nil)
        #expect(gateway.pins[peer].count == 1)
        #expect(gateway.pastKeys.learn(peer, shown: shown, now: now) == nil)
    }

    @Test func nobodyIsForgottenWithAnother() async throws {
        let other = try #require(PeerHost("other.test"))
        let learned = try await world.verify(try share(modern)).memory.take()
        try await world.gateway.store.commit(world.gateway.peers.forgetting(other))
        try await world.gateway.makeDurable(learned)
        #expect(world.gateway.pins[try #require(PeerHost("modern.test"))].count == 1)
    }

    @Test func aNewKeyBesideAKnownOneIsTaken() async throws {
        #expect(try await take(try share(modern)) == nil)
        var turned = modern
        turned.key = try .generate(.ed25519)
        turned.keyName = "key2"
        try turned.publish(on: world.net, also: [modern])
        world.clock.pass(60)
        #expect(try await take(try share(turned)) == nil)
        // Known by the new one now, it may drop the old.
        try turned.publish(on: world.net)
        world.clock.pass(700)
        #expect(try await take(try share(turned)) == nil)
        #expect(
            world.gateway.pins[try #require(PeerHost("modern.test"))].map(\.key.id) == [
                turned.keyID
            ])
    }

    @Test func keysThatAllChangeAtOnceAreHeld() async throws {
        #expect(try await take(try share(modern)) == nil)
        var turned = modern
        turned.key = try .generate(.ed25519)
        turned.keyName = "key2"
        try turned.publish(on: world.net)
        world.clock.pass(60)
        let denial = try await take(try share(turned))
        #expect(denial?.code == .keyChanged && denial?.status == 503)
        #expect(denial?.retryAfter == 3600)
    }

    /// After a start nothing is remembered but what the backend asked for.
    @Test func anotherServerIsHeldThoughTheDocumentOfTheOldOneIsRemembered() async throws {
        let host = try #require(PeerHost("cavage.test"))
        #expect(try await take(try share(cavage)) == nil)
        world.gateway.peers.forget(host)
        #expect(await world.gateway.peers.hasDocument(of: host))
        world.clock.pass(1)
        let other = try TestPeer("cavage.test")
        try other.publish(on: world.net)
        let denial = try await take(try share(other))
        #expect(denial?.code == .keyChanged && denial?.status == 503)
        #expect(world.gateway.pins[host].map(\.key.id) == [cavage.keyID])
    }

    /// Of whoever cannot be asked nobody knows whether it has another key by now.
    @Test func aWrongSignatureOfAHostThatCannotBeAskedIsForLater() async throws {
        #expect(try await take(try share(modern)) == nil)
        var turned = modern
        turned.key = try .generate(.ed25519)
        world.net.lose("modern.test")
        world.clock.pass(1)
        let denial = try await take(try share(turned))
        #expect(denial?.code == .keyUnavailable && denial?.status == 503)
    }

    @Test func aKnownNameWithAnotherKeyIsHeldThoughAKnownKeyIsBesideIt() async throws {
        #expect(try await take(try share(modern)) == nil)
        var second = modern
        second.key = try .generate(.ed25519)
        second.keyName = "key2"
        try second.publish(on: world.net, also: [modern])
        world.clock.pass(60)
        #expect(try await take(try share(second)) == nil)
        var swapped = modern
        swapped.key = try .generate(.ed25519)
        try swapped.publish(on: world.net, also: [second])
        world.clock.pass(700)
        #expect(try await take(try share(swapped))?.code == .keyChanged)
    }

    /// Though the remembered key is fresh; and whoever signs wrongly causes no more than the one refresh
    /// of the minute.
    @Test func aKnownNameWithAnotherKeyIsHeldAtOnce() async throws {
        #expect(try await take(try share(modern)) == nil)
        var swapped = modern
        swapped.key = try .generate(.ed25519)
        world.clock.pass(1)
        world.net.forget()
        for number in 0..<20 {
            let forged = try swapped.request(
                "/ocm/shares", Messages.share(from: "modern.test"), at: now, nonce: "f\(number)")
            #expect(try await take(forged)?.fault == .wrong)
        }
        #expect(world.net.asked.count == 2)
        try swapped.publish(on: world.net)
        world.clock.pass(60)
        let denial = try await take(try share(swapped))
        #expect(denial?.code == .keyChanged && denial?.status == 503)
        #expect(world.net.asked.count == 4)
    }

    /// While the keys are remembered, and after.
    @Test(arguments: [1, 700])
    func whoAcceptsFirstSightAlwaysHoldsNothing(after seconds: Int) async throws {
        let world = try TestWorld(configuration: "[signature]\nfirst_seen = \"accept\"")
        try modern.publish(on: world.net)
        let request = try modern.request(
            "/ocm/shares", Messages.share(from: "modern.test"), at: now)
        #expect(try await world.denial(request) == nil)
        var turned = modern
        turned.key = try .generate(.ed25519)
        try turned.publish(on: world.net)
        world.clock.pass(seconds)
        let other = try turned.request(
            "/ocm/shares", Messages.share(from: "modern.test"), at: world.clock.now)
        #expect(try await world.denial(other) == nil)
    }

    // MARK: Keys

    @Test func aKeyThatIsTooSmallOrOfAnAlgorithmNotTakenIsRefused() async throws {
        let world = try TestWorld(
            configuration: "[signature]\nmin_rsa = 3072\nalgorithms = [\"rsa-v1_5-sha512\"]")
        try cavage.publish(on: world.net)
        try modern.publish(on: world.net)
        let small = try cavage.request(
            "/ocm/shares", Messages.share(from: "cavage.test"), at: now)
        #expect(try await world.denial(small)?.fault == .weakKey)
        let other = try modern.request(
            "/ocm/shares", Messages.share(from: "modern.test"), at: now)
        #expect(try await world.denial(other)?.fault == .algorithm)
    }
}
