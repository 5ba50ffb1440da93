import Federation
import Testing
import Transport

@testable import Gateway

/// Where the server of an invited person is looked for, without a login.
@Suite struct InviteDialogTests {
    private static let path = "/sciencemesh/discover"
    private static let dialog = "https://one.test/accept-invite"

    private func publish(
        _ dialog: String?, of host: String = "one.test", on world: TestGateway
    ) {
        let member = dialog.map { #","inviteAcceptDialog":"\#($0)""# } ?? ""
        world.world.net.answer(
            "https://\(host)/.well-known/ocm", 200,
            #"{"enabled":true,"apiVersion":"1.2.0","endPoint":"https://\#(host)/ocm","#
                + #""resourceTypes":[]\#(member)}"#)
    }

    private func ask(_ domain: String, _ world: TestGateway) async throws -> Answer {
        try await world.post(Self.path, #"{"domain":"\#(domain)"}"#)
    }

    /// The status, and `code` and `message` of the body, as these servers write them.
    private func told(_ answer: Answer) throws -> String {
        let object = try #require(try JSONValue(parsing: answer.body).object)
        let (code, message) = (object["code"]?.string, object["message"]?.string)
        return "\(answer.status) \(code ?? "") \(message ?? "")"
    }

    private static let notFound =
        "404 RESOURCE_NOT_FOUND No page for accepting invitations is known of this server"

    @Test(arguments: [
        "one.test", "https://one.test", "https://one.test/", "http://one.test", "ONE.test",
        "one.test:443", "https://one.test/index.php/apps?x=1",
    ])
    func thePageOfAnAdmittedPeerIsTold(_ domain: String) async throws {
        for kind in ["opencloud", "cernbox", "ocis", "generic"] {
            let world = try await TestGateway(kind: kind)
            publish("/accept-invite", on: world)
            let answer = try await ask(domain, world)
            #expect(answer.status == 200)
            let body = String(decoding: answer.body, as: UTF8.self)
            #expect(body == #"{"inviteAcceptDialog":"\#(Self.dialog)"}"#)
            #expect(world.world.net.asked == ["https://one.test/.well-known/ocm"])
        }
    }

    /// Whoever asks without a login learns of none of them why.
    @Test(arguments: [
        "http://127.0.0.1:8099/x?y=", "127.0.0.1", "[::1]", "169.254.169.254", "localhost",
        "db.internal", "one.test:8080", "http://one.test:22", "stranger.test", "blocked.test",
        "cloud.test", "cloud.test:8443",
    ])
    func nobodyElseIsAsked(_ domain: String) async throws {
        for unknown in ["deny", "hold"] {
            let world = try await TestGateway(kind: "opencloud", unknown: unknown)
            publish(Self.dialog, of: "stranger.test", on: world)
            let answer = try await ask(domain, world)
            #expect(try told(answer) == Self.notFound)
            #expect(world.world.net.asked.isEmpty)
            #expect(world.gateway.holds.all.isEmpty)
            let lines = world.logged()
            #expect(lines.contains("request.refused") && lines.contains(#""claimed":"#))
        }
    }

    @Test(arguments: [nil, "", "http://one.test/accept", "ftp://one.test/x"] as [String?])
    func aPeerWithoutSuchAPageIsNotFoundEither(_ dialog: String?) async throws {
        let world = try await TestGateway(kind: "opencloud")
        publish(dialog, on: world)
        #expect(try told(try await ask("one.test", world)) == Self.notFound)
        // Nor is one that gives no answer.
        world.world.net.fail("https://two.test/.well-known/ocm")
        #expect(try told(try await ask("two.test", world)) == Self.notFound)
    }

    /// As messages may that nobody has verified.
    @Test func anUnknownHostIsAskedWhereItIsAdmitted() async throws {
        for (unknown, profile) in [("allow", "bridge"), ("deny", "observe")] {
            let world = try await TestGateway(kind: "opencloud", unknown: unknown, profile: profile)
            publish("https://stranger.test/x", of: "stranger.test", on: world)
            #expect(try await ask("stranger.test", world).status == 200)
            for domain in ["127.0.0.1:8099", "stranger.test:8099", "db.internal"] {
                #expect(try await ask(domain, world).status == 404)
            }
            #expect(world.world.net.asked == ["https://stranger.test/.well-known/ocm"])
        }
    }

    @Test func oneClientMakesUsAskSoManyStrangersAlone() async throws {
        let world = try await TestGateway(kind: "opencloud", unknown: "allow")
        for number in 0..<60 {
            #expect(try await ask("s\(number).test", world).status == 404)
        }
        let hosts = world.world.net.asked.filter { $0.hasSuffix("/.well-known/ocm") }
        #expect(hosts.count == 30)
    }

    @Test(arguments: [
        "", "{}", "[]", "x", #"{"domain":7}"#, #"{"domain":""}"#, #"{"domain":"a b"}"#,
        #"{"domain":"ftp://one.test"}"#, #"{"domain":"a@one.test"}"#, #"{"domain":"//one.test"}"#,
        #"{"domain":"one.test","domain":"two.test"}"#,
    ])
    func whatNamesNoHostIsNoQuestion(_ body: String) async throws {
        let world = try await TestGateway(kind: "opencloud")
        let told = try told(try await world.post(Self.path, body))
        #expect(told == "400 INVALID_PARAMETER The domain of a server is required")
        #expect(world.world.net.asked.isEmpty)
    }

    @Test(arguments: [
        path, path + "/", path + "?x=1", "/sciencemesh//discover", "//sciencemesh/discover",
        "/%73ciencemesh/discover", "/sciencemesh/%64iscover", "/sciencemesh%2fdiscover",
        "/sciencemesh/discover%2f", "/sciencemesh%2Fdiscover", "/sciencemesh/./discover",
        "/sciencemesh/x/../discover", "/sciencemesh/%2e/discover",
    ])
    func noSpellingReachesTheBackend(_ target: String) async throws {
        for kind in ["opencloud", "cernbox"] {
            let world = try await TestGateway(kind: kind)
            for method in ["POST", "GET", "PUT"] {
                let planned = try world.plan("\(method) \(target) HTTP/1.1", "Content-Length: 2")
                #expect(planned.lines.isEmpty, "\(method) \(target): \(planned)")
            }
        }
    }

    @Test func whatStandsBesideItIsTheBackends() async throws {
        let world = try await TestGateway(kind: "opencloud")
        for target in [
            "GET /sciencemesh/federations", "POST /sciencemesh/accept-invite",
            "GET /sciencemesh/discovered",
        ] {
            #expect(try world.plan("\(target) HTTP/1.1", "Content-Length: 0").status == nil)
        }
        let nextcloud = try await TestGateway()
        let planned = try nextcloud.plan("POST \(Self.path) HTTP/1.1", "Content-Length: 2")
        #expect(!planned.lines.isEmpty)
    }

    @Test func itIsClosedWithThePages() async throws {
        let world = try await TestGateway(kind: "opencloud", pass: "ocm")
        let planned = try world.plan("POST \(Self.path) HTTP/1.1", "Content-Length: 2")
        #expect((planned.status, planned.code) == (404, "not_found"))
    }
}
