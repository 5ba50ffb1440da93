import Federation
import HTTPSignatures
import OpenSSL
import Testing
import Transport

@testable import Gateway

@Suite struct PermittedTests {
    private func facts(
        _ signature: SignatureStanding, document: DiscoveryDocument? = nil
    ) throws -> Facts {
        let world = try TestWorld()
        let received = try world.received(TestRequest("/", Messages.share(from: "modern.test")))
        let trail = world.trail(received)
        let claimed = try world.gateway.identify(received, trail)
        return world.gateway.facts(
            claimed, trail, peer: claimed.claim?.peer, signature: signature, document: document)
    }

    @Test func thePolicyLearnsWhatTheMessageSays() throws {
        let facts = try facts(.valid(.tag, .ed25519, .none))
        #expect(facts.peer?.name == "modern.test")
        #expect(facts.shareType == "user" && facts.resourceType == "file")
        #expect(facts.protocols == ["webdav"])
        #expect(facts.sender == "alice@modern.test" && facts.recipient == "bob@cloud.test")
        #expect(facts.access == .token)
        #expect(facts.permissions == Permissions(words: ["read"]))
    }

    /// What nobody asked for may say anything; what there is not says nothing.
    @Test func theDocumentIsReadUnlessNobodyWasAnswered() throws {
        let invalid = SignatureStanding.tolerated(Denial(.signatureInvalid, "as it came"))
        let document = try DiscoveryDocument(
            parsing: Array(
                #"{"enabled":true,"apiVersion":"1.0","endPoint":"https://modern.test/ocm","#.utf8)
                + Array(#""resourceTypes":[]}"#.utf8))
        #expect(try facts(.none(.no)).document == .read)
        for standing in [.none(.yes), .none(.unknown), invalid] {
            #expect(try facts(standing).document == .unread)
            #expect(try facts(standing, document: document).document == .read)
        }
    }

    /// Policy knows people of ours by one host, whatever name of the site a message uses.
    @Test func peopleOfOursAreAtTheSitesOwnHost() throws {
        let world = try TestWorld()
        let share = Messages.share(from: "modern.test", to: "Bob@https://old.test/")
        let request = #"{"owner":"bob@old.test","shareWith":"eve@modern.test","share":"x"}"#
        var found: [Facts] = []
        for (text, endpoint) in [(share, OCMEndpoint.shares), (request, .requestShare)] {
            let received = try world.received(TestRequest("/", text), as: .ocm(endpoint))
            let trail = world.trail(received)
            let claimed = try world.gateway.identify(received, trail)
            let facts = world.gateway.facts(
                claimed, trail, peer: claimed.claim?.peer, signature: .valid(.tag, .ed25519, .none),
                document: nil)
            #expect(trail.facts?.recipient == facts.recipient && trail.facts?.owner == facts.owner)
            found.append(facts)
        }
        #expect(found[0].recipient == "Bob@cloud.test" && found[0].owner == "alice@modern.test")
        #expect(found[1].owner == "bob@cloud.test" && found[1].recipient == "eve@modern.test")
    }

    /// oCIS says a receiver's host twice, where a rule says it once.
    @Test(arguments: [
        ("dean@cloud.test@cloud.test", DenialCode.notAllowed),
        ("dean@https://cloud.test:443@cloud.test", .notAllowed),
        ("dean@old.test@https://old.test/", .notAllowed),
        ("dean @cloud.test@cloud.test", .malformedMessage),
    ])
    func aRuleIsAboutAReceiverHoweverOftenTheHostIsSaid(
        _ recipient: String, _ code: DenialCode
    ) async throws {
        let rule = """
            [[rule]]
            name = "not dean"
            on = "share.in"
            when = { recipient = "dean@cloud.test" }
            action = "deny"
            """
        let world = try TestWorld(rules: rule)
        let share = TestRequest("/", Messages.share(from: "legacy.test", to: recipient))
        #expect(try await world.denial(share)?.code == code)
    }

    /// OpenCloud says the host of its own people twice, and Nextcloud is told of them once.
    @Test(arguments: [
        "mallory@legacy.test", "mallory@legacy.test@legacy.test",
        "mallory@https://legacy.test@legacy.test", "mallory@https://legacy.test:443@legacy.test",
    ])
    func aRuleIsAboutASenderHoweverOftenTheHostIsSaid(_ sender: String) async throws {
        let rule = """
            [[rule]]
            name = "not mallory"
            on = ["share.in", "invite.in"]
            when = { sender = "mallory@legacy.test" }
            action = "deny"
            """
        let world = try TestWorld(rules: rule)
        let share = Messages.share(from: "legacy.test").replacing("alice@legacy.test", with: sender)
        #expect(try await world.denial(TestRequest("/", share))?.code == .notAllowed)
        let account = sender.replacing("@legacy.test", with: "", maxReplacements: 1)
        let invite = Messages.invite(from: "legacy.test").replacing("eve", with: account)
        let denial = try await world.denial(TestRequest("/", invite), as: .ocm(.inviteAccepted))
        #expect(denial?.code == .notAllowed)
        let other = try TestWorld()
        let message = try await other.accept(TestRequest("/", share))
        #expect(message.made?.sender == "mallory@legacy.test")
        #expect(message.made?.owner == "mallory@legacy.test")
    }

    /// A notification says nothing of people itself.
    @Test func aNotificationIsBetweenThoseOfItsShare() async throws {
        let world = try TestWorld()
        _ = try await world.accept(TestRequest("/", Messages.share(from: "legacy.test")))
        let messages: [(String, Received.Kind, String)] = [
            (Messages.notification(), .ocm(.notifications), "application/json"),
            (
                "token=secret-of-seven",
                .ocs(
                    OCSCall(version: .v2, action: .change(id: "7", .unshare)),
                    try TargetPath(Array("/ocs/v2.php/cloud/shares".utf8)[...], rule: .routed)),
                "application/x-www-form-urlencoded"
            ),
        ]
        for (text, kind, type) in messages {
            let received = try world.received(TestRequest("/", text, type: type), as: kind)
            let trail = world.trail(received)
            let claimed = try world.gateway.identify(received, trail)
            let facts = world.gateway.facts(
                claimed, trail, peer: claimed.claim?.peer, signature: .none(.no), document: nil)
            #expect(facts.notificationType == "SHARE_UNSHARED")
            #expect(facts.owner == "alice@legacy.test" && facts.sender == facts.owner)
            #expect(facts.recipient == "bob@cloud.test" && facts.resourceType == "file")
        }
    }

    /// What a message of the older API says is held against the same rules.
    @Test func rulesAboutPeopleHoldOnTheOlderAPI() async throws {
        let rules = """
            [[rule]]
            name = "not dean"
            on = ["share.in", "ocs.in"]
            when = { recipient = "dean@cloud.test" }
            action = "deny"
            [[rule]]
            name = "older"
            on = "ocs.in"
            action = "allow"
            """
        let gateway = try await TestGateway(rules: rules)
        for (name, type, status) in [
            ("dean", "6", 403), ("DEAN", "6", 403), ("dean%20", "6", 400),
            ("dean%40x%2Fy", "6", 400),
            ("bob", "01", 501), ("bob", "1.0", 501), ("bob", "%2B1", 501), ("bob", "1+", 501),
            // What is for a group goes to a person of its name there.
            ("bob", "1", 501), ("bob", "9", 501),
        ] {
            let form =
                "shareWith=\(name)&token=SECRET&name=a.txt&remoteId=7&owner=alice&remote="
                + "https%3A%2F%2Fone.test&shareType=\(type)"
            let answer = try await gateway.post(
                "/ocs/v2.php/cloud/shares?format=json", form,
                type: "application/x-www-form-urlencoded")
            #expect(answer.status == status, "\(name) \(type)")
        }
        #expect(gateway.backend.take().isEmpty)
    }

    @Test func aValidSignatureIsWhatItsGenerationIs() throws {
        #expect(try facts(.valid(.cavage, .rsaPKCS1SHA512, .none)).signature == .cavage)
        #expect(try facts(.valid(.label, .ed25519, .none)).signature == .rfc9421)
        #expect(try facts(.valid(.tag, .ed25519, .none)).signature == .rfc9421)
        #expect(try facts(.tolerated(Denial(.wrong))).signature == .invalid)
        #expect(try facts(.none(.no)).signature == .none)
    }

    @Test func whoSignsOrPublishesKeysIsKnownToAdvertiseThem() throws {
        #expect(try facts(.none(.yes)).peerKeys == .advertised)
        #expect(try facts(.valid(.tag, .ed25519, .none)).peerKeys == .advertised)
        #expect(try facts(.none(.no)).peerKeys == .none)
        let document = try DiscoveryDocument(
            parsing: Array(
                #"{"endPoint":"https://a.test/ocm","capabilities":["/http-sig"]}"#.utf8))
        #expect(try facts(.none(.no), document: document).peerKeys == .advertised)
    }

    /// A key that the message itself makes known is not pinned yet, though another one vouches for it.
    @Test func theKeyOfAPeerThatIsKnownIsPinned() async throws {
        let (world, modern, _) = try TestWorld.withPeers()
        var turned = modern
        turned.key = try .generate(.ed25519)
        turned.keyName = "key2"
        let share = Messages.share(from: "modern.test")
        for (peer, fact) in [
            (modern, PinFact.none), (modern, .pinned), (turned, .none), (turned, .pinned),
        ] {
            world.clock.pass(1)
            if peer.keyName == "key2" { try modern.publish(on: world.net, also: [turned]) }
            let verified = try await world.verify(
                try peer.request("/ocm/shares", share, at: world.clock.now))
            let facts = world.gateway.facts(
                verified.claimed, world.trail(verified.claimed.received), peer: verified.peer,
                signature: verified.signature,
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
        // There is nobody about whom a person could be asked.
        let nobodys = TestRequest("/ocm/notifications", Messages.notification())
        let unnamed = try await world.denial(nobodys, as: .ocm(.notifications))
        #expect(unnamed?.code == .peerUnknown && unnamed?.status == 403)
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
            let trail = world.trail(received)
            let claimed = try world.gateway.identify(received, trail)
            let facts = world.gateway.facts(
                claimed, trail, peer: peer, signature: .valid(.tag, .ed25519, .none), document: nil)
            #expect(facts.invite == fact)
        }
    }

    /// Else a peer that nobody invited could name somebody at another who was.
    @Test(arguments: [
        ("modern.test", "modern.test", InviteFact.accepted), ("modern.test", "cavage.test", .none),
        ("cavage.test", "modern.test", .none), ("cavage.test", "cavage.test", .accepted),
    ])
    func anInvitationCountsForAPersonOfTheJudgedPeer(
        _ invited: String, _ judged: String, _ fact: InviteFact
    ) throws {
        let world = try TestWorld()
        let home = try #require(PeerHost(invited))
        let contact = Contact(
            peer: home, remote: "alice", local: "bob", site: world.gateway.site.host)
        world.gateway.contacts.learn(contact, invitation: Secret(utf8: "token"), now: 1)
            .committed()
        let form =
            "shareWith=bob&token=SECRET&name=a.txt&remoteId=7&owner=alice&sharedBy=alice"
            + "&ownerFederatedId=alice%40cavage.test&sharedByFederatedId=alice%40modern.test"
            + "&remote=https%3A%2F%2Fcavage.test"
        let older = Received.Kind.ocs(
            OCSCall(version: .v2, action: .share),
            try TargetPath(Array("/ocs/v2.php/cloud/shares".utf8)[...], rule: .routed))
        let messages: [(String, String, Received.Kind)] = [
            (
                Messages.share(from: "modern.test", owner: "cavage.test"), "application/json",
                .ocm(.shares)
            ), (form, "application/x-www-form-urlencoded", older),
        ]
        for (text, type, kind) in messages {
            let received = try world.received(TestRequest("/", text, type: type), as: kind)
            let trail = world.trail(received)
            let claimed = try world.gateway.identify(received, trail)
            let facts = world.gateway.facts(
                claimed, trail, peer: PeerHost(judged), signature: .none(.no), document: nil)
            #expect(facts.invite == fact)
        }
    }

    @Test func absentPermissionsAreUnspecified() {
        #expect(SharePermissions.unspecified.facts == .unspecified)
    }
}
