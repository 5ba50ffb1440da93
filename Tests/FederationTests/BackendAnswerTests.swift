import Federation
import OpenSSL
import Testing

@Suite struct BackendAnswerTests {
    private func answer(
        _ endpoint: OCMEndpoint, _ status: Int, _ body: String, secrets: [String] = []
    ) -> BackendAnswer {
        BackendAnswer(
            to: endpoint, status: status, body: Array(body.utf8),
            secrets: secrets.map { Secret(utf8: $0) }, recipient: "bob")
    }

    @Test(arguments: [
        (
            OCMEndpoint.shares, 201, #"{"recipientDisplayName":"bob","recipientUserId":"bob"}"#,
            201, #"{"recipientDisplayName":"bob","recipientUserId":"bob"}"#
        ),
        (.shares, 200, "{}", 201, #"{"recipientDisplayName":"bob"}"#),
        (
            .shares, 201, #"{"recipientDisplayName":7}"#, 201, #"{"recipientDisplayName":"bob"}"#
        ),
        (.shares, 201, "[]", 201, #"{"recipientDisplayName":"bob"}"#),
        (.shares, 200, " \n", 201, #"{"recipientDisplayName":"bob"}"#),
        (
            .shares, 201, #"{"recipientPublicKeys":["ssh-ed25519 A"],"other":["x"]}"#, 201,
            #"{"recipientPublicKeys":["ssh-ed25519 A"],"recipientDisplayName":"bob"}"#
        ),
        (
            .shares, 201, #"{"recipientPublicKeys":["A",{"b":1}]}"#, 201,
            #"{"recipientDisplayName":"bob"}"#
        ),
        (.notifications, 201, #"{"recipientPublicKeys":["A"],"list":["x"]}"#, 201, "{}"),
        (
            .shares, 201, #"{"recipientDisplayName":"","shareWith":"x","protocol":{"options":{}}}"#,
            201,
            #"{"recipientDisplayName":""}"#
        ),
        (.notifications, 200, #"{"status":"ok"}"#, 201, #"{"status":"ok"}"#),
        (.notifications, 201, "[]", 201, "[]"),
        (
            .inviteAccepted, 200, #"{"userID":"u","email":"e","name":"n","x":1}"#, 200,
            #"{"userID":"u","email":"e","name":"n"}"#
        ),
    ])
    func aSuccessIsTheOneThatOldSendersKnow(
        _ endpoint: OCMEndpoint, _ status: Int, _ body: String, _ accepted: Int, _ kept: String
    ) {
        #expect(
            answer(endpoint, status, body) == .delivered(status: accepted, body: Array(kept.utf8)))
    }

    @Test func anEchoedSecretIsDropped() {
        #expect(
            answer(.notifications, 200, #"{"sharedSecret":"S","providerId":"1"}"#, secrets: ["S"])
                == .delivered(status: 201, body: Array(#"{"providerId":"1"}"#.utf8)))
        #expect(
            answer(.shares, 201, #"{"recipientPublicKeys":["S"]}"#, secrets: ["S"])
                == .delivered(status: 201, body: Array(#"{"recipientDisplayName":"bob"}"#.utf8)))
    }

    @Test(arguments: [
        #"{"message":"token PERMANENT is fine"}"#, #"{"x":"a/PERMANENT"}"#, #"{"xPERMANENT":1}"#,
        #"{"x":"PERMANENT\u0301"}"#,
    ])
    func aTextWithASecretInItIsDropped(_ body: String) {
        #expect(
            answer(.notifications, 201, body, secrets: ["PERMANENT"])
                == .delivered(status: 201, body: Array("{}".utf8)))
        guard case .refused(let denial) = answer(.shares, 400, body, secrets: ["PERMANENT"]) else {
            Issue.record("delivered")
            return
        }
        #expect(denial.words == nil)
    }

    /// Nobody asked for one there, so nobody has read and swapped it.
    @Test(arguments: ["token", "Token", "sharedsecret", "sharedSecret"])
    func aNewSecretIsDropped(_ name: String) {
        let body = #"{"\#(name)":"A","ok":true}"#
        #expect(
            answer(.notifications, 201, body)
                == .delivered(status: 201, body: Array(#"{"ok":true}"#.utf8)))
    }

    @Test func aSecretOfDigitsIsDroppedToo() {
        #expect(
            answer(.notifications, 201, #"{"x":4711471147,"y":1}"#, secrets: ["4711471147"])
                == .delivered(status: 201, body: Array(#"{"y":1}"#.utf8)))
    }

    @Test(arguments: [
        (400, #"{"message":"User \"nobody\" does not exists at https://h"}"#),
        (400, #"{"message":"User nobody does not exist"}"#),
        (404, #"{"code":"RESOURCE_NOT_FOUND","message":"user not found"}"#),
        (400, #"{"message":"something else"}"#), (403, ""), (501, "<html>"), (503, "x"),
        (500, "{}"), (401, "{}"), (429, "{}"),
    ])
    func aRefusalKeepsItsStatusAndLosesItsWords(_ status: Int, _ body: String) throws {
        guard case .refused(let denial) = answer(.shares, status, body) else {
            Issue.record("delivered")
            return
        }
        #expect(denial.status == status)
        #expect(
            String(decoding: denial.body(decision: "d1"), as: UTF8.self)
                == #"{"error":"not_delivered","decision":"d1","hint":"The message could not be delivered."}"#
        )
    }

    @Test func theBackendsWordsGoToTheLogUnlessASecretIsInThem() {
        guard
            case .refused(let plain) = answer(.shares, 400, #"{"message":"User x does not exist"}"#),
            case .refused(let echo) = answer(
                .shares, 400, #"{"message":"protocol options not supported: {S3CRET}"}"#,
                secrets: ["S3CRET"])
        else {
            Issue.record("delivered")
            return
        }
        #expect(plain.words == "User x does not exist" && !plain.detail.contains("User x"))
        #expect(echo.words?.contains("S3CRET") != true && !echo.detail.contains("S3CRET"))
    }

    @Test(arguments: [(200, "<html>OK</html>"), (302, ""), (204, "x"), (101, ""), (502, "")])
    func aPageIsNoDelivery(_ status: Int, _ body: String) {
        guard case .refused(let denial) = answer(.shares, status, body) else {
            Issue.record("delivered")
            return
        }
        #expect(denial.code == .backendUnavailable)
    }
}
