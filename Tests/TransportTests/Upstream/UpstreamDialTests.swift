import Testing

@testable import Transport

@Suite struct UpstreamDialTests {
    /// However many addresses a name has: a handshake that takes a second is not given up.
    @Test(arguments: [1, 2, 5, 1000])
    func anAddressHasHalfOfTheTimeAndTheLastOneAllThatIsLeft(_ others: Int) {
        #expect(UpstreamDial.share(of: .seconds(3), before: others) == .milliseconds(1500))
        #expect(UpstreamDial.share(of: .seconds(3), before: 0) == .seconds(3))
    }
}
