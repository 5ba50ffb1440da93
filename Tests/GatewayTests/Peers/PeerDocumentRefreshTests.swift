import Federation
import HTTPSignatures
import OpenSSL
import Testing
import Transport

@testable import Gateway

/// What takes the place of a remembered document, and what does not; and what is taken of one.
@Suite struct PeerDocumentRefreshTests {
    private static let wellKnown = "https://modern.test/.well-known/ocm"
    private static let older = "https://modern.test/ocm-provider/"
    private static let withoutKeys = #"{"endPoint":"https://modern.test/ocm"}"#

    private let clock = TestClock()
    private let net = TestNet()
    private let host: PeerHost
    private let peer: TestPeer
    private let directory: PeerDirectory

    init() throws {
        host = try #require(PeerHost("modern.test"))
        peer = try TestPeer("modern.test")
        directory = Self.directory(clock, net)
        try peer.publish(on: net)
    }

    private static func directory(
        _ clock: TestClock, _ net: TestNet,
        isNamed: @escaping @Sendable (PeerHost) -> Bool = { _ in false }
    ) -> PeerDirectory {
        PeerDirectory(
            lifetimes: .init(fresh: 600, staleIfError: 86_400, negative: 30),
            .init(
                now: { clock.seconds }, fetch: { _, url, _ in await net.fetch(url) },
                isNamed: isNamed, patience: .seconds(300), random: { _ in 0 }))
    }

    private func key() async throws -> PeerKey {
        try await directory.key(peer.keyID, of: host, for: .jwks)
    }

    private func advertisesSignatures() async throws -> Bool {
        guard case .published(let document) = try await directory.document(of: host) else {
            return false
        }
        return document.advertisesSignatures
    }

    /// Else a moment without descriptors keeps every peer out that comes in it, for half a minute.
    @Test(arguments: ["https://modern.test/.well-known/ocm", "https://modern.test/ocm/jwks"])
    func whatIsWantingHereIsNotRememberedOfTheHost(_ url: String) async throws {
        net.isBusy(url)
        let denial = await #expect(throws: Denial.self) { try await key() }
        #expect(denial?.code == .keyUnavailable)
        try peer.publish(on: net)
        #expect(try await key().key.key == peer.key.publicKey)
    }

    /// Else trouble at the first place lets anybody speak for the host without a signature.
    @Test(arguments: [
        (404, ""), (503, ""), (429, ""), (403, ""), (200, "<html>Log in</html>"),
        (200, #"{"endPoint":"https://a.test","endPoint":"https://b.test"}"#), (0, ""),
    ])
    func anOlderDocumentBehindALostOneIsAFailureForADayAndThenBelieved(
        _ status: Int, _ body: String
    ) async throws {
        _ = try await key()
        if status == 0 {
            net.isUnusable(Self.wellKnown)
        } else {
            net.answer(Self.wellKnown, status, body)
        }
        net.answer(Self.older, 200, Self.withoutKeys)
        clock.pass(600)
        #expect(try await advertisesSignatures())
        #expect(try await key().key.key == peer.key.publicKey)
        clock.pass(86_399)
        #expect(try await advertisesSignatures())
        clock.pass(30)
        #expect(try await !advertisesSignatures())
    }

    @Test func aDocumentThatChangesAtItsOwnPlaceIsBelieved() async throws {
        #expect(try await advertisesSignatures())
        net.answer(Self.wellKnown, 200, Self.withoutKeys)
        clock.pass(600)
        #expect(try await !advertisesSignatures())
    }

    @Test func aDocumentBehindALostOneThatNamesSignaturesTooIsBelieved() async throws {
        #expect(try await advertisesSignatures())
        net.answer(Self.wellKnown, 404, "")
        net.answer(
            Self.older, 200,
            #"{"endPoint":"https://modern.test/other","capabilities":["http-sig"]}"#)
        clock.pass(600)
        guard case .published(let document) = try await directory.document(of: host) else {
            Issue.record("no document")
            return
        }
        #expect(document.endPoint == "https://modern.test/other")
    }

    /// A server that gets its first keys at the newer place has them at once.
    @Test func aDocumentBeforeTheRememberedOneIsBelieved() async throws {
        net.answer(Self.wellKnown, 404, "")
        net.answer(Self.older, 200, Self.withoutKeys)
        #expect(try await !advertisesSignatures())
        try peer.publish(on: net)
        clock.pass(600)
        #expect(try await advertisesSignatures())
    }

    /// Else whoever invents hosts keeps the backend from those that the configuration lets it go to.
    @Test func aNamedHostIsAskedWhenStrangersHaveHadTheirFetches() async throws {
        let named = try #require(PeerHost("named.test"))
        let document = "https://named.test/.well-known/ocm"
        net.answer(document, 403, "")
        let directory = Self.directory(clock, net, isNamed: { $0 == named })
        for number in 0..<40 {
            let stranger = try #require(PeerHost("stranger\(number).test"))
            _ = try? await directory.document(of: stranger)
        }
        await #expect(throws: Denial.self) { try await directory.document(of: named) }
        #expect(net.asked.contains(document))
        // It is not one that was met as a peer for that.
        #expect(directory.withholdsDocument(named))
    }

    @Test func noMoreKeysOfADocumentAreTakenThanASetMayHold() async throws {
        let cavage = try TestPeer("cavage.test", .cavage)
        let keys = (1...21).map { number in
            JSONValue.object([
                ("keyId", .string("https://cavage.test/ocm#key\(number)")),
                ("publicKeyPem", .string(cavage.key.publicKey.pem)),
            ])
        }
        let document = JSONValue.object([
            ("endPoint", .string("https://cavage.test/ocm")), ("publicKeys", .array(keys)),
        ])
        net.answer(
            "https://cavage.test/.well-known/ocm", 200,
            String(decoding: document.serialized(), as: UTF8.self))
        let host = try #require(PeerHost("cavage.test"))
        #expect(await directory.hasDocument(of: host))
        #expect(
            directory.keys(of: host).map(\.id)
                == (1...20).map { "https://cavage.test/ocm#key\($0)" })
    }
}
