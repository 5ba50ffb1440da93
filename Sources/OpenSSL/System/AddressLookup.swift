import COpenSSL

/// The system's resolver: what `getaddrinfo` says of a name.
package enum AddressLookup {
    /// All addresses of `name`, each once and in the resolver's order: 4 or 16 bytes in network order.
    /// None when it has none, or when it can be no name. Waits for as long as the system does; no
    /// address is asked for its name in turn.
    package static func addresses(of name: String) -> [[UInt8]] {
        let length = name.utf8.count
        guard length > 0, length <= longestName, !name.utf8.contains(0),
            let found = unsafe ocmgate_addresses(name)
        else { return [] }
        defer { unsafe freeaddrinfo(found) }
        var addresses: [[UInt8]] = []
        var known: Set<[UInt8]> = []
        var next: UnsafeMutablePointer<addrinfo>? = unsafe found
        while let entry = unsafe next {
            let address = unsafe [UInt8](filling: 16) { unsafe Int(ocmgate_address(entry, $0)) }
            if !address.isEmpty, known.insert(address).inserted { addresses.append(address) }
            unsafe next = entry.pointee.ai_next
        }
        return addresses
    }

    /// 253 bytes (RFC 1035, section 2.3.4, as text) and the dot behind a name that is complete.
    private static let longestName = 254
}
