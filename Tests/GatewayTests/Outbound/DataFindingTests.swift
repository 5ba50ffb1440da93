import Federation
import Testing

@testable import Gateway
@testable import Transport

@Suite struct DataFindingTests {
    private static let get = "GET /public.php/webdav/a HTTP/1.1"

    /// A share of `modern.test`'s, and one that `legacy.test`, which knows its secret, says to have from
    /// there; what the backend shows for both.
    private func share(in world: WayOut) async throws -> String {
        let secret = try await world.receive(uri: "x7", demands: false)
        return try await world.receive(
            uri: nil, demands: false, from: "legacy.test", secret: secret,
            sender: "alice@modern.test")
    }

    @Test func whoKnowsTheSecretOfAShareDoesNotGetItsRequests() async throws {
        let world = try WayOut()
        let secret = try await share(in: world)
        let planned = try await world.ask(Self.get, basic(secret))
        #expect(planned.lines.first == "GET /webdav/ocm/x7/a HTTP/1.1")
        #expect(planned.values("host") == ["modern.test"])
    }

    @Test func aShareThatComesAgainIsOpenAtOnce() async throws {
        let world = try WayOut()
        let secret = try await world.receive(uri: "x7", demands: false)
        #expect(try await world.ask(Self.get, basic(secret)).status == nil)
        let first = try #require(world.gateway.registry.all.first)
        try await world.gateway.store.commit(
            world.gateway.registry.end(first.id, now: world.world.clock.now))
        #expect(try await world.ask(Self.get, basic(secret)).code == "share_unknown")
        #expect(try await world.receive(uri: "x8", demands: false) == secret)
        let planned = try await world.ask(Self.get, basic(secret))
        #expect(planned.lines.first == "GET /webdav/ocm/x8/a HTTP/1.1")
    }

    @Test func aShareThatIsOverIsNotReplacedByOneOfWhoKnowsItsSecret() async throws {
        let world = try WayOut()
        let secret = try await share(in: world)
        let own = try #require(
            world.gateway.registry.all.first { "\($0.peer)" == "modern.test" })
        try await world.gateway.store.commit(
            world.gateway.registry.end(own.id, now: world.world.clock.now))
        let planned = try await world.ask(Self.get, basic(secret))
        #expect(planned.status == 403 && planned.code == "share_unknown")
    }
}
