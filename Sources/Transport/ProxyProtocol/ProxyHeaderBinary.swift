/// Version 2 of the PROXY protocol: a fixed head, addresses, and further values.
enum ProxyHeaderBinary {
    /// Refused: another version, commands that there are not, and of a connection that is not the proxy's own
    /// families that there are not, datagrams, addresses shorter than their family's, further values that do
    /// not end where the header does, and a checksum (CRC-32C) that is there and wrong. What further values
    /// say is not believed.
    static func read(_ bytes: Span<UInt8>) throws(ProxyHeader.Failure) -> ProxyHeader.Reading {
        let signature = ProxyHeader.signature2
        guard ProxyHeader.begins(bytes, with: signature) else { throw .absent }
        guard bytes.count > signature.count else { return .needMore }
        let command = bytes[12]
        guard command == 0x20 || command == 0x21 else { throw .unknown }
        guard bytes.count >= headLength else { return .needMore }
        let length = headLength + Int(bytes[14]) << 8 + Int(bytes[15])
        guard length <= ProxyHeader.mostBytes else { throw .tooLong }
        // What a proxy says of itself is not looked at: family, addresses and all.
        if command == 0x20 {
            return bytes.count >= length ? .header(.own, length: length) : .needMore
        }
        let family = bytes[13]
        guard let addresses = addressLength(family) else { throw .unknown }
        guard bytes.count >= length else { return .needMore }
        guard length >= headLength + addresses else { throw .malformed }
        try checkValues(bytes, headLength + addresses, length)
        return .header(header(bytes, family), length: length)
    }

    /// The header for a server that expects one; without a client it is the proxy's own connection.
    ///
    /// The destination is that of the client's connection as far as it is known: not here, so all zeros.
    static func written(_ header: ProxyHeader) -> [UInt8] {
        guard case .client(let address, let port) = header else {
            return ProxyHeader.signature2 + [0x20, 0x00, 0x00, 0x00]
        }
        let from = address.networkBytes
        let none = [UInt8](repeating: 0, count: from.count)
        let number = UInt16(clamping: port)
        let ports: [UInt8] = [
            UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number), 0, 0,
        ]
        let rest = from + none + ports
        return ProxyHeader.signature2 + [
            0x21, from.count == 4 ? 0x11 : 0x21, 0, UInt8(truncatingIfNeeded: rest.count),
        ] + rest
    }

    /// Bytes of the addresses of a family over a stream; nil for what there is not, or not over one.
    private static func addressLength(_ family: UInt8) -> Int? {
        switch family {
        case 0x00: 0
        case 0x11: 12
        case 0x21: 36
        case 0x31: 216
        default: nil
        }
    }

    private static func header(_ bytes: Span<UInt8>, _ family: UInt8) -> ProxyHeader {
        let size = family == 0x11 ? 4 : 16
        guard family == 0x11 || family == 0x21,
            let address = IPAddress(
                networkBytes: (headLength..<headLength + size).map { bytes[$0] })
        else { return .own }
        let place = headLength + 2 * size
        return .client(
            address.unmapped, port: Int(bytes[place]) << 8 + Int(bytes[place + 1]))
    }

    /// Type, length, value, one behind the other to the end.
    private static func checkValues(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int
    ) throws(ProxyHeader.Failure) {
        var place = start
        while place < end {
            guard place + 3 <= end else { throw .malformed }
            let length = Int(bytes[place + 1]) << 8 + Int(bytes[place + 2])
            let value = place + 3
            guard value + length <= end else { throw .malformed }
            if bytes[place] == checksumType {
                guard length == 4 else { throw .malformed }
                let told = (value..<value + 4).reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[$1]) }
                guard checksum(bytes, end, without: value..<value + 4) == told else {
                    throw .checksum
                }
            }
            place = value + length
        }
    }

    /// CRC-32C (RFC 9260, appendix A) of the header with zeros in the place of the sum itself.
    private static func checksum(
        _ bytes: Span<UInt8>, _ end: Int, without sum: Range<Int>
    ) -> UInt32 {
        var crc = UInt32.max
        for index in 0..<end {
            crc ^= UInt32(sum.contains(index) ? 0 : bytes[index])
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
        }
        return ~crc
    }

    private static let headLength = 16
    /// `PP2_TYPE_CRC32C`
    private static let checksumType: UInt8 = 0x03
}
