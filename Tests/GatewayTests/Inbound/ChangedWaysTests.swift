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
}
