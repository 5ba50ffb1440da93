import Federation
import OpenSSL
import Testing

@testable import Gateway
@testable import Transport

/// What the backend tells its own site by the way out, and what it reads there.
@Suite struct OwnSiteTests {
    private static let secret = "SECRET15CHARS00"
    private static let older = "/ocs/v2.php/cloud/shares"

    private func post(
        _ target: String, _ text: String, type: String = "application/json", to test: TestGateway
    ) async throws -> Answer {
        let body = Array(text.utf8)
        let head = try test.head(
            "POST \(target) HTTP/1.1", "Content-Type: \(type)", "Content-Length: \(body.count)",
            "Cookie: session=1", "Signature: keyId=\"https://cloud.test/ocm#signature\"",
            "Range: bytes=0-9")
        guard
            case .read(_, let then) = test.gateway.plan(head, from: test.client, through: .wayOut)
        else { throw TestGateway.NoAddress() }
        return try await then(ReceivedRequest(head: head, body: body, client: test.client)).answered
    }

    private func share(
        from host: String = "cloud.test", to test: TestGateway
    ) async throws -> Answer {
        try await post("/ocm/shares", Messages.oldShare(from: host), to: test)
    }

    private func notify(
        _ type: String, secret: String? = OwnSiteTests.secret, id: String = "22",
        to test: TestGateway
    ) async throws -> Answer {
        try await post(
            "/ocm/notifications", OutboundMessages.notification(type, id: id, secret: secret),
            to: test)
    }

    private func call(
        _ path: String, _ form: String, to test: TestGateway
    ) async throws -> Answer {
        try await post(
            "\(Self.older)\(path)?format=json", form, type: "application/x-www-form-urlencoded",
            to: test)
    }

    /// Whether the share with the secret is over; nil where there is none.
    private func isOver(at test: TestGateway) -> Bool? {
        test.gateway.registry.find(Secret(utf8: Self.secret), .outbound).first.map {
            $0.share.ended != nil
        }
    }

    @Test func aShareBetweenTwoOfTheSiteReachesTheBackend() async throws {
        let test = try await TestGateway()
        test.backend.answers(201, #"{"recipientDisplayName":"Bob"}"#)
        let answer = try await share(to: test)
        #expect(answer.status == 201)
        #expect(String(decoding: answer.body, as: UTF8.self).contains("Bob"))
        // No login of anybody's goes with it, and the answer is asked for whole.
        #expect(test.backend.take() == ["POST /ocm/shares -"])
        let line = try #require(test.world.decisions().first)
        #expect(test.world.decisions().count == 1)
        #expect(line["by"]?.string == "guard:own_site" && line["action"]?.string == "allow")
        #expect(line["peer"] == nil && line["claimed"] == nil && line["signature"] == nil)
        #expect(line["ocm"]?.object?["provider_id"]?.string == "7")
        #expect(!test.logged().contains(Self.secret))
        // Nothing is exchanged, so nothing is kept.
        #expect(test.gateway.registry.count == 0)
    }

    @Test func soDoesOneOfTheOlderAPI() async throws {
        let test = try await TestGateway()
        let good = #"{"ocs":{"meta":{"status":"ok","statuscode":200},"data":[]}}"#
        test.backend.answers(200, good)
        #expect(try await call("", OutboundMessages.form(), to: test).status == 200)
        #expect(try await call("/22/accept", "token=\(Self.secret)", to: test).status == 200)
        #expect(
            test.backend.take() == ["POST \(Self.older) -", "POST \(Self.older)/22/accept -"])
    }

    @Test func theSameFromOutsideIsAStrangers() async throws {
        let test = try await TestGateway()
        test.backend.answers(201)
        let answer = try await test.post("/ocm/shares", Messages.oldShare(from: "cloud.test"))
        #expect(answer.code == "peer_unknown")
        #expect(test.backend.take() == [])
    }

