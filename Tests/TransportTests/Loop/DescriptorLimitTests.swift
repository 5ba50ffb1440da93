import Testing

@testable import Transport

@Suite struct DescriptorLimitTests {
    private func connections(_ line: String) -> Int? {
        DescriptorLimit.clientConnections {
            "Limit                     Soft Limit           Hard Limit           Units     \n"
                + "Max cpu time              unlimited            unlimited            seconds   \n"
                + line + "\n"
        }
    }

    @Test func halfOfWhatIsNotReservedGoesToClients() {
        #expect(
            connections("Max open files            1024                 524288               files")
                == 480)
        #expect(
            connections("Max open files            16                   524288               files")
                == 8)
    }

    @Test func whatTheSystemDoesNotTellIsNoLimit() {
        #expect(
            connections("Max open files            unlimited            unlimited  files") == nil)
        #expect(connections("") == nil)
        #expect(DescriptorLimit.clientConnections { nil } == nil)
    }
}
