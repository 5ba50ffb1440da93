import Federation
import HTTPSignatures
import OpenSSL
import Testing
import Transport

@testable import Gateway

@Suite struct BackendSignatureTests {
    private func world(
        _ version: String? = "33.0.3.2", egress: String = "[egress]\nlisten = \"127.0.0.1:2\""
    ) throws -> (TestWorld, TestPeer) {
        let world = try TestWorld(configuration: egress)
        let peer = try TestPeer("modern.test")
        try peer.publish(on: world.net)
        let document = try DiscoveryDocument(parsing: Array(peer.discovery.utf8))
        world.gateway.backend.learn(document, statusVersion: version)
        return (world, peer)
    }

    private func value(_ name: FieldName, _ fields: [(FieldName, String)]) -> String? {
        fields.first { $0.0 == name }?.1
    }

    @Test func aBackendThatVerifiesBelievesWhatWeSignInThePeersName() async throws {
        let (world, peer) = try world()
        let message = try await world.accept(
            try peer.request(
                "/ocm/shares", Messages.share(from: "modern.test"), at: world.clock.now))
        let (body, target, added) = (message.body, message.target, message.added)
        #expect(message.dropped.contains(.signatureInput))
        #expect(message.dropped.contains(.date))
        let host = try #require(PeerHost("modern.test"))
        let shown = try #require(world.gateway.keyForBackend(of: host))
        let fields =
            [SignedMessage.Field("host", "cloud.test")]
            + added.map { .init($0.0.description, $0.1) }
            + [.init("content-length", String(body.count))]
        let origin = try #require(Origin("https://cloud.test"))
        let signed = try #require(
            SignedMessage(
                method: "POST", target: String(decoding: target, as: UTF8.self), origin: origin,
                fields: fields))
        let signature = try #require(try CavageSignature.read(from: signed))
        #expect(signature.keyID == shown.keyId)
        #expect(signature.keyID.hasPrefix("https://modern.test/ocm#gateway-"))
        let verified = CavageProfile().verify(
            signature, of: signed, body: body,
            with: try VerificationKey(try PublicKey(pem: shown.pem)), now: world.clock.now)
        #expect(verified.crypto == .valid(.rsaPKCS1SHA512))
        #expect(verified.profile == .satisfied)
    }

    /// It finds the key in the document that all are shown of the site.
    @Test func whatItTellsItsOwnSiteIsSignedByTheKeyOfTheSite() throws {
        let (world, _) = try world()
        let fields = try #require(
            try world.gateway.signatureForBackend(
                of: PeerHost("cloud.test"), Array("/ocm/shares".utf8), []))
        #expect(
            value(.signature, fields)?.hasPrefix("keyId=\"https://cloud.test/ocm#rsa-1\"")
                == true)
    }

    /// It compares the host of `owner` with that of the `keyId`, byte by byte.
    @Test func theOwnerIsAtTheHostOfTheKeyInTheSameSpelling() async throws {
        let (world, peer) = try world()
        let message = try await world.accept(
            try peer.request(
                "/ocm/shares",
                Messages.share(from: "modern.test").replacing(
                    "alice@modern.test", with: "alice@Modern.Test:443"), at: world.clock.now))
        let bytes = message.body
        let body = try #require(try JSONValue(parsing: bytes).object)
        #expect(body["owner"]?.string == "alice@modern.test")
        #expect(body["sender"]?.string == "alice@modern.test")
    }

    /// It holds the end of a share to be signed by the owner's site.
    @Test(arguments: [("33.0.3.2", true), ("27.1.3.0", false)])
    func whoPassedAShareOnEndsItOverTheOlderAPI(
        _ version: String, _ isCall: Bool
    ) async throws {
        let (world, peer) = try world(version)
        let recording = world.gateway.registry.record(
            NewShare(
                direction: .inbound, origin: .seen, peer: try #require(PeerHost("cavage.test")),
                providerID: ProviderID("7"), resourceType: "file", owner: "alice@cavage.test",
                sender: "eve@modern.test", recipient: "bob@cloud.test",
                accesses: [.webdav(Secret(utf8: "secret-of-seven"))]), now: world.clock.now)
        try await world.gateway.store.commit(recording.change)
        let message = try await world.accept(
            try peer.request("/ocm/notifications", Messages.notification(), at: world.clock.now),
            as: .ocm(.notifications))
        let (target, body, effect) = (message.target, message.body, message.effect)
        #expect(
            String(decoding: target, as: UTF8.self)
                == (isCall
                    ? "/ocs/v2.php/cloud/shares/7/unshare?format=json" : "/ocm/notifications"))
        if isCall { #expect(body == Array("token=secret-of-seven".utf8)) }
        guard case .ends(let share) = effect else { throw TestPeer.Unmade() }
        #expect(share.id == recording.share.id)
    }

    @Test func theDocumentOfThePeerShowsThatKeyAlone() async throws {
        let (world, _) = try world()
        let (request, _) = try world.request("/ocm-provider", to: "modern.test", "", method: "GET")
        guard case .prepare(let prepare) = world.gateway.planOutbound(request),
            case .answer(let answer) = await prepare(request.head)
        else { throw TestPeer.Unmade() }
        let document = try #require(try JSONValue(parsing: answer.body).object)
        let peer = try #require(PeerHost("modern.test"))
        #expect(
            document["publicKey"]?.object?["keyId"]?.string
                == world.gateway.keyForBackend(of: peer)?.keyId)
    }

    /// What is unchanged keeps the peer's own signature, unless the backend would refuse it for its
    /// form: Nextcloud until 34 knows draft-cavage alone.
    @Test(arguments: [("33.0.3.2", true), ("35.0.0.1", false), ("27.1.3.0", true)])
    func aSignatureThatTheBackendCannotReadIsDropped(
        _ version: String, _ isDropped: Bool
    ) async throws {
        let (world, peer) = try world(version, egress: "")
        _ = try await world.accept(
            try peer.request(
                "/ocm/shares", Messages.share(from: "modern.test", requirements: ""),
                at: world.clock.now))
        world.clock.pass(1)
        let text = Messages.notification(secret: "secret-of-seven")
        let note = try await world.accept(
            try peer.request("/ocm/notifications", text, at: world.clock.now),
            as: .ocm(.notifications))
        #expect(String(decoding: note.body, as: UTF8.self) == text)
        #expect(note.dropped.contains(.signature) == isDropped)
        #expect(note.added.isEmpty)
    }

    /// It stands where a login would, which goes no further.
    @Test(arguments: [("33.0.3.2", true), ("27.1.3.0", false)])
    func aSignatureInAuthorizationGoesOnWhereOthersDo(
        _ version: String, _ goesOn: Bool
    ) async throws {
        let (world, _) = try world(version, egress: "")
        let peer = try TestPeer("cavage.test", .cavage)
        try peer.publish(on: world.net)
        let share = try await world.accept(
            try peer.request(
                "/ocm/shares", Messages.share(from: "cavage.test", requirements: ""),
                at: world.clock.now))
        #expect(share.logins == FieldName.logins)
        #expect(share.logins.contains(.authorization) && share.logins.contains(.cookie))
        world.clock.pass(1)
        var request = try peer.request(
            "/ocm/notifications", Messages.notification(secret: "secret-of-seven"),
            at: world.clock.now)
        let signature = try #require(request["signature"])
        request["signature"] = nil
        request["authorization"] = "Signature \(signature)"
        let note = try await world.accept(request, as: .ocm(.notifications))
        #expect(note.logins == FieldName.logins.filter { !goesOn || $0 != .authorization })
    }

    @Test(arguments: [("27.1.3.0", true), ("33.0.3.2", false)])
    func othersGetNoneOfOurs(_ version: String, _ hasEgress: Bool) async throws {
        let (world, peer) =
            hasEgress ? try world(version) : try world(version, egress: "")
        let message = try await world.accept(
            try peer.request(
                "/ocm/shares", Messages.share(from: "modern.test"), at: world.clock.now))
        #expect(message.added.isEmpty)
    }
}
