import Federation
import HTTPSignatures
import OpenSSL
import Testing
import Transport

@testable import Gateway

@Suite struct OutboundMessageTests {
    let world: TestWorld

    init() throws { (world, _, _) = try TestWorld.withPeers() }

    private func object(_ bytes: [UInt8]?) throws -> JSONObject {
        try #require(try JSONValue(parsing: bytes ?? []).object)
    }

    private func secret(in body: [UInt8]?) throws -> String {
        let way = try #require(try object(body)["protocol"]?.object)
        let inner = way["webdav"]?.object ?? way["options"]?.object
        return try #require(inner?["sharedSecret"]?.string)
    }

    @Test func aShareGoesOutSignedWithACodeInThePlaceOfItsSecret() async throws {
        let answer = try await world.send(OutboundMessages.share())
        #expect(answer.status == 201)
        let sent = try #require(world.mail.sent.first)
        #expect(world.mail.sent.count == 1)
        #expect(sent.authority.description == "modern.test")
        #expect(String(decoding: sent.target, as: UTF8.self) == "/ocm/shares")
        let code = try secret(in: sent.body)
        #expect(code.utf8.count == 32)
        #expect(!world.mail.bodies[0].contains("SECRET15CHARS00"))
        #expect(sent.fields.contains { $0.name == .signatureInput && $0.value.hasPrefix("ocm=(") })
        #expect(sent.fields.contains { $0.name == .via && $0.value == world.gateway.via })
        let found = world.gateway.registry.find(Secret(utf8: code), .outbound)
        #expect(found.map(\.share.peer.description) == ["modern.test"])
        let kept = try world.gateway.registry.secret(of: try #require(found.first?.share))
        #expect(kept.text == "SECRET15CHARS00")
    }

    @Test func eachMessageHasOneDecision() async throws {
        _ = try await world.send(OutboundMessages.share())
        let line = try #require(world.decisions().first)
        #expect(world.decisions().count == 1)
        #expect(line["direction"]?.string == "out")
        #expect(line["kind"]?.string == "shares")
        #expect(line["action"]?.string == "allow")
        #expect(line["peer"]?.string == "modern.test")
        #expect(line["peer_status"]?.number?.integer == 201)
        #expect(line["signature"]?.object?["result"]?.string == "made")
        #expect(world.lines.all.allSatisfy { !$0.contains("SECRET15CHARS00") })
    }

    @Test func aMessageToAPeerThatIsDownHasOneDecisionToo() async throws {
        world.net.lose("modern.test")
        #expect(try await world.send(OutboundMessages.share()).status == 503)
        let line = try #require(world.decisions().first)
        #expect(world.decisions().count == 1)
        #expect(line["code"]?.string == "peer_unavailable")
        #expect(line["ocm"]?.object?["provider_id"]?.string == "22")
    }

    @Test func aPeerThatKnowsTheDraftGetsItsSignature() async throws {
        _ = try await world.send(OutboundMessages.share(to: "cavage.test"), to: "cavage.test")
        let sent = try #require(world.mail.sent.first)
        #expect(sent.fields.contains { $0.name == .signature && $0.value.hasPrefix("keyId=") })
        #expect(!sent.fields.contains { $0.name == .signatureInput })
    }

    /// The name of the key that a message was signed by.
    private func keyID(_ sent: OutboundRequest) throws -> String {
        let field = try #require(
            sent.fields.last { $0.name == .signatureInput || $0.value.hasPrefix("keyId=") }?.value)
        let parts = field.lowercased().split(separator: "keyid=\"", maxSplits: 1)
        return String(try #require(parts.last?.prefix { $0 != "\"" }))
    }

    @Test(arguments: [
        ("modern.test", "old.test#ed25519-1"), ("cavage.test", "https://old.test/ocm#rsa-1"),
    ])
    func whatSpeaksForAnAliasIsSignedInItsName(_ peer: String, _ key: String) async throws {
        _ = try await world.send(
            OutboundMessages.share(to: peer, owner: "old.test"), to: peer)
        // The registry knows it, the notification says nothing of it.
        _ = try await world.notify(OutboundMessages.notification("SHARE_UNSHARED"), to: peer)
        world.mail.answer(200, #"{"userID":"eve"}"#)
        _ = try await world.send(
            OutboundMessages.invite(to: "old.test"), to: peer, at: "/ocm/invite-accepted",
            as: .ocm(.inviteAccepted))
        #expect(world.mail.sent.count == 3)
        #expect(try world.mail.sent.map(keyID) == [key, key, key])
    }

    @Test func aShareThatComesAgainKeepsItsCode() async throws {
        world.mail.answer(.failure(.timeout), .success(PeerReply(status: 201, body: [])))
        let first = try await world.send(OutboundMessages.share())
        #expect(first.status == 503)
        // Nextcloud sends it again over the older API.
        let second = try await world.call(OutboundMessages.form())
        #expect(second.status == 200)
        #expect(String(decoding: second.body, as: UTF8.self).contains(#""statuscode":200"#))
        let codes = try world.mail.sent.map { try secret(in: $0.body) }
        #expect(codes.count == 2)
        #expect(codes[0] == codes[1])
        #expect(world.gateway.registry.all.count == 1)
    }

    @Test func aShareThatThePeerHasIsNotSentAgain() async throws {
        _ = try await world.send(OutboundMessages.share())
        let again = try await world.send(OutboundMessages.share())
        #expect(again.status == 201)
        #expect(world.mail.sent.count == 1)
    }

    @Test func ofTwoAtTheSameTimeOneIsSent() async throws {
        world.mail.hold()
        async let first = world.send(OutboundMessages.share())
        async let second = world.send(OutboundMessages.share())
        while world.mail.sent.isEmpty { await Task.yield() }
        try await Task.sleep(for: .milliseconds(50))
        world.mail.release()
        let statuses = try await [first.status, second.status]
        #expect(statuses == [201, 201])
        #expect(world.mail.sent.count == 1)
        #expect(world.gateway.registry.all.count == 1)
    }

    @Test func aRefusedShareIsOverAndNotRepeatedByOldServers() async throws {
        world.mail.answer(403, #"{"message":"no"}"#)
        let answer = try await world.send(OutboundMessages.share())
        #expect(answer.status == 500)
        try await world.stored()
        let share = try #require(world.gateway.registry.all.first)
        #expect(share.ended != nil)
    }

    @Test func aShareOfUnknownFateStays() async throws {
        world.mail.answer(.failure(.connect))
        #expect(try await world.send(OutboundMessages.share()).status == 503)
        try await world.stored()
        #expect(world.gateway.registry.all.first?.ended == nil)
    }

    @Test func aRefusalOfARepeatedShareEndsNothing() async throws {
        world.mail.answer(.failure(.timeout), .success(PeerReply(status: 400, body: [])))
        _ = try await world.send(OutboundMessages.share())
        _ = try await world.send(OutboundMessages.share())
        try await world.stored()
        #expect(world.gateway.registry.all.first?.ended == nil)
    }

    @Test func aRepeatedShareThatThePeerHasAlreadyIsTaken() async throws {
        world.mail.answer(.failure(.timeout), .success(PeerReply(status: 409, body: [])))
        #expect(try await world.send(OutboundMessages.share()).status == 503)
        #expect(try await world.send(OutboundMessages.share()).status == 201)
        #expect(world.gateway.registry.all.first?.ended == nil)
        // It is not sent again.
        #expect(try await world.send(OutboundMessages.share()).status == 201)
        #expect(world.mail.sent.count == 2)
    }

    /// Nothing of the first attempt has left.
    @Test(arguments: [
        FetchFailure.resolve, .addressRefused(.v4(0x7F00_0001)), .tlsVerify("expired"), .request,
        .proxyRefused(407), .busy,
    ])
    func aConflictAfterAnAttemptThatWasNeverSentIsARefusal(_ failure: FetchFailure) async throws {
        world.mail.answer(.failure(failure), .success(PeerReply(status: 409, body: [])))
        #expect(try await world.send(OutboundMessages.share()).status == 503)
        #expect(world.gateway.registry.all.first?.ended == nil)
        #expect(try await world.send(OutboundMessages.share()).status == 500)
        try await world.stored()
        #expect(world.gateway.registry.all.count == 1)
        #expect(world.gateway.registry.all.first?.ended != nil)
    }

    /// The attempt between the two may have arrived.
    @Test func whatWasSentOnceStaysSo() async throws {
        world.mail.answer(
            .failure(.resolve), .failure(.timeout), .failure(.resolve),
            .success(PeerReply(status: 409, body: [])))
        for expected in [503, 503, 503, 201] {
            #expect(try await world.send(OutboundMessages.share()).status == expected)
        }
        #expect(world.gateway.registry.all.first?.ended == nil)
    }

    @Test func aConflictAtOnceIsARefusal() async throws {
        world.mail.answer(.success(PeerReply(status: 409, body: [])))
        #expect(try await world.send(OutboundMessages.share()).status == 500)
        #expect(world.gateway.registry.all.first?.ended != nil)
    }

    @Test func aMessageInAnotherSitesNameIsRefused() async throws {
        let answer = try await world.send(OutboundMessages.share(owner: "evil.test"))
        #expect(answer.code == "sender_mismatch")
        #expect(world.mail.sent.isEmpty)
        let invite = try await world.send(
            OutboundMessages.invite(to: "evil.test"), at: "/ocm/invite-accepted",
            as: .ocm(.inviteAccepted))
        #expect(invite.code == "sender_mismatch")
    }

    @Test func aShareForAnotherHostThanItIsSentToIsRefused() async throws {
        let answer = try await world.send(OutboundMessages.share(to: "cavage.test"))
        #expect(answer.code == "misdirected_request")
        #expect(world.mail.sent.isEmpty)
    }

    @Test(arguments: ["blocked.test", "stranger.test"])
    func nothingIsFetchedForAPeerThatPolicyRefuses(_ host: String) async throws {
        let answer = try await world.send(OutboundMessages.share(to: host), to: host)
        #expect(answer.status == 500)
        #expect(world.net.asked.isEmpty)
        #expect(world.mail.sent.isEmpty)
        #expect(world.decisions().first?["action"]?.string == "deny")
    }

    @Test func aPeerThatCannotBeAskedIsAnOutage() async throws {
        world.net.lose("modern.test")
        let answer = try await world.send(OutboundMessages.share())
        #expect(answer.status == 503)
        #expect(answer.code == "peer_unavailable")
        #expect(world.gateway.registry.all.isEmpty)
    }

    @Test func anUnshareEndsTheShareBeforeItIsSent() async throws {
        _ = try await world.send(OutboundMessages.share())
        let code = try secret(in: world.mail.sent[0].body)
        let before = try #require(world.gateway.registry.all.first)
        world.mail.answer(.failure(.timeout))
        let answer = try await world.notify(OutboundMessages.notification("SHARE_UNSHARED"))
        #expect(answer.status == 503)
        let share = try #require(world.gateway.registry.all.first)
        #expect(share.ended != nil)
        #expect(share.epoch == before.epoch + 1)
        // It is told again until it was heard, in the same words.
        world.mail.answer(201, "[]")
        let again = try await world.notify(OutboundMessages.notification("SHARE_UNSHARED"))
        #expect(again.status == 201)
        #expect(world.mail.bodies.suffix(2).allSatisfy { $0.contains(code) })
        #expect(world.mail.bodies.allSatisfy { !$0.contains("SECRET15CHARS00") })
    }

    @Test func aReceiversNotificationCarriesThePeersSecret() async throws {
        let peer = try #require(PeerHost("modern.test"))
        let recording = world.gateway.registry.record(
            NewShare(
                direction: .inbound, origin: .seen, peer: peer, providerID: ProviderID("7"),
                resourceType: "file",
                accesses: [
                    NewAccess(
                        protocolName: "webdav", secret: Secret(utf8: "the-code-of-the-peer"),
                        handle: .make, permissions: .unspecified, uri: nil, requirements: [])
                ]), now: 1)
        try await world.gateway.store.commit(recording.change)
        let handle = try #require(recording.credentials.first).text
        let body = OutboundMessages.notification("SHARE_DECLINED", id: "7", secret: handle)
        #expect(try await world.notify(body).status == 201)
        #expect(world.mail.bodies[0].contains("the-code-of-the-peer"))
        #expect(!world.mail.bodies[0].contains(handle))
        #expect(world.gateway.registry.all.first?.ended != nil)
    }

    @Test func aSecretIsNotToldToAPeerThatHasNoPartInItsShare() async throws {
        _ = try await world.send(OutboundMessages.share())
        let answer = try await world.notify(
            OutboundMessages.notification("SHARE_UNSHARED"), to: "cavage.test")
        #expect(answer.code == "share_unknown")
        #expect(world.mail.sent.count == 1)
    }

    @Test func aWrongSecretOfAKnownShareIsNotToldToAnybody() async throws {
        _ = try await world.send(OutboundMessages.share())
        let answer = try await world.notify(
            OutboundMessages.notification("SHARE_CHANGE_PERMISSION", secret: "another-secret-0"))
        #expect(answer.code == "share_unknown")
        #expect(world.mail.sent.count == 1)
    }

    @Test func aNotificationOfAShareFromBeforeGoesAsItIs() async throws {
        let body = OutboundMessages.notification("SHARE_UNSHARED", id: "5", secret: "old-secret-0")
        #expect(try await world.notify(body).status == 201)
        #expect(world.mail.bodies[0].contains("old-secret-0"))
    }

    @Test func theAnswerToAReshareIsInBothWords() async throws {
        world.mail.answer(201, #"{"sharedSecret":"NEWSECRET15CHAR","providerId":"23"}"#)
        let answer = try await world.notify(
            OutboundMessages.notification(
                "REQUEST_RESHARE", id: "9", secret: "a-secret-of-nine",
                shareWith: "carol@cavage.test"))
        let told = try object(answer.body)
        #expect(answer.status == 201)
        #expect(told["token"]?.string == "NEWSECRET15CHAR")
        #expect(told["sharedSecret"]?.string == "NEWSECRET15CHAR")
        #expect(told["providerId"]?.string == "23")
    }

    @Test func whatTheBackendAllowsIsSoAtOnce() async throws {
        try await world.shareForReading(with: "modern.test")
        let body = OutboundMessages.moreAllowed(to: "modern.test")
        let before = try #require(world.gateway.registry.all.first)
        world.mail.answer(.failure(.timeout))
        _ = try await world.notify(body)
        let share = try #require(world.gateway.registry.all.first)
        #expect(share.accesses.first?.permissions == .named(["read", "write"]))
        // A token of before is exchanged anew.
        #expect(share.epoch == before.epoch + 1)
        #expect(!world.mail.bodies[0].contains("SECRET15CHARS00"))
        _ = try await world.notify(body)
        #expect(world.gateway.registry.all.first?.epoch == before.epoch + 1)
    }

    /// A share that somebody at `modern.test` asked for; its code.
    private func passOn(for peer: String = "cavage.test") async throws -> String {
        let recording = world.gateway.registry.record(
            NewShare(
                direction: .outbound, origin: .seen, peer: try #require(PeerHost(peer)),
                providerID: ProviderID("23"), resourceType: "file", owner: "alice@cloud.test",
                sender: "bob@modern.test", recipient: "carol@\(peer)",
                accesses: [
                    NewAccess(
                        protocolName: "webdav", secret: Secret(utf8: "SECRET15CHARS00"),
                        handle: .make, permissions: .unspecified, uri: nil, requirements: [])
                ]), now: world.clock.now)
        try await world.gateway.store.commit(recording.change)
        return try #require(recording.credentials.first).text
    }

    @Test(arguments: ["SHARE_ACCEPTED", "SHARE_DECLINED", "RESHARE_UNDO"])
    func whoSharedOnIsToldByTheCode(_ type: String) async throws {
        let code = try await passOn()
        let body = OutboundMessages.notification(type, id: "31")
        #expect(try await world.notify(body).status == 201)
        #expect(world.mail.bodies[0].contains(code) && world.mail.bodies[0].contains("\"31\""))
        #expect(!world.mail.bodies[0].contains("SECRET15CHARS00"))
        #expect(world.gateway.registry.all.first?.ended == nil)
    }

    @Test func soItIsWhereTheReceiverLivesThereToo() async throws {
        let code = try await passOn(for: "modern.test")
        let body = OutboundMessages.notification("SHARE_ACCEPTED", id: "31")
        #expect(try await world.notify(body).status == 201)
        #expect(world.mail.bodies[0].contains(code))
    }

    @Test(arguments: [OCSVerb.revoke, .permissions])
    func whoSharedOnIsToldByTheCodeInTheOlderAPIToo(_ verb: OCSVerb) async throws {
        let code = try await passOn()
        let answer = try await world.call(
            "token=SECRET15CHARS00&permissions=1", .change(id: "31", verb))
        #expect(answer.status == 200)
        #expect(world.mail.bodies[0].contains(code))
        #expect(!world.mail.bodies[0].contains("SECRET15CHARS00"))
    }

    @Test func theShareThatWasAskedForIsKnown() async throws {
        let (world, modern, _) = try TestWorld.withPeers()
        let peer = try #require(PeerHost("modern.test"))
        for (direction, id, secret) in [
            (ShareDirection.inbound, "9", "a-secret-of-nine"),
            (.outbound, "77", "another-secret-0"),
        ] {
            let recording = world.gateway.registry.record(
                NewShare(
                    direction: direction, origin: .seen, peer: peer, providerID: ProviderID(id),
                    resourceType: "file", recipient: "bob@cloud.test",
                    accesses: [
                        NewAccess(
                            protocolName: "webdav", secret: Secret(utf8: secret), handle: .none,
                            permissions: .unspecified, uri: nil, requirements: [])
                    ]), now: world.clock.now)
            try await world.gateway.store.commit(recording.change)
        }
        world.mail.answer(201, #"{"token":"NEWSECRET15CHAR","providerId":"23"}"#)
        _ = try await world.notify(
            OutboundMessages.notification(
                "REQUEST_RESHARE", id: "9", secret: "a-secret-of-nine",
                shareWith: "carol@cavage.test"))
        // Its owner's server speaks of it by an id of ours, which another share has there.
        let told = try modern.request(
            "/ocm/notifications",
            Messages.notification("SHARE_ACCEPTED", id: "\"77\"", secret: "NEWSECRET15CHAR"),
            at: world.clock.now)
        #expect(try await world.denial(told, as: .ocm(.notifications)) == nil)
        let undone = OutboundMessages.notification(
            "RESHARE_UNDO", id: "23", secret: "NEWSECRET15CHAR")
        #expect(try await world.notify(undone).status == 201)
        #expect(try await world.notify(undone, to: "cavage.test").status == 201)
        let count = world.mail.sent.count
        #expect(try await world.notify(undone, to: "legacy.test").status != 201)
        #expect(world.mail.sent.count == count)
    }

    @Test(arguments: [
        (OutboundMessages.invite(), "application/json"),
        (OutboundMessages.inviteForm, "application/x-www-form-urlencoded"),
    ])
    func whoAcceptsAnInvitationIsAContact(_ text: String, _ type: String) async throws {
        world.mail.answer(200, #"{"userID":"eve@modern.test","email":"","name":"Eve"}"#)
        let answer = try await world.send(
            text, at: "/ocm/invite-accepted", as: .ocm(.inviteAccepted), type: type)
        #expect(answer.status == 200)
        #expect(world.mail.bodies == [OutboundMessages.invite()])
        let peer = try #require(PeerHost("modern.test"))
        let contact = Contact(
            peer: peer, remote: "eve", local: "bob", site: world.gateway.site.host)
        #expect(world.gateway.contacts.contains(contact))
    }

    /// A peer whose document shows keys of both standards.
    private func worldOfBoth() throws -> TestWorld {
        let world = try TestWorld(partners: ["both.test"])
        let key = try TestPeer("both.test", .cavage)
        let document = JSONValue.object([
            ("enabled", .bool(true)), ("apiVersion", .string("1.1.0")),
            ("endPoint", .string("https://both.test/ocm")),
            ("jwksUri", .string("https://both.test/jwks")),
            (
                "publicKey",
                .object([
                    ("keyId", .string(key.keyID)), ("publicKeyPem", .string(key.key.publicKey.pem)),
                ])
            ),
        ])
        world.net.answer(
            "https://both.test/.well-known/ocm", 200,
            String(decoding: document.serialized(), as: UTF8.self))
        return world
    }

    @Test func anotherSignatureIsTriedWhereThePeerBlamesTheFirst() async throws {
        let world = try worldOfBoth()
        let refusal = PeerReply(status: 400, body: Array(#"{"message":"Invalid signature"}"#.utf8))
        world.mail.answer(.success(refusal), .success(PeerReply(status: 201, body: [])))
        let answer = try await world.send(
            OutboundMessages.share(to: "both.test"), to: "both.test")
        #expect(answer.status == 201)
        let sent = world.mail.sent
        #expect(sent.count == 2)
        #expect(sent[0].fields.contains { $0.name == .signatureInput })
        #expect(sent[1].fields.contains { $0.name == .digest })
        #expect(sent[0].body == sent[1].body)
        try await world.stored()
        let peer = try #require(PeerHost("both.test"))
        #expect(world.gateway.accepted[peer] == .cavage)
    }

    /// What an answer teaches is not written behind what a person has said meanwhile.
    @Test(arguments: [("both.test", SignatureGeneration.none), ("other.test", .tag)])
    func aPeerThatIsForgottenMeanwhileHasTakenNothing(
        _ forgotten: String, _ expected: SignatureGeneration
    ) async throws {
        let world = try worldOfBoth()
        let host = try #require(PeerHost(forgotten))
        world.mail.hold()
        async let answer = world.send(OutboundMessages.share(to: "both.test"), to: "both.test")
        while world.mail.sent.isEmpty { await Task.yield() }
        try await world.gateway.store.commit([
            world.gateway.peers.forgetting(host), world.gateway.accepted.forget(host),
        ])
        world.mail.release()
        #expect(try await answer.status == 201)
        try await world.stored()
        let peer = try #require(PeerHost("both.test"))
        #expect(world.gateway.accepted[peer] == expected)
    }

    @Test(arguments: [(400, "no such user"), (403, "Invalid signature"), (500, "signature")])
    func noOtherSignatureIsTriedForAnotherReason(_ status: Int, _ text: String) async throws {
        let world = try worldOfBoth()
        world.mail.answer(status, text)
        _ = try await world.send(OutboundMessages.share(to: "both.test"), to: "both.test")
        #expect(world.mail.sent.count == 1)
    }

    @Test func aStepBackIsTold() async throws {
        let world = try worldOfBoth()
        _ = try await world.send(OutboundMessages.share(to: "both.test"), to: "both.test")
        try await world.stored()
        let peer = try #require(PeerHost("both.test"))
        #expect(world.gateway.accepted[peer] == .tag)
        let refusal = PeerReply(status: 401, body: Array(#"{"message":"signature"}"#.utf8))
        world.mail.answer(.success(refusal), .success(PeerReply(status: 201, body: [])))
        _ = try await world.send(
            OutboundMessages.share(to: "both.test", id: "23", secret: "ANOTHERSECRET00"),
            to: "both.test")
        world.gateway.log.flush()
        #expect(world.lines.all.contains { $0.contains("peer.stepped-back") })
    }
}
