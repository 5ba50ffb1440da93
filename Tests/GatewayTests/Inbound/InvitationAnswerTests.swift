import Federation
import Testing
import Transport

@testable import Gateway

/// ownCloud, Seafile and Nextcloud up to 31 have no endpoint for accepted invitations.
@Suite struct InvitationAnswerTests {
    /// What the peer hears of a backend of this kind that answers so, by whether its document names
    /// invitations; and what the log says of it.
    private func told(
        _ kind: String, _ status: Int, _ capabilities: String = ""
    ) async throws -> (answer: Answer, action: String?) {
        let test = try await TestGateway(kind: kind)
        let document =
            #"{"enabled":true,"apiVersion":"1.1.0","endPoint":"https://cloud.test/ocm","#
            + #""resourceTypes":[{"name":"file","shareTypes":["user"],"#
            + #""protocols":{"webdav":"/public.php/webdav/"}}],"capabilities":[\#(capabilities)]}"#
        test.gateway.backend.learn(
            try DiscoveryDocument(parsing: Array(document.utf8)), statusVersion: nil)
        test.backend.answers(status)
        let answer = try await test.post("/ocm/invite-accepted", Messages.invite(from: "one.test"))
        return (answer, test.world.decisions().last?["action"]?.string)
    }

    @Test(
        arguments: ["nextcloud", "owncloud10", "seafile", "generic"], [302, 404, 405])
    func aBackendWithoutInvitationsIsNoBackendInTrouble(_ kind: String, _ status: Int) async throws
    {
        let (answer, action) = try await told(kind, status)
        #expect(answer.status == 501 && answer.code == "protocol_not_supported")
        #expect(action == "deny")
    }

    /// A peer that holds shares to invitations compares the two.
    @Test func whoInvitedIsNamedAsInShares() async throws {
        let test = try await TestGateway(kind: "opencloud")
        let uuid = "04bf0617-406a-40ad-93d3-84768f0cdf66"
        test.backend.answers(
            200, #"{"userID":"\#(uuid)@https://cloud.test","email":"","name":"Bob"}"#)
        let answer = try await test.post("/ocm/invite-accepted", Messages.invite(from: "one.test"))
        #expect(answer.status == 200)
        #expect(try JSONValue(parsing: answer.body).object?["userID"]?.string == uuid)
    }

    /// As the backend reads it.
    @Test func whoInvitedIsNobodyOfAnotherHost() async throws {
        let (world, _, _) = try TestWorld.withPeers()
        world.mail.answer(200, #"{"userID":"eve@cavage.test/x","email":"","name":"Eve"}"#)
        let answer = try await world.send(
            OutboundMessages.invite(), at: "/ocm/invite-accepted", as: .ocm(.inviteAccepted))
        #expect(answer.status == 503)
        #expect(!String(decoding: answer.body, as: UTF8.self).contains("eve"))
    }

    /// Who logs in at an identity provider of another host.
    @Test func whoInvitedMayHaveAnIssuer() async throws {
        let (world, _, _) = try TestWorld.withPeers()
        let uuid = "04bf0617-406a-40ad-93d3-84768f0cdf66"
        world.mail.answer(
            200, #"{"userID":"\#(uuid)@https://idp.test/realms/x","email":"","name":"Eve"}"#)
        let answer = try await world.send(
            OutboundMessages.invite(), at: "/ocm/invite-accepted", as: .ocm(.inviteAccepted))
        #expect(answer.status == 200)
        #expect(try JSONValue(parsing: answer.body).object?["userID"]?.string == uuid)
    }

    @Test func whoKnowsInvitationsSaysItself() async throws {
        let invitations = #""invite-accepted""#
        #expect(try await told("nextcloud", 404, invitations).answer.status == 404)
        #expect(try await told("nextcloud", 302, invitations).action == "fail")
        // An invitation that it does not know.
        #expect(try await told("ocis", 404).answer.status == 404)
        #expect(try await told("nextcloud", 400).answer.status == 400)
        #expect(try await told("nextcloud", 503).answer.code == "not_delivered")
    }
}
