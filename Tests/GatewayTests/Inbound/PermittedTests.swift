import Federation
import HTTPSignatures
import OpenSSL
import Testing

@testable import Gateway

@Suite struct PermittedTests {
    private func facts(
        _ signature: SignatureStanding, document: DiscoveryDocument? = nil
    ) throws -> Facts {
        let world = try TestWorld()
        let received = try world.received(TestRequest("/", Messages.share(from: "modern.test")))
        let claimed = try world.gateway.identify(received, world.trail(received))
        return world.gateway.facts(
            claimed, peer: claimed.claim?.peer, signature: signature, document: document)
    }

    @Test func thePolicyLearnsWhatTheMessageSays() throws {
        let facts = try facts(.valid(.tag, .ed25519))
        #expect(facts.peer?.name == "modern.test")
        #expect(facts.shareType == "user" && facts.resourceType == "file")
        #expect(facts.protocols == ["webdav"])
        #expect(facts.sender == "alice@modern.test" && facts.recipient == "bob@cloud.test")
        #expect(facts.access == .token)
        #expect(facts.permissions == Permissions(words: ["read"]))
    }

    @Test func aValidSignatureIsWhatItsGenerationIs() throws {
        #expect(try facts(.valid(.cavage, .rsaPKCS1SHA512)).signature == .cavage)
        #expect(try facts(.valid(.label, .ed25519)).signature == .rfc9421)
        #expect(try facts(.valid(.tag, .ed25519)).signature == .rfc9421)
        #expect(try facts(.tolerated(Denial(.wrong))).signature == .invalid)
        #expect(try facts(.none(.no)).signature == .none)
    }

    @Test func whoSignsOrPublishesKeysIsKnownToAdvertiseThem() throws {
        #expect(try facts(.none(.yes)).peerKeys == .advertised)
        #expect(try facts(.valid(.tag, .ed25519)).peerKeys == .advertised)
        #expect(try facts(.none(.no)).peerKeys == .none)
        let document = try DiscoveryDocument(
            parsing: Array(
                #"{"endPoint":"https://a.test/ocm","capabilities":["/http-sig"]}"#.utf8))
        #expect(try facts(.none(.no), document: document).peerKeys == .advertised)
    }

    @Test(arguments: [
        ("alice", InviteFact.accepted), ("mallory", .none),
    ])
    func anInvitationStandsBehindSharesAndRequestsForThem(
        _ invited: String, _ fact: InviteFact
    ) throws {
        let world = try TestWorld()
        let peer = try #require(PeerHost("modern.test"))
        let contact = Contact(
            peer: peer, remote: invited, local: "bob", site: world.gateway.site.host)
        world.gateway.contacts.learn(contact, invitation: Secret(utf8: "token"), now: 1)
            .committed()
        let request =
            #"{"owner":"bob@cloud.test","shareWith":"alice@modern.test","share":"x"}"#
        let messages: [(String, OCMEndpoint)] = [
            (Messages.share(from: "modern.test"), .shares), (request, .requestShare),
        ]
        for (text, endpoint) in messages {
            let received = try world.received(TestRequest("/", text), as: .ocm(endpoint))
            let claimed = try world.gateway.identify(received, world.trail(received))
            let facts = world.gateway.facts(
                claimed, peer: peer, signature: .valid(.tag, .ed25519), document: nil)
            #expect(facts.invite == fact)
        }
    }

    @Test func absentPermissionsAreUnspecified() {
        #expect(SharePermissions.unspecified.facts == .unspecified)
    }
}
