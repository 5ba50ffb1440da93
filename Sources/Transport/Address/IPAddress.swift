/// An IPv4 or IPv6 address as a number, read from and written in its one canonical text form.
package enum IPAddress: Sendable, Hashable {
    case v4(UInt32)
    /// The upper and the lower half.
    case v6(UInt64, UInt64)

    /// Reads a whole text as an address, IPv6 without brackets; nil when it is none.
    ///
    /// IPv4 is four decimal numbers without leading zeros and nothing else (RFC 6943, section
    /// 3.1.1, the strict form); IPv6 is RFC 4291, section 2.2, without a zone.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        self.init(bytes.span)
    }

    package init?(_ text: Span<UInt8>) {
        if let address = Self.parseV4(text) {
            self = .v4(address)
        } else if let (upper, lower) = Self.parseV6(text) {
            self = .v6(upper, lower)
        } else {
            return nil
        }
    }

    /// The four bytes, or the sixteen, in network order.
    package init?(networkBytes bytes: [UInt8]) {
        func number(_ range: Range<Int>) -> UInt64 {
            bytes[range].reduce(0) { $0 << 8 | UInt64($1) }
        }
        switch bytes.count {
        case 4: self = .v4(UInt32(truncatingIfNeeded: number(0..<4)))
        case 16: self = .v6(number(0..<8), number(8..<16))
        default: return nil
        }
    }

    /// The IPv4 address inside, when this is one in IPv6 clothes (`::ffff:192.0.2.1`, RFC 4291,
    /// section 2.5.5.2): so a socket for both shows clients that came by IPv4.
    package var unmapped: IPAddress {
        guard case .v6(0, let lower) = self, lower >> 32 == 0xFFFF else { return self }
        return .v4(UInt32(truncatingIfNeeded: lower))
    }

    package var networkBytes: [UInt8] {
        func bytes(_ number: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
            stride(from: number.bitWidth - 8, through: 0, by: -8).map {
                UInt8(truncatingIfNeeded: number >> $0)
            }
        }
        switch self {
        case .v4(let address): return bytes(address)
        case .v6(let upper, let lower): return bytes(upper) + bytes(lower)
        }
    }

    /// Four decimal numbers from 0 to 255 without leading zeros, joined by dots.
    static func parseV4(_ text: Span<UInt8>) -> UInt32? {
        guard text.count >= 7, text.count <= 15 else { return nil }
        var address: UInt32 = 0
        var part: UInt32 = 0
        var digits = 0
        var dots = 0
        for index in text.indices {
            let byte = text[index]
            if Octet.isDigit(byte) {
                if digits > 0, part == 0 { return nil }
                part = part * 10 + UInt32(byte & 0x0F)
                digits += 1
                if part > 255 { return nil }
            } else if byte == 0x2E, digits > 0, dots < 3 {
                address = address << 8 | part
                part = 0
                digits = 0
                dots += 1
            } else {
                return nil
            }
        }
        return dots == 3 && digits > 0 ? address << 8 | part : nil
    }

    /// Eight groups of up to four hexadecimal digits, one `::` for at least one group of zeros,
    /// the last two groups possibly as an IPv4 address.
    static func parseV6(_ text: Span<UInt8>) -> (UInt64, UInt64)? {
        guard text.count >= 2, text.count <= 45 else { return nil }
        var groups: [UInt16] = []
        var gap: Int?
        var index = 0
        if text[0] == 0x3A {
            guard text[1] == 0x3A else { return nil }
            gap = 0
            index = 2
        }
        while index < text.count {
            guard groups.count < 8 else { return nil }
            let start = index
            var group: UInt16 = 0
            while index < text.count, let digit = Octet.hexValue(text[index]) {
                guard index - start < 4 else { return nil }
                group = group << 4 | UInt16(digit)
                index += 1
            }
            if index < text.count, text[index] == 0x2E {
                guard groups.count <= 6, let v4 = parseV4(text.extracting(start..<text.count))
                else { return nil }
                groups.append(UInt16(truncatingIfNeeded: v4 >> 16))
                groups.append(UInt16(truncatingIfNeeded: v4))
                break
            }
            guard index > start else { return nil }
            groups.append(group)
            if index == text.count { break }
            guard text[index] == 0x3A, index + 1 < text.count else { return nil }
            index += 1
            if text[index] == 0x3A {
                guard gap == nil else { return nil }
                gap = groups.count
                index += 1
            }
        }
        if let gap {
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        let half = { (part: ArraySlice<UInt16>) in part.reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        }
        return (half(groups[0..<4]), half(groups[4..<8]))
    }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted decimal, or the text of RFC 5952: lower case, the longest run of zeros as `::`.
    package var description: String {
        switch self {
        case .v4(let address):
            return stride(from: 24, through: 0, by: -8)
                .map { String(address >> UInt32($0) & 0xFF) }.joined(separator: ".")
        case .v6(let upper, let lower):
            let groups = [upper, lower].flatMap { half in
                stride(from: 48, through: 0, by: -16).map { UInt16(truncatingIfNeeded: half >> $0) }
            }
            let run = Self.longestZeroRun(groups)
            let text = { (part: ArraySlice<UInt16>) in
                part.map { String($0, radix: 16) }.joined(separator: ":")
            }
            guard run.count > 1 else { return text(groups[...]) }
            return text(groups[..<run.lowerBound]) + "::" + text(groups[run.upperBound...])
        }
    }

    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int> {
        var best = 0..<0
        var start = 0
        for (index, group) in groups.enumerated() {
            if group != 0 {
                start = index + 1
            } else if index + 1 - start > best.count {
                best = start..<index + 1
            }
        }
        return best
    }
}
