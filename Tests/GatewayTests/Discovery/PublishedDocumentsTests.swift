import Federation
import Synchronization
import Testing
import Transport

@testable import Gateway

@Suite struct PublishedDocumentsTests {
    private let world: TestWorld
    private let host: PeerHost

    init() throws {
        world = try TestWorld()
        host = world.gateway.site.host
    }

    private func learn(_ more: String = "") throws {
        let document = try DiscoveryDocument(
            parsing: Array(
                """
                {"enabled":true,"apiVersion":"1.0-proposal1","endPoint":"https://cloud.test/ocm"\(more),
                "resourceTypes":[{"name":"file","shareTypes":["user"],"protocols":{"webdav":"/public.php/webdav/"}}]}
                """.utf8))
        world.gateway.backend.learn(document, statusVersion: "27.1.3.2")
        world.gateway.published.rebuild()
    }

    private func document(_ name: PublishedDocuments.Name) throws -> JSONObject {
        try document(name, at: host)
    }

    private func document(
        _ name: PublishedDocuments.Name, at host: PeerHost
    ) throws -> JSONObject {
        let answer = try #require(world.gateway.published.answer(name, at: host))
        #expect(answer.status == 200)
        return try #require(try JSONValue(parsing: answer.body).object)
    }

    @Test func untilTheBackendHasAnsweredThereIsNone() {
        #expect(world.gateway.published.answer(.discovery, at: host) == nil)
        #expect(world.gateway.published.answer(.ocsProvider, at: host) == nil)
        // The keys are the gateway's own.
        #expect(world.gateway.published.answer(.keySet, at: host) != nil)
    }

    /// What costs whoever asks nothing costs the backend little.
    @Test func whoeverAsksForWhatIsMissingCostsTheBackendOneInquiry() async throws {
        let test = try await TestGateway()
        let calendars = ["/.well-known/carddav", "/.well-known/caldav"]
        let inquiry = (test.gateway.backend.kind.discoveryPaths + calendars).map { "GET \($0) -" }
        func ask() async -> [String] {
            for _ in 0..<10 {
                let answer = await test.gateway.published.answer(
                    .discovery, at: host, asking: test.client.loop)
                #expect(answer == nil)
            }
            return test.backend.take()
        }
        #expect(await ask() == inquiry)
        test.pass(seconds: 1)
        #expect(await ask() == [])
        test.pass(seconds: 1)
        #expect(await ask() == inquiry)
    }

    /// The other places are the same server, which has enough to do.
    @Test func aBackendThatIsLateIsAskedForOnePlaceAndThenLeftAlone() async throws {
        let test = try await TestGateway()
        let published = test.gateway.published
        let first = test.gateway.backend.kind.discoveryPaths[0]
        func ask() async -> [String] {
            await withTaskGroup { group in
                for _ in 0..<10 {
                    group.addTask { [host] in
                        _ = await published.answer(.discovery, at: host, asking: test.client.loop)
                    }
                }
            }
            return test.backend.take()
        }
        test.backend.hangs()
        for seconds in [2, 4] {
            #expect(await ask() == ["GET \(first) -"])
            #expect(published.missing == .init(text: "\(first): deadline", isLate: true))
            #expect(published.pause == .seconds(seconds))
            test.pass(seconds: seconds - 1)
            #expect(await ask() == [])
            test.pass(seconds: 1)
        }
        test.backend.hangs(false)
        #expect(await ask().count > 1)
        #expect(published.pause == .seconds(2))
    }

    /// It says that it is there, and then nothing more.
    @Test func aBackendThatIsLateInTheMiddleIsAskedNoMore() async throws {
        let test = try await TestGateway()
        let asked = Mutex(0)
        test.backend.does { [backend = test.backend] in
            let count = asked.withLock { count in
                count += 1
                return count
            }
            if count == 2 { backend.hangs() }
        }
        #expect(await test.gateway.published.refresh(on: test.client.loop) == false)
        let places = test.gateway.backend.kind.discoveryPaths.prefix(2)
        #expect(test.backend.take() == places.map { "GET \($0) -" })
        #expect(test.gateway.published.missing?.isLate == true)
    }

    @Test func whatTheGatewayCanDoIsAdded() throws {
        try learn()
        let document = try document(.discovery)
        let capabilities = document["capabilities"]?.array?.compactMap(\.string) ?? []
        #expect(Set(capabilities).isSuperset(of: ["http-sig", "exchange-token"]))
        #expect(document["tokenEndPoint"]?.string == "https://cloud.test/ocm/token")
        #expect(document["endPoint"]?.string == "https://cloud.test/ocm")
        #expect(document["apiVersion"]?.string == "1.0-proposal1")
        #expect(document["jwksUri"]?.string?.hasPrefix("https://cloud.test/") == true)
    }

