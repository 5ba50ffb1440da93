import OpenSSL

/// Byte classes of HTTP's grammar (RFC 9110, section 5.6.2; RFC 3986, appendix A).
enum Octet {
    /// `tchar`: letters, digits and the fifteen signs that a token may hold.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool { contains(tokenLow, tokenHigh, byte) }

    /// `unreserved`: what an escape never hides for a reason (RFC 3986, section 2.3).
    @inline(__always)
    static func isUnreserved(_ byte: UInt8) -> Bool { contains(plainLow, plainHigh, byte) }

    /// `pchar` without escapes, and the slash.
    @inline(__always)
    static func isPath(_ byte: UInt8) -> Bool { contains(pathLow, pathHigh, byte) }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    @inline(__always)
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

    /// The value of a hexadecimal digit, nil for anything else.
    @inline(__always)
    static func hexValue(_ byte: UInt8) -> UInt8? {
        if byte &- 0x30 < 10 { return byte &- 0x30 }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    /// ASCII letters in lower case, everything else as it is.
    @inline(__always)
    static func lowered(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    /// The same for each of eight bytes.
    @inline(__always)
    static func lowered(_ word: UInt64) -> UInt64 {
        let low = word & 0x7F7F_7F7F_7F7F_7F7F
        let upper = (low &+ each(0x80 - 0x41)) & ~(low &+ each(0x7F - 0x5A)) & ~word & each(0x80)
        return word | upper >> 2
    }

    /// How many of eight bytes, from the first on, are letters, digits or hyphens.
    @inline(__always)
    static func plainCount(_ word: UInt64) -> Int {
        // Without their high bits no sum of two bytes reaches into the next.
        let low = word & 0x7F7F_7F7F_7F7F_7F7F
        let letter = low | each(0x20)
        let letters = (letter &+ each(0x80 - 0x61)) & ~(letter &+ each(0x7F - 0x7A))
        let digits = (low &+ each(0x80 - 0x30)) & ~(low &+ each(0x7F - 0x39))
        let others = (low ^ each(0x2D)) &+ each(0x7F)
        let bad = (~(letters | digits) & others | word) & each(0x80)
        return bad.trailingZeroBitCount / 8
    }

    /// A word of eight such bytes.
    @inline(__always)
    private static func each(_ byte: UInt64) -> UInt64 { byte &* 0x0101_0101_0101_0101 }

    @inline(__always)
    private static func contains(_ low: UInt64, _ high: UInt64, _ byte: UInt8) -> Bool {
        byte < 128 && ((byte < 64 ? low : high) >> UInt64(byte & 63)) & 1 == 1
    }

    // One bit per character, 0–63 and 64–127: letters, digits and !#$%&'*+-.^_`|~.
    private static let tokenLow: UInt64 = 0x03FF_6CFA_0000_0000
    private static let tokenHigh: UInt64 = 0x57FF_FFFF_C7FF_FFFE

    // Letters, digits and -._~, then those and !$&'()*+,;=:@/ as well.
    private static let plainLow: UInt64 = 0x03FF_6000_0000_0000
    private static let plainHigh: UInt64 = 0x47FF_FFFE_87FF_FFFE
    private static let pathLow: UInt64 = 0x2FFF_FFD2_0000_0000
    private static let pathHigh: UInt64 = 0x47FF_FFFE_87FF_FFFF
}

extension Span<UInt8> {
    /// Whether these are exactly the bytes of `other`.
    func equals(_ other: [UInt8]) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }

    /// Whether these are the bytes of `lowercase`, ASCII letters compared without case.
    func equalsIgnoringCase(_ lowercase: [UInt8]) -> Bool {
        guard count == lowercase.count else { return false }
        let other = lowercase.span
        var index = 0
        while index + 8 <= count {
            guard Octet.lowered(word(at: index)) == other.word(at: index) else { return false }
            index += 8
        }
        while index < count {
            guard Octet.lowered(self[index]) == other[index] else { return false }
            index += 1
        }
        return true
    }
}
