import Federation
import GRDB
import HTTPSignatures
import OpenSSL
import Testing

@testable import Gateway

@Suite struct PastKeysTests {
    private let seal: SealKey
    private let scratch: Scratch
    private let host: PeerHost

    init() throws {
        seal = try #require(SealKey(Secret(Array(1...32))))
        scratch = try Scratch()
        host = try #require(PeerHost("one.example"))
    }

    private func open() throws -> Store {
        try Store.open(scratch.file("state.db"), seal, now: 1000)
    }

    private func key(_ id: String, _ source: PeerKey.Source = .jwks) throws -> PeerKey {
        PeerKey(
            id: id,
            key: try VerificationKey(
                try PrivateKey.generate(.p256).publicKey, algorithm: .ecdsaP256SHA256),
            source: source)
    }

    @Test func keysThatAreShownNoMoreSurviveARestart() async throws {
        let keys = try (0..<7).map { try key("k\($0)") }
        var store = try open()
        var past = try PastKeys(store)
        for (time, key) in keys.enumerated() {
            try await store.commit(
                try #require(past.learn(host, shown: [key], now: 1000 + time)))
            #expect(past.learn(host, shown: [key], now: 2000) == nil)
            store.close()
            store = try open()
            past = try PastKeys(store)
        }
        // The last four, the newest first; what is shown is not among them.
        #expect(past.keys(of: host, but: [keys[6]]) == [keys[5], keys[4], keys[3], keys[2]])
        // One that is shown again is none of before.
        try await store.commit(
            try #require(past.learn(host, shown: [keys[4], keys[6]], now: 3000)))
        #expect(past.keys(of: host, but: [keys[4], keys[6]]) == [keys[5], keys[3], keys[2]])
        // All changed while nobody looked: what was shown last is of before as well.
        #expect(past.keys(of: host, but: [keys[0]]).prefix(2).contains(keys[6]))
        #expect(past.keys(of: host, but: []) == [keys[5], keys[3], keys[2]])
        try await store.commit(past.forget(host))
        #expect(past.keys(of: host, but: [keys[0]]).isEmpty)
        store.close()
        #expect(try PastKeys(try open()).keys(of: host, but: [keys[0]]).isEmpty)
    }

    /// As with pins: a source of which nothing is known at the moment ends no key.
    @Test func aSourceThatShowsNothingEndsNothing() async throws {
        let store = try open()
        let past = try PastKeys(store)
        let (modern, cavage) = (try key("k"), try key("c", .discovery))
        try await store.commit(try #require(past.learn(host, shown: [modern, cavage], now: 1)))
        #expect(past.learn(host, shown: [cavage], now: 2) == nil)
        let other = try key("d", .discovery)
        try await store.commit(try #require(past.learn(host, shown: [other], now: 3)))
        #expect(past.keys(of: host, but: [other]) == [cavage])
        #expect(past.keys(of: host, but: [other, try key("n")]).contains(modern))
        store.close()
    }

    /// A state file of the version before this table.
    @Test func anOlderStateGetsItsTableAndKeepsItsPins() async throws {
        let store = try open()
        let shown = try key("k")
        let offered = OfferedKey(source: "jwks", id: "k", thumbprint: shown.thumbprint)
        try await store.commit(try PinBook(store).accept(host, offered: [offered], now: 1))
        store.close()
        let older = try DatabaseQueue(path: scratch.file("state.db"))
        try await older.write { db in
            try db.execute(
                sql: """
                    DROP TABLE owed; DROP TABLE past_key; ALTER TABLE share DROP COLUMN site;
                    DROP TABLE invitation; ALTER TABLE contact ADD COLUMN token;
                    PRAGMA user_version = 4
                    """)
        }
        try older.close()
        let migrated = try open()
        #expect(try migrated.read { try Schema.version($0) } == Schema.newest)
        #expect(try PinBook(migrated)[host].map(\.key) == [offered])
        // A key that was pinned before is learned with the next message.
        let past = try PastKeys(migrated)
        try await migrated.commit(try #require(past.learn(host, shown: [shown], now: 2)))
        migrated.close()
    }
}
