import OpenSSL

/// A host without port in its canonical spelling.
struct HostName: Equatable {
    let text: String
    let kind: PeerHost.Kind

    init?(_ raw: Substring) {
        if Self.isCanonical(raw.utf8.span) {
            text = String(raw)
            kind = .name
        } else if let name = HostName(reading: raw) {
            self = name
        } else {
            return nil
        }
    }

    /// True for what is a name in its canonical spelling already, as nearly all are: lower-case
    /// labels of the DNS, no `--` in the third place, a letter at the start of the last one. False
    /// says nothing.
    static func isCanonical(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count <= 253 else { return false }
        var start = 0
        for place in bytes.indices {
            switch bytes[place] {
            case 0x61...0x7A, 0x30...0x39: break
            case UInt8(ascii: "-"):
                // At the start, or the second of two in the third place: an end is seen at its dot.
                let column = place - start
                if column == 0 || column == 3 && bytes[place - 1] == UInt8(ascii: "-") {
                    return false
                }
            case UInt8(ascii: "."):
                guard isLabelEnd(bytes, start, place) else { return false }
                start = place + 1
            default: return false
            }
        }
        return isLabelEnd(bytes, start, bytes.count) && (0x61...0x7A).contains(bytes[start])
    }

    private static func isLabelEnd(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        end > start && end - start <= 63 && bytes[end - 1] != UInt8(ascii: "-")
    }

    /// The general way, for any spelling.
    init?(reading raw: Substring) {
        guard !raw.isEmpty, raw.utf8.count <= 1024 else { return nil }
        if raw.utf8.first == UInt8(ascii: "[") {
            guard raw.utf8.last == UInt8(ascii: "]"),
                let address = IPv6Text(raw.dropFirst().dropLast())
            else { return nil }
            text = "[\(address.canonical)]"
            kind = .ipv6
            return
        }
        var name = raw
        if name.utf8.last == UInt8(ascii: ".") { name = name.dropLast() }
        guard let ascii = IDNA.ascii(name), ascii.utf8.count <= 253 else { return nil }
        let labels = ascii.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy(Self.isLabel), let last = labels.last else { return nil }
        if Self.isNumber(last) {
            // Only a plain dotted quad: every other number is an address to some and a name to
            // others.
            guard labels.count == 4, name.utf8.count == raw.utf8.count,
                labels.allSatisfy(Self.isOctet)
            else { return nil }
            kind = .ipv4
        } else {
            kind = .name
        }
        text = ascii
    }

    /// Letters, digits and hyphens, no hyphen at either end (RFC 1123 2.1), nor two behind the
    /// second letter.
    private static func isLabel(_ label: Substring) -> Bool {
        guard (1...63).contains(label.utf8.count), label.utf8.first != UInt8(ascii: "-"),
            label.utf8.last != UInt8(ascii: "-")
        else { return false }
        // Reserved (RFC 5890 2.3.1); what follows xn-- was read by IDNA.
        if label.utf8.dropFirst(2).starts(with: "--".utf8), !label.hasPrefix("xn--") {
            return false
        }
        return label.utf8.allSatisfy {
            $0.isLowercaseLetter || $0.isDigit || $0 == UInt8(ascii: "-")
        }
    }

    /// What the WHATWG URL parser would read as a number in the last place.
    private static func isNumber(_ label: Substring) -> Bool {
        if label.utf8.allSatisfy(\.isDigit) { return true }
        return label.hasPrefix("0x") && label.dropFirst(2).utf8.allSatisfy { $0.hexValue != nil }
    }

    private static func isOctet(_ label: Substring) -> Bool {
        guard (1...3).contains(label.utf8.count), let number = Int(label), number <= 255 else {
            return false
        }
        return label.utf8.count == 1 || label.utf8.first != UInt8(ascii: "0")
    }
}
