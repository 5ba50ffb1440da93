import Federation
import Testing

@testable import Gateway

/// What may be said of the ways to a share once it is there: `modern.test` shares a file of its `alice`, which
/// `carol` of `cavage.test` has passed on, with somebody at an oCIS.
@Suite struct ChangedWaysTests {
    private static let secret = "SECRET15CHARS00"

    private func world(
        profile: String = "bridge"
    ) async throws -> (TestWorld, modern: TestPeer, cavage: TestPeer) {
        let world = try TestWorld(profile: profile, kind: "ocis")
        let modern = try TestPeer("modern.test")
        let cavage = try TestPeer("cavage.test", .cavage)
        try modern.publish(on: world.net)
        try cavage.publish(on: world.net)
        let share = Messages.oldShare(from: "modern.test", secret: Self.secret).replacing(
            #""sharedBy":"alice@https://modern.test/"#,
            with: #""sharedBy":"carol@https://cavage.test/"#)
        _ = try await world.accept(
            try modern.request("/ocm/shares", share, at: world.clock.now))
        return (world, modern, cavage)
    }

    /// What is refused of a change, and how, by a way with these members.
    private func denial(
        _ members: String, by peer: TestPeer, in world: TestWorld
    ) async throws -> DenialCode? {
        world.clock.pass(1)
        let text =
            #"{"notificationType":"SHARE_CHANGE_PERMISSION","resourceType":"file","#
            + #""providerId":"7","notification":{"sharedSecret":"\#(Self.secret)","#
            + #""grantee":"bob@cloud.test","protocol":{"name":"multi","options":{},"#
            + #""webdav":{"permissions":["read"]\#(members)}}}}"#
        return try await world.denial(
            try peer.request("/ocm/notifications", text, at: world.clock.now),
            as: .ocm(.notifications))?.code
    }

    /// Whoever passed a share on knows its secret, and does not have its data.
    @Test(arguments: ["bridge", "observe"])
    func whoPassedAShareOnLeadsNobodyToItself(_ profile: String) async throws {
        let (world, _, cavage) = try await world(profile: profile)
        for members in [
            #","uri":"https://cavage.test/dav/x""#, #","uri":"https://modern.test/dav/""#,
            #","uriTemplate":"https://cavage.test/x""#, #","sharedSecret":"another-secret-0""#,
        ] {
            let code = try await denial(members, by: cavage, in: world)
            #expect(code == .senderMismatch, "\(members)")
        }
        #expect(try await denial("", by: cavage, in: world) == nil)
    }

    /// The registry has those that the share was offered with: what opens by another is out of its hands.
    @Test(arguments: ["bridge", "observe"])
    func itHasNoSecretButThoseOfItsOffer(_ profile: String) async throws {
        let (world, modern, _) = try await world(profile: profile)
        let members = #","sharedSecret":"another-secret-0""#
        let code = try await denial(members, by: modern, in: world)
        #expect(code == (profile == "observe" ? nil : .secretMismatch))
    }

    @Test func itsPeerSaysWhereItIs() async throws {
        let (world, modern, _) = try await world()
        let members = #","uri":"https://modern.test/dav/x","sharedSecret":"\#(Self.secret)""#
        #expect(try await denial(members, by: modern, in: world) == nil)
    }

    /// Nor what a way demands that the gateway meets.
    @Test(arguments: ["secret-of-seven", "secret-of-webapp"])
    func ofAWayThatTheOfferLeftOutNothingIsToldLater(_ secret: String) async throws {
        let world = try TestWorld(kind: "ocis")
        let modern = try TestPeer("modern.test")
        try modern.publish(on: world.net)
        let demands = #""requirements":["must-exchange-token"]"#
        let webapp =
            #""webapp":{"uri":"https://modern.test/app","sharedSecret":"\#(secret)",\#(demands)},"#
        let share = Messages.share(from: "modern.test").replacing(
            #""webdav":{"#, with: webapp + #""webdav":{"#)
        let made = try await world.accept(
            try modern.request("/ocm/shares", share, at: world.clock.now)
        ).made
        let handle = try world.gateway.registry.credential(of: try #require(made)).text
        func change(_ ways: String) throws -> TestRequest {
            world.clock.pass(1)
            let text =
                #"{"notificationType":"SHARE_CHANGE_PERMISSION","resourceType":"file","#
                + #""providerId":"7","notification":{"grantee":"bob@cloud.test","#
                + #""protocol":{"name":"multi",\#(ways)}}}"#
            return try modern.request("/ocm/notifications", text, at: world.clock.now)
        }
        let webdav =
            #""webdav":{"uri":"https://modern.test/x7","sharedSecret":"secret-of-seven","#
            + #""permissions":["read","write"],\#(demands)}"#
        let message = try await world.accept(
            try change(webapp + webdav), as: .ocm(.notifications))
        let body = try #require(try JSONValue(parsing: message.body).object)
        let ways = try #require(body["notification"]?.object?["protocol"]?.object)
        #expect(ways["webapp"] == nil)
        #expect(ways["webdav"]?.object?["sharedSecret"]?.string == handle)
        #expect(ways["webdav"]?.object?["requirements"] == nil)
        // What it demands may have been said when it was offered alone.
        if secret == "secret-of-seven" {
            let undemanding = (webapp + webdav).replacing(demands, with: #""size":1"#)
            let again = try await world.accept(try change(undemanding), as: .ocm(.notifications))
            #expect(!String(decoding: again.body, as: UTF8.self).contains("webapp"))
        }
        let alone = try await world.denial(
            try change(String(webapp.dropLast())), as: .ocm(.notifications))
        #expect(alone?.code == .protocolNotSupported)
    }
}
