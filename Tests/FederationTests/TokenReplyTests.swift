import Federation
import OpenSSL
import Testing

@Suite struct TokenReplyTests {
    private func reply(_ text: String, _ status: Int = 200) -> TokenReply {
        TokenReply(status: status, body: Array(text.utf8))
    }

    @Test(arguments: [
        (#"{"access_token":"a.b-c","token_type":"Bearer","expires_in":3600}"#, 3600),
        (#"{"access_token":"a.b-c","token_type":"bearer","expires_in":1}"#, 1),
        (#"{"access_token":"a.b-c","token_type":"Bearer"}"#, 60),
        (#"{"access_token":"a.b-c","expires_in":null}"#, 60),
        (#"{"access_token":"a.b-c","token_type":"Bearer","expires_in":99999999}"#, 86_400),
    ])
    func aTokenIsTakenForItsTime(_ text: String, _ lifetime: Int) {
        #expect(reply(text) == .granted(Secret(utf8: "a.b-c"), lifetime: lifetime))
    }

    @Test(arguments: [
        "", "[]", "<html></html>", "{}", #"{"access_token":""}"#, #"{"access_token":7}"#,
        #"{"access_token":"a b","expires_in":60}"#, #"{"access_token":"a\r\nHost: x"}"#,
        #"{"access_token":"a","token_type":"mac","expires_in":60}"#,
        #"{"access_token":"a","expires_in":0}"#, #"{"access_token":"a","expires_in":-5}"#,
        #"{"access_token":"a","expires_in":"60"}"#, #"{"access_token":"a","expires_in":1e3}"#,
        #"{"access_token":"a","access_token":"b"}"#,
    ])
    func whatIsNoTokenIsNotUsed(_ text: String) {
        guard case .unusable = reply(text) else {
            Issue.record("\(reply(text))")
            return
        }
    }

    /// Of the characters that a bearer may have (RFC 6750, section 2.1), and as long as a field may be.
    @Test(arguments: [("x", 8192, true), ("x", 8193, false), ("-._~+/=", 1, true), ("é", 1, false)])
    func aTokenIsWhatCanBeSent(_ part: String, _ count: Int, _ isTaken: Bool) {
        let token = String(repeating: part, count: count)
        let expected = TokenReply.granted(Secret(utf8: token), lifetime: 60)
        #expect((reply(#"{"access_token":"\#(token)"}"#) == expected) == isTaken)
    }

    @Test(arguments: [400, 401, 403])
    func aCodeIsRefusedByItsOwnWordAlone(_ status: Int) {
        #expect(reply(#"{"error":"invalid_grant"}"#, status) == .grantRefused)
        #expect(
            reply(#"{"error":"invalid_client"}"#, status) == .clientRefused("invalid_client"))
        #expect(
            reply(#"{"error":"x\u0000y"}"#, status) != .grantRefused)
    }

    @Test(arguments: [
        (400, ""), (401, "<html>login</html>"), (403, "{}"), (404, #"{"error":"invalid_grant"}"#),
        (500, #"{"error":"invalid_grant"}"#), (503, ""), (302, ""), (201, "{}"), (429, ""),
    ])
    func anOutageSaysNothingOfTheCode(_ status: Int, _ text: String) {
        guard case .unusable = reply(text, status) else {
            Issue.record("\(reply(text, status))")
            return
        }
    }
}
