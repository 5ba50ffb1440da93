import Testing

@testable import Transport

@Suite struct RequestCycleTests {
    private func cycle(
        _ request: String, limit: Int = 1000, wish: Persistence = .keepAlive
    ) throws -> RequestCycle {
        var cycle = RequestCycle()
        cycle.begin(try #require(try requestHead(request)), limit: limit, wish: wish)
        return cycle
    }

    private static let start = "POST / HTTP/1.1\r\nHost: a\r\n"

    @Test func aRequestWithoutABodyIsFollowedByTheNext() throws {
        var cycle = try cycle("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(cycle.phase == .deciding)
        let (persistence, next) = (cycle.settle(), cycle.answered())
        #expect(persistence == .keepAlive)
        #expect(next == .nextRequest)
        #expect(cycle.phase == .head)
    }

    @Test func aShortRestOfABodyIsDropped() throws {
        var cycle = try cycle(Self.start + "Content-Length: 65536\r\n\r\n")
        let (persistence, next) = (cycle.settle(), cycle.answered())
        #expect(persistence == .keepAlive)
        #expect(next == .drop)
        #expect(cycle.phase == .dropping)
        var offset = 0
        _ = try cycle.nextPiece(in: [UInt8](repeating: 0, count: 65536).span, from: &offset)
        let after = cycle.answered()
        #expect(after == .nextRequest)
    }

    @Test(arguments: [
        "Content-Length: 65537\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n",
        "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n",
    ])
    func aRestThatIsLongOrMayNotComeEndsTheConnection(_ rest: String) throws {
        var cycle = try cycle(Self.start + rest)
        let (persistence, next) = (cycle.settle(), cycle.answered())
        #expect(persistence == .close)
        #expect(next == .linger)
    }

    @Test func theLastRequestThatIsAllowedSaysClose() throws {
        var cycle = try cycle("GET / HTTP/1.1\r\nHost: a\r\n\r\n", limit: 1)
        let (persistence, next) = (cycle.settle(), cycle.answered())
        #expect(persistence == .close)
        #expect(next == .close)
    }

    /// Also one that is refused (RFC 9931, section 8).
    @Test func aConnectIsTheLastRequest() throws {
        let head = try requestHead(
            "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n", role: .forwardProxy)
        var cycle = RequestCycle()
        cycle.begin(try #require(head), limit: 1000, wish: .keepAlive)
        let (persistence, next) = (cycle.settle(), cycle.answered())
        #expect(persistence == .close)
        #expect(next == .close)
    }

    @Test func theClientsWishAndOursBothEndTheConnection() throws {
        var theirs = try cycle("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        var ours = try cycle("GET / HTTP/1.1\r\nHost: a\r\n\r\n", wish: .close)
        var doomed = try cycle("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        doomed.doom()
        let persistence = [theirs.settle(), ours.settle(), doomed.settle()]
        #expect(persistence == [.close, .close, .close])
    }

    @Test func aBodyThatHasBegunNeedsNoContinue() throws {
        var cycle = try cycle(Self.start + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        #expect(cycle.owesContinue)
        cycle.continued()
        let persistence = cycle.settle()
        #expect(!cycle.owesContinue && persistence == .keepAlive)
    }

    @Test func aClosedConnectionStaysClosed() throws {
        var cycle = try cycle("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        cycle.enter(.closed)
        cycle.enter(.answering)
        #expect(cycle.phase == .closed)
    }
}
