/// A TOML text cut into the pieces that a layout arranges: nothing of it is lost but the space
/// between them.
struct TOMLPieces {
    /// A comment, from its `#` to the end of the line.
    struct Comment {
        let text: String
        /// Whether it stands alone on its line, right below one behind code, or below one that goes
        /// on itself, and in the column of that.
        let goesOn: Bool
    }

    private enum CommentPlace {
        /// Nothing stands before it but blanks or commas.
        case ownLine
        case behindCode
        /// It is about all that follows, and none goes on with it.
        case behindBracket
    }

    /// What stands on lines of its own outside of arrays.
    enum Piece {
        /// One empty line or more.
        case gap
        /// A comment on a line of its own.
        case comment(Comment)
        /// `[list.partners]`, `[[rule]]`.
        case header(String, Comment?)
        case member(key: String, Value, Comment?)
    }

    /// A value, as far as the layout moves something in it.
    indirect enum Value {
        /// A string, number, boolean or date, as it is written.
        case atom(String)
        /// All on one line.
        case list([Value])
        /// The lines between two brackets that stand on lines of their own.
        case lines([Line])
        case table([(key: String, value: Value)])
    }

    /// One line of an array; without values it is a comment's own or, without that too, empty.
    struct Line {
        var values: [Value] = []
        var comment: Comment?
    }

    private(set) var pieces: [Piece] = []
    /// All comments, in the order of the text.
    private(set) var comments: [Comment] = []
    private var cursor: TOMLCursor
    /// Line and column of the last comment, where one may go on with it.
    private var upper: (line: Int, column: Int)?

    /// Reads a text that was found to be valid, and therefore checks nothing.
    init(_ text: [UInt8]) {
        cursor = TOMLCursor(text)
        while cursor.peek != nil {
            let before = cursor.offset
            piece()
            // What is valid always moves on; what is not ends here.
            if cursor.offset == before { return }
        }
    }

    private mutating func piece() {
        skipSpace()
        switch cursor.peek {
        case nil: return
        case UInt8(ascii: "\n"):
            cursor.advance()
            pieces.append(.gap)
            return
        case UInt8(ascii: "#"):
            if let comment = comment(.ownLine) { pieces.append(.comment(comment)) }
        case UInt8(ascii: "["):
            let header = self.header()
            pieces.append(.header(header, comment(.behindCode)))
        case _:
            let key = self.key()
            cursor.advance()
            skipSpace()
            let value = self.value()
            pieces.append(.member(key: key, value, comment(.behindCode)))
        }
        skipSpace()
        if cursor.peek == UInt8(ascii: "\n") { cursor.advance() }
    }

    private mutating func skipSpace() {
        while let byte = cursor.peek, byte == 0x20 || byte == 0x09 || byte == 0x0D {
            cursor.advance()
        }
    }

    /// The comment that ends this line, if there is one.
    private mutating func comment(_ stands: CommentPlace) -> Comment? {
        skipSpace()
        guard cursor.peek == UInt8(ascii: "#") else { return nil }
        let start = cursor.offset
        // Counted as the layout counts: in characters, whatever bytes these have.
        let place = (
            line: cursor.position.line, column: cursor.text(from: cursor.lineStart).count
        )
        let goesOn =
            stands == .ownLine && upper.map { $0 == (place.line - 1, place.column) } ?? false
        upper =
            switch stands {
            case .behindCode: place
            case .ownLine: goesOn ? place : nil
            case .behindBracket: nil
            }
        cursor.skipLine()
        let comment = Comment(text: Self.trimmed(cursor.text(from: start)), goesOn: goesOn)
        comments.append(comment)
        return comment
    }

    private mutating func header() -> String {
        cursor.advance()
        let isArray = cursor.peek == UInt8(ascii: "[")
        if isArray { cursor.advance() }
        let key = self.key()
        for _ in 0..<(isArray ? 2 : 1) {
            skipSpace()
            cursor.advance()
        }
        return isArray ? "[[\(key)]]" : "[\(key)]"
    }

    /// A key with its dots, as it is written but for the space around these.
    private mutating func key() -> String {
        var parts: [String] = []
        while true {
            skipSpace()
            let start = cursor.offset
            if cursor.peek == UInt8(ascii: "\"") || cursor.peek == UInt8(ascii: "'") {
                cursor.skipString()
            } else {
                while let byte = cursor.peek, TOMLCursor.isBare(byte) { cursor.advance() }
            }
            parts.append(cursor.text(from: start))
            skipSpace()
            guard cursor.peek == UInt8(ascii: ".") else { return parts.joined(separator: ".") }
            cursor.advance()
        }
    }

    private mutating func value() -> Value {
        let start = cursor.offset
        switch cursor.peek {
        case UInt8(ascii: "["): return array()
        case UInt8(ascii: "{"): return table()
        case UInt8(ascii: "\""), UInt8(ascii: "'"): cursor.skipString()
        case .some, .none: cursor.skipScalar()
        }
        return .atom(Self.trimmed(cursor.text(from: start)))
    }

    private mutating func table() -> Value {
        cursor.advance()
        var members: [(key: String, value: Value)] = []
        while true {
            cursor.skipBlank()
            guard let byte = cursor.peek, byte != UInt8(ascii: "}") else { break }
            if byte == UInt8(ascii: ",") {
                cursor.advance()
                continue
            }
            let key = self.key()
            cursor.advance()
            skipSpace()
            members.append((key, value()))
        }
        cursor.advance()
        return .table(members)
    }

    private mutating func array() -> Value {
        cursor.advance()
        var lines = [Line()]
        var isBroken = false
        while true {
            skipSpace()
            guard let byte = cursor.peek, byte != UInt8(ascii: "]") else { break }
            switch byte {
            case UInt8(ascii: ","): cursor.advance()
            case UInt8(ascii: "\n"):
                isBroken = true
                cursor.advance()
                lines.append(Line())
            case UInt8(ascii: "#"):
                isBroken = true
                let isBare = lines[lines.count - 1].values.isEmpty
                lines[lines.count - 1].comment = comment(
                    !isBare ? .behindCode : lines.count == 1 ? .behindBracket : .ownLine)
            case _: lines[lines.count - 1].values.append(value())
            }
        }
        cursor.advance()
        let isEmpty = lines.allSatisfy { $0.values.isEmpty && $0.comment == nil }
        return isBroken && !isEmpty ? .lines(lines) : .list(lines.flatMap(\.values))
    }

    private static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while let last = text.last, last == " " || last == "\t" || last == "\r" {
            text.removeLast()
        }
        return String(text)
    }
}
