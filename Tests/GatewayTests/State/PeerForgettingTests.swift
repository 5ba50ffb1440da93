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

    @Test func aGatewayThatRunsForgetsByOrder() async throws {
        let world = try TestWorld()
        let peer = try TestPeer("modern.test")
        try peer.publish(on: world.net)
        let host = try #require(PeerHost("modern.test"))
        let share = Messages.share(from: "modern.test")
        #expect(
            try await world.denial(try peer.request("/ocm/shares", share, at: world.clock.now))
                == nil)
        let loop = Task {
            while !Task.isCancelled {
                await world.gateway.carryOutOrders()
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        defer { loop.cancel() }
        let known = try await PeerForgetting.forget(
            host, in: world.gateway.store.path, world.seal, now: world.clock.now,
            patience: .seconds(300))
        #expect(known == 1)
        #expect(world.gateway.pins[host].isEmpty && world.gateway.generations[host] == .none)
    }
}
