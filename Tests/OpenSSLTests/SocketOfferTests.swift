import Foundation
import Testing

@testable import OpenSSL

@Suite("Sockets for the next process") struct SocketOfferTests {
    private let path =
        FileManager.default.temporaryDirectory.path
        + "/o\(UInt32.random(in: 0...UInt32.max)).sockets"

    @Test func whatIsOfferedIsGivenToTheOneThatAsks() async throws {
        let offer = try SocketOffer(at: path)
        // It listens itself, so it can stand for any socket that does.
        async let taken = Task.detached { [path] in SocketOffer.ask(at: path) }.value
        var isGiven = false
        for _ in 0..<1500 where !isGiven {
            if let asker = offer.asker() {
                isGiven = offer.give([offer.descriptor], to: asker)
            }
            if !isGiven { try await Task.sleep(for: .milliseconds(20)) }
        }
        #expect(isGiven)
        let sockets = try #require(await taken)
        #expect(sockets.map(\.name) == [.unix(path: path)])
        #expect(sockets.allSatisfy { $0.descriptor != offer.descriptor })
    }

    @Test func whereNobodyOffersThereIsNothing() throws {
        #expect(SocketOffer.ask(at: path) == nil)
        #expect(SocketOffer.ask(at: "/nonexistent/" + path) == nil)
        #expect(throws: CryptoError.self) { try SocketOffer(at: "/nonexistent/a.sockets") }
        #expect(throws: CryptoError.self) {
            try SocketOffer(at: "/tmp/" + String(repeating: "a", count: 120))
        }
    }

    @Test func whatDoesNotListenIsNoListeningSocket() {
        #expect(ListeningSocket(0) == nil)
        #expect(ListeningSocket(-1) == nil)
    }

    @Test func nobodyHearsNoticesOfAnUnknownSocket() {
        for name in ["", "/", "relative", "/nonexistent/notify"] {
            #expect(!ServiceNotice.send("READY=1", to: name))
        }
    }
}
