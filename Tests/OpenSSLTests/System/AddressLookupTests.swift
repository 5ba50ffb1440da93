import Testing

@testable import OpenSSL

@Suite("Addresses of names") struct AddressLookupTests {
    private static let loopback: Set<[UInt8]> = [
        [127, 0, 0, 1], [UInt8](repeating: 0, count: 15) + [1],
    ]

    @Test func thisMachineIsFoundOnceByEachAddress() {
        let found = AddressLookup.addresses(of: "localhost")
        #expect(!found.isEmpty && Set(found).isSubset(of: Self.loopback))
        #expect(Set(found).count == found.count)
    }

    @Test(
        arguments: [
            ("192.0.2.1", [[192, 0, 2, 1]]),
            ("2001:db8::1", [[0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1]]),
            // An address is asked without its zone.
            ("fe80::1%1", [[0xFE, 0x80] + [UInt8](repeating: 0, count: 13) + [1]]),
        ] as [(String, [[UInt8]])])
    func anAddressIsItself(_ text: String, _ bytes: [[UInt8]]) {
        #expect(AddressLookup.addresses(of: text) == bytes)
    }

    @Test(arguments: [
        "", "localhost\0.example", "\0", "a b", "nobody.invalid.",
        "localhost" + String(repeating: ".", count: 246), String(repeating: "a.", count: 200),
    ])
    func whatIsNoNameHasNoAddress(_ name: String) {
        #expect(AddressLookup.addresses(of: name) == [])
    }
}
