import Federation
import HTTPSignatures
import OpenSSL
import Testing
import Transport

@testable import Gateway

@Suite struct BackendMessageTests {
    private func world(
        _ kind: String = "nextcloud", profile: String = "bridge"
    ) throws -> (TestWorld, TestPeer) {
        let world = try TestWorld(profile: profile, kind: kind)
        let peer = try TestPeer("modern.test")
        try peer.publish(on: world.net)
        return (world, peer)
    }

    private func body(_ bytes: [UInt8]) throws -> JSONObject {
        try #require(try JSONValue(parsing: bytes).object)
    }

    @Test func anOldNextcloudGetsItsOwnShapeAndAHandleForTheCode() async throws {
        let (world, peer) = try world()
        let message = try await world.accept(
            try peer.request(
                "/ocm/shares", Messages.share(from: "modern.test"), at: world.clock.now))
        let got = try body(message.body)
        #expect(String(decoding: message.target, as: UTF8.self) == "/ocm/shares")
        #expect(got["owner"]?.string == "alice@https://modern.test/")
        #expect(got["sharedBy"]?.string == "alice@https://modern.test/")
        let ways = try #require(got["protocol"]?.object)
        #expect(ways["name"]?.string == "webdav")
        let secret = ways["options"]?.object?["sharedSecret"]?.string
        #expect(secret != nil && secret != "secret-of-seven")
        #expect(message.made?.peer.name == "modern.test")
        #expect(message.dropped.contains(.signature))
        #expect(FieldName.digests.allSatisfy { message.dropped.contains($0) })
    }

    @Test func unknownMembersAreKept() async throws {
        let (world, peer) = try world()
        let sent = Messages.share(from: "modern.test").dropLast() + #","x-new":{"a":[1,2.50]}}"#
        let message = try await world.accept(
            try peer.request("/ocm/shares", String(sent), at: world.clock.now))
        #expect(String(decoding: message.body, as: UTF8.self).contains(#""x-new":{"a":[1,2.50]}"#))
    }

    @Test func aNumberStaysANumberWhereNumbersAreRead() async throws {
        let (world, peer) = try world()
        let message = try await world.accept(
            try peer.request(
                "/ocm/shares", Messages.share(from: "modern.test", id: "7"), at: world.clock.now))
        #expect(try body(message.body)["providerId"]?.number?.text == "7")
    }

