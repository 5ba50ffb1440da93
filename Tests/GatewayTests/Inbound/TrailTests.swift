import Federation
import HTTPSignatures
import OpenSSL
import Testing
import Transport

@testable import Gateway

@Suite struct TrailTests {
    private let world: TestWorld
    private let modern: TestPeer

    init() throws {
        world = try TestWorld()
        modern = try TestPeer("modern.test")
        try modern.publish(on: world.net)
    }

    /// Sends a message through all phases; the backend refuses the connection.
    private func line(
        _ request: TestRequest, as kind: Received.Kind = .ocm(.shares)
    ) async throws -> (line: JSONObject, answer: Answer) {
        let answer = try await world.receive(request, as: kind)
        let decisions = world.decisions()
        #expect(decisions.count == 1)
        return (try #require(decisions.last), answer)
    }

    @Test func aVerifiedShareTellsAllButItsSecrets() async throws {
        let now = world.clock.now
        let request = try modern.request(
            "/ocm/shares", Messages.share(from: "modern.test"), at: now, created: now - 3)
        let (line, answer) = try await line(request)
        #expect(answer.status == 502)
        #expect(line["kind"]?.string == "shares" && line["direction"]?.string == "in")
        #expect(line["action"]?.string == "fail" && line["status"]?.number?.integer == 502)
        #expect(line["code"]?.string == "backend_unavailable")
        #expect(line["peer"]?.string == "modern.test" && line["claimed"]?.string == "modern.test")
        #expect(line["standing"]?.string == "list:partners")
        #expect(line["client"]?.string == "192.0.2.1")
        #expect(line["policy"]?.string == world.gateway.policy.current.hash)
        let signature = try #require(line["signature"]?.object)
        #expect(signature["generation"]?.string == "rfc9421-tag")
        #expect(signature["result"]?.string == "verified")
        #expect(signature["key_id"]?.string == "modern.test#key1")
        #expect(signature["algorithm"]?.string == "ed25519")
        #expect(signature["created"]?.number?.integer == now - 3)
        #expect(signature["offset"]?.number?.integer == 3)
        #expect(
            signature["covered"]?.array?.compactMap(\.string)
                == ["@method", "@target-uri", "content-digest", "content-length", "date"])
        let ocm = try #require(line["ocm"]?.object)
        #expect(ocm["share_type"]?.string == "user" && ocm["resource_type"]?.string == "file")
        #expect(ocm["protocols"]?.array?.compactMap(\.string) == ["webdav"])
        #expect(ocm["permissions"]?.array?.compactMap(\.string) == ["read"])
        #expect(ocm["requirements"]?.array?.compactMap(\.string) == ["must-exchange-token"])
        #expect(ocm["provider_id"]?.string == "7")
        #expect(line["secrets"]?.array?.compactMap(\.string).map(\.isEmpty) == [false])
        #expect(line["checks"]?.array?.isEmpty == false)
        #expect(line["altered"]?.array?.compactMap(\.string) == ["translated", "handle"])
        let timings = try #require(line["timings"]?.object)
        for phase in ["verify", "fetch", "policy", "backend", "total"] {
            #expect(timings[phase] != nil, "\(phase)")
        }
        #expect(!world.lines.all.joined().contains("secret-of-seven"))
    }

    @Test func aRefusalNamesItsCodeAndTheGuardOrBlock() async throws {
        let (line, answer) = try await line(
            TestRequest("/ocm/shares", Messages.share(from: "blocked.test")))
        #expect(answer.status == 403)
        #expect(line["action"]?.string == "deny" && line["level"]?.string == "notice")
        #expect(line["code"]?.string == "peer_blocked")
        #expect(line["by"]?.string == "list:blocked")
        #expect(line["place"]?.string == "policy.toml:14")
        #expect(line["checks"]?.array?.count == 1)
        #expect(line["claimed"]?.string == "blocked.test" && line["peer"] == nil)
        let told = try #require(try JSONValue(parsing: answer.body).object)
        #expect(told["decision"]?.string == line["decision"]?.string)
        #expect(told["error"]?.string == "peer_blocked")
    }

    @Test func inWhichWayASignatureIsWrongIsForTheLogAlone() async throws {
        var request = try modern.request(
            "/ocm/shares", Messages.share(from: "modern.test"), at: world.clock.now)
        request["signature"] = "ocm=:\(Base64.encode([UInt8](repeating: 1, count: 64))):"
        let (line, answer) = try await line(request)
        #expect(answer.status == 401)
        #expect(line["code"]?.string == "signature_invalid")
        #expect(line["signature"]?.object?["result"]?.string == "wrong")
        #expect(line["peer"] == nil)
        let told = String(decoding: answer.body, as: UTF8.self)
        #expect(told.contains("signature_invalid") && !told.contains("wrong"))
    }

    @Test func aMessageThatCannotBeReadHasItsLineToo() async throws {
        let (line, answer) = try await line(TestRequest("/ocm/shares", "{"))
        #expect(answer.status == 400)
        #expect(line["code"]?.string == "malformed_json")
        // Whoever counts unsigned messages does not count it.
        let signature = try #require(line["signature"]?.object)
        #expect(signature["result"]?.string == "unchecked")
        #expect(signature["generation"]?.string == "unread")
    }

    @Test func aMessageWithoutASignatureIsToldAsThat() async throws {
        let body = Messages.share(from: "modern.test")
        let (line, _) = try await line(TestRequest("/ocm/shares", body))
        let signature = try #require(line["signature"]?.object)
        #expect(signature["result"]?.string == "absent")
        #expect(signature["generation"]?.string == "none")
    }

    @Test(arguments: [
        "a\nb", "a\r\nb", "\u{1B}[2J", "\u{2028}", "\u{2029}", "\u{85}", "%0a", "\"}\n{\"x\":\"",
        "\u{202E}", "\u{0}",
        "\u{FEFF}", "\u{7F}",
    ]) func whatAPeerWritesCannotEndALine(_ text: String) async throws {
        let escaped = JSONValue.string(text).serialized()
        let inner = String(decoding: escaped.dropFirst().dropLast(), as: UTF8.self)
        let body = Messages.share(from: "blocked.test")
            .replacing("\"shareType\":\"user\"", with: "\"shareType\":\"user\(inner)\"")
            .replacing("\"providerId\":\"7\"", with: "\"providerId\":\"7\(inner)\"")
        var request = TestRequest("/ocm/shares", body)
        request.add("signature-input", "ocm=(\"@method\");keyid=\"x\\\"}y\";created=1")
        request.add("signature", "ocm=:AAAA:")
        _ = try await line(request)
        world.gateway.log.flush()
        #expect(world.lines.all.count == 1)
        #expect(world.lines.objects.count == 1)
        for scalar in world.lines.all.joined().unicodeScalars {
            #expect(
                scalar.value >= 0x20
                    && ![0x7F, 0x85, 0x2028, 0x2029, 0x202E, 0xFEFF].contains(scalar.value))
        }
    }
}
