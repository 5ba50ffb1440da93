import OpenSSL

/// A place in a TOML text that moves over its tokens and knows line and column.
struct TOMLCursor {
    private let bytes: [UInt8]
    private(set) var offset = 0
    /// Where the text of this line begins.
    private(set) var lineStart = 0
    private var line = 1
    private var column = 1

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard bytes.hasByteOrderMark else { return }
        (offset, lineStart) = (3, 3)
    }

    var position: SourcePosition { SourcePosition(line: line, column: column) }
    var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    /// The text from an earlier offset to here, as it is written.
    func text(from start: Int) -> String {
        String(decoding: bytes[min(start, offset)..<offset], as: UTF8.self)
    }

    mutating func advance() {
        guard offset < bytes.count else { return }
        if bytes[offset] == UInt8(ascii: "\n") {
            line += 1
            column = 1
            lineStart = offset + 1
        } else if offset + 1 >= bytes.count || bytes[offset + 1] & 0xC0 != 0x80 {
            column += 1
        }
        offset += 1
    }

    mutating func advance(by count: Int) {
        for _ in 0..<count { advance() }
    }

    mutating func skipSpace() {
        while peek == 0x20 || peek == 0x09 { advance() }
    }

    mutating func skipLine() {
        while let byte = peek, byte != UInt8(ascii: "\n") { advance() }
    }

    /// Spaces, line ends and comments.
    mutating func skipBlank() {
        while let byte = peek {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: advance()
            case UInt8(ascii: "#"): skipLine()
            default: return
            }
        }
    }

    /// A number, a boolean or a date, to the next delimiter.
    mutating func skipScalar() {
        while let byte = peek {
            switch byte {
            case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: "#"), 0x0A:
                return
            default: advance()
            }
        }
    }

    /// Takes what stands here, to the next blank, line end, delimiter or invisible character; empty
    /// where none stands.
    mutating func word() -> [UInt8] {
        let start = offset
        while let byte = peek, !Self.delimiters.contains(byte), invisible == nil { advance() }
        return Array(bytes[start..<offset])
    }

    private static let delimiters = Array(" \t\n\r,]}#".utf8)

    /// Whether a line feed follows, or a carriage return with one.
    var isLineEnd: Bool {
        guard let byte = peek else { return false }
        return byte == 0x0A
            || byte == 0x0D && offset + 1 < bytes.count && bytes[offset + 1] == 0x0A
    }

    /// Goes behind the line end here; false where there is none.
    @discardableResult mutating func skipLineEnd() -> Bool {
        guard isLineEnd else { return false }
        advance(by: peek == 0x0D ? 2 : 1)
        return true
    }

    /// Whether nothing but spaces is left of the line.
    var isBlankLine: Bool {
        var rest = self
        rest.skipSpace()
        return rest.isLineEnd
    }

    /// The character here when it shows nothing, or a blank, and is no tab, space or line end of
    /// TOML's.
    var invisible: Unicode.Scalar? {
        guard let byte = peek, byte < 0x20 || byte >= 0x7F, byte != 0x09, !isLineEnd else {
            return nil
        }
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes[offset...].prefix(4).makeIterator()
        guard case .valid(let encoded) = parser.parseScalar(from: &rest) else { return nil }
        let scalar = Unicode.UTF8.decode(encoded)
        return scalar.showsNothing || scalar.properties.isWhitespace ? scalar : nil
    }

    /// Whether a blank and then a digit follow.
    var isBlankBeforeDigit: Bool {
        peek == 0x20 && offset + 1 < bytes.count && bytes[offset + 1].isDigit
    }

    /// One string of any of the four kinds; false when it has no end, or none on its line.
    @discardableResult mutating func skipString() -> Bool {
        guard let quote = peek else { return false }
        let isBasic = quote == UInt8(ascii: "\"")
        let isLong = starts(with: quote, count: 3)
        advance(by: isLong ? 3 : 1)
        while let byte = peek {
            if byte == UInt8(ascii: "\\"), isBasic {
                advance(by: 2)
            } else if byte == quote, !isLong {
                advance()
                return true
            } else if byte == quote, starts(with: quote, count: 3) {
                advance(by: 3)
                // Up to two quotes may stand before the closing three.
                for _ in 0..<2 where peek == quote { advance() }
                return true
            } else if isLineEnd, !isLong {
                return false
            } else {
                advance()
            }
        }
        return false
    }

    func starts(with byte: UInt8, count: Int) -> Bool {
        offset + count <= bytes.count
            && bytes[offset..<(offset + count)].allSatisfy { $0 == byte }
    }

    /// A letter, digit, `-` or `_`: what a key without quotes is made of.
    static func isBare(_ byte: UInt8) -> Bool {
        byte.isLetterOrDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    /// What may stand nowhere in a text, line ends aside: a control character that is no tab.
    static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != 0x09 || byte == 0x7F }
}
