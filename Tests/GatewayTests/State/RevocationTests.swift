import Federation
import OpenSSL
import Testing

@testable import Gateway

@Suite struct RevocationTests {
    @Test func aGatewayThatRunsEndsAShareOrItsTokensByOrder() async throws {
        let world = try TestWorld()
        let registry = world.gateway.registry
        let recording = registry.record(
            NewShare(
                direction: .outbound, origin: .seen, peer: try #require(PeerHost("one.example")),
                providerID: ProviderID("1"), resourceType: "file",
                accesses: [
                    NewAccess(
                        protocolName: "webdav", secret: Secret(utf8: "SECRET0PERMANEN"),
                        handle: .make, permissions: .unspecified, uri: nil, requirements: [])
                ]), now: world.clock.now)
        try await world.gateway.store.commit(recording.change)
        let id = recording.share.id
        let loop = Task {
            while !Task.isCancelled {
                await world.gateway.carryOutOrders()
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        defer { loop.cancel() }
        let state = world.gateway.store.path
        _ = try await Revocation(of: "\(id)", .tokens)
            .carryOut(in: state, world.seal, now: world.clock.now, patience: .seconds(300))
        #expect(registry[id]?.epoch == recording.share.epoch + 1 && registry[id]?.ended == nil)
        _ = try await Revocation(of: "\(id)", .share)
            .carryOut(in: state, world.seal, now: world.clock.now, patience: .seconds(300))
        #expect(registry[id]?.ended == world.clock.now)
        let theirs = registry.record(
            NewShare(
                direction: .inbound, origin: .seen, peer: try #require(PeerHost("one.example")),
                providerID: ProviderID("2"), resourceType: "file", accesses: []),
            now: world.clock.now)
        try await world.gateway.store.commit(theirs.change)
        await #expect(throws: FileProblem.self) {
            _ = try await Revocation(of: "\(theirs.share.id)", .tokens)
                .carryOut(
                    in: state, world.seal, now: world.clock.now, patience: .seconds(300))
        }
        for (share, words) in [
            ("\(id)", "is over already"), ("77", "there is none"), ("x", "none"),
        ] {
            let refusal = await #expect(throws: FileProblem.self) {
                _ = try await Revocation(of: share, .share)
                    .carryOut(in: state, world.seal, now: world.clock.now, patience: .seconds(300))
            }
            #expect(refusal.map { "\($0)".contains(words) } == true)
        }
    }
}
