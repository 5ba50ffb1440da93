import Testing

@testable import Federation

@Suite struct NetworkAddressTests {
    @Test(arguments: [
        ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false),
        ("0.0.0.0/0", "255.255.255.255", true), ("192.0.2.1", "192.0.2.1", true),
        ("192.0.2.1/32", "192.0.2.2", false), ("2001:db8::/32", "2001:db8:ffff::1", true),
        ("2001:db8::/32", "2001:db9::", false), ("2001:db8::1", "2001:db8::1", true),
        ("2001:db8:0:0:8000::/65", "2001:db8::8000:0:0:1", true),
        ("2001:db8:0:0:8000::/65", "2001:db8::7fff:0:0:1", false),
        // No IPv6 range holds IPv4, or the other way.
        ("::/0", "192.0.2.1", false), ("0.0.0.0/0", "2001:db8::1", false),
        ("0.0.0.0/0", "::ffff:192.0.2.1", true),
    ])
    func rangeHoldsTheAddress(_ range: String, _ address: String, _ holds: Bool) throws {
        let address = try #require(NetworkAddress(address))
        #expect(try #require(NetworkRange(range)).contains(address) == holds)
    }

    @Test(arguments: [
        "", "192.0.2.1/24", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/+8",
        "192.0.2/24",
        "192.0.02.0/24", "2001:db8::1/32", "2001:db8::/129", "2001:db8::/32/1", "fe80::1%eth0",
        "h.example", "::ffff:0:0/0", "::ffff:0:0/96", "::ffff:192.0.2.0/24",
        "::ffff:192.0.2.0/120", "::ffff:192.0.2.1", "::FFFF:c000:201", "192.0.2.0/024",
        "10.0.0.0/08", "0.0.0.0/00", "2001:db8::/032", "[::1]", "[2001:db8::]/32", "[192.0.2.1]",
    ])
    func rangeIsRefused(_ text: String) {
        #expect(NetworkRange(text) == nil)
    }
}
