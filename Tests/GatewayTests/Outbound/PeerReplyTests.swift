import Federation
import Testing

@testable import Gateway

/// What a peer's refusal tells its sender's operator.
@Suite struct PeerReplyTests {
    private static let now = 1_700_000_000

    private func remark(
        _ body: String, _ status: Int = 401, date: Int? = nil
    ) -> String {
        PeerReply(status: status, body: Array(body.utf8), date: date)
            .remark(now: Self.now, skew: 30)
    }

    @Test(
        arguments: [
            ("120", 120), ("0", 0), ("", nil), ("-1", nil), ("1.5", nil),
            ("999999999", 999_999_999), ("2147483648", 999_999_999), ("99999999999x", nil),
            ("Tue, 14 Nov 2023 22:14:20 GMT", 60), ("Tue, 14 Nov 2023 22:13:20 GMT", nil),
            ("soon", nil),
        ] as [(String, Int?)])
    func whenToComeAgainIsRead(_ field: String, _ seconds: Int?) {
        let bytes = Array(field.utf8)[...]
        #expect(PeerReply.seconds(ofRetryAfter: bytes, date: Self.now) == seconds)
        let isTime = field.hasPrefix("Tue")
        #expect(PeerReply.seconds(ofRetryAfter: bytes, date: nil) == (isTime ? nil : seconds))
    }

    @Test func aGatewayLikeThisOneIsQuoted() {
        let id = DecisionID.make(now: Self.now - 180)
        let denial = Denial(SignatureFault.future)
        #expect(
            remark(String(decoding: denial.body(decision: id), as: UTF8.self))
                == ": signature_invalid, its decision \(id)")
        #expect(
            remark(String(decoding: denial.oauthBody(decision: id), as: UTF8.self))
                == ": signature_invalid, its decision \(id)")
    }

    /// What is kept of it names nobody, and holds no secret that was sent.
    @Test(arguments: [
        "", "<html>", "[]", #"{"error":"dean_is_away","decision":"dean"}"#,
        #"{"error":7,"decision":7}"#, #"{"decision":"secret0permanent"}"#,
        #"{"message":"User dean does not exist"}"#,
    ])
    func nothingElseIs(_ body: String) {
        #expect(remark(body) == "")
    }

    @Test func clocksThatAreApartAreTold() {
        #expect(remark("", date: Self.now + 180) == ": its clock is 180 s ahead of ours")
        #expect(remark("", date: Self.now - 31) == ": its clock is 31 s behind ours")
        #expect(remark("", date: Self.now + 30) == "")
        #expect(remark("", 201, date: Self.now + 180) == "")
    }

    @Test func aMessageThatIsRefusedForItsTimeSaysSo() async throws {
        let (world, _, _) = try TestWorld.withPeers()
        let body = Denial(SignatureFault.expired).body(
            decision: DecisionID.make(now: world.clock.now))
        world.mail.answer(
            .success(PeerReply(status: 401, body: body, date: world.clock.now + 400)))
        _ = try await world.send(OutboundMessages.share())
        let detail = try #require(world.decisions().last?["detail"]?.string)
        #expect(detail.hasPrefix("the peer answered 401: signature_invalid, its decision "))
        #expect(detail.hasSuffix(", its clock is 400 s ahead of ours"))
    }

    @Test func aCodeThatIsRefusedForItsTimeSaysSo() async throws {
        let world = try WayOut()
        let now = world.world.clock.now
        let body = Denial(SignatureFault.expired).oauthBody(decision: DecisionID.make(now: now))
        world.world.mail.answer(.success(PeerReply(status: 401, body: body, date: now - 180)))
        let handle = try await world.receive(uri: "x7", demands: true)
        _ = try await world.ask("GET /public.php/webdav/a HTTP/1.1", basic(handle))
        let detail = try #require(world.world.decisions().last?["detail"]?.string)
        #expect(detail.hasPrefix("the peer takes no codes from us: invalid_client: "))
        #expect(detail.hasSuffix(", its clock is 180 s behind ours"))
    }
}
