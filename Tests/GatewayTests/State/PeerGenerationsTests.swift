import Federation
import OpenSSL
import Testing

@testable import Gateway

@Suite struct PeerGenerationsTests {
    private let scratch: Scratch
    private let seal: SealKey

    init() throws {
        scratch = try Scratch()
        seal = try #require(SealKey(Secret(Array(1...32))))
    }

    private func open() throws -> (Store, PeerGenerations) {
        let store = try Store.open(scratch.file("state.db"), seal, now: 1000)
        return (store, try PeerGenerations(store, of: .peer))
    }

    @Test func whatAPeerOnceSpokeIsNeverLessAlsoAfterARestart() async throws {
        let host = try #require(PeerHost("peer.test"))
        let (store, generations) = try open()
        #expect(generations[host] == .none)
        let first = try #require(generations.learn(host, .label, now: 1))
        // Nothing is known before it is durable.
        #expect(generations[host] == .none)
        try await store.commit([first])
        #expect(generations[host] == .label)
        #expect(generations.learn(host, .cavage, now: 2) == nil)
        #expect(generations.learn(host, .label, now: 2) == nil)
        store.close()
        let (again, loaded) = try open()
        #expect(loaded[host] == .label)
        again.close()
    }

    @Test func ofTwoThatAreWrittenTheNewerStays() async throws {
        let host = try #require(PeerHost("peer.test"))
        let (store, generations) = try open()
        let newer = try #require(generations.learn(host, .tag, now: 1))
        let older = try #require(generations.learn(host, .cavage, now: 1))
        try await store.commit([newer, older])
        #expect(generations[host] == .tag)
        store.close()
        let (again, loaded) = try open()
        #expect(loaded[host] == .tag)
        again.close()
    }

    @Test func aPeerThatIsForgottenIsNew() async throws {
        let (host, other) = (try #require(PeerHost("peer.test")), try #require(PeerHost("b.test")))
        let (store, generations) = try open()
        try await store.commit([
            try #require(generations.learn(host, .tag, now: 1)),
            try #require(generations.learn(other, .tag, now: 1)),
        ])
        try await store.commit([generations.forget(host)])
        #expect(generations[host] == .none && generations[other] == .tag)
        store.close()
        let (again, loaded) = try open()
        #expect(loaded[host] == .none && loaded[other] == .tag)
        again.close()
    }
}
