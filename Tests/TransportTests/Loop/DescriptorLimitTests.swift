import Testing

@testable import Transport

@Suite struct DescriptorLimitTests {
    private func limit(_ line: String) -> DescriptorLimit {
        .current(loops: 2) {
            "Limit                     Soft Limit           Hard Limit           Units     \n"
                + "Max cpu time              unlimited            unlimited            seconds   \n"
                + line + "\n"
        }
    }

    @Test func halfOfWhatIsNotReservedGoesToClientsAndHalfToUpstreams() {
        let usual = limit("Max open files            1024                 524288       files")
        #expect(usual.clients == 480)
        #expect(usual.upstreams == 480)
        let few = limit("Max open files            16                   524288       files")
        #expect(few.clients == 8)
        #expect(few.upstreams == 8)
    }

    @Test(arguments: [(95, true), (96, false), (1024, false)])
    func withTooFewTheProcessDoesNotBegin(_ count: Int, _ isTooFew: Bool) {
        let text = "Max open files            \(count)     524288     files\n"
        #expect(DescriptorLimit.tooFew { text } == (isTooFew ? count : nil))
        #expect(DescriptorLimit.tooFew { nil } == nil)
    }

    @Test(arguments: [1, 2, 32]) func whatIsWantedIsEnough(loops: Int) {
        let wanted = DescriptorLimit.wanted(connections: 4096, loops: loops)
        #expect(DescriptorLimit(of: wanted, loops: loops).clients == 4096 + 512)
    }

    @Test func moreLoopsLeaveLess() {
        #expect(DescriptorLimit(of: 1024, loops: 1).clients == 480)
        #expect(DescriptorLimit(of: 1024, loops: 32).clients == (1024 - 244) / 2)
    }

    @Test func loopsShareTheConnectionsToUpstreams() {
        let usual = DescriptorLimit(of: 1024, loops: 2)
        #expect(usual.upstreams(perLoopOf: 2) == 240)
        #expect(usual.upstreams(perLoopOf: 480) == 4)
    }

    @Test func whatTheSystemDoesNotTellIsNoLimit() {
        let unlimited = "Max open files            unlimited            unlimited  files"
        #expect(limit(unlimited) == .none)
        #expect(limit("") == .none)
        #expect(DescriptorLimit.current(loops: 2) { nil } == .none)
        #expect(DescriptorLimit.none.upstreams(perLoopOf: 2) >= .max / 2)
    }
}
