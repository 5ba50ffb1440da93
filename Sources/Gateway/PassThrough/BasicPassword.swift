import OpenSSL

/// The password of `Basic`, read as laxly as PHP reads it: what is no base64 is passed over, and databases
/// do not see spaces at the end.
enum BasicPassword {
    /// Nil where there is none, in `Authorization` of any other scheme too.
    static func read(_ field: String) -> Secret? {
        guard field.prefix(Self.scheme.count).lowercased() == Self.scheme else { return nil }
        var pair: [UInt8] = []
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for byte in field.utf8.dropFirst(Self.scheme.utf8.count) {
            guard let value = digit(byte) else { continue }
            bits = bits << 6 | value
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            pair.append(UInt8(truncatingIfNeeded: bits >> count))
        }
        guard let colon = pair.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let password = pair[(colon + 1)...]
        guard let last = password.lastIndex(where: { $0 != 0x20 }) else { return nil }
        return Secret(Array(password[...last]))
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

    private static let scheme = "basic "
}
