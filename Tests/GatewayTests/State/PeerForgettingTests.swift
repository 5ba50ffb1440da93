import Federation
import OpenSSL
import Testing

@testable import Gateway

@Suite struct PeerForgettingTests {
    @Test func afterItIsForgottenAPeersNextKeysAreFirstSight() async throws {
        let world = try TestWorld()
        let peer = try TestPeer("modern.test")
        try peer.publish(on: world.net)
        let host = try #require(PeerHost("modern.test"))
        let gateway = world.gateway
        let share = Messages.share(from: "modern.test")
        #expect(
            try await world.denial(try peer.request("/ocm/shares", share, at: world.clock.now))
                == nil)
        var turned = peer
        turned.key = try .generate(.ed25519)
        try turned.publish(on: world.net)
        world.clock.pass(700)
        let request = try turned.request("/ocm/shares", share, at: world.clock.now)
        #expect(try await world.denial(request)?.code == .keyChanged)
        try await gateway.store.commit([
            gateway.pins.forget(host), gateway.generations.forget(host),
        ])
        #expect(gateway.pins[host].isEmpty && gateway.generations[host] == .none)
        #expect(try await world.denial(request) == nil)
        #expect(gateway.pins[host].count == 1)
    }

    /// What a peer's message is refused for, whose keys are remembered and fresh.
    private func denial(_ peer: TestPeer, _ world: TestWorld) async throws -> Denial? {
        world.clock.pass(1)
        return try await world.denial(
            try peer.request(
                "/ocm/shares", Messages.share(from: "modern.test"), at: world.clock.now))
    }

    /// A gateway that runs, which knows the key of a peer; the peer shows another one of the same
    /// name now.
    private func turned(
        _ work: (TestWorld, _ old: TestPeer, _ new: TestPeer, PeerHost) async throws -> Void
    ) async throws {
        let world = try TestWorld()
        let peer = try TestPeer("modern.test")
        try peer.publish(on: world.net)
        #expect(try await denial(peer, world) == nil)
        var turned = peer
        turned.key = try .generate(.ed25519)
        try turned.publish(on: world.net)
        let loop = Task {
            while !Task.isCancelled {
                await world.gateway.carryOutOrders()
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        defer { loop.cancel() }
        try await work(world, peer, turned, try #require(PeerHost("modern.test")))
    }

    /// The remembered keys go with the pins: a withdrawn one is not pinned again.
    @Test func aGatewayThatRunsForgetsByOrder() async throws {
        try await turned { world, old, new, host in
            let known = try await PeerForgetting.forget(
                host, in: world.gateway.store.path, world.seal, now: world.clock.now,
                patience: .seconds(300))
            #expect(known == PeerForgetting.Forgotten(["keys": "1", "known": "yes"]))
            // A name that was mistyped looks like no success.
            let typo = try await PeerForgetting.forget(
                try #require(PeerHost("moden.test")), in: world.gateway.store.path, world.seal,
                now: world.clock.now, patience: .seconds(300))
            #expect(typo.keys == 0 && !typo.wasKnown)
            #expect(world.gateway.pins[host].isEmpty && world.gateway.generations[host] == .none)
            #expect(try await denial(old, world)?.code == .signatureInvalid)
            #expect(world.gateway.pins[host].isEmpty)
            #expect(try await denial(new, world) == nil)
            #expect(
                world.gateway.pins[host].map(\.key.thumbprint) == [
                    OfferedKey.thumbprint(of: new.key.publicKey)
                ])
        }
    }

    @Test func aGatewayThatRunsTakesPinnedKeysAtOnce() async throws {
        try await turned { world, old, new, host in
            let key = OfferedKey(
                source: "jwks", id: new.keyID,
                thumbprint: OfferedKey.thumbprint(of: new.key.publicKey))
            _ = try await PeerDecision.pin(
                host, [key], in: world.gateway.store.path, world.seal, now: world.clock.now)
            #expect(try await denial(new, world) == nil)
            #expect(try await denial(old, world)?.code == .signatureInvalid)
            #expect(world.gateway.holds[host] == nil)
        }
    }

    /// Of one of which only a message waits, no keys were there to be forgotten.
    @Test(
        arguments: [
            ("0", "no key of it was known; how it signed, and what waits of it, is forgotten"),
            ("1", "1 key forgotten; the next that it shows are taken"),
            ("2", "2 keys forgotten; the next that it shows are taken"),
        ])
    func whatWasForgottenIsTold(_ keys: String, _ words: String) throws {
        let peer = try #require(PeerHost("one.test"))
        let forgotten = PeerForgetting.Forgotten(["keys": keys, "known": "yes"])
        #expect(forgotten.wasKnown)
        #expect(forgotten.words(of: peer) == "one.test: \(words)")
    }
}
