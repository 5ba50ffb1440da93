import Testing

@testable import Transport

@Suite struct UpstreamDialTests {
    /// However many addresses a name has: a handshake that takes a second is not given up.
    @Test(arguments: [1, 2, 5, 1000])
    func anAddressHasHalfOfTheTimeAndTheLastOneAllThatIsLeft(_ others: Int) {
        #expect(UpstreamDial.share(of: .seconds(3), before: others) == .milliseconds(1500))
        #expect(UpstreamDial.share(of: .seconds(3), before: 0) == .seconds(3))
    }

    @Test func sixAddressesAreDialledOfBothFamiliesInTurn() {
        let four = (0..<1000).map { IPAddress.v4(0xC000_0200 + $0) }
        let six = (0..<1000).map { IPAddress.v6(0x2001_0DB8_0000_0000, $0) }
        let both = [four[0], six[0], four[1], six[1], four[2], six[2]]
        #expect(UpstreamDial.dialled(four + six) == both)
        #expect(UpstreamDial.dialled(four) == Array(four.prefix(6)))
        #expect(UpstreamDial.dialled([six[0]] + four) == [six[0]] + four.prefix(5))
        #expect(UpstreamDial.dialled([six[0], six[1], four[0]]) == [six[0], four[0], six[1]])
        #expect(UpstreamDial.dialled([four[0]]) == [four[0]])
        #expect(UpstreamDial.dialled([]) == [])
    }
}
