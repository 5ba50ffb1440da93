import Federation
import OpenSSL
import Testing
import Transport

@testable import Gateway

@Suite struct DeliveryTests {
    private let test: TestGateway

    init() async throws {
        test = try await TestGateway()
        test.backend.answers(201)
    }

    private func share() async throws -> Int {
        try await test.post("/ocm/shares", Messages.share(from: "one.test")).status
    }

    private func notify() async throws -> Int {
        try await test.post("/ocm/notifications", Messages.notification()).status
    }

    /// The standing of the share on the disk as it is now.
    private func standingOnDisk() throws -> ShareStanding? {
        let copy = try test.scratch.crashed()
        let store = try Store.open(
            copy.file("state.db"), test.world.seal, now: test.world.clock.now)
        defer {
            store.close()
            withExtendedLifetime(copy) {}
        }
        return try ShareRegistry(store, test.world.seal)
            .find(Secret(utf8: "secret-of-seven"), .inbound).first?
            .share.standing(now: test.world.clock.now)
    }

    @Test func aShareIsOnTheDiskWhenThePeerHearsOfIt() async throws {
        #expect(try await share() == 201)
        #expect(try standingOnDisk() == .active)
    }

    @Test func theEndOfAShareIsOnTheDiskWhenThePeerHearsOfIt() async throws {
        #expect(try await share() == 201)
        #expect(try await notify() == 201)
        #expect(try standingOnDisk() == .ended)
    }

    @Test func anEndThatCannotBeWrittenIsNotAcknowledged() async throws {
        #expect(try await share() == 201)
        let store = test.gateway.store
        test.backend.does { store.close() }
        #expect(try await notify() == 503)
    }
}
