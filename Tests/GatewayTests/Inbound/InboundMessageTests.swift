import Federation
import Testing
import Transport

@testable import Gateway

@Suite struct InboundMessageTests {
    private let world: TestWorld

    init() throws { world = try TestWorld() }

    private func refusal(_ denial: Denial, _ kind: Received.Kind) throws -> (Answer, JSONObject) {
        let answer = world.gateway.refusal(denial, of: kind.family, decision: "0123456789abcdef")
        return (answer, try #require(try JSONValue(parsing: answer.body).object))
    }

    private func field(_ name: String, of answer: Answer) -> String? {
        answer.fields.first { $0.name == name }?.value
    }

    @Test func ocmIsToldCodeDecisionAndHint() throws {
        let (answer, body) = try refusal(Denial(.senderMismatch, "detail"), .ocm(.shares))
        #expect(answer.status == 403)
        #expect(body.members.map(\.name) == ["error", "decision", "hint"])
        #expect(!String(decoding: answer.body, as: UTF8.self).contains("detail"))
        #expect(field("cache-control", of: answer) == "no-store")
    }

    @Test func aTokenClientIsToldInTheWordsOfOAuth() throws {
        let (answer, body) = try refusal(Denial(.wrong, "detail"), .token)
        #expect(answer.status == 401)
        #expect(body["error"]?.string == "invalid_client")
        #expect(body["error_description"]?.string == "signature_invalid")
        #expect(field("pragma", of: answer) == "no-cache")
        #expect(field("cache-control", of: answer) == "no-store")
    }

    @Test func theOlderAPIIsToldInItsOwnForm() throws {
        let path = try #require(TargetPath(canonical: "/ocs/v2.php/cloud/shares"))
        let (answer, body) = try refusal(
            Denial(.legacyAPIRefused), .ocs(OCSCall(version: .v2, action: .share), path))
        #expect((400..<500).contains(answer.status))
        #expect(body["ocs"] != nil)
    }

    @Test func whoMayTryAgainIsToldWhen() throws {
        let (answer, _) = try refusal(Denial(.keyUnavailable), .ocm(.shares))
        #expect(answer.status == 503 && field("retry-after", of: answer) == "30")
    }
}