    @Test func theRevaFamilyGetsAnAbsolutePlaceOfTheData() async throws {
        let (world, peer) = try world("opencloud")
        let message = try await world.accept(
            try peer.request(
                "/ocm/shares", Messages.share(from: "modern.test", id: "7"), at: world.clock.now))
        let got = try body(message.body)
        #expect(got["providerId"]?.string == "7@modern.test")
        #expect(
            got["protocol"]?.object?["webdav"]?.object?["uri"]?.string
                == "https://modern.test/dav/x7/ocmgate-file")
    }

    /// OpenCloud would cut the other host off, and give the share to `dean`.
    @Test(arguments: ["opencloud", "ocis"])
    func nobodyIsNamedBesideAnotherHost(_ kind: String) async throws {
        let (world, peer) = try world(kind)
        let share = Messages.share(from: "modern.test", to: "dean@other.test@cloud.test")
        let denial = await #expect(throws: Denial.self) {
            _ = try await world.accept(try peer.request("/ocm/shares", share, at: world.clock.now))
        }
        #expect(denial?.code == .malformedMessage)
        let said = Messages.share(from: "modern.test", to: "dean@cloud.test@cloud.test")
        _ = try await world.accept(try peer.request("/ocm/shares", said, at: world.clock.now))
    }

    /// Seafile would end the account at the first `http`, and take the `@` off its end.
    @Test(arguments: [
        "dean@mail.orghttp@cloud.test", "dean@mail.org@http@cloud.test",
        "dean@mail.org@https@https://cloud.test", "dean@mail.org@@cloud.test",
    ])
    func nobodyIsNamedByWhatSeafileCutsOff(_ recipient: String) async throws {
        let (world, peer) = try world("seafile")
        let share = Messages.share(from: "modern.test", to: recipient)
        let denial = try await world.denial(
            try peer.request("/ocm/shares", share, at: world.clock.now))
        #expect(denial?.code == .malformedMessage)
        world.clock.pass(1)
        let plain = Messages.share(from: "modern.test", to: "dean@mail.org@cloud.test")
        let message = try await world.accept(
            try peer.request("/ocm/shares", plain, at: world.clock.now))
        #expect(
            try body(message.body)["shareWith"]?.string == "dean@mail.org@https://cloud.test")
    }

    private static let wayOut = "[egress]\nlisten = \"127.0.0.1:2\"\n"

    /// The backend would ask for its entries where the way out lets nothing pass.
    @Test(arguments: [
        ("", true), (wayOut, false), ("\(wayOut)other = \"tunnel\"", true),
        ("\(wayOut)other = [\"modern.test\"]", true),
        ("\(wayOut)other = [\"else.test\"]", false),
    ])
    func whatAnApplicationSharesIsTakenWhereItCanBeUsed(
        _ egress: String, _ isTaken: Bool
    ) async throws {
        let world = try TestWorld(configuration: egress)
        let peer = try TestPeer("modern.test")
        try peer.publish(on: world.net)
        for (number, (type, name)) in [
            ("calendar", "webdav"), ("talk-room", "nctalk"), ("deck", "deck"),
            ("cospend-project", "nccospend"), ("file", "webdav"),
        ].enumerated() {
            world.clock.pass(1)
            let share = Messages.oldShare(from: "modern.test", secret: "SECRET15CHARS0\(number)")
            let offer =
                share.replacing(#""providerId":7"#, with: #""providerId":\#(number + 1)"#)
                .replacing(#""resourceType":"file""#, with: #""resourceType":"\#(type)""#)
                .replacing(#""name":"webdav""#, with: #""name":"\#(name)""#)
            let denial = try await world.denial(
                try peer.request("/ocm/shares", offer, at: world.clock.now))
            let isUsed = isTaken || type == "file"
            let code: DenialCode? = isUsed ? nil : .protocolNotSupported
            #expect(denial?.code == code, "\(type)")
            #expect(isUsed || denial?.detail.contains("egress.other") == true)
        }
    }

    /// Seafile and CERNBox would take `bob` for a person all the same.
    @Test(arguments: [
        ("seafile", "group", false), ("seafile", "federation", false), ("seafile", "person", false),
        ("seafile", "user", true), ("cernbox", "federation", false), ("cernbox", "group", true),
        ("cernbox", "user", true), ("nextcloud", "group", true),
    ])
    func nobodyGetsAShareThatIsForAGroup(
        _ kind: String, _ type: String, _ isTaken: Bool
    ) async throws {
        let (world, peer) = try world(kind)
        let share = Messages.share(from: "modern.test").replacing(
            #""shareType":"user""#, with: #""shareType":"\#(type)""#)
        let denial = try await world.denial(
            try peer.request("/ocm/shares", share, at: world.clock.now))
        let code: DenialCode? = isTaken ? nil : .shareTypeNotSupported
        #expect(denial?.code == code)
    }

    /// Its code could be exchanged by nobody: the backend is shown no token endpoint.
    @Test func aWayBesideWebDAVThatDemandsTokensIsLeftOutAndToldOf() async throws {
        let (world, peer) = try world("cernbox")
        let share = Messages.share(from: "modern.test").replacing(
            #""webdav":{"#,
            with: #""webapp":{"uri":"https://modern.test/app","sharedSecret":"secret-of-webapp","#
                + #""requirements":["must-exchange-token"]},"webdav":{"#)
        let message = try await world.accept(
            try peer.request("/ocm/shares", share, at: world.clock.now))
        let ways = try #require(try body(message.body)["protocol"]?.object)
        #expect(ways["webapp"] == nil)
        #expect(ways["webdav"]?.object?["sharedSecret"]?.string != "secret-of-seven")
        #expect(message.made?.accesses.map(\.protocolName) == ["webdav"])
    }

    /// The handle in the place of its code would open nothing either.
    @Test(arguments: ["nextcloud", "opencloud", "cernbox", "generic"], ["bridge", "observe"])
    func aShareOfNothingButSuchAWayIsRefused(_ kind: String, _ profile: String) async throws {
        let (world, peer) = try world(kind, profile: profile)
        let share = Messages.share(from: "modern.test").replacing(
            #""webdav":{"uri":"x7""#, with: #""webapp":{"uri":"https://modern.test/app""#)
        let denial = try await world.denial(
            try peer.request("/ocm/shares", share, at: world.clock.now))
        #expect(denial?.code == .protocolNotSupported)
    }

    /// CERNBox has one secret for all ways, and demands tokens of `webapp` alone.
    @Test(arguments: [#","requirements":["must-exchange-token"]"#, ""], ["webapp", "webdav"])
    func waysWithOneSecretAreNotTakenForEachOther(
        _ demands: String, _ first: String
    ) async throws {
        let (world, peer) = try world("cernbox")
        let webapp =
            #""webapp":{"uri":"https://modern.test/app","sharedSecret":"secret-of-seven"\#(demands)}"#
        let webdav =
            #""webdav":{"uri":"x7","sharedSecret":"secret-of-seven","permissions":["read"]}"#
        let share = Messages.share(from: "modern.test", requirements: "").replacing(
            webdav, with: first == "webapp" ? "\(webapp),\(webdav)" : "\(webdav),\(webapp)")
        let message = try await world.accept(
            try peer.request("/ocm/shares", share, at: world.clock.now))
        let ways = try #require(try body(message.body)["protocol"]?.object)
        #expect(ways["webdav"]?.object?["sharedSecret"]?.string == "secret-of-seven")
        let data = try await world.gateway.dataShare(
            "Bearer secret-of-seven", at: try #require(PeerHost("modern.test")))
        #expect(data.path.real == "/dav/x7")
    }

    /// What its secret is replaced by opens nothing at the application.
    @Test(arguments: ["secret-of-seven", "secret-of-webapp"])
    func aWayWithASecretThatIsReplacedIsLeftOut(_ secret: String) async throws {
        let (world, peer) = try world("opencloud")
        let share = Messages.share(from: "modern.test").replacing(
            #""webdav":{"#,
            with: #""webapp":{"uri":"https://modern.test/app","sharedSecret":"\#(secret)"},"#
                + #""webdav":{"#)
        let message = try await world.accept(
            try peer.request("/ocm/shares", share, at: world.clock.now))
        let ways = try #require(try body(message.body)["protocol"]?.object)
        let isOwn = secret == "secret-of-webapp"
        #expect((ways["webapp"] != nil) == isOwn)
        #expect(message.made?.accesses.map(\.protocolName).contains("webapp") == isOwn)
    }

    /// It takes no way that the sender's document does not name, as we write that for it.
    @Test func cernboxIsToldWebDAVAlone() async throws {
        let (world, peer) = try world("cernbox")
        let share = Messages.share(from: "modern.test", requirements: "").replacing(
            #""webdav":{"#,
            with: #""webapp":{"uri":"https://modern.test/app","sharedSecret":"of-webapp"},"#
                + #""embedded":{"payload":"x"},"webdav":{"#)
        let message = try await world.accept(
            try peer.request("/ocm/shares", share, at: world.clock.now))
        let ways = try #require(try body(message.body)["protocol"]?.object)
        #expect(ways.members.map(\.name) == ["name", "webdav"])
        #expect(message.made?.accesses.map(\.protocolName) == ["webdav"])
    }

    @Test func inTheDeprecatedShapeTheDataAreAtTheOwnersPrefix() async throws {
        let (world, peer) = try world("opencloud")
        let message = try await world.accept(
            try peer.request(
                "/ocm/shares", Messages.oldShare(from: "modern.test"), at: world.clock.now))
        let ways = try #require(try body(message.body)["protocol"]?.object)
        #expect(ways["name"]?.string == "multi")
        #expect(ways["webdav"]?.object?["uri"]?.string == "https://modern.test/dav/")
    }

    /// The prefix is of the document of the server that sends the share, and no other's.
    @Test(arguments: ["modern.test", "cavage.test"])
    func aRelativePlaceOfTheDataIsAtThePeerThatSends(_ signer: String) async throws {
        let world = try TestWorld(kind: "ocis")
        let peers = [try TestPeer("modern.test"), try TestPeer("cavage.test", .cavage)]
        for peer in peers { try peer.publish(on: world.net) }
        let peer = try #require(peers.first { $0.host == signer })
        let share = Messages.share(from: "modern.test", owner: "cavage.test")
        let message = try await world.accept(
            try peer.request("/ocm/shares", share, at: world.clock.now))
        let ways = try #require(try body(message.body)["protocol"]?.object)
        #expect(
            ways["webdav"]?.object?["uri"]?.string?.hasPrefix("https://\(signer)/dav/x7") == true)
    }

    /// Of a share of our own that a peer passes on the data are here, of a peer's own they are not.
    @Test(arguments: ["nextcloud", "ocis"])
    func aPeersDataAreNotAtThisSite(_ kind: String) async throws {
        let world = try TestWorld(
            partners: ["modern.test", "cloud.test"], configuration: Self.wayOut, kind: kind)
        let peer = try TestPeer("modern.test")
        try peer.publish(on: world.net)
        func share(_ place: String, owner: String) -> String {
            Messages.share(from: "modern.test", owner: owner, requirements: "").replacing(
                "x7", with: place)
        }
        let place = "https://Cloud.test:443/dav/x7"
        let denial = try await world.denial(
            try peer.request(
                "/ocm/shares", share(place, owner: "modern.test"), at: world.clock.now))
        #expect(denial?.code == .protocolNotSupported)
        guard kind == "ocis" else { return }
        world.clock.pass(1)
        let message = try await world.accept(
            try peer.request(
                "/ocm/shares", share(place, owner: "cloud.test"), at: world.clock.now))
        // There the secret is that of a share of our own.
        #expect(message.made?.accesses.map(\.hasHandle) == [false])
    }

    @Test func aNotificationCarriesTheBackendsSecret() async throws {
        let (world, peer) = try world()
        let share = try await world.accept(
            try peer.request(
                "/ocm/shares", Messages.share(from: "modern.test"), at: world.clock.now))
        let handle = try body(share.body)["protocol"]?.object?["options"]?.object?["sharedSecret"]
        for secret in ["secret-of-seven", nil] {
            world.clock.pass(1)
            let note = try await world.accept(
                try peer.request(
                    "/ocm/notifications", Messages.notification(secret: secret),
                    at: world.clock.now), as: .ocm(.notifications))
            let got = try body(note.body)["notification"]?.object?["sharedSecret"]
            #expect(got != nil && got == handle)
            #expect(note.ends?.peer.name == "modern.test")
        }
    }

    /// oCIS asks for no other proof than the receiver's name; whoever has given one gets it filled in.
    @Test(arguments: ["bob@cloud.test", "bob@cloud.test@cloud.test"])
    func aNotificationCarriesTheReceiverForOCIS(_ recipient: String) async throws {
        let (world, peer) = try world("ocis")
        var share = Messages.share(from: "modern.test", to: recipient)
        share.replace("x7", with: "https://modern.test/dav/x7")
        let sent = try await world.accept(
            try peer.request("/ocm/shares", share, at: world.clock.now))
        let receiver = try body(sent.body)["shareWith"]?.string
        #expect(receiver == recipient)
        // It keeps the share under the name alone, and cuts one host off the receiver in a notification.
        for secret in ["secret-of-seven", nil] {
            world.clock.pass(1)
            let text = Messages.notification(secret: secret).replacing(
                #""resourceType":"file","#, with: "")
            let note = try await world.accept(
                try peer.request("/ocm/notifications", text, at: world.clock.now),
                as: .ocm(.notifications))
            let got = try body(note.body)
            #expect(got["providerId"]?.string == "7@modern.test")
            #expect(got["notification"]?.object?["grantee"]?.string == "bob@cloud.test")
            #expect(got["resourceType"]?.string == "file")
        }
    }

    private static let uuid = "0b1cf4d2-5f0f-4d2c-9d3a-7a2c6c1e9a11"

    /// A notification of `modern.test`, and why it is refused where `nc27.test` shares with bob by the same id.
    struct ForOCIS: Sendable {
        /// With whom the sender itself shares by it.
        let own: String?
        let details: String
        let code: DenialCode?
        var id = "7"
    }

    /// It asks for no secret, and takes the receiver's name from whoever says it.
    @Test(arguments: [
        ForOCIS(
            own: nil, details: #""sharedSecret":"made-up","grantee":"bob@cloud.test""#,
            code: .shareUnknown),
        ForOCIS(
            own: "carol@cloud.test", details: #""grantee":"bob@cloud.test""#,
            code: .secretMismatch),
        ForOCIS(
            own: "carol@cloud.test",
            details: #""sharedSecret":"secret-of-modern.test","grantee":"bob""#,
            code: .secretMismatch),
        ForOCIS(own: "bob@cloud.test", details: "", code: nil, id: uuid),
        ForOCIS(own: "bob@cloud.test", details: "", code: nil),
        ForOCIS(own: "carol@cloud.test", details: "", code: nil),
        ForOCIS(own: "carol@cloud.test", details: #""grantee":"carol""#, code: nil),
        ForOCIS(
            own: "carol@cloud.test", details: #""grantee":"carol@old.test@old.test""#, code: nil),
    ])
    func ocisIsToldOfTheSendersOwnShareAlone(_ note: ForOCIS) async throws {
        let (world, peer) = try world("ocis")
        try await record("bob@cloud.test", of: "nc27.test", as: note.id, in: world)
        if let own = note.own {
            try await record(own, of: "modern.test", as: note.id, in: world)
        }
        for type in ["SHARE_CHANGE_PERMISSION", "SHARE_UNSHARED"] {
            world.clock.pass(1)
            let text =
                #"{"notificationType":"\#(type)","resourceType":"file","providerId":"\#(note.id)","#
                + #""notification":{\#(note.details)}}"#
            let denial = try await world.denial(
                try peer.request("/ocm/notifications", text, at: world.clock.now),
                as: .ocm(.notifications))
            #expect(denial?.code == note.code)
        }
    }

    /// Who knows the UUID of another's share, as the answer to a request for a reshare tells it, may not stand in
    /// the way of that one.
    @Test(arguments: ["ocis", "opencloud"])
    func aUUIDIsTheFirstPeersThatSharedByIt(_ kind: String) async throws {
        let (world, peer) = try world(kind)
        try await record("bob@cloud.test", of: "nc27.test", as: Self.uuid, in: world)
        func id(_ message: borrowing BackendMessage) throws -> String? {
            try body(message.body)["providerId"]?.string
        }
        let share = Messages.share(from: "modern.test", id: "\"\(Self.uuid)\"")
        for _ in 0..<2 {
            let sent = try await world.accept(
                try peer.request("/ocm/shares", share, at: world.clock.now))
            #expect(try id(sent) == "\(Self.uuid)@modern.test")
            world.clock.pass(1)
        }
        let end = Messages.notification(id: "\"\(Self.uuid)\"", secret: nil)
        let note = try await world.accept(
            try peer.request("/ocm/notifications", end, at: world.clock.now),
            as: .ocm(.notifications))
        #expect(try id(note) == "\(Self.uuid)@modern.test")
        let shares = world.gateway.registry.all
        let first = try #require(shares.first { "\($0.peer)" == "nc27.test" })
        #expect(world.gateway.told(ProviderID(Self.uuid), of: first).text == Self.uuid)
    }

    @Test func ocisIsToldOfNoOtherShareByTheSecretOfOnesOwn() async throws {
        let (world, _) = try world("ocis")
        try await record("bob@cloud.test", of: "legacy.test", in: world)
        func denial(_ id: String) async throws -> Denial? {
            try await world.denial(
                TestRequest(
                    "/ocm/notifications",
                    Messages.notification(id: id, secret: "secret-of-legacy.test")),
                as: .ocm(.notifications))
        }
        #expect(try await denial("8")?.code == .shareUnknown)
        #expect(try await denial("7") == nil)
    }

    /// Records that a peer shares something by this id.
    private func record(
        _ recipient: String, of peer: String, as id: String = "7", in world: TestWorld
    ) async throws {
        let recording = world.gateway.registry.record(
            NewShare(
                direction: .inbound, origin: .seen, peer: try #require(PeerHost(peer)),
                providerID: ProviderID(id), resourceType: "file", recipient: recipient,
                accesses: [.webdav(Secret(utf8: "secret-of-\(peer)"))]), now: world.clock.now)
        try await world.gateway.store.commit(recording.change)
    }

    /// A reader of OCM 1.5 would go by it.
    @Test func aNotificationNamesNobodyElseAsItsSender() async throws {
        let (world, peer) = try world("generic")
        _ = try await world.accept(
            try peer.request(
                "/ocm/shares", Messages.share(from: "modern.test"), at: world.clock.now))
        func note(_ domain: String) throws -> TestRequest {
            world.clock.pass(1)
            let text = Messages.notification(secret: nil)
            return try peer.request(
                "/ocm/notifications",
                #"{"senderDomain":"\#(domain)","# + text.dropFirst(), at: world.clock.now)
        }
        #expect(
            try await world.denial(note("victim.test"), as: .ocm(.notifications))?.code
                == .senderMismatch)
        for domain in ["modern.test", "Modern.test:443"] {
            #expect(try await world.denial(note(domain), as: .ocm(.notifications)) == nil)
        }
    }

    @Test func anUnsignedNotificationHasNoSecretFilledIn() async throws {
        let (world, _) = try world()
        let sent = TestRequest("/ocm/shares", Messages.oldShare(from: "legacy.test"))
        _ = try await world.accept(sent)
        // Without a secret it names nobody, and nobody is not let in.
        let note = TestRequest(
            "/ocm/notifications", Messages.notification(id: "7", secret: nil))
        #expect(try await world.denial(note, as: .ocm(.notifications))?.code == .peerUnknown)
    }

    @Test func anInvitationGoesOnAsItCame() async throws {
        let (world, peer) = try world("opencloud")
        let sent = Messages.invite(from: "modern.test")
        let message = try await world.accept(
            try peer.request("/ocm/invite-accepted", sent, at: world.clock.now),
            as: .ocm(.inviteAccepted))
        #expect(message.body == Array(sent.utf8))
        #expect(String(decoding: message.target, as: UTF8.self) == "/ocm/invite-accepted")
    }

    @Test func anInvitationThatCameAsAFormGoesOnAsJSON() async throws {
        let (world, peer) = try world("opencloud")
        let sent = try peer.request(
            "/ocm/invite-accepted", Messages.inviteForm(from: "modern.test"), at: world.clock.now,
            type: "application/x-www-form-urlencoded")
        let message = try await world.accept(sent, as: .ocm(.inviteAccepted))
        #expect(message.body == Array(Messages.invite(from: "modern.test").utf8))
        #expect(message.dropped.contains(.contentType) && message.dropped.contains(.signature))
        #expect(message.added.map(\.0) == [.contentType])
        #expect(message.added.map(\.1) == ["application/json"])
    }
}
