import Federation
import OpenSSL
import Testing
import Transport

@testable import Gateway

/// What the backend leaves out of a notification and its reader wants; `legacy.test` is an oCIS.
@Suite struct OutboundNotificationTests {
    let world: TestWorld

    init() throws {
        (world, _, _) = try TestWorld.withPeers()
        world.net.answer(
            "https://legacy.test/.well-known/ocm", 200,
            #"{"enabled":true,"apiVersion":"1.1.0","endPoint":"https://legacy.test/ocm","#
                + #""resourceTypes":[{"name":"file","shareTypes":["user"],"#
                + #""protocols":{"webdav":"/dav/ocm"}}]}"#)
    }

    /// `legacy.test` is a Nextcloud that verifies.
    private static func publishNextcloud33(on net: TestNet) {
        net.answer(
            "https://legacy.test/.well-known/ocm", 200,
            #"{"enabled":true,"apiVersion":"1.0-proposal1","version":"1.1.0","#
                + #""endPoint":"https://legacy.test/ocm","publicKey":{"#
                + #""keyId":"https://legacy.test/ocm#signature","#
                + #""publicKeyPem":"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"},"#
                + #""provider":"Nextcloud 33.0.3.2","resourceTypes":[{"name":"file","#
                + #""shareTypes":["user"],"protocols":{"webdav":"/public.php/webdav/"}}]}"#)
    }

    private func details() throws -> JSONObject {
        let body = try #require(world.mail.bodies.last)
        let members = try JSONValue(parsing: Array(body.utf8)).object
        return try #require(members?["notification"]?.object)
    }

    /// A share of the oCIS's, or of another peer's, as the backend has it.
    private func receive(
        from peer: String = "legacy.test", sender: String = "u@legacy.test",
        in other: TestWorld? = nil
    ) async throws {
        let world = other ?? world
        let recording = world.gateway.registry.record(
            NewShare(
                direction: .inbound, origin: .seen, peer: try #require(PeerHost(peer)),
                providerID: ProviderID("pid1"), resourceType: "file", sender: sender,
                recipient: "bob@cloud.test",
                accesses: [
                    NewAccess(
                        protocolName: "webdav", secret: Secret(utf8: "SECRET15CHARS00"),
                        handle: .none, permissions: .unspecified, uri: nil, requirements: [])
                ]), now: world.clock.now)
        try await world.gateway.store.commit(recording.change)
    }

    @Test func anOldPeerGetsTheCodeThatItKnowsTheShareBy() async throws {
        _ = try await world.send(OutboundMessages.share(to: "cavage.test"), to: "cavage.test")
        let answer = try await world.notify(
            OutboundMessages.notification("SHARE_UNSHARED", secret: nil), to: "cavage.test")
        #expect(answer.status == 201)
        let code = try #require(try details()["sharedSecret"]?.string)
        #expect(world.mail.bodies[0].contains(code) && code != "SECRET15CHARS00")
        #expect(world.decisions().count == 2)
        #expect(world.lines.all.allSatisfy { !$0.contains(code) })
    }

    @Test func nobodyElseIsNamedAsTheSender() async throws {
        _ = try await world.send(OutboundMessages.share(to: "cavage.test"), to: "cavage.test")
        for (domain, isOurs) in [("other.test", false), ("cloud.test", true)] {
            let text = OutboundMessages.notification("SHARE_UNSHARED")
            let answer = try await world.notify(
                #"{"senderDomain":"\#(domain)","# + text.dropFirst(), to: "cavage.test")
            #expect((answer.status == 201) == isOurs)
        }
        #expect(world.mail.sent.count == 2)
    }

    @Test func ocisGetsTheReceiverByWhomItFindsTheShare() async throws {
        _ = try await world.send(OutboundMessages.share(to: "legacy.test"), to: "legacy.test")
        let answer = try await world.notify(
            OutboundMessages.notification("SHARE_UNSHARED"), to: "legacy.test")
        #expect(answer.status == 201)
        #expect(try details()["grantee"]?.string == "bob@legacy.test")
    }

    @Test(arguments: ["SHARE_ACCEPTED", "SHARE_DECLINED"])
    func ocisIsSparedWhatItDoesNotKnow(_ type: String) async throws {
        try await receive()
        let answer = try await world.notify(
            OutboundMessages.notification(type, id: "pid1"), to: "legacy.test")
        #expect(answer.status == 201)
        #expect(world.mail.sent.isEmpty)
        let isOver = world.gateway.registry.all.first?.ended != nil
        #expect(isOver == (type == "SHARE_DECLINED"))
        let decision = try #require(world.decisions().last)
        #expect(decision["action"]?.string == "allow")
        #expect(decision["altered"]?.array?.contains(.string("acknowledged")) == true)
    }

    /// oCIS takes a change back that is not answered 201, and Nextcloud 33 answers 400.
    @Test func nextcloudIsSparedNewPermissionsAndTheyCount() async throws {
        Self.publishNextcloud33(on: world.net)
        try await world.shareForReading(with: "legacy.test")
        let message = OutboundMessages.moreAllowed(to: "legacy.test")
        #expect(try await world.notify(message, to: "legacy.test").status == 201)
        #expect(world.mail.sent.isEmpty)
        let share = try #require(world.gateway.registry.all.first)
        #expect(share.accesses.first?.permissions == .named(["read", "write"]))
    }

    /// It takes the end of what one of ours passed on by the older API alone.
    @Test func whomAShareWasPassedOnToIsToldItsEndAsNextcloudTakesIt() async throws {
        let world = try TestWorld(
            rules: """
                [[rule]]
                name = "the end"
                on = "ocs.out"
                when = { notification_type = "SHARE_UNSHARED" }
                action = "allow"
                """)
        Self.publishNextcloud33(on: world.net)
        for (owner, id) in [("alice@modern.test", "27"), ("alice@cloud.test", "28")] {
            let recording = world.gateway.registry.record(
                NewShare(
                    direction: .outbound, origin: .seen,
                    peer: try #require(PeerHost(id == "27" ? "modern.test" : "legacy.test")),
                    providerID: id == "27" ? nil : ProviderID(id), resourceType: "file",
                    owner: owner, sender: "bob@cloud.test", recipient: "eve@legacy.test",
                    accesses: [.webdav(Secret(utf8: "SECRET15CHARS\(id)"))]),
                now: world.clock.now)
            try await world.gateway.store.commit(recording.change)
            world.mail.answer(
                200, #"{"ocs":{"meta":{"status":"ok","statuscode":200},"data":[]}}"#)
            let answer = try await world.call(
                "token=SECRET15CHARS\(id)", to: "legacy.test", .change(id: id, .unshare))
            #expect(answer.status == 200)
        }
        let targets = world.mail.sent.map { String(decoding: $0.target, as: UTF8.self) }
        #expect(targets == ["/ocs/v2.php/cloud/shares?format=json", "/ocm/notifications"])
        #expect(world.mail.bodies.first == "token=SECRET15CHARS27")
    }

    /// It has the number of its owner's site, which may be that of a share of our own.
    @Test func theEndOfWhatWasPassedOnBeforeIsToldBesideAShareOfTheSameID() async throws {
        _ = try await world.send(OutboundMessages.share())
        let end = OutboundMessages.notification("SHARE_UNSHARED", secret: "another-secret-0")
        #expect(try await world.notify(end).status == 201)
        #expect(world.mail.bodies.last?.contains("another-secret-0") == true)
        #expect(world.gateway.registry.all.map(\.ended) == [nil])
    }

    /// Nextcloud says it there where it was not taken as OCM; ownCloud may say it there at once.
    @Test(arguments: [
        ("nextcloud", "/ocs/v2.php/cloud/shares?format=json"),
        ("owncloud10", "/ocm/notifications"),
    ])
    func theEndOfAShareThatNobodyHasRecordedIsSaidAsTheBackendMeansIt(
        _ kind: String, _ target: String
    ) async throws {
        let world = try TestWorld(
            rules: "[[rule]]\nname = \"the end\"\non = \"ocs.out\"\naction = \"allow\"", kind: kind)
        Self.publishNextcloud33(on: world.net)
        world.mail.answer(200, #"{"ocs":{"meta":{"status":"ok","statuscode":200},"data":[]}}"#)
        let answer = try await world.call(
            "token=SECRET15CHARS29", to: "legacy.test", .change(id: "29", .unshare))
        #expect(answer.status == 200)
        #expect(world.mail.sent.map { String(decoding: $0.target, as: UTF8.self) } == [target])
    }

    /// Another peer that knows its secret may say to have it from there.
    @Test func whatAPeerIsToldIsAboutItsOwnShare() async throws {
        try await receive(from: "modern.test", sender: "u@modern.test")
        try await receive(from: "cavage.test", sender: "u@modern.test")
        let answer = try await world.notify(
            OutboundMessages.notification("SHARE_DECLINED", id: "pid1"))
        #expect(answer.status == 201)
        let over = world.gateway.registry.all.filter { $0.ended != nil }
        #expect(over.map { "\($0.peer)" } == ["modern.test"])
    }

    /// A Seafile tells it to who passed the share on, who may have one of the same id.
    @Test(arguments: [nil, OCSVerb.decline])
    func whatStandsUnderAHandleIsSaidToItsPeerAlone(_ verb: OCSVerb?) async throws {
        let world = try TestWorld(kind: "seafile")
        try TestPeer("modern.test").publish(on: world.net)
        try await receive(from: "cavage.test", sender: "carol@cavage.test", in: world)
        let recording = world.gateway.registry.record(
            NewShare(
                direction: .inbound, origin: .seen, peer: try #require(PeerHost("modern.test")),
                providerID: ProviderID("pid1"), resourceType: "file", owner: "alice@modern.test",
                sender: "carol@cavage.test", recipient: "bob@cloud.test",
                accesses: [
                    NewAccess(
                        protocolName: "webdav", secret: Secret(utf8: "ANOTHER-SECRET0"),
                        handle: .make, permissions: .unspecified, uri: nil, requirements: [])
                ]), now: world.clock.now)
        try await world.gateway.store.commit(recording.change)
        let handle = try #require(recording.credentials.first).text
        func leave(at host: String) async throws -> Answer {
            if let verb {
                return try await world.call(
                    "token=\(handle)", to: host, .change(id: "pid1", verb))
            }
            return try await world.notify(
                OutboundMessages.notification("SHARE_DECLINED", id: "pid1", secret: handle),
                to: host)
        }
        // It has no part in the share.
        #expect(try await leave(at: "legacy.test").status >= 400)
        #expect(world.mail.sent.isEmpty)
        _ = try await leave(at: "cavage.test")
        #expect(world.mail.sent.map(\.authority.description) == ["modern.test"])
        #expect(world.mail.bodies.first?.contains("ANOTHER-SECRET0") == true)
        let over = world.gateway.registry.all.filter { $0.ended != nil }
        #expect(over.map { "\($0.peer)" } == ["modern.test"])
        let decision = try #require(world.decisions().last)
        #expect(decision["peer"]?.string == "modern.test")
        #expect(decision["altered"]?.array?.contains(.string("addressee")) == true)
    }

    /// Where nobody has recorded who shared it on, whoever the backend tells may have.
    @Test(arguments: [nil, "bob@modern.test", "alice@cloud.test"])
    func ofAShareThatWasAddedWhoMayHaveSharedItOnIsTold(_ sender: String?) async throws {
        let order = ShareOrder(
            peer: "cavage.test", providerID: "22", secret: "SECRET15CHARS00", permissions: nil,
            credential: .secret, sender: sender)
        let recording = try order.recorded(in: world.gateway.registry, now: world.clock.now)
        try await world.gateway.store.commit(recording.change)
        for type in ["RESHARE_UNDO", "SHARE_ACCEPTED", "SHARE_UNSHARED"] {
            let answer = try await world.notify(OutboundMessages.notification(type))
            #expect((answer.status == 201) == (sender != "alice@cloud.test"))
        }
        #expect(world.gateway.registry.all.allSatisfy { $0.ended == nil })
    }

    @Test func aShareIsOverWhereThePeerCannotBeAsked() async throws {
        try await receive(from: "modern.test", sender: "u@modern.test")
        world.net.lose("modern.test")
        let answer = try await world.notify(
            OutboundMessages.notification("SHARE_DECLINED", id: "pid1"))
        #expect(answer.status == 503)
        let share = try #require(world.gateway.registry.all.first)
        #expect(share.ended != nil)
        #expect(world.decisions().last?["ocm"]?.object?["share"]?.string == share.id.description)
    }

    @Test(arguments: [nil, OCSVerb.decline])
    func aShareIsOverWhereThePolicyIsAgainstTheMessage(_ verb: OCSVerb?) async throws {
        let world = try TestWorld(
            rules: "[[rule]]\nname = \"quiet\"\non = [\"notification.out\"]\naction = \"deny\"")
        try TestPeer("modern.test").publish(on: world.net)
        try await receive(from: "modern.test", sender: "u@modern.test", in: world)
        let answer =
            if let verb {
                try await world.call("token=SECRET15CHARS00", .change(id: "pid1", verb))
            } else {
                try await world.notify(
                    OutboundMessages.notification("SHARE_DECLINED", id: "pid1"))
            }
        #expect(answer.status >= 400)
        #expect(world.mail.sent.isEmpty)
        #expect(world.gateway.registry.all.first?.ended != nil)
    }

    @Test func whatItIsSparedIsTakenInTheOlderAPIToo() async throws {
        try await receive()
        let answer = try await world.call(
            "token=SECRET15CHARS00", to: "legacy.test", .change(id: "pid1", .accept))
        #expect(answer.status == 200)
        #expect(OCSAnswer.outcome(status: answer.status, body: answer.body) == .taken)
        #expect(world.mail.sent.isEmpty)
    }

    /// Nextcloud up to 19 says it over OCM, and then over the older API all the same.
    @Test func anEndThatWasHeardIsNotToldAgain() async throws {
        try await receive(from: "modern.test", sender: "u@modern.test")
        let decline = OutboundMessages.notification("SHARE_DECLINED", id: "pid1")
        #expect(try await world.notify(decline).status == 201)
        let again = try await world.call("token=SECRET15CHARS00", .change(id: "pid1", .decline))
        #expect(OCSAnswer.outcome(status: again.status, body: again.body) == .taken)
        #expect(try await world.notify(decline).status == 201)
        #expect(world.mail.sent.count == 1)
        let decision = try #require(world.decisions().last)
        #expect(decision["altered"]?.array?.contains(.string("repeated")) == true)
    }

    @Test func aShareThatCannotBeDeclinedAnyMoreIsOverAllTheSame() async throws {
        try await receive(from: "modern.test", sender: "u@modern.test")
        world.mail.answer(409, #"{"message":"SHARE_STATUS_CONFLICT"}"#)
        let decline = OutboundMessages.notification("SHARE_DECLINED", id: "pid1")
        #expect(try await world.notify(decline).status == 201)
        #expect(world.decisions().last?["peer_status"]?.number?.integer == 409)
        #expect(try await world.notify(decline).status == 201)
        #expect(world.mail.sent.count == 1)
    }

    @Test func anEndThatThePeerRefusesIsToldAgain() async throws {
        _ = try await world.send(OutboundMessages.share())
        world.mail.answer(409, "{}")
        let unshare = OutboundMessages.notification("SHARE_UNSHARED")
        #expect(try await world.notify(unshare).status == 409)
        world.mail.answer(201, "[]")
        #expect(try await world.notify(unshare).status == 201)
        #expect(try await world.notify(unshare).status == 201)
        #expect(world.mail.sent.count == 3)
    }

    /// The backend is not told what an operator ends: Talk would send each message of a room on.
    @Test(arguments: ["nextcloud", "owncloud10"])
    func nothingButItsEndIsToldOfAShareThatIsOver(_ kind: String) async throws {
        let world = try TestWorld(kind: kind)
        try TestPeer("modern.test").publish(on: world.net)
        for (id, secret) in [("22", "SECRET15CHARS00"), ("23", "ANOTHER-SECRET0")] {
            _ = try await world.send(OutboundMessages.share(id: id, secret: secret))
        }
        let share = try #require(world.gateway.registry.all.min { $0.id < $1.id })
        func tell(_ type: String, secret: String? = "SECRET15CHARS00") async throws -> Answer {
            try await world.notify(OutboundMessages.notification(type, secret: secret))
        }
        #expect(try await tell("MESSAGE_POSTED").status == 201)
        try await world.gateway.store.commit(
            world.gateway.registry.end(share.id, now: world.clock.now))
        for (type, status) in [("MESSAGE_POSTED", 400), ("RESHARE_CHANGE_PERMISSION", 403)] {
            for secret in ["SECRET15CHARS00", nil] {
                let answer = try await tell(type, secret: secret)
                #expect((answer.status, answer.code) == (status, "share_unknown"))
                let told = try JSONValue(parsing: answer.body).object?["message"]?.string
                #expect(told == (status == 400 ? "RESOURCE_NOT_FOUND" : nil))
            }
        }
        let decision = try #require(world.decisions().last)
        #expect(decision["by"]?.string == "guard:share_ended")
        #expect(world.mail.sent.count == 3)
        let other = OutboundMessages.notification(
            "MESSAGE_POSTED", id: "23", secret: "ANOTHER-SECRET0")
        #expect(try await world.notify(other).status == 201)
        for type in ["RESHARE_UNDO", "SHARE_UNSHARED"] {
            #expect(try await tell(type).status == 201)
        }
        #expect(world.mail.sent.count == 6)
    }

    /// Talk goes by that word of the peer's, and by no other.
    @Test(arguments: [
        (400, "RESOURCE_NOT_FOUND", true), (403, "RESOURCE_NOT_FOUND", false),
        (400, "user alice not found", false),
    ])
    func thatAPeerKnowsNoSuchShareIsTold(
        _ status: Int, _ message: String, _ isTold: Bool
    ) async throws {
        _ = try await world.send(OutboundMessages.share())
        world.mail.answer(status, #"{"message":"\#(message)","validationErrors":[]}"#)
        let answer = try await world.notify(OutboundMessages.notification("MESSAGE_POSTED"))
        #expect(answer.status == status)
        let told = try JSONValue(parsing: answer.body).object?["message"]?.string
        #expect(told == (isTold ? message : nil))
    }

    @Test func anEndDoesNotOvertakeItsShare() async throws {
        let world = world
        world.mail.hold()
        async let shared = world.send(OutboundMessages.share())
        while world.mail.sent.isEmpty { await Task.yield() }
        async let ended = world.notify(OutboundMessages.notification("SHARE_UNSHARED"))
        // It is over here at once.
        while world.gateway.registry.all.first?.ended == nil { await Task.yield() }
        // Long enough to be sent, if it did not wait.
        for _ in 0..<50 where world.mail.sent.count == 1 {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(world.mail.sent.count == 1)
        world.mail.release()
        #expect(try await shared.status == 201)
        #expect(try await ended.status == 201)
        #expect(world.mail.bodies.last?.contains("SHARE_UNSHARED") == true)
    }

    /// The share is not recorded yet, and nobody would know whose secret it is that the message shows.
    @Test(arguments: [true, false])
    func whatIsSaidOfAShareWaitsWhileItsPeerIsAskedForDocuments(_ isEnd: Bool) async throws {
        let world = world
        let message =
            isEnd
            ? OutboundMessages.notification("SHARE_UNSHARED")
            : OutboundMessages.moreAllowed(to: "modern.test")
        world.net.hold()
        async let shared = world.send(OutboundMessages.share())
        while world.net.asked.isEmpty { await Task.yield() }
        async let told = world.notify(message)
        // Long enough to be looked up, if it did not wait.
        try await Task.sleep(for: .milliseconds(100))
        world.net.release()
        #expect(try await shared.status == 201)
        #expect(try await told.status == 201)
        #expect(world.mail.bodies.first?.contains("doc.txt") == true)
        #expect(world.mail.bodies.allSatisfy { !$0.contains("SECRET15CHARS00") })
        let share = try #require(world.gateway.registry.all.first)
        #expect((share.ended != nil) == isEnd)
        #expect((share.accesses.first?.permissions == .named(["read", "write"])) == !isEnd)
    }

    @Test func nothingWaitsForAShareThatIsRefused() async throws {
        let world = world
        world.net.lose("modern.test")
        world.net.hold()
        async let shared = world.send(OutboundMessages.share())
        while world.net.asked.isEmpty { await Task.yield() }
        async let ended = world.notify(OutboundMessages.notification("SHARE_UNSHARED"))
        // What is said to others of a share of this name goes on meanwhile.
        let other = try await world.notify(
            OutboundMessages.notification("SHARE_UNSHARED"), to: "blocked.test")
        #expect(other.status >= 400)
        world.net.release()
        #expect(try await shared.status == 503)
        #expect(try await ended.status == 503)
        #expect(world.mail.sent.isEmpty)
    }
}
