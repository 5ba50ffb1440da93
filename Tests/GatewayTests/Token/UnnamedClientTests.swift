import Federation
import Testing

@testable import Gateway
@testable import Transport

/// CERNBox from 3.10 to 3.13 names its users' identity provider as the client, or nobody, and signs nothing.
@Suite struct UnnamedClientTests {
    private static let secret = "SECRET0PERMANEN"
    private static let names = [
        "", "&client_id=", "&client_id=https://auth.one.test/realms/x",
        "&client_id=auth.one.test:8443",
    ]

    private func ask(
        _ world: TestGateway, _ client: String, _ code: String
    ) async throws -> Answer {
        try await world.exchange("grant_type=authorization_code&code=\(code)\(client)")
    }

    @Test(arguments: names, ["deny", "allow", "hold"])
    func theCodeSaysWhoseRequestItIs(_ client: String, _ unknown: String) async throws {
        let world = try await TestGateway(unknown: unknown)
        let (_, code) = try await world.share(Self.secret, handle: .make)
        let answer = try await ask(world, client, code)
        #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
        let decision = try #require(world.world.decisions().last)
        #expect(decision["claimed"]?.string == "one.test")
        // What the code took the place of buys nothing.
        #expect(try await ask(world, client, Self.secret).status != 200)
        #expect(world.backend.take() == [])
    }

    /// As when the operator has one entry for all of a university.
    @Test func aProviderBelowAnEntryIsNoPeer() async throws {
        let list = "[list.uni]\nstanding = \"allow\"\nentries = [\"*.one.test\"]"
        let world = try await TestGateway(rules: list)
        let (_, code) = try await world.share(Self.secret, handle: .make)
        #expect(try await ask(world, "&client_id=auth.one.test", code).status == 200)
    }

    /// The record names the share, since the code may be in other hands.
    @Test func aPeersNameStaysThatPeers() async throws {
        let world = try await TestGateway()
        let (_, code) = try await world.share(Self.secret, handle: .make)
        #expect(try await ask(world, "&client_id=two.test", code).code == "invalid_grant")
        #expect(try await ask(world, "&client_id=blocked.test", code).status != 200)
        #expect(world.world.decisions().last?["claimed"]?.string == "blocked.test")
    }

    /// Nobody learns by it which codes there are.
    @Test(arguments: names)
    func whatIsNotToBeHadUnsignedIsAnsweredLikeAnyCode(_ client: String) async throws {
        let signing = try await TestGateway()
        let (_, code) = try await signing.share(Self.secret, handle: .make)
        _ = try await signing.signedToken(code)
        let unlisted = try await TestGateway()
        try await unlisted.share(Self.secret, for: "third.test")
        let required = try await TestGateway(
            rules: "[[require]]\nname = \"all\"\non = \"token\"\nneed = [\"signature\"]")
        try await required.share(Self.secret)
        let strict = try await TestGateway(profile: "strict")
        try await strict.share(Self.secret)
        let ended = try await TestGateway()
        let (id, _) = try await ended.share(Self.secret)
        try await ended.gateway.store.commit(
            ended.gateway.registry.end(id, now: ended.gateway.environment.now()))
        let shared = try await TestGateway()
        try await shared.share(Self.secret)
        try await shared.share(Self.secret, for: "two.test", id: "2")
        let replaced = try await TestGateway()
        try await replaced.share(Self.secret, handle: .make)
        let learned = try await TestGateway()
        try await learned.share(Self.secret, origin: .learned)
        for (name, world) in [
            ("signing", signing), ("unlisted", unlisted), ("required", required),
            ("strict", strict), ("ended", ended), ("shared", shared), ("replaced", replaced),
            ("learned", learned),
        ] {
            let answer = try await ask(world, client, name == "signing" ? code : Self.secret)
            let other = try await ask(world, client, "NO-SUCH-CODE")
            #expect(answer.status == 400, "\(name)")
            #expect(answer.code == other.code && answer.status == other.status, "\(name)")
        }
    }

    @Test func aSignedRequestNamesItsSigner() async throws {
        let world = try await TestGateway()
        let (_, code) = try await world.share(Self.secret, handle: .make)
        let answer = try await world.signedPost(
            "/ocm/token", "grant_type=authorization_code&code=\(code)",
            type: "application/x-www-form-urlencoded", by: "two.test")
        #expect((answer.status, answer.code) == (400, "invalid_request"))
        let other = try await world.signedPost(
            "/ocm/token", "grant_type=authorization_code&client_id=auth.one.test&code=\(code)",
            type: "application/x-www-form-urlencoded", by: "two.test")
        #expect(other.status != 200)
    }

    @Test func whatOpensAShareIsNoGuess() async throws {
        let world = try await TestGateway()
        let (_, code) = try await world.share(Self.secret, handle: .make)
        let (_, other) = try await world.share("SECRET-OF-OTHER", id: "2", handle: .make)
        for _ in 0..<110 {
            #expect(try await ask(world, "", code).status == 200)
            #expect(try await ask(world, "", other).status == 200)
        }
    }

    /// Else a name that anybody may write, or none, would be a way to guess on.
    @Test func whoHasGuessedTooOftenIsToldOfNoCode() async throws {
        let world = try await TestGateway()
        let (_, code) = try await world.share(Self.secret, handle: .make)
        for _ in 0..<200 {
            #expect(try await ask(world, "", "NO-SUCH-CODE").code == "invalid_request")
        }
        for client in ["", "&client_id=one.test"] {
            let refused = try await ask(world, client, code)
            #expect((refused.status, refused.code) == (429, "temporarily_unavailable"))
        }
        world.pass(seconds: 1)
        for client in ["", "&client_id=one.test"] {
            #expect(try await ask(world, client, code).status == 200)
        }
    }
}
