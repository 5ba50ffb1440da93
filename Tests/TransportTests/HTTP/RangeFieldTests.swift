import Testing

@testable import Transport

@Suite struct RangeFieldTests {
    @Test(arguments: [
        "bytes=0-99", "bytes=5-", "bytes=-5", "Bytes=0-0",
        "bytes=9223372036854775806-9223372036854775807",
    ])
    func oneRangeIsPassedOn(_ text: String) {
        #expect(RangeField(latin1(text)[...]) == .single)
    }

    @Test(arguments: [
        "bytes=0-1,2-3", "bytes=0-,0-,0-", "bytes=-", "bytes=", "", "items=0-1", "bytes=a-b",
        "bytes 0-1", "bytes=0-1 ", "bytes=1", "bytes=00000000000000000000-1",
    ])
    func otherRangesAreLeftOut(_ text: String) {
        #expect(RangeField(latin1(text)[...]) == .ignorable)
    }
}
