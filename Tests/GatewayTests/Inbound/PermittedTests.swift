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

    /// A key that the message itself makes known is not pinned yet.
    @Test func theKeyOfAPeerThatIsKnownIsPinned() async throws {
        let (world, modern, _) = try TestWorld.withPeers()
        let share = Messages.share(from: "modern.test")
        for fact in [PinFact.none, .pinned] {
            world.clock.pass(1)
            let verified = try await world.verify(
                try modern.request("/ocm/shares", share, at: world.clock.now))
            let facts = world.gateway.facts(
                verified.claimed, peer: verified.peer, signature: verified.signature,
                document: verified.document)
            #expect(facts.keyPinned == fact)
            try await world.gateway.makeDurable(verified.memory.take())
        }
    }

    @Test func whatThePeerCallsItselfIsKnownFromItsDocument() throws {
        let document = try DiscoveryDocument(
            parsing: Array(
                #"{"endPoint":"https://a.test/ocm","provider":"Nextcloud","version":"33.0.3"}"#
                    .utf8))
        #expect(try facts(.none(.no), document: document).software == "nextcloud 33.0.3")
        #expect(try facts(.none(.no)).software == nil)
    }

    /// What the rule that lets a share through sets is recorded with it.
    @Test func whatARuleSetsStaysWithTheShare() async throws {
        let rule = """
            [[rule]]
            name = "r"
            on = "share.in"
            action = "allow"
            set = { token_ttl = "2m" }
            """
        let world = try TestWorld(rules: rule)
        let message = try await world.accept(
            TestRequest("/", Messages.share(from: "legacy.test")))
        #expect(message.made?.settings == RuleSettings(tokenTTL: .seconds(120)))
    }

    /// Nobody is asked about a stranger whose signature is wrong: it is verified first.
    @Test func strangersWaitForAPersonOnceTheirSignatureIsVerified() async throws {
        let world = try TestWorld(partners: [], unknown: "hold")
        let modern = try TestPeer("modern.test")
        try modern.publish(on: world.net)
        let signed = try modern.request(
            "/ocm/shares", Messages.share(from: "modern.test"), at: world.clock.now)
        let denial = try await world.denial(signed)
        #expect(denial?.code == .peerHeld && denial?.status == 503)
        #expect(denial?.retryAfter == 3600)
        let other = try TestPeer("modern.test")
        let forged = try other.request(
            "/ocm/shares", Messages.share(from: "modern.test"), at: world.clock.now, nonce: "n2")
        #expect(try await world.denial(forged)?.code == .signatureInvalid)
        let unsigned = TestRequest("/", Messages.share(from: "other.test"))
        #expect(try await world.denial(unsigned)?.code == .peerHeld)
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
