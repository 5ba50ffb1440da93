import OpenSSL

/// An IP address as 16 bytes; IPv4 lies in `::ffff:0:0/96`.
package struct NetworkAddress: Sendable, Hashable, CustomStringConvertible {
    let high: UInt64
    let low: UInt64

    /// The upper and the lower half; IPv4 as `::ffff:0:0/96`.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// `192.0.2.1`, `2001:db8::1`, also in brackets. Refused: ports, zones, odd number forms.
    package init?(_ text: some StringProtocol) {
        var text = Substring(text)
        if text.hasPrefix("["), text.hasSuffix("]") { text = text.dropFirst().dropLast() }
        let isQuad = !text.utf8.contains(UInt8(ascii: ":"))
        guard let parsed = IPv6Text(isQuad ? "::ffff:\(text)" : String(text)) else { return nil }
        let groups = parsed.groups.map(UInt64.init)
        high = groups[0] << 48 | groups[1] << 32 | groups[2] << 16 | groups[3]
        low = groups[4] << 48 | groups[5] << 32 | groups[6] << 16 | groups[7]
    }

    var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// `192.0.2.1`, `2001:db8:0:0:0:0:0:1`.
    package var description: String {
        let shifts = [48, 32, 16, 0]
        if isIPv4 { return [24, 16, 8, 0].map { String(low >> $0 & 0xFF) }.joined(separator: ".") }
        let groups = [high, low].flatMap { half in shifts.map { half >> UInt64($0) & 0xFFFF } }
        return groups.map { String($0, radix: 16) }.joined(separator: ":")
    }
}

/// A block of addresses in CIDR form, of policy conditions.
package struct NetworkRange: Sendable, Hashable, CustomStringConvertible {
    package let description: String
    private let base: NetworkAddress
    private let maskHigh: UInt64
    private let maskLow: UInt64

    /// `10.0.0.0/8`, `2001:db8::/32`, or one address. Refused: bits set behind the prefix, which
    /// are mostly a mistake; IPv4 written as IPv6 (`::ffff:192.0.2.0/120`), whose prefix can be
    /// read two ways; brackets, and zeros before the prefix.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), !text.hasPrefix("["),
            let base = NetworkAddress(parts[0]), !base.isIPv4 || !parts[0].contains(":")
        else { return nil }
        var length = 128
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy(\.isDigit),
                parts[1] == "0" || !parts[1].hasPrefix("0"),
                let number = Int(parts[1]), number <= (base.isIPv4 ? 32 : 128)
            else { return nil }
            length = base.isIPv4 ? number + 96 : number
        }
        maskHigh = Self.mask(length)
        maskLow = Self.mask(length - 64)
        guard base.high & ~maskHigh == 0, base.low & ~maskLow == 0 else { return nil }
        self.base = base
        description = text
    }

    /// Whether an address is in the block; one of IPv4 is in none of IPv6.
    package func contains(_ address: NetworkAddress) -> Bool {
        address.isIPv4 == base.isIPv4 && address.high & maskHigh == base.high
            && address.low & maskLow == base.low
    }

    /// The lowest of its addresses.
    var first: NetworkAddress { base }

    /// The highest.
    var last: NetworkAddress {
        NetworkAddress(high: base.high | ~maskHigh, low: base.low | ~maskLow)
    }

    /// The block that is twice as large, and the lower half of this one.
    var neighbours: [NetworkRange] {
        let unwritten = base.isIPv4 ? 96 : 0
        let length = maskHigh.nonzeroBitCount + maskLow.nonzeroBitCount
        return [length - 1, length + 1].compactMap { length in
            guard (unwritten...128).contains(length) else { return nil }
            let first = NetworkAddress(
                high: base.high & Self.mask(length), low: base.low & Self.mask(length - 64))
            return NetworkRange("\(first)/\(length - unwritten)")
        }
    }

    private static func mask(_ length: Int) -> UInt64 {
        if length <= 0 { return 0 }
        return length >= 64 ? .max : ~(.max >> UInt64(length))
    }
}
