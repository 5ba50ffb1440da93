import Testing

@testable import Gateway

@Suite struct DoubtedSharesTests {
    private static let share = ShareID(number: 1)

    private static func doubted() -> DoubtedShares {
        let shares = DoubtedShares()
        shares.heard(401, of: share, now: 0)
        return shares
    }

    @Test func onlyARefusedQuestionMakesThePauseLonger() {
        let shares = Self.doubted()
        var now = 0
        for _ in 0..<15 {
            now += 60
            let asked = shares.doubt(of: Self.share, asking: .gateway, now: now)
            #expect(asked == DoubtedShares.Doubt(mayAsk: true, isLasting: false, pause: 60))
            shares.heard(503, of: Self.share, now: now)
        }
        // An answer that nobody hears is none either.
        now += 60
        #expect(shares.doubt(of: Self.share, asking: .client, now: now)?.mayAsk == true)
        now += 60
        #expect(shares.doubt(of: Self.share, asking: .gateway, now: now)?.mayAsk == true)
        shares.heard(401, of: Self.share, now: now)
        // Of one that was under way before.
        shares.heard(401, of: Self.share, now: now)
        let refused = shares.doubt(of: Self.share, asking: .gateway, now: now)
        #expect(refused == DoubtedShares.Doubt(mayAsk: false, isLasting: true, pause: 120))
    }

    @Test(arguments: [200, 207, 304, 403, 404, 405, 409, 412, 416, 423, 507])
    func whoIsLetInIsTrusted(_ status: Int) {
        let shares = Self.doubted()
        shares.heard(status, of: Self.share, now: 60)
        #expect(shares.doubt(of: Self.share, asking: .client, now: 60) == nil)
    }

    @Test(arguments: [302, 307, 429, 500, 502, 503, 504])
    func whatIsToldToEverybodyEndsNoDoubt(_ status: Int) {
        let shares = Self.doubted()
        shares.heard(status, of: Self.share, now: 60)
        #expect(shares.doubt(of: Self.share, asking: .client, now: 60) != nil)
    }

    /// The backend counts them together, and at the tenth hears no more of the gateway.
    @Test func inItsOwnNameTheGatewayIsRefusedSixTimesInHalfAnHour() {
        let all = (1...8).map { ShareID(number: $0) }
        let shares = DoubtedShares()
        for share in all { shares.heard(401, of: share, now: 0) }
        func mayAsk(_ share: ShareID, _ asker: Asker = .gateway, at now: Int) -> Bool? {
            shares.doubt(of: share, asking: asker, now: now)?.mayAsk
        }
        // What is under way may be refused as well.
        for share in all[..<6] { #expect(mayAsk(share, at: 60) == true) }
        #expect(mayAsk(all[6], at: 60) == false)
        shares.heard(207, of: all[0], now: 61)
        #expect(mayAsk(all[6], at: 61) == true)
        for share in all[1..<7] { shares.heard(401, of: share, now: 62) }
        #expect(mayAsk(all[7], at: 63) == false && mayAsk(all[1], at: 182) == false)
        // A client's question is counted against the client.
        #expect(mayAsk(all[7], .client, at: 63) == true)
        #expect(mayAsk(all[7], at: 1861) == false)
        #expect(mayAsk(all[7], at: 1862) == true)
    }

    @Test func soManyAreDoubtedAndThenAllAreTrustedAnew() {
        let shares = Self.doubted()
        for number in 2...4096 { shares.heard(401, of: ShareID(number: Int64(number)), now: 0) }
        // One that is doubted already takes no place.
        shares.heard(401, of: Self.share, now: 0)
        #expect(shares.doubt(of: Self.share, asking: .client, now: 1) != nil)
        shares.heard(401, of: ShareID(number: 4097), now: 1)
        #expect(shares.doubt(of: Self.share, asking: .client, now: 1) == nil)
        #expect(shares.doubt(of: ShareID(number: 4097), asking: .client, now: 1) != nil)
    }
}
