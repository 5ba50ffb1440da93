/// Addresses that stand for all others: whatever address there is, one of these is in exactly the
/// same of the given blocks.
struct NetworkClasses {
    let addresses: [NetworkAddress]

    /// Blocks of addresses are spans of numbers: nothing changes but where one begins or has ended.
    init(_ ranges: some Sequence<NetworkRange>) {
        // IPv4 lies in the middle of IPv6, and a block of the one never holds the other.
        var cuts: Set<UInt128> = [0, 0xFFFF_0000_0000, 0x1_0000_0000_0000]
        for range in ranges {
            cuts.insert(range.first.number)
            let (after, overflow) = range.last.number.addingReportingOverflow(1)
            if !overflow { cuts.insert(after) }
        }
        addresses = cuts.sorted().map { NetworkAddress($0) }
    }
}

extension NetworkAddress {
    fileprivate var number: UInt128 { UInt128(high) << 64 | UInt128(low) }

    fileprivate init(_ number: UInt128) {
        self.init(
            high: UInt64(truncatingIfNeeded: number >> 64), low: UInt64(truncatingIfNeeded: number))
    }
}
