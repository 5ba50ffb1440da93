import Foundation
import Synchronization
import Testing

@testable import OpenSSL

@Suite("Sockets for the next process", .serialized) struct SocketOfferTests {
    private let path =
        FileManager.default.temporaryDirectory.path
        + "/o\(UInt32.random(in: 0...UInt32.max)).sockets"

    /// Asks on a thread of its own, which waits.
    private func ask() async -> (sockets: [ListeningSocket], line: SocketLine)? {
        await withCheckedContinuation { [path] continuation in
            Thread.detachNewThread { continuation.resume(returning: SocketOffer.ask(at: path)) }
        }
    }

    /// The next who comes.
    private func asker(_ offer: SocketOffer) async throws -> SocketLine {
        for _ in 0..<1500 {
            if let line = offer.asker() { return line }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw CryptoError("offer sockets", "nobody came")
    }

    @Test(arguments: [1, 128, 129, 300])
    func whatIsOfferedIsGivenToTheOneThatAsks(count: Int) async throws {
        let offer = try SocketOffer(at: path)
        async let taken = ask()
        let line = try await asker(offer)
        #expect(line.hear(withinMilliseconds: 10_000) == .asks)
        // It listens itself, so it can stand for any socket that does.
        #expect(line.give([Int32](repeating: offer.descriptor, count: count)))
        let given = try #require(await taken)
        #expect(given.sockets.map(\.name) == Array(repeating: .unix(path: path), count: count))
        #expect(given.sockets.allSatisfy { $0.descriptor != offer.descriptor })
        #expect(Set(given.sockets.map(\.descriptor)).count == count)
        for socket in given.sockets { close(socket.descriptor) }

        #expect(given.line.say(.serves))
        #expect(line.hear(withinMilliseconds: 10_000) == .serves)
        // Never this process, which is at both ends here.
        #expect(!line.endOther())
    }

    @Test func theEndOfTheOtherOneIsHeard() async throws {
        let offer = try SocketOffer(at: path)
        async let taken = ask()?.sockets.count
        let line = try await asker(offer)
        #expect(line.hear(withinMilliseconds: 10_000) == .asks)
        #expect(line.hear(withinMilliseconds: 1) == nil)
        #expect(line.give([offer.descriptor]))
        #expect(await taken == 1)
        // Nobody holds its end of the line any more.
        #expect(line.hear(withinMilliseconds: 10_000) == nil)
        #expect(!line.say(.serves))
    }

    @Test func whereNobodyOffersThereIsNothing() throws {
        #expect(SocketOffer.ask(at: path)?.sockets == nil)
        #expect(SocketOffer.ask(at: "/nonexistent/" + path)?.sockets == nil)
        let lost = #expect(throws: CryptoError.self) {
            try SocketOffer(at: "/nonexistent/a.sockets")
        }
        #expect(lost?.description.contains("/a.sockets: No such file or directory") == true)
        let long = #expect(throws: CryptoError.self) {
            try SocketOffer(at: "/tmp/" + String(repeating: "a", count: 103))
        }
        #expect(
            long?.description.contains("is 108 bytes long, and a socket's path may have 107")
                == true)
    }

    /// Of more than its queue has room for none waits for ever.
    @Test func whoAsksOneThatHangsIsNotKept() async throws {
        let offer = try SocketOffer(at: path)
        let gone = Atomic(0)
        for _ in 0..<12 {
            Thread.detachNewThread { [path] in
                if SocketOffer.ask(at: path)?.sockets == nil { gone.add(1, ordering: .relaxed) }
            }
        }
        for _ in 0..<15_000 where gone.load(ordering: .relaxed) < 12 {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(gone.load(ordering: .relaxed) == 12)
        close(offer.descriptor)
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
