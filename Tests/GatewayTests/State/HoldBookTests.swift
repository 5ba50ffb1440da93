import Federation
import Testing

@testable import Gateway

@Suite struct HoldBookTests {
    private func message(
        _ at: Int, client: String = "192.0.2.1", of name: String = "a.test"
    ) throws -> HeldMessage {
        let host = try #require(PeerHost(name))
        var facts = Facts(Occasion(.share, .inbound), peer: PeerHost("a.test"), now: at)
        facts.signature = .rfc9421
        facts.sender = "alice@a.test"
        facts.recipient = "bob@cloud.test"
        var record = DecisionRecord(
            id: "d\(at)", kind: "shares", direction: .inbound, action: .hold, by: "unknown",
            status: 503, client: client)
        record.code = "peer_held"
        record.peer = "a.test"
        return HeldMessage(facts, record, of: host, at: at)
    }

    @Test func whoWaitsIsThereAfterARestartAndSealed() async throws {
        let world = try TestWorld()
        let (store, key) = (world.gateway.store, world.seal)
        let host = try #require(PeerHost("a.test"))
        let book = try HoldBook(store, key)
        for second in 1...30 { book.note(try message(second), of: host) }
        try await store.commit([try #require(book.flush())])
        #expect(book.flush() == nil)
        let held = try #require(try HoldBook(store, key)[host])
        #expect(held == book[host])
        #expect(held.count == 30 && held.first == 1 && held.last == 30)
        // The first, and the newest nine.
        #expect(held.messages.map(\.at) == [1] + Array(22...30))
        #expect(try HoldBook.read(store.path, key, now: 100) == [held])
        #expect(try HoldBook.read(store.path, key, now: 31 * 86_400).isEmpty)
        try await store.commit([book.settle(host)])
        #expect(book.all.isEmpty)
        #expect(try HoldBook(store, key).all.isEmpty)
    }

    /// What the disk did not take is tried again, and what was forgotten meanwhile does not come back.
    @Test func whatCouldNotBeWrittenIsNewAgain() async throws {
        let world = try TestWorld()
        let (store, key) = (world.gateway.store, world.seal)
        let host = try #require(PeerHost("a.test"))
        let book = try HoldBook(store, key)
        book.note(try message(1), of: host)
        let lost = try #require(book.flush())
        #expect(book.flush() == nil)
        lost.abandoned()
        try await store.commit([try #require(book.flush())])
        #expect(try HoldBook(store, key)[host]?.messages.count == 1)
        // One that was taken up before somebody was forgotten, and is written after it.
        book.note(try message(2), of: host)
        let early = try #require(book.flush())
        let subject = try #require(JournalSubject("alice@a.test"))
        let site = try #require(PeerHost("cloud.test"))
        let erased = try #require(book.forget(subject, site: site))
        erased.abandoned()
        let again = try #require(book.forget(subject, site: site))
        try await store.commit([again])
        try await store.commit([early])
        #expect(try HoldBook(store, key)[host]?.messages.isEmpty == true)
    }

    @Test func whoHasALongNameIsForgottenToo() async throws {
        let world = try TestWorld()
        let host = try #require(PeerHost("a.test"))
        let name = String(repeating: "x", count: 1000) + "@a.test"
        var facts = Facts(Occasion(.share, .inbound), peer: host, now: 1)
        facts.owner = name
        let record = DecisionRecord(
            id: "d", kind: "shares", direction: .inbound, action: .hold, by: "unknown",
            status: 503, client: "192.0.2.1")
        let book = try HoldBook(world.gateway.store, world.seal)
        book.note(HeldMessage(facts, record, of: host, at: 1), of: host)
        let subject = try #require(JournalSubject(name))
        let site = try #require(PeerHost("cloud.test"))
        #expect(book.forget(subject, site: site) != nil)
        #expect(book[host]?.messages.isEmpty == true)
    }

    /// Who is only named has proved nothing, whoever names him.
    @Test func aSignatureIsTheOneOfTheSigner() throws {
        let own = try message(1)
        #expect(own.signature == "rfc9421" && own.namedBy == nil)
        let named = try message(1, of: "college.test")
        #expect(named.signature == "none" && named.namedBy == "a.test")
    }

    @Test func whoMakesUpNamesPushesOutNobodyElse() async throws {
        let world = try TestWorld()
        let book = try HoldBook(world.gateway.store, world.seal, capacity: 10)
        let honest = try #require(PeerHost("honest.test"))
        book.note(try message(1, client: "198.51.100.7"), of: honest)
        for number in 0..<100 {
            let host = try #require(PeerHost("made-up-\(number).test"))
            book.note(try message(10 + number, client: "192.0.2.\(number)"), of: host)
        }
        #expect(book.all.count == 10 && book[honest] != nil)
    }

    @Test func whoIsForgottenIsNamedByNoMessageThatWaits() async throws {
        let world = try TestWorld()
        let (store, key) = (world.gateway.store, world.seal)
        let (host, site) = (try #require(PeerHost("a.test")), world.gateway.site.host)
        let book = try HoldBook(store, key)
        for second in 1...3 {
            book.note(try message(second, client: "192.0.2.\(second)"), of: host)
        }
        try await store.commit([try #require(book.flush())])
        #expect(book.forget(try #require(JournalSubject("carol@a.test")), site: site) == nil)
        let client = try #require(JournalSubject("192.0.2.2"))
        try await store.commit([try #require(book.forget(client, site: site))])
        let left = try #require(try HoldBook(store, key)[host])
        #expect(left.messages.map(\.at) == [1, 3])
        let alice = try #require(JournalSubject("alice@https://a.test/"))
        try await store.commit([try #require(book.forget(alice, site: site))])
        // That somebody waits is still known.
        let held = try #require(try HoldBook(store, key)[host])
        #expect(held.messages.isEmpty && held.count == 3)
    }

    @Test func whoHasBeenSilentForTooLongIsForgotten() async throws {
        let world = try TestWorld()
        let book = try HoldBook(world.gateway.store, world.seal)
        let host = try #require(PeerHost("a.test"))
        book.note(try message(1), of: host)
        let end = 30 * 86_400 + 2
        // A clock that is ahead for less than a day.
        for (now, monotonic) in [(end, 0), (end, 86_399), (100, 86_400), (end, 86_500)] {
            book.expire(now: now, monotonic: monotonic)
            #expect(book[host] != nil)
        }
        book.expire(now: end - 2, monotonic: 200_000)
        book.expire(now: end, monotonic: 200_000)
        #expect(book[host] != nil)
        book.expire(now: end, monotonic: 286_400)
        #expect(book[host] == nil)
    }
}
