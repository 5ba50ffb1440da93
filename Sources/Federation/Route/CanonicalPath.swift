/// The path of a request in the one spelling that is routed, judged and forwarded.
///
/// Doubled slashes are merged, escapes of unreserved characters are resolved and the digits of all
/// others are upper-case (RFC 3986 6.2.2), so that no spelling that the backend understands differs
/// from the one that was judged.
package struct CanonicalPath: Sendable, Equatable, CustomStringConvertible {
    /// Starts with a slash; without the query.
    package let text: String
    /// Whether `%2F` or a doubly escaped separator stands in the path: harmless in a file's name on
    /// the web UI, refused on every path that a policy covers.
    package let hidesSeparator: Bool

    package var description: String { text }

    /// Refused (`malformed_path`): a path that does not start with a slash, dot segments also with
    /// parameters (`/..;a=b/`) and escaped, backslashes, `%5C`, `%00`, invalid escapes, control
    /// characters, bytes beyond ASCII that are not escaped, and escapes that are not UTF-8 for an
    /// overlong slash or dot.
    package init(_ raw: Span<UInt8>) throws(Denial) {
        guard raw.count > 0, raw[0] == UInt8(ascii: "/") else {
            throw Denial(.malformedPath, "does not start with a slash")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(raw.count)
        var hidesSeparator = false
        var segment = 1
        var place = 0
        while place < raw.count {
            let byte = raw[place]
            switch byte {
            case UInt8(ascii: "/"):
                try Self.check(bytes, from: segment)
                if bytes.last != UInt8(ascii: "/") { bytes.append(byte) }
                segment = bytes.count
                place += 1
            case UInt8(ascii: "%"):
                guard place + 2 < raw.count, let high = hexValue(raw[place + 1]),
                    let low = hexValue(raw[place + 2])
                else { throw Denial(.malformedPath, "invalid escape at byte \(place)") }
                let value = high << 4 | low
                switch value {
                case 0x00..<0x20, 0x7F, UInt8(ascii: "\\"), 0xC0, 0xC1, 0xF5...0xFF:
                    throw Denial(.malformedPath, "escaped byte \(value) at byte \(place)")
                case UInt8(ascii: "/"): hidesSeparator = true
                case UInt8(ascii: "%"):
                    hidesSeparator = hidesSeparator || Self.isEscapedTwice(raw, at: place + 3)
                default: break
                }
                if Self.isUnreserved(value) {
                    bytes.append(value)
                } else {
                    bytes.append(contentsOf: [byte, Self.digits[Int(high)], Self.digits[Int(low)]])
                }
                place += 3
            case 0x00...0x20, 0x7F...0xFF, UInt8(ascii: "\\"), UInt8(ascii: "#"),
                UInt8(ascii: "?"), UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"):
                throw Denial(.malformedPath, "byte \(byte) at byte \(place)")
            default:
                bytes.append(byte)
                place += 1
            }
        }
        try Self.check(bytes, from: segment)
        self.text = String(decoding: bytes, as: UTF8.self)
        self.hidesSeparator = hidesSeparator
    }

    package init(_ raw: [UInt8]) throws(Denial) { try self.init(raw.span) }

    package init(_ raw: String) throws(Denial) { try self.init([UInt8](raw.utf8)) }

    /// Refuses `.` and `..`, also followed by parameters, which some servers cut off.
    private static func check(_ bytes: [UInt8], from start: Int) throws(Denial) {
        guard start < bytes.count, bytes[start] == UInt8(ascii: ".") else { return }
        var end = start + 1
        if end < bytes.count, bytes[end] == UInt8(ascii: ".") { end += 1 }
        guard
            end == bytes.count || bytes[end] == UInt8(ascii: ";") || isEscapedSemicolon(bytes, end)
        else { return }
        throw Denial(.malformedPath, "dot segment")
    }

    private static func isEscapedSemicolon(_ bytes: [UInt8], _ place: Int) -> Bool {
        place + 2 < bytes.count && bytes[place] == UInt8(ascii: "%")
            && bytes[place + 1] == UInt8(ascii: "3") && bytes[place + 2] == UInt8(ascii: "B")
    }

    /// `%252F`, `%255C`, `%252E`, `%2500` and `%2525…` come out as separators after two decodings.
    private static func isEscapedTwice(_ raw: Span<UInt8>, at place: Int) -> Bool {
        guard place + 1 < raw.count, let high = hexValue(raw[place]),
            let low = hexValue(raw[place + 1])
        else { return false }
        switch high << 4 | low {
        case UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: "."), UInt8(ascii: "%"), 0:
            return true
        default: return false
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static let digits = Array("0123456789ABCDEF".utf8)
}
