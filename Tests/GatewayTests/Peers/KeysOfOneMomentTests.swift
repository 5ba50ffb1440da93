import Federation
import HTTPSignatures
import OpenSSL
import Testing

@testable import Gateway

/// Keys that vouch for each other were shown together (settled questions, 7).
@Suite struct KeysOfOneMomentTests {
    private let clock: TestClock
    private let net: TestNet
    private let host: PeerHost
    private let directory: PeerDirectory

    init() throws {
        let (clock, net) = (TestClock(), TestNet())
        (self.clock, self.net) = (clock, net)
        host = try #require(PeerHost("cavage.test"))
        directory = PeerDirectory(
            lifetimes: .init(fresh: 600, staleIfError: 86_400, negative: 30),
            .init(
                now: { clock.seconds }, fetch: { _, url, _ in await net.fetch(url) },
                patience: .seconds(300), random: { _ in 0 }))
    }

    private var shown: [PublicKey] { directory.keys(of: host).map(\.key.key) }

    private func refusal(_ peer: TestPeer) async -> Denial? {
        do throws(Denial) {
            _ = try await directory.key(
                peer.keyID, of: host, for: peer.generation == .cavage ? .discovery : .jwks)
            return nil
        } catch { return error }
    }

    /// As the gateway has it that was started anew, and whose backend has looked at the document.
    @Test func aRememberedDocumentVouchesForNoKeySet() async throws {
        let old = try TestPeer("cavage.test", .cavage)
        try old.publish(on: net)
        #expect(await directory.hasDocument(of: host))
        clock.pass(10)
        let new = try TestPeer("cavage.test")
        try new.publish(on: net)
        #expect(await refusal(new) == nil)
        #expect(shown == [new.key.publicKey])
    }

    /// By its age, and because it seemed outdated; while the key set is gone, and while it fails.
    @Test(arguments: [404, 503], [600, 60])
    func aRememberedKeySetVouchesForNoDocument(_ status: Int, after seconds: Int) async throws {
        let (old, beside) = (try TestPeer("cavage.test", .cavage), try TestPeer("cavage.test"))
        try old.publish(on: net)
        let set = "https://cavage.test/.well-known/jwks.json"
        net.answer(set, 200, try beside.keySet())
        #expect(await refusal(old) == nil)
        #expect(shown == [old.key.publicKey, beside.key.publicKey])
        clock.pass(seconds)
        var new = old
        new.key = try .generate(.ed25519)
        new.keyName = "key2"
        try new.publish(on: net)
        net.answer(set, status, "")
        if seconds < 600 {
            #expect(await directory.renewDocument(of: host))
        } else {
            #expect(await directory.hasDocument(of: host))
        }
        #expect(await refusal(new)?.code == .keyUnavailable)
        // What serves on is what the document does not deny.
        #expect(shown == [beside.key.publicKey])
    }

    @Test func aKeyThatANewDocumentShowsNoMoreIsDeadThoughItsSetIsFresh() async throws {
        let old = try TestPeer("cavage.test", .cavage)
        try old.publish(on: net)
        #expect(await refusal(old) == nil)
        clock.pass(60)
        var new = old
        new.key = try .generate(.ed25519)
        new.keyName = "key2"
        try new.publish(on: net)
        #expect(await directory.renewDocument(of: host))
        #expect(shown.isEmpty)
        #expect(await refusal(new) == nil)
        #expect(shown == [new.key.publicKey])
        #expect(await refusal(old)?.fault == .keyUnknown)
    }
}
