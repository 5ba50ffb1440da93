import Testing

@testable import Transport

@Suite struct AddressClassTests {
    @Test(arguments: [
        ("8.8.8.8", AddressClass.global), ("100.63.255.255", .global), ("100.128.0.0", .global),
        ("172.15.255.255", .global), ("172.32.0.0", .global), ("192.0.1.0", .global),
        ("198.17.255.255", .global), ("198.20.0.0", .global), ("223.255.255.255", .global),
        ("0.0.0.0", .unspecified), ("0.1.2.3", .unspecified), ("10.0.0.1", .privateUse),
        ("100.64.0.0", .sharedAddress), ("100.100.100.200", .sharedAddress),
        ("100.127.255.255", .sharedAddress), ("127.0.0.1", .loopback), ("127.255.0.1", .loopback),
        ("169.254.169.254", .linkLocal), ("172.16.0.0", .privateUse),
        ("172.31.255.255", .privateUse), ("192.168.0.1", .privateUse),
        ("192.0.0.1", .protocolAssignment), ("192.0.0.170", .protocolAssignment),
        ("192.0.2.1", .documentation), ("198.51.100.1", .documentation),
        ("203.0.113.1", .documentation), ("192.88.99.1", .sixToFour), ("198.18.0.1", .benchmarking),
        ("198.19.255.255", .benchmarking), ("224.0.0.1", .multicast),
        ("239.255.255.255", .multicast), ("240.0.0.1", .reserved), ("255.255.255.254", .reserved),
        ("255.255.255.255", .broadcast), ("168.63.129.16", .linkLocal),
        ("2600::1", .global), ("2a00:1450::1", .global), ("2001:4860::8888", .global),
        ("::", .unspecified), ("::1", .loopback), ("::2", .unspecified),
        ("::127.0.0.1", .loopback), ("::8.8.8.8", .embeddedIPv4),
        ("::ffff:127.0.0.1", .loopback), ("::ffff:10.0.0.1", .privateUse),
        ("::ffff:8.8.8.8", .embeddedIPv4), ("::ffff:0:127.0.0.1", .reserved),
        ("64:ff9b::7f00:1", .loopback), ("64:ff9b::a9fe:a9fe", .linkLocal),
        ("64:ff9b::808:808", .global), ("64:ff9b:1::1", .localTranslation),
        ("64:ff9b:1:ffff::808:808", .localTranslation), ("64:ff9b:2::1", .reserved),
        ("2002:7f00:1::", .loopback), ("2002:a00:1::1", .privateUse),
        ("2002:808:808::1", .sixToFour), ("2001::1", .protocolAssignment),
        ("2001:0:808:808::1", .protocolAssignment), ("2001:1ff:ffff::1", .protocolAssignment),
        ("2001:200::1", .global), ("2001:db8::1", .documentation), ("3fff::1", .documentation),
        ("3fff:fff:ffff::1", .documentation), ("3fff:1000::1", .global),
        ("5f00::1", .segmentRouting), ("100::1", .discard), ("100:0:0:1::1", .discard),
        ("100:0:0:2::1", .reserved), ("fc00::1", .uniqueLocal), ("fd00:ec2::254", .uniqueLocal),
        ("fe80::1", .linkLocal), ("febf::1", .linkLocal), ("fec0::1", .siteLocal),
        ("feff::1", .siteLocal), ("ff02::1", .multicast), ("4000::1", .reserved),
        ("8000::1", .reserved), ("1::1", .reserved), ("2600::5efe:10.0.0.1", .privateUse),
        ("2600::200:5efe:127.0.0.1", .loopback), ("2600::5efe:8.8.8.8", .global),
        ("2620:4f:8000::1", .reserved), ("192.175.48.1", .reserved),
    ])
    func addressIsOfItsRegistrysClass(_ text: String, _ kind: AddressClass) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressClass(of: address) == kind)
    }
}
