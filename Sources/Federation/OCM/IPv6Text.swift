import OpenSSL

/// An IPv6 address from its text (RFC 4291 2.2), to be written after RFC 5952.
struct IPv6Text: Equatable {
    /// The eight groups.
    let groups: [UInt16]

    /// Refused: zones, prefixes, more than one `::`, groups of more than four digits.
    init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 45 else { return nil }
        let bytes = Array(text.utf8)
        var head: [UInt16] = []
        var tail: [UInt16] = []
        var compressed = false
        var place = 0
        if bytes.starts(with: [0x3A]) {
            guard bytes.count >= 2, bytes[1] == 0x3A else { return nil }
            compressed = true
            place = 2
        }
        while place < bytes.count {
            let end = bytes[place...].firstIndex(of: 0x3A) ?? bytes.count
            let part = bytes[place..<end]
            if end == bytes.count, part.contains(UInt8(ascii: ".")) {
                guard let quad = Self.quad(part) else { return nil }
                if compressed { tail += quad } else { head += quad }
                place = end
                break
            }
            guard let group = Self.group(part) else { return nil }
            if compressed { tail.append(group) } else { head.append(group) }
            guard end < bytes.count else { break }
            place = end + 1
            guard place < bytes.count else { return nil }
            if bytes[place] == 0x3A {
                guard !compressed else { return nil }
                compressed = true
                place += 1
            }
        }
        let count = head.count + tail.count
        guard compressed ? count < 8 : count == 8 else { return nil }
        groups = head + [UInt16](repeating: 0, count: 8 - count) + tail
    }

    /// RFC 5952: lower-case, no leading zeros, the longest run of zero groups as `::`.
    var canonical: String {
        var best = 0..<0
        var place = 0
        while place < 8 {
            var end = place
            while end < 8, groups[end] == 0 { end += 1 }
            if end - place > best.count, end - place > 1 { best = place..<end }
            place = max(end, place + 1)
        }
        let text = groups.map { String($0, radix: 16) }
        guard !best.isEmpty else { return text.joined(separator: ":") }
        return text[..<best.lowerBound].joined(separator: ":") + "::"
            + text[best.upperBound...].joined(separator: ":")
    }

    private static func group(_ digits: ArraySlice<UInt8>) -> UInt16? {
        guard (1...4).contains(digits.count) else { return nil }
        var value: UInt16 = 0
        for byte in digits {
            guard let digit = byte.hexValue else { return nil }
            value = value << 4 | UInt16(digit)
        }
        return value
    }

    private static func quad(_ bytes: ArraySlice<UInt8>) -> [UInt16]? {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var octets: [UInt16] = []
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != 0x30 else {
                return nil
            }
            var value: UInt16 = 0
            for byte in part {
                guard byte.isDigit else { return nil }
                value = value * 10 + UInt16(byte - 0x30)
            }
            guard value <= 255 else { return nil }
            octets.append(value)
        }
        return [octets[0] << 8 | octets[1], octets[2] << 8 | octets[3]]
    }
}
