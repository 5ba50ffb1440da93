import Testing

@testable import Gateway

@Suite struct DeliveredSharesTests {
    private static let share = ShareID(number: 1)

    @Test func aShareIsNewUntilItIsSent() {
        let shares = DeliveredShares()
        #expect(shares.standing(of: Self.share) == .repeated)
        shares.recorded(Self.share)
        #expect(shares.standing(of: Self.share) == .new)
        shares.sent(Self.share)
        #expect(shares.standing(of: Self.share) == .repeated)
    }

    @Test func ofALongAnswerNothingIsKept() {
        let shares = DeliveredShares()
        #expect(shares.body(of: Self.share) == nil)
        let longest = [UInt8](repeating: 0x20, count: 4096)
        shares.remember(longest, of: Self.share)
        #expect(shares.body(of: Self.share) == longest)
        shares.remember(longest + [0x20], of: Self.share)
        #expect(shares.body(of: Self.share) == Array("{}".utf8))
    }

    @Test func soManyAreRememberedAndThenNone() {
        let shares = DeliveredShares()
        for number in 1...10_000 {
            shares.recorded(ShareID(number: Int64(number)))
            shares.remember([], of: ShareID(number: Int64(number)))
        }
        #expect(shares.standing(of: Self.share) == .new)
        #expect(shares.body(of: Self.share) == [])
        let next = ShareID(number: 10_001)
        shares.recorded(next)
        shares.remember([], of: next)
        #expect(shares.standing(of: Self.share) == .repeated)
        #expect(shares.standing(of: next) == .new)
        #expect(shares.body(of: Self.share) == nil)
        #expect(shares.body(of: next) == [])
    }
}
