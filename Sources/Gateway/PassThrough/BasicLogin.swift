import OpenSSL

/// The user and the password of `Basic`, read as laxly as PHP and Nextcloud read them: the scheme may stand
/// anywhere in the field, what is no base64 is passed over, strings end at a NUL, and databases do not see spaces
/// at the end.
struct BasicLogin {
    /// Nil where it is empty.
    let user: Secret?
    /// Nil where it is empty.
    let password: Secret?

    /// Nil where there is none, in `Authorization` that does not name the scheme too.
    init?(_ field: String) {
        guard let encoded = Self.encoded(in: Array(field.utf8)) else { return nil }
        var pair: [UInt8] = []
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for byte in encoded {
            guard let value = Self.digit(byte) else { continue }
            bits = bits << 6 | value
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            pair.append(UInt8(truncatingIfNeeded: bits >> count))
        }
        guard let colon = pair.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        user = Self.text(pair[..<colon])
        password = Self.text(pair[(colon + 1)...])
    }

    private static func text(_ part: ArraySlice<UInt8>) -> Secret? {
        let text = part.prefix { $0 != 0 }
        guard let last = text.lastIndex(where: { $0 != 0x20 }) else { return nil }
        return Secret(Array(text[...last]))
    }

    /// What follows the first `Basic` that has white space behind it (Nextcloud's `/Basic\s+(.*)$/i`).
    private static func encoded(in field: [UInt8]) -> ArraySlice<UInt8>? {
        let folded = field.map { $0 | 0x20 }
        for start in field.indices where folded[start...].starts(with: scheme) {
            let value = field[start...].dropFirst(scheme.count)
            if let first = value.first, isSpace(first) { return value }
        }
        return nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        case _: nil
        }
    }

    private static let scheme = Array("basic".utf8)
}
