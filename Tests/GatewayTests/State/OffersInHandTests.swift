import Federation
import OpenSSL
import Testing

@testable import Gateway

@Suite struct OffersInHandTests {
    private let name = ProviderID("22")

    private func host(_ text: String) throws -> PeerHost { try #require(PeerHost(text)) }

    @Test func oneIsFoundByItsPeersAndByItsSecretsUntilItIsOver() throws {
        let offers = OffersInHand()
        let (one, two) = (try host("one.test"), try host("two.test"))
        let secret = Secret(utf8: "SECRET15CHARS00")
        let offer = offers.begin(name, of: [one], knownBy: [secret])
        #expect(offers.find(name, of: one).count == 1)
        #expect(offers.find(name, knownBy: secret).count == 1)
        #expect(offers.find(name, of: two).isEmpty)
        #expect(offers.find(name, knownBy: Secret(utf8: "another")).isEmpty)
        #expect(offers.find(ProviderID("23"), of: one).isEmpty)
        #expect(offers.find(ProviderID("23"), knownBy: secret).isEmpty)
        offers.end(offer)
        #expect(offers.find(name, of: one).isEmpty)
        #expect(offers.find(name, knownBy: secret).isEmpty)
    }

    @Test func whoWaitsGoesOnWhenAllOfBeforeAreOver() async throws {
        let offers = OffersInHand()
        let one = try host("one.test")
        let first = offers.begin(name, of: [one])
        let second = offers.begin(name, of: [one])
        let before = offers.find(name, of: one)
        let over = TestCounter()
        async let waiting: Void = {
            for offer in before { await offer.over() }
            over.add()
        }()
        // One that comes later is not waited for.
        let later = offers.begin(name, of: [one])
        offers.end(first)
        try await Task.sleep(for: .milliseconds(20))
        #expect(over.value == 0)
        offers.end(second)
        await waiting
        #expect(over.value == 1)
        #expect(offers.find(name, of: one).count == 1)
        offers.end(later)
    }

    @Test func whatIsOverIsNotWaitedFor() async throws {
        let offers = OffersInHand()
        let offer = try #require(offers.begin(name, of: [try host("one.test")]))
        offers.end(offer)
        offers.end(offer)
        await offer.over()
    }

    @Test func thereAreNotMoreThanFit() throws {
        let offers = OffersInHand(capacity: 1)
        let one = try host("one.test")
        let first = try #require(offers.begin(name, of: [one]))
        for _ in 0..<2 {
            let isRefused = offers.begin(name, of: [one]) == nil
            #expect(isRefused)
            offers.end(nil)
        }
        offers.end(first)
        let second = try #require(offers.begin(name, of: [one]))
        #expect(offers.find(name, of: one).map { $0 === second } == [true])
    }
}
