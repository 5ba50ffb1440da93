/// The headers of tables, looked at before TOMLKit reads a text.
///
/// TOMLKit ends the process, rather than to report it, when the bracket of a header is followed by
/// something that begins no key; a slip in a policy must not end a gateway that reloads it.
enum TOMLHeaders {
    /// Where the first such header stands; nil when there is none.
    ///
    /// The text need not be valid: up to its first fault it is cut into lines as TOML cuts it, and
    /// what comes after that TOMLKit does not reach.
    static func firstWithoutKey(_ text: [UInt8]) -> SourcePosition? {
        var cursor = TOMLCursor(text)
        while true {
            cursor.skipBlank()
            guard cursor.peek != nil else { return nil }
            if cursor.peek == UInt8(ascii: "[") {
                if let place = header(&cursor) { return place }
                cursor.skipLine()
            } else {
                member(&cursor)
            }
        }
    }

    private static func header(_ cursor: inout TOMLCursor) -> SourcePosition? {
        cursor.advance()
        cursor.skipSpace()
        if cursor.peek == UInt8(ascii: "[") {
            cursor.advance()
            cursor.skipSpace()
        }
        switch cursor.peek {
        // TOMLKit has its own words for brackets around nothing.
        case nil, UInt8(ascii: "]"), UInt8(ascii: "\""), UInt8(ascii: "'"): return nil
        case let byte?: return TOMLCursor.isBare(byte) ? nil : cursor.position
        }
    }

    /// A key and its value, to the end of the line that closes the last bracket.
    private static func member(_ cursor: inout TOMLCursor) {
        var depth = 0
        while let byte = cursor.peek {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"): cursor.skipString()
            case UInt8(ascii: "#"): cursor.skipLine()
            case UInt8(ascii: "\n") where depth == 0: return
            default:
                if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { depth += 1 }
                if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") { depth -= 1 }
                cursor.advance()
            }
        }
    }
}
