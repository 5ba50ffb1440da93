import Federation
import OpenSSL
import Testing
import Transport

@testable import Gateway

@Suite struct DeliveryTests {
    private let test: TestGateway

    init() async throws {
        test = try await TestGateway()
        test.backend.answers(201)
    }

    private func share() async throws -> Int {
        try await test.post("/ocm/shares", Messages.share(from: "one.test")).status
    }

    private func notify() async throws -> Int {
        try await test.post("/ocm/notifications", Messages.notification()).status
    }

    /// The standing of the share on the disk as it is now.
    private func standingOnDisk() throws -> ShareStanding? {
        let copy = try test.scratch.crashed()
        let store = try Store.open(
            copy.file("state.db"), test.world.seal, now: test.world.clock.now)
        defer {
            store.close()
            withExtendedLifetime(copy) {}
        }
        return try ShareRegistry(store, test.world.seal)
            .find(Secret(utf8: "secret-of-seven"), .inbound).first?
            .share.standing(now: test.world.clock.now)
    }

    @Test func aShareIsOnTheDiskWhenThePeerHearsOfIt() async throws {
        #expect(try await share() == 201)
        #expect(try standingOnDisk() == .active)
    }

    @Test func whoSendsAShareIsToldTheRecipientThoughTheBackendTellsNothing() async throws {
        test.backend.answers(201, "[]")
        let answer = try await test.post("/ocm/shares", Messages.share(from: "one.test"))
        #expect(answer.body == Array(#"{"recipientDisplayName":"bob"}"#.utf8))
    }

    @Test func aShareThatComesTwiceAtOnceIsOne() async throws {
        for number in 0..<20 {
            let body = Messages.share(
                from: "one.test", id: "\(number)", secret: "secret-of-\(number)")
            async let first = test.post("/ocm/shares", body).status
            async let second = test.post("/ocm/shares", body).status
            let statuses = try await [first, second]
            #expect(statuses == [201, 201])
        }
        #expect(test.gateway.registry.count == 20)
    }

    // Nextcloud tries a password that is shown on any of its paths, and Apache cuts any answer.
    @Test(arguments: [
        "authorization", "cookie", "authorization-app-api", "ocm-token", "x-access-token", "range",
        "if-range",
    ])
    func aMessageLogsNobodyInAndAsksForNoPart(_ field: String) async throws {
        var request = TestRequest("/ocm/shares", Messages.share(from: "one.test"))
        request.add(field, "Basic YWxpY2U6cGFzc3dvcmQ=")
        _ = test.backend.take()
        #expect(try await test.world.receive(request).status == 201)
        let asked = test.backend.take()
        #expect(asked.count == 1 && asked.allSatisfy { $0.hasSuffix(" -") }, "\(asked)")
    }

