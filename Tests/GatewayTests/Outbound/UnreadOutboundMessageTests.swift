import Federation
import Testing

@testable import Gateway
@testable import Transport

/// Messages of the backend that are refused before they are read.
@Suite struct UnreadOutboundMessageTests {
    @Test(arguments: [
        (RequestFailure.bodyTooLarge, "/ocm/shares", "shares", "body_too_large"),
        (.bodyTooLarge, "/ocs/v2.php/cloud/shares", "ocs", "body_too_large"),
        (.lengthAndCoding, "/index.php/ocm/notifications", "notifications", "malformed_request"),
        (.requestTimeout, "/ocm/invite-accepted", "invite-accepted", "request_timeout"),
    ])
    func aMessageInsideOfAConnectThatCannotBeReadIsOneDecision(
        _ failure: RequestFailure, _ path: String, _ kind: String, _ code: String
    ) async throws {
        let way = try TestEgress()
        let inside = InterceptedHandler(
            way.handler, to: try Authority("modern.test:443"), .admitted)
        let answer = inside.refuse(
            failure, of: RequestStart(path: Array(path.utf8)[...]),
            from: try way.client(intercepted: true))
        #expect(answer.status == failure.status && answer.connection == .close)
        let line = try #require(way.world.decisions().first)
        #expect(way.world.decisions().count == 1)
        #expect(line["kind"]?.string == kind && line["direction"]?.string == "out")
        #expect(line["peer"]?.string == "modern.test" && line["code"]?.string == code)
        #expect(line["detail"]?.string == failure.rawValue)
        #expect(!way.world.lines.all.contains { $0.contains("request.malformed") })
    }

    @Test func aMessageBehindThePrefixThatCannotBeReadIsOneDecisionToo() async throws {
        let way = try TestEgress()
        let start = RequestStart(path: Array("/egress/modern.test/ocm/shares".utf8)[...])
        #expect(way.handler.refuse(.bodyTooLarge, of: start, from: try way.client()).status == 413)
        #expect(way.world.decisions().map { $0["kind"]?.string } == ["shares"])
    }

    @Test func aMessageThatTheGateRefusesIsOneDecision() async throws {
        let way = try TestEgress()
        let length = "Content-Length: 2"
        let line = "POST /ocm/shares HTTP/1.1"
        let answers = [
            try await way.inside(
                "blocked.test:443", name: "blocked.test", line, "Host: blocked.test", length),
            try await way.inside(
                "modern.test:443", name: "other.test", line, "Host: modern.test", length),
            try await way.inside(
                "modern.test:443", name: "modern.test", line, "Host: other.test", length),
            try await way.inside(
                "modern.test:443", name: "modern.test", "POST /ocm%2Fshares HTTP/1.1",
                "Host: modern.test", length),
            try await way.plan(
                "POST http://blocked.test/ocm/shares HTTP/1.1", "Host: blocked.test", length),
            try await way.plan(
                "POST /egress/blocked.test/ocm/shares HTTP/1.1", "Host: 127.0.0.1:3128", length),
        ]
        #expect(answers.map(\.status) == [403, 403, 421, 400, 403, 403])
        let lines = way.world.decisions()
        #expect(lines.map { $0["code"]?.string } == answers.map(\.code))
        for line in lines {
            #expect(line["kind"]?.string == "shares" && line["direction"]?.string == "out")
            #expect(["blocked.test", "modern.test"].contains(line["peer"]?.string))
        }
        #expect(way.logged().isEmpty)
    }

    @Test func aMessageToWhoIsNoPeerIsOneDecision() async throws {
        let way = try TestEgress(egress: "other = [\"updates.test\"]")
        let outcome = try await way.plan(
            "POST http://updates.test/ocm/notifications HTTP/1.1", "Host: updates.test",
            "Content-Length: 2")
        #expect(outcome.status == 403)
        #expect(way.world.decisions().map { $0["kind"]?.string } == ["notifications"])
    }

    @Test(arguments: ["/public.php/webdav/a", "/.well-known/ocm", "/egress/modern.test/", ""])
    func whatIsNoMessageHasNone(_ path: String) async throws {
        let way = try TestEgress()
        let start = RequestStart(path: Array(path.utf8)[...])
        #expect(way.handler.refuse(.fieldName, of: start, from: try way.client()).status == 400)
        #expect(way.world.decisions().isEmpty)
    }

    @Test func aMessageToTheSiteItselfIsOneThatCameIn() async throws {
        let way = try TestEgress()
        let inside = InterceptedHandler(
            way.handler, to: try Authority("cloud.test:443"), .admitted)
        let start = RequestStart(path: Array("/ocm/shares".utf8)[...])
        _ = inside.refuse(.bodyTooLarge, of: start, from: try way.client(intercepted: true))
        #expect(way.world.decisions().map { $0["direction"]?.string } == ["in"])
    }
}
