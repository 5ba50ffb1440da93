import OpenSSL

/// What field names and structured fields are made of, beside the classes of ASCII (RFC 9110, RFC 9651).
extension UInt8 {
    var isPrintableASCII: Bool { self >= 0x20 && self <= 0x7E }

    /// A byte of a key after its first (RFC 9651 section 3.1.2).
    var isKeyByte: Bool {
        isLowercaseLetter || isDigit || self == UInt8(ascii: "_") || self == UInt8(ascii: "-")
            || self == UInt8(ascii: ".") || self == UInt8(ascii: "*")
    }

    /// `tchar` (RFC 9110 section 5.6.2).
    var isFieldNameByte: Bool {
        if isLetterOrDigit { return true }
        switch self {
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: return true
        case _: return false
        }
    }

    /// A byte of a token after its first (RFC 9651 section 3.3.4).
    var isTokenByte: Bool {
        isFieldNameByte || self == UInt8(ascii: ":") || self == UInt8(ascii: "/")
    }

    var lowercaseHexValue: UInt8? { isUppercaseLetter ? nil : hexValue }
}