    @Test func theCriteriaAreThoseOfThePolicyInForce() throws {
        try learn()
        #expect(
            try document(.discovery)["criteria"]?.array?.compactMap(\.string)
                .contains("must-use-http-sig") == true)
        let policy = try Policy(
            Array(
                "version = 1\nname = \"open\"\nmode = \"enforce\"\ndefault = \"allow\"\nunknown = \"allow\"\n"
                    .utf8), file: "policy.toml", PolicyFiles { _ in nil })
        world.gateway.policy.swap(policy, candidate: nil)
        world.gateway.published.rebuild()
        #expect(
            try document(.discovery)["criteria"]?.array?.compactMap(\.string)
                .contains("must-use-http-sig") != true)
    }

    /// Profile `observe` enforces nothing, and `strict` takes no unsigned message whatever the policy says.
    @Test(arguments: [
        ("observe", [String]()), ("bridge", ["must-use-http-sig", "allowlist", "denylist"]),
        ("strict", ["must-use-http-sig", "allowlist", "denylist"]),
    ])
    func theCriteriaAreWhatTheProfileEnforces(_ profile: String, _ expected: [String]) throws {
        let world = try TestWorld(profile: profile)
        #expect(try criteria(of: world) == expected)
        let open = try Policy(
            Array(
                "version = 1\nname = \"open\"\nmode = \"enforce\"\ndefault = \"allow\"\nunknown = \"allow\"\n"
                    .utf8), file: "policy.toml", PolicyFiles { _ in nil })
        world.gateway.policy.swap(open)
        #expect(try criteria(of: world) == (profile == "strict" ? ["must-use-http-sig"] : []))
    }

    private func criteria(of world: TestWorld) throws -> [String] {
        world.gateway.backend.learn(
            try DiscoveryDocument(
                parsing: Array(
                    #"{"enabled":true,"apiVersion":"1.0-proposal1","endPoint":"https://cloud.test/ocm","resourceTypes":[]}"#
                        .utf8)), statusVersion: "27.1.3.2")
        world.gateway.published.rebuild()
        let answer = try #require(
            world.gateway.published.answer(.discovery, at: world.gateway.site.host))
        let document = try #require(try JSONValue(parsing: answer.body).object)
        return document["criteria"]?.array?.compactMap(\.string) ?? []
    }

    @Test func theOlderAPIIsNamedOnlyWhereARuleCouldAllowIt() throws {
        try learn()
        let services = try document(.ocsProvider)
        let text = String(decoding: JSONValue.object(services).serialized(), as: UTF8.self)
        #expect(text.contains("public.php") && !text.contains("/ocs/v2.php/cloud/shares"))
    }

    private func keyIDs() throws -> [String] {
        try #require(try document(.keySet)["keys"]?.array).compactMap {
            $0.object?["kid"]?.string
        }.filter { $0.hasPrefix("cloud.test#") }
    }

    private func change(_ change: KeyChange) throws {
        let done = try change.perform(
            in: world.scratch.file("keys"), state: world.scratch.file("state.db"),
            now: world.clock.now)
        world.gateway.published.take(done.ring)
    }

    @Test func keysHaveEachNameOfTheSite() throws {
        try learn()
        let old = try #require(PeerHost("old.test"))
        func shown(_ host: PeerHost) throws -> String? {
            try document(.discovery, at: host)["publicKey"]?.object?["keyId"]?.string
        }
        #expect(try shown(host) == "https://cloud.test/ocm#rsa-1")
        #expect(try shown(old) == "https://old.test/ocm#rsa-1")
        // A peer that knows the site by one name alone goes to no other for it.
        for (name, path) in [
            ("endPoint", "/ocm"), ("tokenEndPoint", "/ocm/token"), ("jwksUri", "/ocm/jwks"),
        ] {
            #expect(try document(.discovery, at: host)[name]?.string == "https://cloud.test" + path)
            #expect(try document(.discovery, at: old)[name]?.string == "https://old.test" + path)
        }
        let all = try #require(try document(.keySet)["keys"]?.array)
        #expect(
            all.compactMap { $0.object?["kid"]?.string }
                == ["cloud.test#ed25519-1", "old.test#ed25519-1"])
        #expect(Set(all.compactMap { $0.object?["x"]?.string }).count == 1)
    }

    @Test func keysAreShownFromTheirStagingToTheirEnd() throws {
        #expect(try keyIDs() == ["cloud.test#ed25519-1"])
        try change(.make(kind: "ed25519"))
        #expect(try keyIDs() == ["cloud.test#ed25519-1"])
        try change(.stage(name: "ed25519-2"))
        #expect(try keyIDs() == ["cloud.test#ed25519-1", "cloud.test#ed25519-2"])
        try change(.activate(name: "ed25519-2", overlap: 600, wait: .skipped))
        #expect(try keyIDs() == ["cloud.test#ed25519-1", "cloud.test#ed25519-2"])
        #expect(world.gateway.keys.current.signatureKey?.name == "ed25519-2")
        world.clock.pass(599)
        world.gateway.published.dropEndedKeys()
        #expect(try keyIDs().count == 2)
        world.clock.pass(1)
        world.gateway.published.dropEndedKeys()
        #expect(try keyIDs() == ["cloud.test#ed25519-2"])
    }

    @Test func discoveryShowsOneKeyOfDraftCavageTheOneThatSigns() throws {
        try learn()
        func shown() throws -> String? {
            try document(.discovery)["publicKey"]?.object?["keyId"]?.string
        }
        #expect(try shown() == "https://cloud.test/ocm#rsa-1")
        try change(.make(kind: "rsa"))
        try change(.stage(name: "rsa-2"))
        #expect(try shown() == "https://cloud.test/ocm#rsa-1")
        try change(.activate(name: "rsa-2", overlap: 600, wait: .observed))
        #expect(try shown() == "https://cloud.test/ocm#rsa-2")
        #expect(world.gateway.keys.current.cavageKey?.name == "rsa-2")
        #expect(try keyIDs() == ["cloud.test#ed25519-1"])
    }

    @Test func documentsMayBeKeptForAsLongAsFailuresAre() throws {
        try learn()
        let answer = try #require(world.gateway.published.answer(.discovery, at: host))
        #expect(
            answer.fields.contains {
                $0.name == "cache-control" && $0.value == "public, max-age=300"
            })
        #expect(
            answer.fields.contains { $0.name == "content-type" && $0.value == "application/json" })
    }
}
