/// A block of addresses, written as `10.0.0.0/8`, `fd00::/8`, or as a single address.
package struct CIDR: Sendable, Hashable, CustomStringConvertible {
    package let base: IPAddress
    /// How many leading bits count: 0…32, or 0…128.
    package let prefix: Int

    /// Why a text is no block; the operator reads it.
    package enum Failure: String, Error, Sendable {
        case address = "not an IPv4 or IPv6 address"
        case prefix = "the prefix length is not a number that fits the address"
        case hostBits = "bits are set after the prefix"
    }

    /// Refused: addresses that `IPAddress` refuses, a prefix that is empty, signed, has leading
    /// zeros or is too long, and a base with bits set behind the prefix (which is mostly a slip).
    package init(_ text: String) throws(Failure) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let base = parts.first.flatMap({ IPAddress(String($0)) }) else { throw .address }
        let width = base.bitWidth
        var prefix = width
        if parts.count == 2 {
            let digits = parts[1].utf8
            guard (1...3).contains(digits.count), digits.allSatisfy(Octet.isDigit),
                digits.count == 1 || digits.first != 0x30, let number = Int(parts[1]),
                number <= width
            else { throw .prefix }
            prefix = number
        }
        guard base.masked(prefix) == base else { throw .hostBits }
        self.base = base
        self.prefix = prefix
    }

    /// For blocks that the program knows.
    init(base: IPAddress, prefix: Int) {
        self.base = base.masked(prefix)
        self.prefix = prefix
    }

    /// Whether the address lies in the block. An IPv4 block holds no IPv6 address, mapped or not.
    package func contains(_ address: IPAddress) -> Bool { address.masked(prefix) == base }

    package var description: String { "\(base)/\(prefix)" }
}

extension IPAddress {
    /// The network that one party usually has: 256 addresses of IPv4, a /48 of IPv6.
    package var network: IPAddress {
        switch self {
        case .v4: masked(24)
        case .v6: masked(48)
        }
    }

    /// 32 or 128.
    var bitWidth: Int {
        switch self {
        case .v4: return 32
        case .v6: return 128
        }
    }

    /// The address with all but its first `prefix` bits zero.
    func masked(_ prefix: Int) -> IPAddress {
        switch self {
        case .v4(let address): return .v4(address & ~(prefix >= 32 ? 0 : UInt32.max >> prefix))
        case .v6(let upper, let lower):
            let upperMask = prefix >= 64 ? UInt64.max : ~(UInt64.max >> prefix)
            let lowerMask: UInt64 =
                prefix <= 64 ? 0 : prefix >= 128 ? .max : ~(UInt64.max >> (prefix - 64))
            return .v6(upper & upperMask, lower & lowerMask)
        }
    }
}
