import Testing

@testable import Transport

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("192.0.2.1", "192.0.2.1"),
        ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("2001:db8::1:0:0:1", "2001:db8::1:0:0:1"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("::ffff:192.0.2.1", "::ffff:c000:201"),
        ("64:ff9b::127.0.0.1", "64:ff9b::7f00:1"), ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
        ("0001:0002::000a", "1:2::a"),
    ])
    func addressHasOneText(_ text: String, _ canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
        #expect(IPAddress(networkBytes: address.networkBytes) == address)
    }

    @Test(arguments: [
        "", "1", "127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.1.", "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1", "1.2.3.04", "1..2.3", ".1.2.3", "1.2.3.+4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.a",
        "00.0.0.0", "1.2.3.1000",
        ":", ":::", ":1", "1:", "1:2", "1::2::3", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7",
        "::1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8::", "12345::", "g::", "::1%eth0", "[::1]", "::1.2.3",
        "::1.2.3.256", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "::ffff:0177.0.0.1",
        "1:::2", "::-1", "fe80::1/64",
    ])
    func oddFormsAreNoAddresses(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func networkBytesAreFourOrSixteen() {
        for count in 0...20 where count != 4 && count != 16 {
            #expect(IPAddress(networkBytes: Array(repeating: 1, count: count)) == nil)
        }
        #expect(IPAddress(networkBytes: [127, 0, 0, 1]) == .v4(0x7F00_0001))
    }

    @Test func everyAddressIsReadFromItsText() {
        var dice = Dice(seed: 3)
        for _ in 0..<2000 {
            // Sparse groups, so that runs of zeros occur.
            let half = { (dice: inout Dice) in
                UInt64.random(in: 0...UInt64.max, using: &dice)
                    & UInt64.random(in: 0...UInt64.max, using: &dice)
                    & (Bool.random(using: &dice) ? 0xFFFF_0000_0000_FFFF : 0x0000_00FF_FFFF_0000)
            }
            let address = IPAddress.v6(half(&dice), half(&dice))
            #expect(IPAddress(address.description) == address)
        }
    }
}
