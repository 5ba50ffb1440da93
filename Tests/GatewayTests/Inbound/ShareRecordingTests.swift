import Federation
import OpenSSL
import Testing
import Transport

@testable import Gateway

@Suite struct ShareRecordingTests {
    private let world: TestWorld
    private let modern: TestPeer
    private let cavage: TestPeer

    init() throws { (world, modern, cavage) = try TestWorld.withPeers() }

    private func share() async throws {
        let request = try modern.request(
            "/ocm/shares", Messages.share(from: "modern.test"), at: world.clock.now)
        #expect(try await world.denial(request) == nil)
    }

    private func note(
        by peer: TestPeer?, _ body: String
    ) async throws -> Denial? {
        guard let peer else {
            return try await world.denial(
                TestRequest("/ocm/notifications", body), as: .ocm(.notifications))
        }
        return try await world.denial(
            try peer.request("/ocm/notifications", body, at: world.clock.now),
            as: .ocm(.notifications))
    }

    @Test func whatTheShareDemandsTheGatewayMeetsWithAHandle() async throws {
        let received = try world.received(TestRequest("/", Messages.share(from: "modern.test")))
        guard case .share(let share) = try Message(received) else {
            Issue.record("no share")
            return
        }
        let draft = try world.gateway.draft(
            share, from: PeerHost("modern.test"), now: world.clock.now)
        #expect(draft.swaps.count == 1)
        #expect(draft.swaps.first?.new != Secret(utf8: "secret-of-seven"))
        #expect(draft.made.peer.name == "modern.test")
        #expect(draft.made.direction == .inbound)
        #expect(draft.made.site == share.shareWith.host)
        // Until it is durable nobody knows of it; then it is the same when it comes again.
        try await world.gateway.store.commit(draft.changes)
        let again = try world.gateway.draft(
            share, from: PeerHost("modern.test"), now: world.clock.now)
        #expect(again.made.id == draft.made.id && again.changes.isEmpty)
        #expect(again.swaps.map(\.new) == draft.swaps.map(\.new))
    }

    /// Nextcloud and ownCloud have 64 characters for one.
    @Test(arguments: ["nextcloud", "owncloud10", "seafile"], [64, 65])
    func aSecretThatTheDatabaseHasNoRoomForIsReplaced(
        _ kind: String, _ count: Int
    ) async throws {
        let secret = String(repeating: "s", count: count)
        let isLong = count > 64 && kind != "seafile"
        let share = TestRequest(
            "/ocm/shares", Messages.oldShare(from: "legacy.test", secret: secret))
        let world = try TestWorld(
            configuration: "[egress]\nlisten = \"127.0.0.1:2\"", kind: kind)
        let message = try await world.accept(share)
        #expect(String(decoding: message.body, as: UTF8.self).contains(secret) != isLong)
        #expect(message.made?.accesses.map(\.hasHandle) == [isLong])
        // Where the backend goes out past us, nobody would put the secret back.
        let closed = try TestWorld(kind: kind)
        let code: DenialCode? = isLong ? .protocolNotSupported : nil
        #expect(try await closed.denial(share)?.code == code)
    }

    /// The backend would ask for its data by way of us, which do not follow such a URI.
    @Test(arguments: [
        "http://modern.test/dav/x7", "https://user:pw@modern.test/dav", "https://modern.test/x?y=1",
        "../x7", "%2e%2e/x7", "u?x=1", "a b", "x7", "/", "https://modern.test/dav/x7",
    ])
    func aShareThatWouldNeverOpenIsRefused(_ uri: String) async throws {
        let isFollowed = ["x7", "/", "https://modern.test/dav/x7"].contains(uri)
        for egress in ["[egress]\nlisten = \"127.0.0.1:2\"", ""] {
            let world = try TestWorld(configuration: egress)
            let modern = try TestPeer("modern.test")
            try modern.publish(on: world.net)
            let text = Messages.share(from: "modern.test").replacing("x7", with: uri)
            let denial = try await world.denial(
                try modern.request("/ocm/shares", text, at: world.clock.now))
            let code: DenialCode? = isFollowed || egress.isEmpty ? nil : .protocolNotSupported
            #expect(denial?.code == code)
        }
    }

