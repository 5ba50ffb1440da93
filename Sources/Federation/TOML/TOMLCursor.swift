import OpenSSL

/// A place in a valid TOML text that moves over its tokens and knows line and column.
struct TOMLCursor {
    private let bytes: [UInt8]
    private(set) var offset = 0
    private var line = 1
    private var column = 1
    /// Where an escape for the character NUL was met first.
    private(set) var nul: SourcePosition?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.hasByteOrderMark { offset = 3 }
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
        } else if offset + 1 >= bytes.count || bytes[offset + 1] & 0xC0 != 0x80 {
            column += 1
        }
        offset += 1
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

    /// What stands here, to the next blank, line end or delimiter; no more than 256 bytes.
    var token: [UInt8] {
        Array(bytes[offset...].prefix(256).prefix { !Self.delimiters.contains($0) })
    }

    private static let delimiters = Array(" \t\n\u{B}\u{C}\r,]}#".utf8)

    /// Takes a run of letters, digits and the signs of numbers and dates; empty where none stands.
    mutating func word() -> [UInt8] {
        let start = offset
        while let byte = peek, Self.isBare(byte) || Self.signs.contains(byte) { advance() }
        return Array(bytes[start..<offset])
    }

    private static let signs = Array("+.:".utf8)

    /// Whether U+0085, U+2028 or U+2029 follows.
    var isLineSeparator: Bool {
        let rest = bytes[offset...].prefix(3)
        return rest.starts(with: [0xC2, 0x85]) || rest.elementsEqual([0xE2, 0x80, 0xA8])
            || rest.elementsEqual([0xE2, 0x80, 0xA9])
    }

    /// Whether a blank and then a digit follow.
    var isBlankBeforeDigit: Bool {
        peek == 0x20 && offset + 1 < bytes.count && bytes[offset + 1].isDigit
    }

    /// The parts of `a."b.c".d`, each with its place; stops before what is no key, and behind the
    /// dot of the last one that is wanted.
    mutating func dottedKey(atMost count: Int = .max) -> [(text: String, position: SourcePosition)]
    {
        var keys: [(text: String, position: SourcePosition)] = []
        while keys.count < count {
            skipSpace()
            let start = position
            guard let text = key() else { return keys }
            keys.append((text, start))
            skipSpace()
            guard peek == UInt8(ascii: ".") else { return keys }
            advance()
        }
        return keys
    }

    private mutating func key() -> String? {
        if peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "'") {
            let isBasic = peek == UInt8(ascii: "\"")
            let start = offset + 1
            skipString()
            let inner = Array(bytes[min(start, offset)..<max(start, offset - 1)])
            return isBasic ? TOMLEscapes.decode(inner) : String(decoding: inner, as: UTF8.self)
        }
        let start = offset
        while let byte = peek, Self.isBare(byte) { advance() }
        return offset == start ? nil : String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    /// One string of any of the four kinds.
    mutating func skipString() {
        guard let quote = peek else { return }
        let isBasic = quote == UInt8(ascii: "\"")
        let isLong = starts(with: quote, count: 3)
        for _ in 0..<(isLong ? 3 : 1) { advance() }
        while let byte = peek {
            if byte == UInt8(ascii: "\\"), isBasic {
                noteNUL()
                advance()
                advance()
            } else if byte == quote, !isLong {
                advance()
                return
            } else if byte == quote, starts(with: quote, count: 3) {
                for _ in 0..<3 { advance() }
                // Up to two quotes may stand before the closing three.
                for _ in 0..<2 where peek == quote { advance() }
                return
            } else {
                advance()
            }
        }
    }

    private func starts(with byte: UInt8, count: Int) -> Bool {
        offset + count <= bytes.count
            && bytes[offset..<(offset + count)].allSatisfy { $0 == byte }
    }

    private mutating func noteNUL() {
        let rest = bytes[offset...].prefix(10)
        if rest.starts(with: Array("\\u0000".utf8)) || rest.starts(with: Array("\\U00000000".utf8)),
            nul == nil
        {
            nul = position
        }
    }

    /// A letter, digit, `-` or `_`: what a key without quotes is made of.
    static func isBare(_ byte: UInt8) -> Bool {
        byte.isLetterOrDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
}

/// The escapes of basic strings (TOML 1.0, "String").
enum TOMLEscapes {
    /// The text that the inside of a valid basic string stands for.
    static func decode(_ bytes: [UInt8]) -> String {
        guard bytes.contains(UInt8(ascii: "\\")) else {
            return String(decoding: bytes, as: UTF8.self)
        }
        var text = ""
        let scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        var place = 0
        while place < scalars.count {
            guard scalars[place] == "\\", place + 1 < scalars.count else {
                text.unicodeScalars.append(scalars[place])
                place += 1
                continue
            }
            let letter = scalars[place + 1]
            let digits = letter == "u" ? 4 : letter == "U" ? 8 : 0
            let end = min(place + 2 + digits, scalars.count)
            if digits > 0 {
                let number = String(String.UnicodeScalarView(scalars[(place + 2)..<end]))
                if let scalar = UInt32(number, radix: 16).flatMap(Unicode.Scalar.init) {
                    text.unicodeScalars.append(scalar)
                }
            } else {
                text.unicodeScalars.append(single[letter] ?? letter)
            }
            place = end
        }
        return text
    }

    private static let single: [Unicode.Scalar: Unicode.Scalar] = [
        "b": "\u{8}", "t": "\t", "n": "\n", "f": "\u{C}", "r": "\r",
    ]
}
