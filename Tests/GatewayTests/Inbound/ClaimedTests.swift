import Federation
import Testing

@testable import Gateway

@Suite struct ClaimedTests {
    private let world: TestWorld

    init() throws { world = try TestWorld() }

    private func claim(
        _ body: String, as kind: Received.Kind = .ocm(.shares), type: String = "application/json"
    ) throws -> Claim? {
        let received = try world.received(TestRequest("/", body, type: type), as: kind)
        return try world.gateway.identify(received, world.trail(received)).claim
    }

    private func denial(
        _ body: String, as kind: Received.Kind = .ocm(.shares)
    ) throws -> Denial? {
        let received = try world.received(TestRequest("/", body), as: kind)
        do throws(Denial) {
            _ = try world.gateway.identify(received, world.trail(received))
            return nil
        } catch { return error }
    }

    @Test func aShareSpeaksForItsSender() throws {
        #expect(try claim(Messages.share(from: "modern.test"))?.peer.name == "modern.test")
    }

    @Test func anOldShareSpeaksForWhoeverSharedIt() throws {
        #expect(try claim(Messages.oldShare(from: "legacy.test"))?.peer.name == "legacy.test")
    }

    @Test func anInvitationSpeaksForItsRecipientsProvider() throws {
        let claim = try claim(Messages.invite(from: "modern.test"), as: .ocm(.inviteAccepted))
        #expect(claim?.signers.map(\.name) == ["modern.test"])
    }

    @Test func aRequestForAShareSpeaksForWhomItIsMeant() throws {
        let body =
            #"{"owner":"bob@cloud.test","shareWith":"eve@modern.test","share":"x"}"#
        #expect(
            try claim(body, as: .ocm(.requestShare))?.signers.map(\.name) == ["modern.test"])
    }

    @Test func aTokenRequestSpeaksForItsClient() throws {
        let body = "grant_type=authorization_code&client_id=modern.test&code=abc"
        let claim = try claim(body, as: .token, type: "application/x-www-form-urlencoded")
        #expect(claim?.signers.map(\.name) == ["modern.test"])
    }

    @Test func anUnsignedNotificationAboutNoShareOfOursNamesNobody() throws {
        // Nobody is an unlisted peer, so this is refused here already.
        let denial = try denial(Messages.notification(), as: .ocm(.notifications))
        #expect(denial?.code == .peerUnknown)
    }

    /// The backend looks for the user alone: a rule about `bob@cloud.test` would not be asked.
    @Test(arguments: [
        "bob@other.test", "bob@modern.test", "bob@cloud.test:8443", "bob@https://other.test/",
        "bob@cloud.test.other.test", "bob@sub.cloud.test",
    ])
    func aShareForSomebodyElsewhereIsRefused(_ recipient: String) throws {
        let denial = try denial(Messages.share(from: "modern.test", to: recipient))
        #expect(denial?.code == .misdirected)
        #expect(denial?.detail.contains("shareWith is at ") == true)
        let request = #"{"owner":"\#(recipient)","shareWith":"eve@modern.test","share":"x"}"#
        #expect(
            try self.denial(request, as: .ocm(.requestShare))?.code == .misdirected)
    }

    /// As servers of all ages write addresses (`legacy-wire.md` 2.3 to 2.8).
    @Test(arguments: [
        "bob@cloud.test", "bob@https://cloud.test", "bob@https://cloud.test/",
        "bob@http://cloud.test", "bob@CLOUD.test:443", "bob@cloud.test/index.php",
        "bob@https://cloud.test/nextcloud/", "bob@old.test", "bob@mail.example@cloud.test",
        "Ym9iQGNsb3VkLnRlc3Q=@cloud.test",
    ])
    func everyHonestAddressOfOursIsTaken(_ recipient: String) throws {
        #expect(try denial(Messages.share(from: "modern.test", to: recipient)) == nil)
    }

    /// A database may compare `bob` with `bob ` as one.
    @Test(arguments: ["bob @cloud.test", " bob@cloud.test", "bob\u{a0}@cloud.test"])
    func whiteSpaceAtTheEndOfANameIsRefused(_ recipient: String) throws {
        let denial = try denial(Messages.share(from: "modern.test", to: recipient))
        #expect(denial?.code == .malformedMessage)
    }

    @Test func whoMayNotComeInLearnsNothingOfOurNames() throws {
        let share = Messages.share(from: "blocked.test", to: "bob@other.test")
        #expect(try denial(share)?.code == .peerBlocked)
    }

    @Test(arguments: [
        ("blocked.test", DenialCode.peerBlocked), ("stranger.test", .peerUnknown),
    ]) func whoMayNotComeInIsRefusedAndNeverAsked(_ host: String, _ code: DenialCode) throws {
        #expect(try denial(Messages.share(from: host))?.code == code)
        #expect(world.net.asked.isEmpty)
    }

    @Test(arguments: [
        ("modern.test", "blocked.test", DenialCode.peerBlocked),
        ("blocked.test", "modern.test", .peerBlocked),
        ("modern.test", "stranger.test", .peerUnknown),
    ]) func everyHostThatTheMessageNamesMustBeLetIn(
        _ sender: String, _ owner: String, _ code: DenialCode
    ) throws {
        #expect(try denial(Messages.share(from: sender, owner: owner))?.code == code)
    }

    /// Whoever it names beside; signed it is of its signer, if the key is what its name says.
    @Test(arguments: [false, true]) func whatIsTurnedAwayIsOfItsPeer(_ isSigned: Bool) throws {
        let body = Messages.share(from: "modern.test", owner: "stranger.test")
        let turned = Messages.share(from: "stranger.test", owner: "modern.test")
        let request =
            isSigned
            ? try TestPeer("modern.test").request("/ocm/shares", body, at: world.clock.now)
            : TestRequest("/ocm/shares", turned)
        let received = try world.received(request)
        let trail = world.trail(received)
        #expect(throws: Denial.self) { _ = try world.gateway.identify(received, trail) }
        let record = trail.finished().record
        #expect(record.decision.signature?.result == (isSigned ? "unchecked" : "absent"))
        let facts = try #require(record.facts)
        #expect(facts.peer?.name == "modern.test")
        #expect(facts.alsoNamed.map(\.name) == ["stranger.test"])
        #expect(facts.signature == .none && facts.document == .unread)
        #expect(world.net.asked.isEmpty)
    }

    @Test(arguments: [
        "MODERN.test", "modern.test.", "modern.test:443", "Modern.Test:0443",
    ]) func spellingsOfAHostAreOneHost(_ host: String) throws {
        let claim = try? claim(Messages.share(from: host))
        #expect(claim == nil || claim?.peer.description == "modern.test")
    }

    @Test func theLastAtSignDecidesWhoseHostItIs() throws {
        let body = Messages.share(from: "modern.test")
            .replacing("alice@modern.test", with: "alice@blocked.test@modern.test")
        #expect(try claim(body)?.peer.name == "modern.test")
        let turned = Messages.share(from: "modern.test")
            .replacing("alice@modern.test", with: "alice@modern.test@blocked.test")
        #expect(try denial(turned)?.code == .peerBlocked)
    }

    @Test func observingLetsThemGoOnAndSaysSo() throws {
        let world = try TestWorld(profile: "observe")
        let received = try world.received(
            TestRequest("/", Messages.share(from: "blocked.test")))
        let trail = world.trail(received)
        _ = try world.gateway.identify(received, trail)
        #expect(trail.finished().record.decision.would.contains { $0.hasPrefix("peer_blocked") })
    }
}
