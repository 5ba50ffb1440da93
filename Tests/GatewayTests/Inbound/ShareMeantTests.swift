import Federation
import OpenSSL
import Testing

@testable import Gateway

/// Which share a notification is about that shows no secret.
@Suite struct ShareMeantTests {
    private let world: TestWorld
    private let modern: TestPeer

    init() throws { (world, modern, _) = try TestWorld.withPeers() }

    /// Records a share of ours under the name 7.
    private func share(
        _ resourceType: String?, for recipient: String? = "carol@modern.test"
    ) async throws -> ShareID {
        let recording = world.gateway.registry.record(
            NewShare(
                direction: .outbound, origin: .seen, peer: try #require(PeerHost("modern.test")),
                providerID: ProviderID("7"), resourceType: resourceType, recipient: recipient,
                accesses: [.webdav(Secret(utf8: "secret-\(world.gateway.registry.count)"))]),
            now: world.clock.now)
        try await world.gateway.store.commit(recording.change)
        return recording.share.id
    }

    /// That its receiver, who names its kind, is done with it.
    private func declined(
        _ resourceType: String?, by grantee: String? = nil
    ) throws -> TestRequest {
        world.clock.pass(1)
        let details = grantee.map { #"{"grantee":"\#($0)"}"# } ?? "{}"
        let text = Messages.notification("SHARE_DECLINED", secret: nil).replacing(
            #""resourceType":"file","#,
            with: resourceType.map { #""resourceType":"\#($0)","# } ?? ""
        ).replacing(#""notification":{}"#, with: #""notification":\#(details)"#)
        return try modern.request("/ocm/notifications", text, at: world.clock.now)
    }

    /// Another application may count its shares by itself.
    @Test(arguments: ["file", nil])
    func ofSharesUnderOneNameThatOfTheKindIsMeant(_ type: String?) async throws {
        let files = try await share(type)
        let room = try await share("talk-room")
        for (named, id) in [("file", files), ("folder", files), ("talk-room", room)] {
            let message = try await world.accept(declined(named), as: .ocm(.notifications))
            #expect(message.ends?.id == id)
        }
        for named in ["calendar", nil] {
            let denial = try await world.denial(declined(named), as: .ocm(.notifications))
            #expect(denial?.code == .secretMismatch)
        }
        // It is told again, and is not about the other one.
        try await world.gateway.store.commit(
            world.gateway.registry.end(files, now: world.clock.now))
        let message = try await world.accept(declined("file"), as: .ocm(.notifications))
        #expect(message.ends?.id == files)
    }

    /// An operator has revoked a room of a peer's: nothing that is said in it comes in any more.
    @Test func ofAPeersShareThatIsOverApplicationsSayNothing() async throws {
        let recording = world.gateway.registry.record(
            NewShare(
                direction: .inbound, origin: .seen, peer: try #require(PeerHost("modern.test")),
                providerID: ProviderID("7"), resourceType: "talk-room",
                recipient: "bob@cloud.test", accesses: [.webdav(Secret(utf8: "secret-of-room"))]),
            now: world.clock.now)
        try await world.gateway.store.commit(recording.change)
        func said(_ type: String) throws -> TestRequest {
            world.clock.pass(1)
            return try modern.request(
                "/ocm/notifications", Messages.notification(type, secret: "secret-of-room"),
                at: world.clock.now)
        }
        _ = try await world.accept(said("MESSAGE_POSTED"), as: .ocm(.notifications))
        try await world.gateway.store.commit(
            world.gateway.registry.end(recording.share.id, now: world.clock.now))
        let denial = try await world.denial(said("MESSAGE_POSTED"), as: .ocm(.notifications))
        #expect(denial?.code == .shareEnded && denial?.status == 400)
        #expect(denial?.message == "RESOURCE_NOT_FOUND")
        // What every server knows of shares goes on: the backend may have it still.
        for type in ["SHARE_CHANGE_PERMISSION", "SHARE_UNSHARED"] {
            _ = try await world.accept(said(type), as: .ocm(.notifications))
        }
    }

    @Test(arguments: ["carol@modern.test", "dave@modern.test", nil])
    func ofSharesUnderOneNameForSeveralPeopleNoneIsMeant(_ other: String?) async throws {
        _ = try await share("file")
        let newest = try await share("folder", for: other)
        if other == "carol@modern.test" {
            let message = try await world.accept(declined("file"), as: .ocm(.notifications))
            #expect(message.ends?.id == newest)
        } else {
            let denial = try await world.denial(declined("file"), as: .ocm(.notifications))
            #expect(denial?.code == .secretMismatch)
            #expect(denial?.disclosedCode == "share_unknown")
        }
    }

    @Test(arguments: [
        "carol@modern.test", "Carol@modern.test", "CAROL", "carol@MODERN.test", "",
    ])
    func theReceiverIsNamedInAnyCaseOrNotAtAll(_ grantee: String) async throws {
        let id = try await share("file")
        let message = try await world.accept(
            declined("file", by: grantee), as: .ocm(.notifications))
        #expect(message.ends?.id == id)
    }

    /// Those whose names are the same but for that are told apart by it.
    @Test func ofTwoWhoseNamesAreAlikeTheOneIsMeantWhoIsNamed() async throws {
        for name in ["carol", "Carol"] {
            _ = try await share("file", for: "\(name)@modern.test")
        }
        let denial = try await world.denial(
            declined("file", by: "CAROL"), as: .ocm(.notifications))
        #expect(denial?.code == .secretMismatch)
        for name in ["carol", "Carol"] {
            let message = try await world.accept(
                declined("file", by: name), as: .ocm(.notifications))
            #expect(message.ends?.recipient == "\(name)@modern.test")
        }
    }

    /// Ours is known by its own id alone; a peer may name two of its shares by one UUID.
    @Test func whatAShareIsToldByIsNoOtherPeersBusiness() async throws {
        let world = try TestWorld(kind: "ocis")
        func told(_ direction: ShareDirection, _ id: String, _ recipient: String) async throws
            -> String
        {
            let recording = world.gateway.registry.record(
                NewShare(
                    direction: direction, origin: .seen,
                    peer: try #require(PeerHost("modern.test")),
                    providerID: ProviderID(id), resourceType: "file", recipient: recipient,
                    accesses: [.webdav(Secret(utf8: "secret of \(recipient)"))]),
                now: world.clock.now)
            try await world.gateway.store.commit(recording.change)
            return world.gateway.told(ProviderID(id), of: recording.share).text
        }
        #expect(try await told(.outbound, "7", "carol@modern.test") == "7")
        #expect(try await told(.inbound, "7", "bob@cloud.test") == "7@modern.test")
        let uuid = "0b1cf4d2-5f0f-4d2c-9d3a-7a2c6c1e9a11"
        for name in ["dean", "eve"] {
            #expect(try await told(.inbound, uuid, "\(name)@cloud.test") == uuid)
        }
    }

    /// A share of another kind is what the only one of its name is taken for.
    @Test func theOnlyShareUnderANameIsMeantByEachKind() async throws {
        let id = try await share("ro-crate")
        for named in ["file", "ro-crate", nil] {
            let message = try await world.accept(declined(named), as: .ocm(.notifications))
            #expect(message.ends?.id == id)
        }
    }
}