    @Test(arguments: [-1, 0, 1]) func aShareThatHasExpiredIsRefused(_ seconds: Int) async throws {
        let text = Messages.share(from: "modern.test").replacing(
            #""shareType""#, with: #""expiration":\#(world.clock.now + seconds),"shareType""#)
        let request = try modern.request("/ocm/shares", text, at: world.clock.now)
        let code: DenialCode? = seconds > 0 ? nil : .malformedMessage
        #expect(try await world.denial(request)?.code == code)
    }

    @Test func theOlderAPIBringsNoSecretThatTheDatabaseHasNoRoomFor() async throws {
        let gateway = try await TestGateway(
            rules: "[[rule]]\nname = \"older\"\non = [\"ocs\"]\naction = \"allow\"")
        gateway.backend.answers(
            200, #"{"ocs":{"meta":{"status":"ok","statuscode":200,"message":"OK"},"data":[]}}"#)
        for (count, status) in [(64, 200), (65, 501)] {
            let form =
                "shareWith=bob&token=\(String(repeating: "s", count: count))&name=a.txt&remoteId=7"
                + "&owner=alice&remote=https%3A%2F%2Fone.test"
            let answer = try await gateway.post(
                "/ocs/v2.php/cloud/shares?format=json", form,
                type: "application/x-www-form-urlencoded")
            #expect(answer.status == status)
        }
    }

    @Test func aShareOfNobodyIsNotRecorded() throws {
        let received = try world.received(TestRequest("/", Messages.share(from: "modern.test")))
        guard case .share(let share) = try Message(received) else { return }
        #expect(throws: Denial.self) {
            try world.gateway.draft(share, from: nil, now: world.clock.now)
        }
    }

    @Test func thePeerOfTheShareMayNotify() async throws {
        try await share()
        #expect(try await note(by: modern, Messages.notification()) == nil)
    }

    @Test func withoutASecretTheSignerMustBeTheSharesPeer() async throws {
        try await share()
        #expect(try await note(by: modern, Messages.notification(secret: nil)) == nil)
        let denial = try await note(by: cavage, Messages.notification(secret: nil))
        #expect(denial?.code == .shareUnknown)
    }

    /// oCIS names the receiver, and no secret.
    @Test(arguments: ["bob@cloud.test", "bob", "carol@old.test", "eve@cloud.test"])
    func ofSharesUnderOneNameTheReceiversIsMeant(_ grantee: String) async throws {
        for person in ["bob", "carol"] {
            let text = Messages.share(
                from: "modern.test", secret: "secret-of-\(person)", to: "\(person)@cloud.test")
            _ = try await world.accept(
                try modern.request("/ocm/shares", text, at: world.clock.now))
        }
        func note(secret: String?) async throws -> ShareRecord? {
            let more = secret == nil ? "" : ","
            let text = Messages.notification(secret: secret).replacing(
                #""notification":{"#, with: #""notification":{"grantee":"\#(grantee)"\#(more)"#)
            let message = try await world.accept(
                try modern.request("/ocm/notifications", text, at: world.clock.now),
                as: .ocm(.notifications))
            return message.ends
        }
        guard !grantee.hasPrefix("eve") else {
            let denial = await #expect(throws: Denial.self) { _ = try await note(secret: nil) }
            #expect(denial?.code == .secretMismatch)
            return
        }
        let receiver = "\(grantee.prefix { $0 != "@" })@cloud.test"
        #expect(try await note(secret: nil)?.recipient == receiver)
        #expect(try await note(secret: "secret-of-bob")?.recipient == "bob@cloud.test")
    }

    /// As of one by `share add`. One of somebody else's under the name is not meant.
    @Test(arguments: ["carol", nil])
    func aShareWhoseReceiverNobodyRecordedIsForWhomeverAMessageNames(
        _ other: String?
    ) async throws {
        let host = try #require(PeerHost("modern.test"))
        var shares: [ShareID] = []
        for recipient in [nil, other.map { "\($0)@modern.test" }] {
            let recording = world.gateway.registry.record(
                NewShare(
                    direction: .outbound, origin: .seen, peer: host, providerID: ProviderID("7"),
                    resourceType: nil, recipient: recipient,
                    accesses: [.webdav(Secret(utf8: "secret-of-\(shares.count)"))]),
                now: world.clock.now)
            try await world.gateway.store.commit(recording.change)
            shares.append(recording.share.id)
            if other == nil { break }
        }
        for (grantee, id) in [("dave", shares.first), ("carol", shares.last)] {
            world.clock.pass(1)
            let text = Messages.notification("SHARE_DECLINED", secret: nil).replacing(
                #""notification":{"#,
                with: #""notification":{"grantee":"\#(grantee)@modern.test""#)
            let message = try await world.accept(
                try modern.request("/ocm/notifications", text, at: world.clock.now),
                as: .ocm(.notifications))
            #expect(message.ends?.id == id)
        }
    }

    /// The backend may not have heard of it, as of one by an operator.
    @Test func theEndOfAShareThatIsOverIsToldOnAgain() async throws {
        try await share()
        let share = try #require(world.gateway.registry.all.first)
        try await world.gateway.store.commit(
            world.gateway.registry.end(share.id, now: world.clock.now))
        let text = Messages.notification(secret: nil)
        #expect(try await note(by: cavage, text)?.code == .shareUnknown)
        let other = Messages.notification("SHARE_CHANGE_PERMISSION", secret: nil)
        #expect(try await note(by: modern, other)?.code == .shareUnknown)
        let message = try await world.accept(
            try modern.request("/ocm/notifications", text, at: world.clock.now),
            as: .ocm(.notifications))
        #expect(message.ends?.id == share.id)
        let told = try world.gateway.backendSecret(of: share)?.text
        #expect(String(decoding: message.body, as: UTF8.self).contains(try #require(told)))
    }

    @Test func aKeyWhoseNameTellsNoHostIsLookedForAtTheSharesPeer() async throws {
        world.net.answer(
            "https://modern.test/ocm/jwks", 200,
            try modern.keySet().replacing("modern.test#key1", with: "sig-key-2026"))
        func note(by peer: TestPeer) async throws -> Denial? {
            world.clock.pass(1)
            return try await world.denial(
                try peer.request(
                    "/ocm/notifications", Messages.notification(secret: nil), at: world.clock.now,
                    keyID: "sig-key-2026"), as: .ocm(.notifications))
        }
        #expect(try await note(by: modern)?.fault == .keyOrigin)
        let share = try modern.request(
            "/ocm/shares", Messages.share(from: "modern.test"), at: world.clock.now,
            keyID: "sig-key-2026")
        #expect(try await world.denial(share) == nil)
        #expect(try await note(by: modern) == nil)
        #expect(try await note(by: TestPeer("modern.test"))?.fault == .wrong)
        // An id that two peers have tells neither.
        let other = world.gateway.registry.record(
            NewShare(
                direction: .inbound, origin: .seen, peer: try #require(PeerHost("cavage.test")),
                providerID: ProviderID("7"), resourceType: "file", accesses: []),
            now: world.clock.now)
        try await world.gateway.store.commit(other.change)
        #expect(try await note(by: modern)?.fault == .keyOrigin)
    }

    @Test func anotherPeerThatKnowsTheSecretIsRefused() async throws {
        try await share()
        #expect(try await note(by: cavage, Messages.notification())?.code == .senderMismatch)
    }

    // A database reads "07" as 7 where it looks a number up.
    @Test(arguments: ["\"07\"", "\" 7\"", "\"7x\"", "8"])
    func theSecretOfAnothersShareCountsUnderNoOtherName(_ id: String) async throws {
        try await share()
        let foreign = try await note(by: cavage, Messages.notification(id: id))
        #expect(foreign?.code == .senderMismatch)
        let unsigned = try await note(by: nil, Messages.notification(id: id))
        #expect(unsigned?.disclosedCode == "signature_required")
        #expect(try await note(by: modern, Messages.notification(id: id)) == nil)
    }

    @Test func aWrongSecretIsRefusedAndNotMended() async throws {
        try await share()
        let denial = try await note(by: modern, Messages.notification(secret: "another-secret"))
        #expect(denial?.code == .secretMismatch)
        #expect(denial?.disclosedCode == "share_unknown")
    }

    @Test func whatThePeerAllowsIsRecorded() async throws {
        try await share()
        let body =
            #"{"notificationType":"SHARE_CHANGE_PERMISSION","resourceType":"file","#
            + #""providerId":"7","notification":{"protocol":{"name":"multi","options":{},"#
            + #""webdav":{"permissions":["read","share"]}}}}"#
        let sent = try modern.request("/ocm/notifications", body, at: world.clock.now)
        #expect(try await world.denial(sent, as: .ocm(.notifications)) == nil)
        let known = try #require(world.gateway.registry.all.first)
        #expect(known.accesses.first?.permissions == .named(["read", "share"]))
    }

    /// oCIS does not sign, and says the secret with what it allows alone.
    @Test(arguments: ["secret-of-seven", "made-up"])
    func unsignedTheSecretInItProvesWhatAShareAllows(_ secret: String) async throws {
        let share = Messages.share(from: "legacy.test", requirements: "")
        #expect(try await world.denial(TestRequest("/ocm/shares", share)) == nil)
        let denial = try await note(
            by: nil,
            #"{"notificationType":"SHARE_CHANGE_PERMISSION","resourceType":"file","#
                + #""providerId":"7","notification":{"grantee":"bob@cloud.test","protocol":{"#
                + #""name":"multi","options":{},"webdav":{"sharedSecret":"\#(secret)","#
                + #""permissions":["read","write"],"uri":"https://legacy.test/x7"}}}}"#)
        let isKnown = secret == "secret-of-seven"
        let code: DenialCode? = isKnown ? nil : .peerUnknown
        #expect(denial?.code == code)
        let known = try #require(world.gateway.registry.all.first)
        #expect(
            known.accesses.first?.permissions == .named(isKnown ? ["read", "write"] : ["read"]))
    }

    // Nextcloud gives all of them one id.
    @Test func aCalendarOfBeforeIsNoneOfThoseThatWeKnow() async throws {
        let known = world.gateway.registry.record(
            NewShare(
                direction: .inbound, origin: .seen, peer: try #require(PeerHost("modern.test")),
                providerID: ProviderID("calendar"), resourceType: "calendar",
                accesses: [
                    NewAccess(
                        protocolName: "webdav", secret: Secret(utf8: "secret-of-the-new"),
                        handle: .none, permissions: .unspecified, uri: nil, requirements: [])
                ]), now: world.clock.now)
        try await world.gateway.store.commit(known.change)
        for secret in ["secret-of-the-new", "secret-of-the-old"] {
            let text = Messages.notification(
                "SYNC_CALENDAR", id: #""calendar""#, secret: secret)
            #expect(try await note(by: modern, text) == nil)
        }
    }

    @Test func whoCannotSignLearnsNothingOfWhichSharesThereAre() async throws {
        try await share()
        for (id, secret) in [("\"7\"", "wrong-secret"), ("\"8\"", "wrong-secret")] {
            var request = try modern.request(
                "/ocm/notifications", Messages.notification(id: id, secret: secret),
                at: world.clock.now)
            request["signature"] = "ocm=:\(Base64.encode([UInt8](repeating: 1, count: 64))):"
            let denial = try await world.denial(request, as: .ocm(.notifications))
            #expect(denial?.code == .signatureInvalid)
        }
    }

    @Test func theWrongSideOfAShareMayNotSayIt() async throws {
        try await share()
        // The peer made this share; that it was accepted is for us to say.
        let denial = try await note(
            by: modern, Messages.notification("SHARE_ACCEPTED", secret: nil))
        #expect(denial?.code == .shareUnknown)
    }

    @Test func unsignedItIsTheSharesPeerThatIsJudged() async throws {
        try await share()
        let denial = try await note(by: nil, Messages.notification())
        #expect(denial?.disclosedCode == "signature_required")
    }

    @Test func aNotificationOfASignerAboutNothingWeKnowIsForTheBackendToJudge() async throws {
        #expect(try await note(by: modern, Messages.notification(secret: "of-before-us")) == nil)
    }

    /// A share that was made for `cavage.test`, which signs: the code that it opens by.
    private func passOn(_ world: TestWorld, sender: String?) async throws -> String {
        let recording = world.gateway.registry.record(
            NewShare(
                direction: .outbound, origin: .seen, peer: try #require(PeerHost("cavage.test")),
                providerID: ProviderID("23"), resourceType: "file", owner: "alice@cloud.test",
                sender: sender, recipient: "carol@cavage.test",
                accesses: [
                    NewAccess(
                        protocolName: "webdav", secret: Secret(utf8: "SECRET15CHARS00"),
                        handle: .make, permissions: .unspecified, uri: nil, requirements: [])
                ]), now: world.clock.now)
        try await world.gateway.store.commit(recording.change)
        return try #require(recording.credentials.first).text
    }

    /// Why a notification of `modern.test` is refused that is about a share for `cavage.test`.
    private func denialOfAThird(sender: String?) async throws -> Denial? {
        let (world, modern, _) = try TestWorld.withPeers()
        let code = try await passOn(world, sender: sender)
        return try await world.denial(
            modern.request(
                "/ocm/notifications",
                Messages.notification("RESHARE_UNDO", id: "\"23\"", secret: code),
                at: world.clock.now), as: .ocm(.notifications))
    }

    @Test func whoAskedForAReshareMaySpeakOfIt() async throws {
        #expect(try await denialOfAThird(sender: "bob@modern.test") == nil)
        #expect(
            try await denialOfAThird(sender: "alice@cloud.test")?.code == .senderMismatch)
        #expect(try await denialOfAThird(sender: nil)?.code == .senderMismatch)
    }

    /// As before it was added: who shared it on knows its secret too.
    @Test(arguments: [nil, "alice@cloud.test"])
    func ofAShareThatWasAddedWithoutASenderASignerSpeaksWhoKnowsItsSecret(
        _ sender: String?
    ) async throws {
        let order = ShareOrder(
            peer: "cavage.test", providerID: "23", secret: "SECRET15CHARS00", permissions: nil,
            credential: .secret, sender: sender)
        let recording = try order.recorded(in: world.gateway.registry, now: world.clock.now)
        try await world.gateway.store.commit(recording.change)
        func text(_ type: String) -> String {
            Messages.notification(type, id: "\"23\"", secret: "SECRET15CHARS00")
        }
        let code: DenialCode? = sender == nil ? nil : .senderMismatch
        #expect(try await note(by: modern, text("RESHARE_UNDO"))?.code == code)
        #expect(
            try await note(by: nil, text("RESHARE_UNDO"))?.disclosedCode == "signature_required")
        // What only its receiver says.
        for type in ["SHARE_ACCEPTED", "SHARE_DECLINED", "REQUEST_RESHARE"] {
            #expect(try await note(by: modern, text(type))?.code == .senderMismatch)
            #expect(try await note(by: cavage, text(type))?.code != .senderMismatch)
        }
    }

    @Test func unsignedItIsWhoPassedTheShareOnThatUndoesIt() async throws {
        let (world, _, _) = try TestWorld.withPeers()
        let code = try await passOn(world, sender: "bob@legacy.test")
        let request = TestRequest(
            "/ocm/notifications", Messages.notification("RESHARE_UNDO", id: "\"23\"", secret: code))
        let verified = try await world.verify(request, as: .ocm(.notifications))
        #expect(verified.peer == PeerHost("legacy.test"))
        #expect(verified.claimed.share?.peer == PeerHost("cavage.test"))
        #expect(try await world.denial(request, as: .ocm(.notifications)) == nil)
    }

    /// Who has the code too, and signs, could raise its own permissions so.
    @Test func whatGivesTheReceiverMoreIsJudgedAsTheReceivers() async throws {
        let (world, _, _) = try TestWorld.withPeers()
        let code = try await passOn(world, sender: "bob@legacy.test")
        let request = TestRequest(
            "/ocm/notifications",
            Messages.notification("RESHARE_CHANGE_PERMISSION", id: "\"23\"", secret: code))
        let denial = try await world.denial(request, as: .ocm(.notifications))
        #expect(denial?.disclosedCode == "signature_required")
    }

    @Test(arguments: [OCSVerb.revoke]) func soItIsInTheOlderAPI(_ verb: OCSVerb) async throws {
        let (world, _, _) = try TestWorld.withPeers()
        let code = try await passOn(world, sender: "bob@legacy.test")
        let path = try TargetPath(
            Array("/ocs/v2.php/cloud/shares/23/\(verb)".utf8)[...], rule: .routed)
        let verified = try await world.verify(
            TestRequest(
                "/ocs/v2.php/cloud/shares/23/\(verb)", "token=\(code)&permissions=1",
                type: "application/x-www-form-urlencoded"),
            as: .ocs(OCSCall(version: .v2, action: .change(id: "23", verb)), path))
        #expect(verified.peer == PeerHost("legacy.test"))
    }

    /// Whose sender is one of ours, or that of a peer itself, under one name or another.
    @Test(arguments: ["alice@cloud.test", "alice@old.test", "eve@cavage.test", nil])
    func whatNobodyPassedOnIsOfItsPeer(_ sender: String?) async throws {
        let (world, _, _) = try TestWorld.withPeers()
        let code = try await passOn(world, sender: sender)
        let request = TestRequest(
            "/ocm/notifications",
            Messages.notification("RESHARE_UNDO", id: "\"23\"", secret: code))
        let denial = try await world.denial(request, as: .ocm(.notifications))
        #expect(denial?.disclosedCode == "signature_required")
    }

    @Test func whatTheReceiverSaysIsJudgedAsTheReceivers() async throws {
        let (world, _, _) = try TestWorld.withPeers()
        let code = try await passOn(world, sender: "bob@legacy.test")
        let request = TestRequest(
            "/ocm/notifications",
            Messages.notification("SHARE_DECLINED", id: "\"23\"", secret: code))
        let denial = try await world.denial(request, as: .ocm(.notifications))
        #expect(denial?.disclosedCode == "signature_required")
    }

    /// The code took its place. Nobody is claimed by it: what an unlisted peer may do decides first.
    @Test(arguments: ["REQUEST_RESHARE", "SHARE_ACCEPTED", "SHARE_DECLINED"], ["deny", "allow"])
    func aSecretThatHasACodeIsNoWordOfAnybodyUnsigned(
        _ type: String, _ unknown: String
    ) async throws {
        let world = try TestWorld(unknown: unknown)
        _ = try await passOn(world, sender: nil)
        let body = OutboundMessages.notification(type, id: "23", shareWith: "dave@legacy.test")
        let denial = try await world.denial(
            TestRequest("/ocm/notifications", body), as: .ocm(.notifications))
        let code: DenialCode = unknown == "allow" ? .secretMismatch : .peerUnknown
        #expect(denial?.code == code)
    }

    /// It may have had the secret before `share add` made the code.
    @Test(arguments: ["REQUEST_RESHARE", "SHARE_ACCEPTED", "SHARE_DECLINED"])
    func byASecretThatHasACodeItsPeerMayEndTheShareAlone(_ type: String) async throws {
        let (world, modern, cavage) = try TestWorld.withPeers()
        _ = try await passOn(world, sender: nil)
        let body = OutboundMessages.notification(type, id: "23", shareWith: "dave@legacy.test")
        for peer in [modern, cavage] {
            let mayEnd = peer.host == "cavage.test" && type == "SHARE_DECLINED"
            let code: DenialCode? = mayEnd ? nil : .secretMismatch
            let denial = try await world.denial(
                peer.request("/ocm/notifications", body, at: world.clock.now),
                as: .ocm(.notifications))
            #expect(denial?.code == code)
        }
    }
}