    /// Whoever only sends shares for people who do not exist fills nothing.
    @Test func aShareThatTheBackendRefusesLeavesNothingBehind() async throws {
        test.backend.answers(400, #"{"message":"no such user"}"#)
        #expect(try await share() == 400)
        #expect(test.gateway.registry.count == 0)
        test.backend.answers(201)
        #expect(try await share() == 201)
        #expect(try await share() == 201)
        test.backend.answers(400, #"{"message":"it is there already"}"#)
        #expect(try await share() == 400)
        #expect(test.gateway.registry.all.map(\.ended) == [nil])
    }

    /// It stores a share before it asks for the data, and fails when the peer does.
    @Test func aShareWhoseDataASeafileDidNotGetIsKeptAndCanEnd() async throws {
        let test = try await TestGateway(kind: "seafile")
        let text = Messages.share(from: "one.test")
        test.backend.answers(400)
        #expect(try await test.post("/ocm/shares", text).status == 400)
        #expect(test.gateway.registry.count == 0)
        test.backend.answers(500, #"{"detail":"Internal Server Error"}"#)
        #expect(try await test.post("/ocm/shares", text).status == 500)
        #expect(test.gateway.registry.all.map(\.ended) == [nil])
        test.backend.answers(201)
        #expect(try await test.post("/ocm/notifications", Messages.notification()).status == 201)
        #expect(test.gateway.registry.all.allSatisfy { $0.ended != nil })
    }

    /// oCIS does not know that a share may be declined.
    @Test func aShareThatIsDeclinedEndsThoughTheBackendIsNotTold() async throws {
        let ocis = try await TestGateway(kind: "ocis")
        ocis.backend.answers(400)
        let (_, code) = try await ocis.share("secret-of-one-0", id: "1", handle: .make)
        let body = Messages.notification("SHARE_DECLINED", id: "\"1\"", secret: code)
        #expect(try await ocis.post("/ocm/notifications", body).status == 201)
        #expect(ocis.backend.take() == [])
        #expect(ocis.gateway.registry.all.allSatisfy { $0.ended != nil })
        #expect(try await ocis.exchange(code: code).code == "invalid_grant")
    }

    /// Nextcloud does not know that permissions may change.
    @Test func whatAShareAllowsIsSoThoughTheBackendIsNotTold() async throws {
        #expect(try await share() == 201)
        _ = test.backend.take()
        test.backend.answers(400)
        let body =
            #"{"notificationType":"SHARE_CHANGE_PERMISSION","resourceType":"file","#
            + #""providerId":"7","notification":{"sharedSecret":"secret-of-seven","protocol":{"#
            + #""name":"multi","options":{},"webdav":{"permissions":["read","share"]}}}}"#
        #expect(try await test.post("/ocm/notifications", body).status == 201)
        #expect(test.backend.take() == [])
        let share = try #require(test.gateway.registry.all.first)
        #expect(share.accesses.first?.permissions == .named(["read", "share"]))
    }

    @Test func theEndOfAShareIsOnTheDiskWhenThePeerHearsOfIt() async throws {
        #expect(try await share() == 201)
        #expect(try await notify() == 201)
        #expect(try standingOnDisk() == .ended)
    }

    /// Its owner may be quicker than the documents of the peer.
    @Test(arguments: [(false, true), (true, true), (true, false)])
    func anEndThatComesWhileItsShareIsJudgedEndsIt(
        _ isSigned: Bool, _ showsSecret: Bool
    ) async throws {
        let test = test
        let share = Messages.share(from: "one.test")
        let end = Messages.notification(secret: showsSecret ? "secret-of-seven" : nil)
        @Sendable func post(_ target: String, _ text: String) async throws -> Int {
            isSigned
                ? try await test.signedPost(target, text).status
                : try await test.post(target, text).status
        }
        _ = test.backend.take()
        test.world.net.hold()
        async let shared = post("/ocm/shares", share)
        while test.world.net.asked.isEmpty { await Task.yield() }
        async let ended = post("/ocm/notifications", end)
        // Long enough to be refused, if it did not wait.
        for _ in 0..<20 where test.world.decisions().isEmpty {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(test.world.decisions().isEmpty)
        test.world.net.release()
        #expect(try await shared == 201)
        #expect(try await ended == 201)
        let told = test.backend.take().filter { $0.hasPrefix("POST ") }
        #expect(told.map { $0.contains("/notifications") } == [false, true])
        #expect(test.gateway.registry.all.map { $0.ended != nil } == [true])
    }

    /// Whoever does not know the secret learns nothing by having to wait.
    @Test func whoShowsAnotherSecretDoesNotWait() async throws {
        let test = test
        test.world.net.hold()
        async let shared = test.post("/ocm/shares", Messages.share(from: "one.test"))
        while test.world.net.asked.isEmpty { await Task.yield() }
        for secret in ["another-secret", nil] {
            let end = Messages.notification(secret: secret)
            #expect(try await test.post("/ocm/notifications", end).status == 403)
        }
        test.world.net.release()
        #expect(try await shared.status == 201)
        #expect(test.gateway.registry.all.map(\.ended) == [nil])
    }

    /// Sent again with something changed, it is another to the registry.
    @Test func theEndOfAShareEndsThoseInWhosePlaceItCame() async throws {
        // Seafile has one name for all.
        let other = Messages.share(from: "one.test", secret: "secret-of-another")
        let first = Messages.share(from: "one.test")
        let changed = first.replacing(#"["read"]"#, with: #"["read","write"]"#)
        let carols = Messages.share(from: "one.test", to: "carol@cloud.test")
        for text in [other, carols, first, changed] {
            #expect(try await test.post("/ocm/shares", text).status == 201)
        }
        let all = test.gateway.registry.all
        #expect(all.count == 4)
        #expect(try await notify() == 201)
        let standing = test.gateway.registry.all.filter { $0.ended == nil }
        #expect(standing.map(\.id) == all.prefix(2).map(\.id))
    }

    @Test func anEndThatCannotBeWrittenIsNotAcknowledged() async throws {
        #expect(try await share() == 201)
        let store = test.gateway.store
        test.backend.does { store.close() }
        #expect(try await notify() == 503)
    }

    /// The answer to a peer that asks for a reshare of its share, told `body` by the backend.
    private func reshare(
        _ body: String, in other: TestGateway? = nil,
        permissions: SharePermissions = .unspecified, expires: Int? = nil,
        settings: RuleSettings = .none
    ) async throws -> JSONObject {
        let test = other ?? test
        let own = try await test.share(
            "secret-of-one-0", id: "1", permissions: permissions, handle: .make, expires: expires,
            settings: settings)
        test.backend.answers(201, body)
        let answer = try await test.post(
            "/ocm/notifications",
            OutboundMessages.notification(
                "REQUEST_RESHARE", id: "1", secret: own.credential, shareWith: "carol@two.test"))
        #expect(answer.status == 201)
        return try #require(try JSONValue(parsing: answer.body).object)
    }

    @Test(arguments: ["token", "sharedSecret"])
    func theSecretOfAReshareIsACodeOutside(_ name: String) async throws {
        let told = try await reshare(#"{"\#(name)":"NEWSECRET15CHAR","providerId":"23"}"#)
        let code = try #require(told["token"]?.string)
        #expect(told["sharedSecret"]?.string == code)
        #expect(code != "NEWSECRET15CHAR")
        let found = test.gateway.registry.find(Secret(utf8: code), .outbound)
        #expect(found.map(\.share.peer.description) == ["two.test"])
        #expect(found.first?.share.providerID == ProviderID("23"))
    }

    @Test func aReshareIsHeldToWhatItsOriginalIsHeldTo() async throws {
        let expires = test.gateway.environment.now() + 60
        let settings = RuleSettings(tokenTTL: .seconds(20), acceptSecret: .all, bind: .peer)
        let told = try await reshare(
            #"{"token":"NEWSECRET15CHAR","providerId":"23"}"#, permissions: .named(["read"]),
            expires: expires, settings: settings)
        let code = try #require(told["token"]?.string)
        let share = try #require(
            test.gateway.registry.find(Secret(utf8: code), .outbound).first?.share)
        #expect(share.expires == expires && share.settings == settings)
        let path = "/public.php/webdav/a HTTP/1.1"
        #expect(try test.plan("GET \(path)", basic(code)).status == nil)
        #expect(try test.plan("PUT \(path)", basic(code), "Content-Length: 1").status == 403)
        test.pass(seconds: 60)
        #expect(try test.plan("GET \(path)", basic(code)).status == 401)
    }

    /// Without a way out of ours the backend tells the receiver of a reshare its secret.
    @Test(arguments: ["", "[egress]\nlisten = \"127.0.0.1:2\""])
    func theReceiverOfAReshareOpensItByWhatItWasTold(_ egress: String) async throws {
        let test = try await TestGateway(token: egress)
        let told = try await reshare(
            #"{"token":"NEWSECRET15CHAR","providerId":"23"}"#, in: test,
            permissions: .named(["read"]))
        let isTold = egress.isEmpty
        let path = "/public.php/webdav/a HTTP/1.1"
        let secret = "NEWSECRET15CHAR"
        #expect(try test.plan("GET \(path)", basic(secret)).status == (isTold ? nil : 401))
        let write = try test.plan("PUT \(path)", basic(secret), "Content-Length: 1")
        #expect(write.status == (isTold ? 403 : 401))
        let exchanged = try await test.exchange(code: secret, by: "two.test")
        #expect(exchanged.status == (isTold ? 200 : 400))
        let code = try #require(told["token"]?.string)
        #expect(try test.plan("GET \(path)", basic(code)).status == nil)
        // It says so by the words that it knows.
        let declined = Messages.notification(
            "SHARE_DECLINED", id: "\"23\"", secret: isTold ? secret : code)
        test.backend.answers(201, "[]")
        #expect(try await test.post("/ocm/notifications", declined).status == 201)
        for shown in [secret, code] {
            #expect(try test.plan("GET \(path)", basic(shown)).status == 401)
        }
    }

    @Test func aReshareThatWasSentAlreadyKeepsItsCode() async throws {
        let sent = try await test.share(
            "NEWSECRET15CHAR", for: "two.test", id: "23", handle: .make)
        let told = try await reshare(#"{"token":"NEWSECRET15CHAR","providerId":"23"}"#)
        #expect(told["token"]?.string == sent.credential)
        #expect(test.gateway.registry.all.count == 2)
    }

    /// With a way out the backend sends it before it answers. One that somebody else made is not cut.
    @Test(arguments: ["bob@one.test", "alice@cloud.test"])
    func aReshareThatWasSentAlreadyAllowsNoMoreThanItsOriginal(_ sender: String) async throws {
        let expires = test.gateway.environment.now() + 60
        let code = try await test.share(
            "NEWSECRET15CHAR", for: "two.test", id: "23", handle: .make, sender: sender
        ).credential
        _ = try await reshare(
            #"{"token":"NEWSECRET15CHAR","providerId":"23"}"#, permissions: .named(["read"]),
            expires: expires)
        let isHeld = sender == "bob@one.test"
        let share = try #require(
            test.gateway.registry.find(Secret(utf8: code), .outbound).first?.share)
        #expect(share.expires == (isHeld ? expires : nil))
        let path = "/public.php/webdav/a HTTP/1.1"
        #expect(try test.plan("GET \(path)", basic(code)).status == nil)
        let write = try test.plan("PUT \(path)", basic(code), "Content-Length: 1")
        #expect(write.status == (isHeld ? 403 : nil))
        test.pass(seconds: 60)
        let late = try test.plan("GET \(path)", basic(code))
        #expect(late.status == (isHeld ? 401 : nil))
    }

    /// What asking for a reshare is answered over OCM, and over the older API.
    private func asked(_ own: String, in test: TestGateway, _ isOCM: Bool) async throws -> Answer {
        guard isOCM else {
            return try await test.post(
                "/ocs/v2.php/cloud/shares/1/reshare",
                "token=\(own)&shareWith=carol%40two.test&permission=1&remoteId=1",
                type: "application/x-www-form-urlencoded")
        }
        return try await test.post(
            "/ocm/notifications",
            OutboundMessages.notification(
                "REQUEST_RESHARE", id: "1", secret: own, shareWith: "carol@two.test"))
    }

    @Test(arguments: [
        #"{"token":"NEWSECRET15CHAR ","providerId":"23"}"#, #"{"secret":"NEWSECRET15CHAR"}"#,
        #"{"token":"A-SECRET-15CHAR","sharedSecret":"NEWSECRET15CHAR"}"#,
        #"{"Token":"NEWSECRET15CHAR"}"#, #"["NEWSECRET15CHAR"]"#,
        #"{"x":"NEWSECRET15CHAR","ocs":{"data":{"token":"A-SECRET-15CHAR"}}}"#,
    ])
    func aReshareWhoseSecretCannotBeReadIsNotTold(_ said: String) async throws {
        for isOCM in [true, false] {
            let test = try await TestGateway(
                rules: "[[rule]]\nname = \"older\"\non = [\"ocs\"]\naction = \"allow\"")
            let own = try await test.share("secret-of-one-0", id: "1", handle: .make).credential
            let meta = #""meta":{"status":"ok","statuscode":200,"message":"OK"}"#
            test.backend.answers(
                isOCM ? 201 : 200, isOCM ? said : #"{"ocs":{\#(meta),"data":\#(said)}}"#)
            let answer = try await asked(own, in: test, isOCM)
            #expect(answer.status == 502 && answer.code == "backend_unavailable")
            #expect(!String(decoding: answer.body, as: UTF8.self).contains("NEWSECRET15CHAR"))
            #expect(test.gateway.registry.all.count == 1)
        }
    }

    @Test func anAskerMayHearOfNoReshare() async throws {
        let test = try await TestGateway(
            rules: "[[rule]]\nname = \"older\"\non = [\"ocs\"]\naction = \"allow\"")
        let own = try await test.share("secret-of-one-0", id: "1", handle: .make).credential
        for said in ["[]", #"{"status":"ok"}"#, #"{"message":"queued"}"#, #"{"token":""}"#] {
            test.backend.answers(201, said)
            let answer = try await asked(own, in: test, true)
            #expect(answer.status == 201 && answer.body == Array("[]".utf8))
        }
        test.backend.answers(200, #"{"ocs":{"meta":{"statuscode":100},"data":[]}}"#)
        #expect(try await asked(own, in: test, false).status == 200)
        // What failed is told in other words anyway.
        test.backend.answers(200, #"{"ocs":{"meta":{"statuscode":404},"data":{"x":"y"}}}"#)
        let failed = try await asked(own, in: test, false)
        #expect(failed.status == 200)
        #expect(String(decoding: failed.body, as: UTF8.self).contains(#""statuscode":404"#))
    }

    @Test func aHandleThatTheBackendRepeatsIsNotLogged() async throws {
        #expect(try await share() == 201)
        let share = try #require(test.gateway.registry.all.first)
        let handle = try #require(try test.gateway.backendSecret(of: share)?.text)
        test.backend.answers(400, #"{"message":"no share \#(handle)"}"#)
        _ = try await notify()
        test.gateway.log.flush()
        #expect(!test.world.lines.all.contains { $0.contains(handle) })
    }

    /// Nobody proves that the other server agrees, and the data of the share would be shut there.
    @Test func aShareIsNotMovedToAnotherServer() async throws {
        let test = try await TestGateway(
            rules: "[[rule]]\nname = \"older\"\non = [\"ocs\"]\naction = \"allow\"")
        test.backend.answers(201)
        let share = Messages.share(from: "one.test")
        #expect(try await test.post("/ocm/shares", share).status == 201)
        _ = test.backend.take()
        let answer = try await test.post(
            "/ocs/v2.php/cloud/shares/7/move",
            "token=secret-of-seven&remote=https://two.test/&new_id=8",
            type: "application/x-www-form-urlencoded")
        #expect(answer.status == 501)
        #expect(test.backend.take() == [])
        #expect(test.gateway.registry.all.allSatisfy { $0.ended == nil })
    }

    /// The backend is not told what an operator ends, and would make another share of it; its database may
    /// take "07" for 7.
    @Test(arguments: [true, false], ["7", "07"])
    func aShareThatIsOverBuysNoOther(_ hasCode: Bool, _ id: String) async throws {
        let test = try await TestGateway(
            rules: "[[rule]]\nname = \"older\"\non = [\"ocs\"]\naction = \"allow\"")
        let own = try await test.share(
            "secret-of-one-0", id: "7", handle: hasCode ? .make : .none)
        try await test.gateway.store.commit(
            test.gateway.registry.end(own.id, now: test.gateway.environment.now()))
        test.backend.answers(201, #"{"token":"NEWSECRET15CHAR","providerId":"23"}"#)
        _ = test.backend.take()
        for type in ["REQUEST_RESHARE", "SHARE_ACCEPTED", "RESHARE_CHANGE_PERMISSION"] {
            let text = OutboundMessages.notification(
                type, id: id, secret: own.credential, shareWith: "carol@two.test")
            #expect(try await test.post("/ocm/notifications", text).code == "share_unknown")
        }
        let form = "token=\(own.credential)&shareWith=carol%40two.test&permissions=1"
        for verb in ["reshare", "accept", "permissions"] {
            let answer = try await test.post(
                "/ocs/v2.php/cloud/shares/\(id)/\(verb)", form,
                type: "application/x-www-form-urlencoded")
            #expect(answer.code == "share_unknown")
        }
        #expect(!test.backend.take().contains { $0.hasPrefix("POST ") })
        // That the peer is done with it the backend may hear.
        let declined = Messages.notification(
            "SHARE_DECLINED", id: "\"\(id)\"", secret: own.credential)
        #expect(try await test.post("/ocm/notifications", declined).status == 201)
    }

    /// Only the backend was told it; a reshare would open what the secret itself does not.
    @Test func theSecretThatACodeStandsForBuysNothing() async throws {
        let test = try await TestGateway(
            rules: "[[rule]]\nname = \"older\"\non = [\"ocs\"]\naction = \"allow\"")
        let secret = "secret-of-one-0"
        try await test.share(secret, id: "1", handle: .make)
        test.backend.answers(201, #"{"token":"NEWSECRET15CHAR","providerId":"23"}"#)
        _ = test.backend.take()
        for isOCM in [true, false] {
            #expect(try await asked(secret, in: test, isOCM).status == 403)
        }
        let declined = Messages.notification("SHARE_DECLINED", id: "\"1\"", secret: secret)
        #expect(try await test.post("/ocm/notifications", declined).status == 403)
        for verb in ["accept", "decline"] {
            let answer = try await test.post(
                "/ocs/v2.php/cloud/shares/1/\(verb)", "token=\(secret)",
                type: "application/x-www-form-urlencoded")
            #expect(answer.status == 403)
        }
        #expect(!test.backend.take().contains { $0.hasPrefix("POST ") })
        #expect(test.gateway.registry.all.map(\.ended) == [nil])
    }

    @Test(arguments: ["", "/cloud"])
    func permissionsOfAReshareGoToNextcloudWhereItTakesThem(_ folder: String) async throws {
        if !folder.isEmpty { try test.moveBackend() }
        let own = try await test.share("secret-of-one-0", id: "1", handle: .make)
        let text = """
            {"notificationType":"RESHARE_CHANGE_PERMISSION","resourceType":"file","providerId":"1",\
            "notification":{"sharedSecret":"\(own.credential)","permission":["read","share"]}}
            """
        let taken = #"{"ocs":{"meta":{"status":"ok","statuscode":200,"message":"OK"},"data":[]}}"#
        test.backend.answers(200, taken)
        _ = test.backend.take()
        #expect(try await test.post("/ocm/notifications", text).status == 201)
        // Its document it may be asked for anew by now.
        let sent = test.backend.take().filter { $0.hasPrefix("POST ") }
        #expect(sent == ["POST \(folder)/ocs/v2.php/cloud/shares/1/permissions -"])
        // The older API may say 200 for a failure too.
        test.backend.answers(
            200, #"{"ocs":{"meta":{"status":"failure","statuscode":403,"message":"no"}}}"#)
        #expect(try await test.post("/ocm/notifications", text).status == 400)
    }

    @Test(arguments: ["owncloud10", "nextcloud"])
    func aReshareThatIsOverGoesToTheBackendWhereItTakesIt(_ kind: String) async throws {
        let test = try await TestGateway(kind: kind)
        let peer = try TestPeer("modern.test")
        test.gateway.backend.learn(
            try DiscoveryDocument(parsing: Array(peer.discovery.utf8)), statusVersion: "33.0.3.2")
        let own = try await test.share("secret-of-one-0", id: "1", handle: .make)
        let text = """
            {"notificationType":"RESHARE_UNDO","resourceType":"file","providerId":"1",\
            "notification":{"sharedSecret":"\(own.credential)"}}
            """
        let taken = #"{"ocs":{"meta":{"status":"ok","statuscode":200,"message":"OK"},"data":[]}}"#
        test.backend.answers(200, taken)
        _ = test.backend.take()
        #expect(try await test.post("/ocm/notifications", text).status == 201)
        // Its document it may be asked for anew by now.
        let sent = test.backend.take().filter { $0.hasPrefix("POST ") }
        #expect(sent == ["POST /ocs/v2.php/cloud/shares/1/revoke -"])
    }

    @Test func whoAcceptsAnInvitationOfOursIsAContactAndNobodyElse() async throws {
        test.backend.answers(200, #"{"userID":"bob","email":"","name":"Bob"}"#)
        let answer = try await test.post("/ocm/invite-accepted", Messages.invite(from: "one.test"))
        #expect(answer.status == 200)
        let peer = try #require(PeerHost("one.test"))
        let contact = Contact(
            peer: peer, remote: "eve", local: "bob", site: test.gateway.site.host)
        #expect(test.gateway.contacts.contains(contact))
        let other = try await test.post("/ocm/invite-accepted", Messages.invite(from: "two.test"))
        #expect(other.status == 403)
    }
}
