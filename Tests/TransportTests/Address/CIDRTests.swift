import Testing

@testable import Transport

@Suite struct CIDRTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false),
        ("0.0.0.0/0", "1.2.3.4", true), ("1.2.3.4", "1.2.3.4", true), ("1.2.3.4", "1.2.3.5", false),
        ("1.2.3.4/31", "1.2.3.5", true), ("fd00::/8", "fdff::1", true),
        ("fd00::/8", "fe00::", false),
        ("::/0", "2001:db8::1", true), ("::/0", "1.2.3.4", false), ("0.0.0.0/0", "::1", false),
        ("2001:db8:0:8000::/65", "2001:db8:0:8000:7fff::", true),
        ("2001:db8:0:8000::/65", "2001:db8:0:8000:8000::", false),
        ("::1/128", "::1", true), ("2001:db8::/64", "2001:db8::ffff:0:0:1", true),
        ("2001:db8::/64", "2001:db8:0:1::1", false), ("10.0.0.0/8", "::ffff:10.0.0.1", false),
    ])
    func blockHoldsTheAddressesBelowItsPrefix(_ block: String, _ address: String, _ holds: Bool)
        throws
    {
        let address = try #require(IPAddress(address))
        #expect(try CIDR(block).contains(address) == holds)
    }

    @Test(arguments: [
        ("", CIDR.Failure.address), ("10/8", .address), ("a/8", .address), ("/8", .address),
        ("10.0.0.0/", .prefix), ("10.0.0.0/33", .prefix), ("10.0.0.0/-1", .prefix),
        ("10.0.0.0/+8", .prefix), ("10.0.0.0/08", .prefix), ("10.0.0.0/8/8", .prefix),
        ("10.0.0.0/ 8", .prefix), ("::/129", .prefix), ("10.0.0.0/255.0.0.0", .prefix),
        ("10.0.0.1/8", .hostBits), ("::1/127", .hostBits), ("fd00::1/8", .hostBits),
    ])
    func otherTextsAreNoBlocks(_ text: String, _ failure: CIDR.Failure) {
        #expect(throws: failure) { try CIDR(text) }
    }

    @Test func blockIsWrittenWithItsPrefix() throws {
        #expect(try CIDR("1.2.3.4").description == "1.2.3.4/32")
        #expect(try CIDR("FD00:0::/8").description == "fd00::/8")
    }
}
