import Federation
import Testing
import Transport

@testable import Gateway

/// What ends a share of ours at its peer's word.
@Suite struct ShareEndTests {
    private let test: TestGateway

    init() async throws { test = try await TestGateway() }

    /// A share that `one.test` passed on to `two.test`, or another; the code that it was told.
    private func passOn(to receiver: String = "two.test") async throws -> String {
        try await test.share(
            "secret-of-one-0", for: receiver, id: "1", handle: .make,
            owner: "alice@cloud.test", sender: "bob@one.test"
        ).credential
    }

    /// The backend has it no more, and whoever has the code would get tokens for nothing.
    @Test(arguments: [true, false])
    func aReshareIsOverOnceTheBackendHasTakenThat(_ isTaken: Bool) async throws {
        let code = try await passOn()
        test.backend.answers(isTaken ? 201 : 400, "[]")
        let text = Messages.notification("RESHARE_UNDO", id: "\"1\"", secret: code)
        let answer = try await test.post("/ocm/notifications", text)
        #expect(answer.status == (isTaken ? 201 : 400))
        let share = try #require(test.gateway.registry.all.first)
        #expect((share.ended != nil) == isTaken)
        let token = try await test.exchange(code: code, by: "two.test")
        #expect((token.status == 200) == !isTaken)
    }

    /// Nobody has recorded who shared it on, who has its secret.
    @Test(arguments: [true, false])
    func soIsOneThatWasAddedByHandWithItsSecret(_ isTaken: Bool) async throws {
        try await test.share("secret-of-one-0", for: "two.test", id: "1")
        test.backend.answers(isTaken ? 201 : 400, "[]")
        let text = Messages.notification(
            "RESHARE_UNDO", id: "\"1\"", secret: "secret-of-one-0")
        let answer = try await test.signedPost("/ocm/notifications", text)
        #expect(answer.status == (isTaken ? 201 : 400))
        #expect((test.gateway.registry.all.first?.ended != nil) == isTaken)
    }

    /// Nextcloud refuses it from a host that its user typed in capitals, and the code would stay good.
    @Test(arguments: [true, false])
    func whatItsReceiverSignsToBeDoneWithIsOverThoughTheBackendRefusesThat(
        _ isSigned: Bool
    ) async throws {
        let own = try await test.share("secret-of-one-0", id: "1", handle: .make)
        let text = Messages.notification("SHARE_DECLINED", id: "\"1\"", secret: own.credential)
        test.backend.answers(400, #"{"message":"remote instance not linked to origin"}"#)
        let answer =
            isSigned
            ? try await test.signedPost("/ocm/notifications", text)
            : try await test.post("/ocm/notifications", text)
        #expect(answer.status == 400)
        try await test.world.stored()
        #expect((test.gateway.registry.all.first?.ended != nil) == isSigned)
    }

    /// The backend knows it by its own secret, and its receiver has that too.
    @Test(arguments: ["one.test", "two.test", nil])
    func whoPassedAShareOnToOneOfTheSiteTakesItBackByTheCode(_ signer: String?) async throws {
        let code = try await passOn(to: "cloud.test")
        let text = Messages.notification("SHARE_UNSHARED", id: "\"1\"", secret: code)
        var request = TestRequest("/ocm/notifications", text)
        if let signer {
            let peer = try TestPeer(signer)
            try peer.publish(on: test.world.net)
            request = try peer.request("/ocm/notifications", text, at: test.world.clock.now)
        }
        // What another says is about nothing that we know.
        let isTheirs = signer != "two.test"
        let share = try #require(test.gateway.registry.all.first)
        let message = try await test.world.accept(request, as: .ocm(.notifications))
        #expect(message.ends?.id == (isTheirs ? share.id : nil))
        let told = String(decoding: message.body, as: UTF8.self)
        #expect(told.contains("secret-of-one-0") == isTheirs)
        #expect(told.contains(code) != isTheirs)
    }

    /// Who has the code of one share ends no other one by it.
    @Test func underAnotherIDTheCodeIsOfNoShare() async throws {
        let code = try await passOn(to: "cloud.test")
        let text = Messages.notification("SHARE_UNSHARED", id: "\"2\"", secret: code)
        let peer = try TestPeer("one.test")
        try peer.publish(on: test.world.net)
        let request = try peer.request("/ocm/notifications", text, at: test.world.clock.now)
        let message = try await test.world.accept(request, as: .ocm(.notifications))
        #expect(message.ends == nil)
        #expect(!String(decoding: message.body, as: UTF8.self).contains("secret-of-one-0"))
    }

    @Test func thatItIsUndoneIsTakenAfterThat() async throws {
        let code = try await passOn(to: "cloud.test")
        test.backend.answers(201, "[]")
        for type in ["SHARE_UNSHARED", "RESHARE_UNDO"] {
            let text = Messages.notification(type, id: "\"1\"", secret: code)
            #expect(try await test.post("/ocm/notifications", text).status == 201)
            #expect(test.gateway.registry.all.first?.ended != nil)
        }
        #expect(test.backend.take().count == 2)
    }

    @Test(arguments: ["revoke", "unshare"])
    func soItIsOverTheOlderAPI(_ verb: String) async throws {
        let rule = "[[rule]]\nname = \"older\"\non = [\"ocs.in\"]\naction = \"allow\""
        let test = try await TestGateway(rules: rule)
        let own = try await test.share(
            "secret-of-one-0", for: verb == "revoke" ? "two.test" : "cloud.test", id: "1",
            handle: .make, owner: "alice@cloud.test", sender: "bob@one.test")
        let taken = #"{"ocs":{"meta":{"status":"ok","statuscode":200,"message":"OK"},"data":[]}}"#
        test.backend.answers(200, taken)
        let answer = try await test.post(
            "/ocs/v2.php/cloud/shares/1/\(verb)", "token=\(own.credential)",
            type: "application/x-www-form-urlencoded")
        #expect(answer.status == 200)
        #expect(test.gateway.registry.all.first?.ended != nil)
    }
}
