import Federation
import Testing
import Transport

@testable import Gateway

@Suite struct PeerResolutionTests {
    private let resolution: PeerResolution

    init() {
        let directory = PeerDirectory(
            lifetimes: .init(fresh: 600, staleIfError: 86_400, negative: 30),
            .init(now: { 0 }, fetch: { _, _, _ in .failed("connect") }))
        resolution = PeerResolution(directory, for: .nextcloud)
    }

    private func host(_ number: Int) throws -> PeerHost {
        try #require(PeerHost("h\(number).invented.test"))
    }

    /// As much as is read of one.
    private static func document() throws -> PeerDocument {
        let text =
            #"{"endPoint":"https://h.test/ocm","x":""# + String(repeating: "y", count: 60_000)
            + #""}"#
        return .published(try DiscoveryDocument(parsing: Array(text.utf8)))
    }

    /// The directory has forgotten them by then.
    @Test func documentsOfHostsWithoutEndDoNotStay() throws {
        let document = try Self.document()
        for number in 0..<400 {
            let resolved = resolution.resolved(
                try host(number), .init(document: document, at: number))
            #expect(resolved.document?.endPoint == "https://h.test/ocm")
            #expect((1..<150).contains(resolution.count))
        }
    }

    @Test func hostsThatShowNoneDoNotStayEither() throws {
        for number in 0..<4500 {
            _ = resolution.resolved(try host(number), .init(document: .absent, at: number))
        }
        #expect(resolution.count < 4200)
    }

    /// A document that is fetched again and again takes the room of one.
    @Test func aPeerIsMadeAnewForEachDocumentAndCountedOnce() throws {
        let (peer, other) = (try host(1), try host(2))
        let document = try Self.document()
        let first = resolution.resolved(other, .init(document: .absent, at: 0))
        for time in 0..<200 {
            let made = resolution.resolved(peer, .init(document: document, at: time))
            #expect(resolution.resolved(peer, .init(document: document, at: time)) === made)
        }
        #expect(resolution.count == 2)
        #expect(resolution.resolved(other, .init(document: .absent, at: 0)) === first)
    }
}
