/// What an address is for, by the IANA special-purpose registries (RFC 6890 and its followers).
///
/// Only `.global` may be dialled on a peer's word. An address that carries an IPv4 address inside
/// (mapped, compatible, NAT64, 6to4, Teredo, ISATAP) is judged by what it would reach, too.
package enum AddressClass: String, Sendable, CaseIterable {
    case global
    /// 0.0.0.0/8 and `::`.
    case unspecified
    case loopback
    /// 10/8, 172.16/12, 192.168/16.
    case privateUse = "private"
    /// 100.64/10: behind a provider's NAT.
    case sharedAddress = "shared_address"
    /// 169.254/16 and fe80::/10, where clouds keep their metadata services.
    case linkLocal = "link_local"
    /// fc00::/7.
    case uniqueLocal = "unique_local"
    /// fec0::/10, deprecated.
    case siteLocal = "site_local"
    case multicast
    case broadcast
    case documentation
    case benchmarking
    /// 192.0.0.0/24 and 2001::/23, Teredo among them.
    case protocolAssignment = "protocol_assignment"
    /// 192.88.99.0/24 and 2002::/16.
    case sixToFour = "6to4"
    /// ::/96 and ::ffff:0:0/96: IPv4 in IPv6 clothes.
    case embeddedIPv4 = "embedded_ipv4"
    /// 64:ff9b:1::/48, whose translation is a local matter.
    case localTranslation = "local_translation"
    /// 100::/64 and 100:0:0:1::/64.
    case discard
    /// 5f00::/16.
    case segmentRouting = "segment_routing"
    /// Everything that no one has been given.
    case reserved

    package init(of address: IPAddress) {
        switch address {
        case .v4(let number): self = Self.classify(number)
        case .v6(let upper, let lower): self = Self.classify(upper, lower)
        }
    }

    private static func classify(_ address: UInt32) -> AddressClass {
        for (block, kind) in blocks4 where block.contains(.v4(address)) { return kind }
        return .global
    }

    private static func classify(_ upper: UInt64, _ lower: UInt64) -> AddressClass {
        let address = IPAddress.v6(upper, lower)
        for (block, kind) in blocks6 where block.contains(address) {
            // The name of what it reaches says more than that it is wrapped.
            guard kind == .embeddedIPv4 else { return kind }
            return classify(UInt32(truncatingIfNeeded: lower)).orIfGlobal(.embeddedIPv4)
        }
        if let reached = reached(upper, lower) { return classify(reached) }
        if sixToFourBlock.contains(address) {
            return classify(UInt32(truncatingIfNeeded: upper >> 16)).orIfGlobal(.sixToFour)
        }
        return globalUnicast.contains(address) ? .global : .reserved
    }

    /// The IPv4 address that an address of NAT64 (RFC 6052) or ISATAP (RFC 5214) leads to, else itself.
    static func reached(by address: IPAddress) -> IPAddress {
        guard case .v6(let upper, let lower) = address, let reached = reached(upper, lower) else {
            return address
        }
        return .v4(reached)
    }

    private static func reached(_ upper: UInt64, _ lower: UInt64) -> UInt32? {
        let address = IPAddress.v6(upper, lower)
        // ISATAP: an interface identifier of 0[2]00:5efe and an IPv4 address.
        let isISATAP =
            (lower >> 32) & ~0x0200_0000 == 0x0000_5EFE && globalUnicast.contains(address)
            && !sixToFourBlock.contains(address)
        guard isISATAP || translated.contains(address) else { return nil }
        return UInt32(truncatingIfNeeded: lower)
    }

    private func orIfGlobal(_ other: AddressClass) -> AddressClass {
        self == .global ? other : self
    }

    private static let translated = v6(0x0064_FF9B_0000_0000, 96)
    private static let sixToFourBlock = v6(0x2002 << 48, 16)
    private static let globalUnicast = v6(0x2000 << 48, 3)

    private static let blocks4: [(CIDR, AddressClass)] = [
        (v4(0, 0, 0, 0, 8), .unspecified),
        (v4(10, 0, 0, 0, 8), .privateUse),
        (v4(100, 64, 0, 0, 10), .sharedAddress),
        (v4(127, 0, 0, 0, 8), .loopback),
        (v4(169, 254, 0, 0, 16), .linkLocal),
        (v4(172, 16, 0, 0, 12), .privateUse),
        (v4(192, 0, 0, 0, 24), .protocolAssignment),
        (v4(192, 0, 2, 0, 24), .documentation),
        (v4(192, 88, 99, 0, 24), .sixToFour),
        (v4(192, 168, 0, 0, 16), .privateUse),
        (v4(198, 18, 0, 0, 15), .benchmarking),
        (v4(198, 51, 100, 0, 24), .documentation),
        (v4(203, 0, 113, 0, 24), .documentation),
        (v4(224, 0, 0, 0, 4), .multicast),
        (v4(255, 255, 255, 255, 32), .broadcast),
        (v4(240, 0, 0, 0, 4), .reserved),
        // Anycast of one service, or a provider's own: never a peer.
        (v4(192, 31, 196, 0, 24), .reserved),
        (v4(192, 52, 193, 0, 24), .reserved),
        (v4(192, 175, 48, 0, 24), .reserved),
        // The host side of a cloud's virtual network, public by number only.
        (v4(168, 63, 129, 16, 32), .linkLocal),
    ]

    private static let blocks6: [(CIDR, AddressClass)] = [
        (v6(0, 128), .unspecified),
        (CIDR(base: .v6(0, 1), prefix: 128), .loopback),
        (v6(0, 96), .embeddedIPv4),
        (CIDR(base: .v6(0, 0xFFFF_0000_0000), prefix: 96), .embeddedIPv4),
        (v6(0x0064_FF9B_0001_0000, 48), .localTranslation),
        (v6(0x0100 << 48, 64), .discard),
        (v6(0x0100 << 48 | 1, 64), .discard),
        (v6(0x2001 << 48, 23), .protocolAssignment),
        (v6(0x2001_0DB8 << 32, 32), .documentation),
        (v6(0x3FFF << 48, 20), .documentation),
        (v6(0x2620_004F_8000 << 16, 48), .reserved),
        (v6(0x5F00 << 48, 16), .segmentRouting),
        (v6(0xFC00 << 48, 7), .uniqueLocal),
        (v6(0xFE80 << 48, 10), .linkLocal),
        (v6(0xFEC0 << 48, 10), .siteLocal),
        (v6(0xFF00 << 48, 8), .multicast),
    ]

    private static func v4(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, _ prefix: Int)
        -> CIDR
    {
        CIDR(base: .v4(a << 24 | b << 16 | c << 8 | d), prefix: prefix)
    }

    private static func v6(_ upper: UInt64, _ prefix: Int) -> CIDR {
        CIDR(base: .v6(upper, 0), prefix: prefix)
    }
}
