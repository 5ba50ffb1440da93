import Federation
import Testing

@testable import Gateway
@testable import Transport

/// What is refused before it is read has its decision as well.
@Suite struct UnreadMessageTests {
    private func start(_ text: String) -> RequestStart {
        RequestStart(guessing: Array(text.utf8).span)
    }

    @Test(
        arguments: [
            ("/ocm/shares", "shares"), ("/index.php/ocm/notifications/", "notifications"),
            ("/ocm/token", "token"), ("/ocm//shares", "shares"), ("/ocm/%73hares", "shares"),
            ("/ocm%2Fshares", "shares"), ("/x/../ocm/shares", "shares"),
            ("/ocs/v2.php/cloud/shares", "ocs"), ("/ocm/unheard-of", "ocm"),
            ("/.well-known/ocm", nil), ("/status.php", nil), ("/apps/files/", nil), ("", nil),
            ("/public.php/webdav/a", nil),
        ] as [(String, String?)])
    func aPathSaysWhichMessageItWouldHaveBeen(_ path: String, _ kind: String?) async throws {
        let world = try await TestGateway()
        #expect(
            world.gateway.messageFamily(of: start("POST \(path) HTTP/1.1\r\n"))?.messageKind == kind
        )
    }

    @Test(
        arguments: [
            (RequestFailure.bodyTooLarge, "body_too_large"),
            (.bodiesTooMany, "backend_unavailable"), (.handedOver, "backend_unavailable"),
            (.requestTimeout, "request_timeout"), (.lengthAndCoding, "malformed_request"),
            (.headTooLarge, "malformed_request"), (.versionUnsupported, "malformed_request"),
            (.methodNotAllowed, "method_not_allowed"), (.methodOverride, "malformed_request"),
        ] as [(RequestFailure, String)])
    func aFailureOfHTTPIsOneDecision(_ failure: RequestFailure, _ code: String) async throws {
        let world = try await TestGateway()
        let answer = world.gateway.refuse(
            failure, of: start("POST /ocm/shares HTTP/1.1\r\n"), from: world.client)
        #expect(answer.status == failure.status && answer.code == code)
        #expect(answer.connection == .close)
        let body = try #require(try JSONValue(parsing: answer.body).object)
        #expect(body["hint"]?.string?.isEmpty == false)
        let lines = world.world.decisions()
        #expect(lines.count == 1)
        let line = try #require(lines.first)
        #expect(line["decision"]?.string == body["decision"]?.string)
        #expect(line["kind"]?.string == "shares")
        #expect(line["action"]?.string == (failure.status == 503 ? "fail" : "deny"))
        #expect(line["status"]?.number?.integer == failure.status)
        #expect(line["code"]?.string == code && line["detail"]?.string == failure.rawValue)
        #expect(line["by"]?.string?.hasPrefix("guard:") == true)
        #expect(line["client"]?.string == "192.0.2.7")
        #expect(!world.logged().contains("request.malformed"))
    }

    @Test func theTokenEndpointRefusesInItsOwnForm() async throws {
        let world = try await TestGateway()
        let answer = world.gateway.refuse(
            .bodyTooLarge, of: start("POST /ocm/token HTTP/1.1\r\n"), from: world.client)
        #expect(answer.status == 413 && answer.code == "invalid_request")
        #expect(answer.reason == "body_too_large")
        #expect(world.world.decisions().map { $0["kind"]?.string } == ["token"])
    }

    @Test(arguments: ["GET /ocm/shares", "PUT /ocm/token", "DELETE /index.php/ocm/notifications"])
    func anotherMethodIsOneDecision(_ line: String) async throws {
        let world = try await TestGateway()
        guard case .answered(let answer) = try world.plan("\(line) HTTP/1.1") else {
            throw TestGateway.NoAddress()
        }
        #expect(answer.status == 405 && answer.values("allow") == ["POST"])
        #expect(answer.connection == .keepAlive)
        #expect(world.world.decisions().map { $0["code"]?.string } == ["method_not_allowed"])
        #expect(!world.logged().contains("request.refused"))
    }

    static let dataMethods =
        "OPTIONS, PROPFIND, GET, HEAD, REPORT, PUT, MKCOL, MOVE, COPY, DELETE, PROPPATCH, LOCK, UNLOCK"

    /// TRACE is refused before anything is routed.
    @Test(arguments: [
        ("/ocm/shares", "POST"), ("/.well-known/ocm?x", "GET, HEAD"),
        ("/public.php/webdav/a", dataMethods),
    ])
    func aMethodThatNoPathTakesIsToldWhichOnesDo(_ path: String, _ allow: String) async throws {
        let world = try await TestGateway()
        let answer = world.gateway.refuse(
            .methodNotAllowed, of: start("TRACE \(path) HTTP/1.1\r\n"), from: world.client)
        #expect(answer.status == 405 && answer.values("allow") == [allow])
    }

    /// Which of them a page takes the backend says.
    @Test func aPageTakesEveryMethodThatPasses() async throws {
        let world = try await TestGateway()
        let answer = world.gateway.refuse(
            .methodNotAllowed, of: start("TRACE /apps/files HTTP/1.1\r\n"), from: world.client)
        let allow = try #require(answer.values("allow").first?.split(separator: ", "))
        #expect(allow.contains("POST") && allow.contains("PATCH") && allow.contains("SEARCH"))
        #expect(!allow.contains("CONNECT"))
    }

    /// RFC 9110, section 15.5.2: whoever says 401.
    @Test(arguments: [DenialCode.notDelivered, .notAllowed, .signatureInvalid, .tokenInvalid])
    func a401NamesAChallenge(_ code: DenialCode) {
        let ruling = Denial.Ruling(name: code.rawValue, status: 401, hint: nil)
        let answer = Denial(code, ruling: ruling, "test").answer(decision: "d1")
        #expect(answer.status == 401 && answer.values("www-authenticate").count == 1)
        #expect(answer.values("accept-signature").isEmpty == (code != .signatureInvalid))
    }

    @Test func anotherHostIsOneDecision() async throws {
        let world = try await TestGateway()
        _ = world.gateway.plan(
            try world.head(["POST /ocm/shares HTTP/1.1"], host: "other.test"), from: world.client)
        #expect(world.world.decisions().map { $0["code"]?.string } == ["misdirected_request"])
    }

    @Test func elsewhereThereIsNoDecision() async throws {
        let world = try await TestGateway()
        let answer = world.gateway.refuse(
            .lengthAndCoding, of: start("POST /apps/files HTTP/1.1\r\n"), from: world.client)
        #expect(answer.status == 400 && world.world.decisions().isEmpty)
        #expect(world.logged().contains("request.malformed"))
    }
}
