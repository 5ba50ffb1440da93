/// The characters that the grammars of the wire are made of (RFC 5234, appendix B.1; RFC 3986, section 2).
extension UInt8 {
    @inlinable package var isDigit: Bool { self >= 0x30 && self <= 0x39 }

    @inlinable package var isLowercaseLetter: Bool { self >= 0x61 && self <= 0x7A }

    @inlinable package var isUppercaseLetter: Bool { self >= 0x41 && self <= 0x5A }

    @inlinable package var isLetter: Bool { (self | 0x20).isLowercaseLetter }

    @inlinable package var isLetterOrDigit: Bool { isLetter || isDigit }

    /// Whether it needs no escape anywhere: a letter, a digit, or one of four signs (RFC 3986, section 2.3).
    @inlinable package var isUnreserved: Bool {
        isLetterOrDigit || self == UInt8(ascii: "-") || self == UInt8(ascii: ".")
            || self == UInt8(ascii: "_") || self == UInt8(ascii: "~")
    }

    /// Whether it is white space of JSON and of XML: a space, a tab, or of the end of a line (RFC 8259, section 2).
    @inlinable package var isWhiteSpace: Bool {
        self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D
    }

    /// The value of a hexadecimal digit; nil for any other character.
    @inlinable package var hexValue: UInt8? {
        if isDigit { return self - 0x30 }
        let lower = self | 0x20
        return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : nil
    }

    /// The lower-case letter of an upper-case one; other bytes stay.
    @inlinable package var asciiLowercased: UInt8 { isUppercaseLetter ? self | 0x20 : self }
}

extension [UInt8] {
    /// Appends the escape that stands for a byte (RFC 3986, section 2.1).
    package mutating func append(escaped byte: UInt8) {
        append(UInt8(ascii: "%"))
        append(Self.upperDigit(byte >> 4))
        append(Self.upperDigit(byte & 15))
    }

    private static func upperDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x37 + value
    }
}
