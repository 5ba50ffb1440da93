import Federation
import OpenSSL
import Testing
import Transport

@testable import Gateway

/// Of the shares that the backend asks for, the owner's server chooses the secret; `one.test` chooses
/// that of a public link of ours.
@Suite struct OutboundRecordingTests {
    private static let link = "PUBLICLINK00000"

    private func world(token: String = "") async throws -> TestGateway {
        let world = try await TestGateway(token: token)
        let registry = world.gateway.registry
        let original = registry.record(
            NewShare(
                direction: .inbound, origin: .seen, peer: try #require(PeerHost("one.test")),
                providerID: ProviderID("9"), resourceType: "file", owner: "eve@one.test",
                sender: "eve@one.test", recipient: "bob@cloud.test",
                accesses: [.webdav(Secret(utf8: "a-secret-of-nine"))]),
            now: world.gateway.environment.now())
        try await world.gateway.store.commit(original.change)
        let recipient = try #require(OCMAddress("carol@two.test"))
        let passedOn = try #require(
            world.gateway.recordPassedOn(
                Secret(utf8: Self.link), to: recipient, of: original.share))
        try await world.gateway.store.commit(passedOn)
        #expect(registry.find(Secret(utf8: Self.link), .outbound).count == 1)
        return world
    }

    @Test func whatAPeerNamesDoesNotShutALink() async throws {
        let world = try await world()
        #expect(try world.plan("GET /s/\(Self.link)/download HTTP/1.1").status == nil)
        // With the password of the link, which a share does not have.
        let credential = "Basic " + Base64.encode(Array("\(Self.link):password".utf8))
        let planned = try world.plan(
            "PROPFIND /public.php/webdav/ HTTP/1.1", "Authorization: \(credential)")
        #expect(planned.values("authorization") == [credential])
    }

    @Test func whatAPeerNamesIsNoCode() async throws {
        let world = try await world(token: "verify_unknown = \"refuse\"")
        #expect(try await world.exchange(code: Self.link).code == "invalid_grant")
    }

    /// Seafile has one id for all of its shares, and one secret for those of a library.
    @Test func aSecondPersonGetsAShareOfTheirOwn() async throws {
        let (world, _, _) = try TestWorld.withPeers()
        let carols = OutboundMessages.share().replacing("bob@", with: "carol@")
        for share in [OutboundMessages.share(), carols, carols] {
            #expect(try await world.send(share).status == 201)
        }
        #expect(world.mail.sent.count == 2)
        let people = world.gateway.registry.all.map(\.recipient)
        #expect(people == ["bob@modern.test", "carol@modern.test"])
        // It does not say whose is over.
        _ = try await world.notify(OutboundMessages.notification("SHARE_UNSHARED"))
        #expect(world.gateway.registry.all.allSatisfy { $0.ended != nil })
    }

    /// Also where the newest of them was refused, or revoked, before.
    @Test func theEndOfALibraryEndsTheSharesThatStand() async throws {
        let (world, _, _) = try TestWorld.withPeers()
        for receiver in ["bob@", "carol@"] {
            let share = OutboundMessages.share().replacing("bob@", with: receiver)
            #expect(try await world.send(share).status == 201)
        }
        let newest = try #require(world.gateway.registry.all.max { $0.id < $1.id })
        try await world.gateway.store.commit(
            world.gateway.registry.end(newest.id, now: world.clock.now))
        _ = try await world.notify(OutboundMessages.notification("SHARE_UNSHARED"))
        #expect(world.gateway.registry.all.allSatisfy { $0.ended != nil })
    }

    // MARK: Ways beside WebDAV

    /// A share with `webapp` before `webdav`, as CERNBox writes it.
    private func share(_ webapp: String) throws -> String {
        let text = OutboundMessages.share()
        let place = try #require(text.firstRange(of: #""protocol":"#))
        return text[..<place.upperBound]
            + #"{"name":"multi","webapp":{\#(webapp)},"webdav":{"sharedSecret":"SECRET15CHARS00","#
            + #""permissions":["read"],"uri":"https://cloud.test/public.php/webdav/"}}}"#
    }

    @Test func ofWaysWithOneSecretTheCodeIsTheOneOfWebDAV() async throws {
        let (world, _, _) = try TestWorld.withPeers()
        let share = try share(
            #""uri":"https://cloud.test/app","sharedSecret":"SECRET15CHARS00""#)
        #expect(try await world.send(share).status == 201)
        let sent = try #require(world.mail.sent.first?.body)
        let ways = try #require(try JSONValue(parsing: sent).object?["protocol"]?.object)
        let code = try #require(ways["webdav"]?.object?["sharedSecret"]?.string)
        #expect(ways["webapp"]?.object?["sharedSecret"]?.string == code)
        let found = world.gateway.registry.find(Secret(utf8: code), .outbound)
        #expect(found.map(\.access.protocolName) == ["webdav"])
    }

    /// CERNBox to 3.10 has the secret in the URI of `webapp`.
    @Test func aWayWithTheSecretInItsURIIsLeftOutAndToldOf() async throws {
        let (world, _, _) = try TestWorld.withPeers()
        let share = try share(
            #""uri":"https://cloud.test/external/SECRET15CHARS00/x","sharedSecret":"""#)
        #expect(try await world.send(share).status == 201)
        let sent = try #require(world.mail.bodies.first)
        #expect(!sent.contains("webapp") && !sent.contains("SECRET15CHARS00"))
        let altered = world.decisions().first?["altered"]?.array
        #expect(altered?.contains(.string("ways left out")) == true)
    }

    /// Its code would be exchanged for a token that opens WebDAV alone.
    @Test func aWayThatDemandsTokensIsNeitherToldNorRecorded() async throws {
        let (world, _, _) = try TestWorld.withPeers()
        let share = try share(
            #""uri":"https://cloud.test/app","sharedSecret":"SECRETOFAPP0000","#
                + #""requirements":["must-exchange-token"]"#)
        #expect(try await world.send(share).status == 201)
        #expect(world.mail.bodies.first?.contains("webapp") == false)
        #expect(world.gateway.registry.all.first?.accesses.map(\.protocolName) == ["webdav"])
        let altered = world.decisions().first?["altered"]?.array
        #expect(altered?.contains(.string("ways left out")) == true)
    }

    // MARK: Tokens of the backend's own

    /// A CERNBox whose document has a token endpoint opens what demands tokens by its own alone.
    @Test(arguments: [true, false], [true, false])
    func aShareThatOpensByTheBackendsOwnTokensIsNotSent(
        _ hasTokens: Bool, _ demands: Bool
    ) async throws {
        let world = try TestWorld(kind: "cernbox")
        let modern = try TestPeer("modern.test")
        try modern.publish(on: world.net)
        world.net.answer(
            "https://modern.test/.well-known/ocm", 200,
            modern.discovery.replacing(
                #"["http-sig"]"#, with: #"["http-sig","exchange-token"]"#))
        let tokens = hasTokens ? #","tokenEndPoint":"https://cloud.test/ocm/token""# : ""
        let document =
            #"{"enabled":true,"apiVersion":"1.3.0","endPoint":"https://cloud.test/ocm","#
            + #""resourceTypes":[{"name":"file","shareTypes":["user"],"#
            + #""protocols":{"webdav":"/remote.php/dav/ocm"}}]\#(tokens)}"#
        world.gateway.backend.learn(
            try DiscoveryDocument(parsing: Array(document.utf8)), statusVersion: nil)
        let requirements = demands ? #","requirements":["must-exchange-token"]"# : ""
        let text = OutboundMessages.share()
        let place = try #require(text.firstRange(of: #""protocol":"#))
        let share: String =
            text[..<place.upperBound]
            + #"{"name":"multi","webdav":{"sharedSecret":"SECRET15CHARS00","permissions":["read"],"#
            + #""uri":"https://cloud.test/remote.php/dav/ocm/22"\#(requirements)}}}"#
        let isRefused = hasTokens && demands
        #expect(try await world.send(share).status == (isRefused ? 501 : 201))
        #expect(world.gateway.registry.count == (isRefused ? 0 : 1))
    }
}