    @Test func itSpeaksForNobodyElse() async throws {
        let test = try await TestGateway()
        let foreign = OutboundMessages.form().replacing("cloud.test", with: "one.test")
        let sender = OutboundMessages.form().replacing(
            "sharedByFederatedId=alice%40https%3A%2F%2Fcloud.test",
            with: "sharedByFederatedId=alice%40https%3A%2F%2Fone.test")
        let answers = [
            try await share(from: "one.test", to: test),
            try await post(
                "/ocm/shares", Messages.share(from: "one.test", owner: "cloud.test"), to: test),
            try await post(
                "/ocm/shares", Messages.share(from: "cloud.test", owner: "one.test"), to: test),
            try await call("", foreign, to: test), try await call("", sender, to: test),
            try await post(
                "/ocm/notifications",
                OutboundMessages.notification("SHARE_UNSHARED").replacing(
                    #""resourceType""#, with: #""senderDomain":"one.test","resourceType""#),
                to: test),
        ]
        for (place, answer) in answers.enumerated() { #expect(answer.status == 403, "\(place)") }
        #expect(
            test.world.decisions().map { $0["code"]?.string }
                == Array(repeating: "sender_mismatch", count: answers.count))
        #expect(test.backend.take() == [])
    }

    @Test func itIsForPeopleOfTheSite() async throws {
        let test = try await TestGateway()
        let answer = try await post(
            "/ocm/shares", Messages.share(from: "cloud.test", to: "bob@one.test"), to: test)
        #expect(answer.status == 421)
        #expect(test.backend.take() == [])
    }

    @Test func whatAPeerHasAskedForIsOfferedInItsNameMeanwhile() async throws {
        let test = try await TestGateway()
        test.backend.answers(201)
        let passed = Messages.share(from: "one.test", owner: "cloud.test")
        let asked = PeersReshare(
            sharer: try #require(PeerHost("one.test")), recipient: "bob@cloud.test")
        test.gateway.reshares.begin(asked)
        test.gateway.reshares.begin(asked)
        test.gateway.reshares.end(asked)
        #expect(try await post("/ocm/shares", passed, to: test).status == 201)
        // For nobody else, and by no other peer.
        let others = [
            passed.replacing("bob@", with: "eve@"), passed.replacing("one.test", with: "two.test"),
        ]
        for other in others {
            #expect(try await post("/ocm/shares", other, to: test).status == 403)
        }
        test.gateway.reshares.end(asked)
        #expect(try await post("/ocm/shares", passed, to: test).status == 403)
        #expect(test.backend.take().count == 1)
    }

    @Test func theRequestOfAPeerIsInHandWhileTheBackendHasIt() async throws {
        let test = try await TestGateway()
        try await test.share(Self.secret, for: "one.test", id: "22")
        let gateway = test.gateway
        let asked = PeersReshare(
            sharer: try #require(PeerHost("one.test")), recipient: "bob@cloud.test")
        let count = TestCounter()
        test.backend.does { if gateway.reshares.contains(asked) { count.add() } }
        let request = OutboundMessages.notification(
            "REQUEST_RESHARE", shareWith: "bob@https://cloud.test")
        _ = try await test.post("/ocm/notifications", request)
        #expect(count.value == 1)
        #expect(!gateway.reshares.contains(asked))
    }

    @Test func whatIsSaidOfAShareBetweenTwoOfTheSiteGoesOn() async throws {
        let test = try await TestGateway()
        test.backend.answers(201, #"{"token":"SECRET15CHARS01","providerId":"23"}"#)
        for type in ["SHARE_ACCEPTED", "SHARE_DECLINED", "SHARE_UNSHARED", "RESHARE_UNDO"] {
            #expect(try await notify(type, to: test).status == 201)
        }
        let request = OutboundMessages.notification(
            "REQUEST_RESHARE", shareWith: "eve@one.test")
        let answer = try await post("/ocm/notifications", request, to: test)
        // The backend hears its own secret.
        #expect(String(decoding: answer.body, as: UTF8.self).contains("SECRET15CHARS01"))
        #expect(test.backend.take().count == 5)
    }

    @Test func ofAPeersShareItSaysNothing() async throws {
        let test = try await TestGateway()
        test.backend.answers(201)
        try await test.share(
            Self.secret, for: "one.test", id: "22", owner: "alice@cloud.test",
            sender: "alice@cloud.test")
        let inbound = Messages.oldShare(from: "two.test", secret: "SECRET15CHARS07")
        #expect(try await test.post("/ocm/shares", inbound).status == 201)
        _ = test.backend.take()
        #expect(try await notify("SHARE_DECLINED", to: test).code == "sender_mismatch")
        let ended = try await notify("SHARE_UNSHARED", secret: "SECRET15CHARS07", id: "7", to: test)
        #expect(ended.code == "sender_mismatch")
        #expect(
            try await call("/22/decline", "token=\(Self.secret)", to: test).status == 403)
        // Nor where nothing proves which is meant.
        #expect(try await notify("SHARE_UNSHARED", secret: nil, to: test).code == "share_unknown")
        #expect(test.backend.take() == [])
        #expect(isOver(at: test) == false)
    }

    @Test func observingTellsOfItAndGoesOn() async throws {
        let test = try await TestGateway(profile: "observe")
        test.backend.answers(201)
        try await test.share(
            Self.secret, for: "one.test", id: "22", owner: "alice@cloud.test",
            sender: "alice@cloud.test")
        #expect(try await notify("SHARE_DECLINED", to: test).status == 201)
        #expect(try await notify("SHARE_UNSHARED", secret: nil, to: test).status == 201)
        #expect(test.backend.take().count == 2)
        let lines = test.world.decisions()
        let would = lines.map { $0["would"]?.array?.first?.string ?? "" }
        #expect(would.count == 2)
        #expect(would.first?.hasPrefix("sender_mismatch: ") == true)
        #expect(would.last?.hasPrefix("share_unknown: ") == true)
        #expect(lines.allSatisfy { $0["by"]?.string == "guard:own_site" })
        // The share is the peer's all the same.
        #expect(isOver(at: test) == false)
    }

    @Test func aBackendThatLooksAtNoSecretIsToldNothing() async throws {
        let test = try await TestGateway(kind: "ocis")
        let answer = try await notify("SHARE_UNSHARED", to: test)
        #expect(answer.code == "share_unknown")
        #expect(test.backend.take() == [])
    }

    /// Its owner tells whoever of ours shared it on what the receiver says, and is told that it is undone.
    @Test func whoSharedOnForOneOfOursIsTold() async throws {
        let test = try await TestGateway()
        test.backend.answers(201)
        try await test.share(
            Self.secret, for: "one.test", id: "22", owner: "alice@cloud.test",
            sender: "bob@cloud.test")
        for type in ["SHARE_ACCEPTED", "RESHARE_UNDO", "SHARE_DECLINED"] {
            #expect(try await notify(type, to: test).status == 201)
        }
        // It is the peer's, which has not ended it.
        #expect(isOver(at: test) == false)
    }

    /// Records a side of a peer's share that was passed on to one of ours.
    private func record(
        _ direction: ShareDirection, passedOnBy sender: String = "bob@cloud.test",
        handle: NewAccess.Handle = .none, at test: TestGateway
    ) async throws -> ShareRecord {
        let recording = test.gateway.registry.record(
            NewShare(
                direction: direction, origin: .seen, peer: try #require(PeerHost("one.test")),
                providerID: direction == .inbound ? ProviderID("22") : nil, resourceType: "file",
                owner: "alice@one.test", sender: sender, recipient: "eve@cloud.test",
                accesses: [
                    NewAccess(
                        protocolName: "webdav", secret: Secret(utf8: Self.secret), handle: handle,
                        permissions: .unspecified, uri: nil, requirements: [])
                ]), now: test.world.clock.now)
        try await test.gateway.store.commit(recording.change)
        return recording.share
    }

    @Test func whatOneOfOursPassedOnToAnotherTheyTakeBack() async throws {
        let test = try await TestGateway()
        let share = try await record(.inbound, at: test)
        let side = try await record(.outbound, at: test)
        func isOver(_ share: ShareRecord) -> Bool { test.gateway.registry[share.id]?.ended != nil }
        test.backend.answers(400)
        // Whether it is wanted is for its owner to hear.
        for type in ["SHARE_DECLINED", "SHARE_ACCEPTED"] {
            #expect(try await notify(type, to: test).code == "sender_mismatch")
        }
        // Only what the backend has taken ends it.
        #expect(try await notify("SHARE_UNSHARED", to: test).status == 400)
        #expect(!isOver(share))
        test.backend.answers(201)
        #expect(try await notify("SHARE_UNSHARED", to: test).status == 201)
        #expect(isOver(share))
        // What its owner is told of it comes yet.
        #expect(!isOver(side))
        #expect(test.backend.take().count == 2)
    }

    @Test func soTheyDoOverTheOlderAPI() async throws {
        let test = try await TestGateway()
        let share = try await record(.inbound, at: test)
        test.backend.answers(
            200, #"{"ocs":{"meta":{"status":"ok","statuscode":200},"data":[]}}"#)
        #expect(try await call("/22/unshare", "token=\(Self.secret)", to: test).status == 200)
        #expect(test.gateway.registry[share.id]?.ended != nil)
    }

    @Test func whatAnotherPassedOnToOneOfOursIsTheirs() async throws {
        let test = try await TestGateway()
        let share = try await record(.inbound, passedOnBy: "bob@two.test", at: test)
        #expect(try await notify("SHARE_UNSHARED", to: test).code == "sender_mismatch")
        #expect(test.backend.take() == [])
        #expect(test.gateway.registry[share.id]?.ended == nil)
    }

    /// Whoever passed it on has the secret from the owner's server, and its receiver a code of the gateway's.
    @Test func theBackendIsToldOfItByTheCodeThatItHas() async throws {
        let test = try await TestGateway()
        let share = try await record(.inbound, handle: .make, at: test)
        let code = try #require(try test.gateway.backendSecret(of: share)?.text)
        let target = "\(Self.older)/22/unshare"
        let path = try TargetPath(Array(target.utf8)[...], rule: .routed)
        let messages = [
            try Message(
                test.world.received(
                    TestRequest(
                        "/ocm/notifications", OutboundMessages.notification("SHARE_UNSHARED")),
                    as: .ocm(.notifications))),
            try Message(
                test.world.received(
                    TestRequest(
                        target, "token=\(Self.secret)", type: "application/x-www-form-urlencoded"),
                    as: .ocs(OCSCall(version: .v2, action: .change(id: "22", .unshare)), path))),
        ]
        for message in messages {
            let words = try #require(try test.gateway.words(of: message, ending: .ends(share)))
            let text = String(decoding: words, as: UTF8.self)
            #expect(text.contains(code) && !text.contains(Self.secret))
        }
    }

    @Test(arguments: ["SHARE_DECLINED", "SHARE_UNSHARED", "RESHARE_UNDO"])
    func whatAPeerPassedOnToOneOfOursIsReadByTheBackendsOwnSecret(until end: String) async throws {
        let test = try await TestGateway()
        test.backend.answers(400)
        let (_, code) = try await test.share(
            Self.secret, for: "cloud.test", id: "22", handle: .make, owner: "alice@cloud.test",
            sender: "bob@one.test")
        let data = try test.head(
            "PROPFIND /public.php/webdav/ HTTP/1.1", "Depth: 1", basic(Self.secret))
        let info = try test.head(
            "POST /index.php/apps/files_sharing/shareinfo?t=\(Self.secret) HTTP/1.1")
        let file = try test.head("GET /public.php/dav/files/\(Self.secret)/a HTTP/1.1")
        func read(_ head: RequestHead, through entrance: Gateway.Entrance = .wayOut) -> Planned {
            Planned(test.gateway.plan(head, from: test.client, through: entrance))
        }
        #expect(code != Self.secret)
        #expect(read(data).values("authorization").count == 1)
        #expect(read(info).lines.first?.contains(Self.secret) == true)
        // For whoever shows it from outside the code took its place.
        for head in [data, info, file] {
            #expect(read(head, through: .listener).code == "secret_refused", "\(head.target)")
        }
        // Only what the backend has taken ends it.
        #expect(try await notify(end, to: test).status == 400)
        #expect(read(data).code == nil)
        test.backend.answers(201)
        #expect(try await notify(end, to: test).status == 201)
        #expect(read(data).code == "secret_refused")
    }

    /// The peer that passed it on speaks of it by the code, and reads its own share.
    @Test(arguments: ["legacy", "all"])
    func theCodeOfWhatAPeerPassedOnToOneOfOursOpensNothing(_ taken: String) async throws {
        let test = try await TestGateway(token: "accept_secret = \"\(taken)\"", unknown: "allow")
        let (_, code) = try await test.share(
            Self.secret, for: "cloud.test", id: "22", handle: .make, owner: "alice@cloud.test",
            sender: "bob@one.test")
        let heads = [
            try test.head("PROPFIND /public.php/webdav/ HTTP/1.1", "Depth: 1", basic(code)),
            try test.head(
                "PUT /public.php/webdav/a HTTP/1.1", "Content-Length: 0", basic(code)),
            try test.head(
                "GET /public.php/webdav/a HTTP/1.1", "Authorization: Bearer \(code)"),
            try test.head("POST /index.php/apps/files_sharing/shareinfo?t=\(code) HTTP/1.1"),
            try test.head("GET /public.php/dav/files/\(code)/a HTTP/1.1"),
        ]
        for head in heads {
            for entrance in [Gateway.Entrance.listener, .wayOut] {
                let planned = Planned(
                    test.gateway.plan(head, from: test.client, through: entrance))
                #expect(planned.code == "secret_refused", "\(head.target) \(entrance)")
            }
        }
    }

    @Test func noPeerExchangesTheCodeOfWhatIsForOneOfOurs() async throws {
        let test = try await TestGateway(token: "bind = \"none\"")
        let (_, code) = try await test.share(
            Self.secret, for: "cloud.test", id: "22", handle: .make, owner: "alice@cloud.test",
            sender: "bob@one.test")
        #expect(try await test.exchange(code: code).code == "invalid_grant")
    }

    @Test func noSecretIsTakenButTheSitesOwn() async throws {
        let test = try await TestGateway(token: "accept_secret = \"none\"")
        let info = "/index.php/apps/files_sharing/shareinfo?t=\(Self.secret)"
        let heads = [
            try test.head("PROPFIND /public.php/webdav/ HTTP/1.1", "Depth: 1", basic(Self.secret)),
            try test.head("POST \(info) HTTP/1.1"),
        ]
        for head in heads {
            let own = Planned(test.gateway.plan(head, from: test.client, through: .wayOut))
            #expect(!own.lines.isEmpty)
            #expect(Planned(test.gateway.plan(head, from: test.client)).code == "secret_refused")
        }
    }
}
