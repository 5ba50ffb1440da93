import OpenSSL

/// Text in a log line: whatever a peer put there, it cannot end the line, move the cursor, turn the
/// direction of writing, or grow without bound.
package enum LogText {
    /// Bytes of one value, before escaping.
    static let valueLimit = 1024
    /// Elements of one list.
    static let listLimit = 64
    /// Levels of nesting.
    static let depthLimit = 4

    private static let ellipsis = Array("…".utf8)

    /// Appends a JSON string (RFC 8259), with everything escaped that is not plainly visible.
    static func write(_ text: String, into line: inout [UInt8]) {
        let bytes = text.utf8.span
        if bytes.count <= valueLimit, bytes.isPlainText {
            line.append(quoting: bytes)
            return
        }
        line.append(UInt8(ascii: "\""))
        var length = 0
        for scalar in text.unicodeScalars {
            length += UTF8.width(scalar)
            if length > valueLimit {
                line.append(contentsOf: ellipsis)
                break
            }
            write(scalar, into: &line)
        }
        line.append(UInt8(ascii: "\""))
    }

    private static func write(_ scalar: Unicode.Scalar, into line: inout [UInt8]) {
        switch scalar {
        case "\"", "\\":
            line.append(UInt8(ascii: "\\"))
            line.append(UInt8(truncatingIfNeeded: scalar.value))
        case "\n": line.append(contentsOf: "\\n".utf8)
        case "\r": line.append(contentsOf: "\\r".utf8)
        case "\t": line.append(contentsOf: "\\t".utf8)
        case _ where isVisible(scalar): line.append(contentsOf: String(Character(scalar)).utf8)
        default:
            for unit in String(Character(scalar)).utf16 { writeEscape(unit, into: &line) }
        }
    }

    /// Neither control, format (bidirectional marks, zero widths), separator, surrogate, private nor
    /// unassigned; and not the replacement of what was not UTF-8.
    package static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7F }
        if scalar.value == 0xFFFD { return false }
        return switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
            .unassigned:
            false
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .letterNumber,
            .otherNumber, .connectorPunctuation, .dashPunctuation, .openPunctuation,
            .closePunctuation, .initialPunctuation, .finalPunctuation, .otherPunctuation,
            .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol, .spaceSeparator:
            true
        @unknown default: false
        }
    }

    private static func writeEscape(_ unit: UInt16, into line: inout [UInt8]) {
        line.append(contentsOf: "\\u".utf8)
        for shift in [12, 8, 4, 0] as [UInt16] { line.append(Hex.digit(unit >> shift)) }
    }
}
