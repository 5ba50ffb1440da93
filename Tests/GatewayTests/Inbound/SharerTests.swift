import Federation
import OpenSSL
import Testing
import Transport

@testable import Gateway

/// Shares that a peer says somebody of this site has passed on: `carol` has one of `modern.test`'s.
@Suite struct SharerTests {
    private static let secret = "NEWSECRET15CHAR"

    private let world: TestWorld
    private let modern: TestPeer
    private let cavage: TestPeer

    init() throws { (world, modern, cavage) = try TestWorld.withPeers() }

    private func receiveOriginal() async throws {
        let recording = world.gateway.registry.record(
            NewShare(
                direction: .inbound, origin: .seen, peer: try #require(PeerHost("modern.test")),
                providerID: ProviderID("9"), resourceType: "file", owner: "alice@modern.test",
                sender: "alice@modern.test", recipient: "carol@cloud.test",
                accesses: [.webdav(Secret(utf8: "a-secret-of-nine"))]), now: world.clock.now)
        try await world.gateway.store.commit(recording.change)
    }

    /// Told to a Nextcloud, it is somebody at this site's own address.
    @Test func nobodySharesInTheNameOfAnotherPortOfThisSite() async throws {
        let world = try TestWorld(partners: ["modern.test", "cloud.test:8443"])
        let modern = try TestPeer("modern.test")
        let other = try TestPeer("cloud.test:8443")
        for peer in [modern, other] { try peer.publish(on: world.net) }
        let share = Messages.oldShare(from: "modern.test").replacing(
            #""sharedBy":"alice@https://modern.test/"#,
            with: #""sharedBy":"dean@https://cloud.test:8443/"#)
        let denial = try await world.denial(
            try modern.request("/ocm/shares", share, at: world.clock.now))
        #expect(denial?.code == .senderMismatch)
        // A server of its own there shares what is its own.
        let own = try other.request(
            "/ocm/shares", Messages.oldShare(from: other.host), at: world.clock.now)
        #expect(try await world.denial(own) == nil)
    }

    private func askForReshare() async throws -> Int {
        try await world.notify(
            OutboundMessages.notification(
                "REQUEST_RESHARE", id: "9", secret: "a-secret-of-nine",
                shareWith: "bob@https://cloud.test")
        ).status
    }

    /// Why a share of a peer's, said to be passed on by somebody, is refused.
    private func refusal(
        by sharer: String = "carol@https://cloud.test/", secret: String = SharerTests.secret,
        of peer: TestPeer? = nil, to recipient: String = "bob"
    ) async throws -> DenialCode? {
        world.clock.pass(1)
        let peer = peer ?? modern
        let share = Messages.oldShare(from: peer.host, secret: secret).replacing(
            #""sharedBy":"alice@https://\#(peer.host)/"#, with: #""sharedBy":"\#(sharer)"#
        ).replacing("bob@", with: "\(recipient)@")
        return try await world.denial(
            try peer.request("/ocm/shares", share, at: world.clock.now))?.code
    }

    @Test func nobodySharesInTheNameOfOneOfOurs() async throws {
        try await receiveOriginal()
        for sharer in ["carol@https://cloud.test/", "carol@cloud.test", "dean@old.test"] {
            #expect(try await refusal(by: sharer) == .senderMismatch)
        }
        #expect(try await refusal(by: "carol@stranger.test") == .peerUnknown)
    }

    @Test func whatOneOfOursHasAskedForComesBeforeTheAnswerAndAfter() async throws {
        try await receiveOriginal()
        world.mail.answer(201, #"{"token":"\#(Self.secret)","providerId":"23"}"#)
        world.mail.hold()
        async let asked = askForReshare()
        while world.mail.sent.isEmpty { await Task.yield() }
        // Nobody knows its secret yet.
        #expect(try await refusal(secret: "SECRET15CHARS01") == nil)
        #expect(try await refusal(by: "carol@old.test", secret: "SECRET15CHARS02") == nil)
        try await refusesWhatNobodyAskedFor()
        world.mail.release()
        #expect(try await asked == 201)
        #expect(try await refusal() == nil)
        #expect(try await refusal(secret: "SECRET15CHARS03") == .senderMismatch)
        try await refusesWhatNobodyAskedFor()
    }

    private func refusesWhatNobodyAskedFor() async throws {
        #expect(try await refusal(by: "dean@cloud.test") == .senderMismatch)
        #expect(try await refusal(of: cavage) == .senderMismatch)
        #expect(try await refusal(to: "eve") == .senderMismatch)
    }

    /// Who has the share is not known then, and that somebody has asked is.
    @Test func ofAShareFromBeforeTheGatewayTheRequestIsProof() async throws {
        world.mail.answer(201, #"{"token":"\#(Self.secret)","providerId":"23"}"#)
        world.mail.hold()
        async let asked = askForReshare()
        while world.mail.sent.isEmpty { await Task.yield() }
        #expect(try await refusal(secret: "SECRET15CHARS01") == nil)
        #expect(try await refusal(of: cavage) == .senderMismatch)
        #expect(try await refusal(to: "eve") == .senderMismatch)
        world.mail.release()
        #expect(try await asked == 201)
        #expect(try await refusal(secret: "SECRET15CHARS02") == .senderMismatch)
    }

    @Test func afterTheAnswerAShareFromBeforeTheGatewayProvesNothing() async throws {
        world.mail.answer(201, #"{"token":"\#(Self.secret)","providerId":"23"}"#)
        #expect(try await askForReshare() == 201)
        #expect(try await refusal() == .senderMismatch)
    }

    @Test func observingTellsOfIt() async throws {
        let world = try TestWorld(profile: "observe")
        let share = Messages.oldShare(from: "legacy.test").replacing(
            #""sharedBy":"alice@https://legacy.test/"#, with: #""sharedBy":"carol@cloud.test"#)
        #expect(try await world.denial(TestRequest("/ocm/shares", share)) == nil)
    }

    @Test func soItIsOverTheOlderAPI() async throws {
        let test = try await TestGateway(
            rules: "[[rule]]\nname = \"older\"\non = [\"ocs\"]\naction = \"allow\"")
        test.backend.answers(
            200, #"{"ocs":{"meta":{"status":"ok","statuscode":200,"message":"OK"},"data":[]}}"#)
        func post() async throws -> Int {
            try await test.post(
                "/ocs/v2.php/cloud/shares?format=json",
                "shareWith=bob&token=\(Self.secret)&name=a.txt&remoteId=7&owner=alice"
                    + "&remote=https%3A%2F%2Fone.test&sharedByFederatedId=carol%40cloud.test",
                type: "application/x-www-form-urlencoded"
            ).status
        }
        _ = try await post()
        #expect(test.world.decisions().last?["code"]?.string == "sender_mismatch")
        #expect(test.backend.take() == [])
        test.gateway.ownReshares.begin(
            OwnReshare(
                of: try #require(PeerHost("one.test")),
                by: OCMAddress("carol@cloud.test"),
                for: try #require(OCMAddress("bob@cloud.test")), ours: test.gateway.site.hosts))
        #expect(try await post() == 200)
    }
}
