import Federation
import Testing

@testable import Gateway

@Suite struct KnownPeerTests {
    /// What one of the site shares with another one of it is with nobody else.
    @Test func theSiteItselfIsNoPeer() async throws {
        let world = try TestWorld(partners: ["modern.test"], legacy: [])
        for host in ["cloud.test", "one.test"] {
            try await world.shareForReading(with: host)
        }
        let (gateway, now) = (world.gateway, world.clock.now)
        let known = try KnownPeer.all(
            gateway.store.path, world.seal, gateway.policy.current, besides: gateway.site.hosts,
            now: now)
        #expect(known.map(\.host.description) == ["blocked.test", "modern.test", "one.test"])
        #expect(known.last?.shares.count == 1)
    }
}
