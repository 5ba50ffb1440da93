import OpenSSL

/// Reads a text of TOML 1.0 into nodes, each of which knows its place.
///
/// Refused: what TOML 1.0 does not allow, the character NUL even as an escape, and what lies deeper
/// than `depthLimit`. The first fault is told, or a bracket before it that is never closed.
struct TOMLParser {
    /// How deep tables and arrays may lie in each other.
    static let depthLimit = 32

    var cursor: TOMLCursor
    private let root = TOMLTableDraft(.itself, at: .start)

    private init(_ text: [UInt8]) { cursor = TOMLCursor(text) }

    /// - Parameter text: valid UTF-8.
    static func read(_ text: [UInt8]) throws(TOMLFault) -> TOMLNode {
        var parser = TOMLParser(text)
        try parser.document()
        return parser.root.node
    }

    private mutating func document() throws(TOMLFault) {
        var (table, depth) = (root, 0)
        while true {
            try skipBlank()
            guard let byte = cursor.peek else { return }
            if byte == UInt8(ascii: "[") {
                (table, depth) = try header()
            } else {
                let start = cursor
                do throws(TOMLFault) {
                    try member(of: table, at: depth, .line)
                } catch {
                    throw start.unclosedBracket() ?? error
                }
            }
            try endLine()
        }
    }

    private mutating func header() throws(TOMLFault) -> (table: TOMLTableDraft, depth: Int) {
        let start = cursor.position
        cursor.advance()
        let isArray = cursor.peek == UInt8(ascii: "[")
        if isArray { cursor.advance() }
        let keys = try keys(below: 0, .header)
        let remedy = "write [name], or [[name]] with two brackets on each side"
        for _ in 0..<(isArray ? 2 : 1) {
            guard cursor.peek == UInt8(ascii: "]") else {
                throw unexpected("a ] is missing here", remedy)
            }
            cursor.advance()
        }
        guard cursor.peek != UInt8(ascii: "]") else {
            throw TOMLFault(cursor.position, "this ] is one too many", remedy)
        }
        var (table, depth) = (root, 0)
        for key in keys.before {
            let (next, places) = try table.table(throughHeader: key)
            table = next
            depth += 1 + places
        }
        depth += isArray ? 2 : 1
        guard depth <= Self.depthLimit else { throw .tooDeep(keys.last.position) }
        table =
            isArray
            ? try table.element(ofHeader: keys.last, at: start)
            : try table.table(ofHeader: keys.last, at: start)
        return (table, depth)
    }

    /// Where a key stands.
    private enum KeyPlace {
        case line
        case header
        case braces(SourcePosition)
    }

    /// A key with its value.
    ///
    /// - Parameter depth: how many keys and places in arrays lead to the table.
    private mutating func member(
        of table: TOMLTableDraft, at depth: Int, _ place: KeyPlace
    ) throws(TOMLFault) {
        let keys = try keys(below: depth, place)
        guard cursor.peek == UInt8(ascii: "=") else {
            throw unexpected(
                "a = is missing here", "write key = value; a key of several words stands in quotes")
        }
        cursor.advance()
        cursor.skipSpace()
        var table = table
        for key in keys.before { table = try table.table(dotted: key) }
        try table.expectNone(keys.last)
        try table.set(keys.last, value(at: depth + keys.before.count + 1))
    }

    /// The parts of `a."b.c".d`, and the space behind them.
    private mutating func keys(
        below depth: Int, _ place: KeyPlace
    ) throws(TOMLFault) -> (before: [TOMLKey], last: TOMLKey) {
        var before: [TOMLKey] = []
        while true {
            cursor.skipSpace()
            let position = cursor.position
            guard depth + before.count < Self.depthLimit else { throw .tooDeep(position) }
            guard let text = try key() else { throw keyMissing(place, isFirst: before.isEmpty) }
            let key = TOMLKey(text: text, position: position)
            cursor.skipSpace()
            guard cursor.peek == UInt8(ascii: ".") else { return (before, key) }
            cursor.advance()
            before.append(key)
        }
    }

    /// Nil where no key begins.
    ///
    /// Refused: letters that a key without quotes cannot have.
    private mutating func key() throws(TOMLFault) -> String? {
        if let quote = cursor.peek, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            guard !cursor.starts(with: quote, count: 3) else {
                throw TOMLFault(
                    cursor.position, "a key stands between single quotes or double ones")
            }
            return try string()
        }
        let start = cursor.offset
        while let byte = cursor.peek, TOMLCursor.isBare(byte) { cursor.advance() }
        if let byte = cursor.peek, byte >= 0x80 {
            throw unexpected(
                "this cannot stand in a key without quotes",
                "write A-Z, a-z, 0-9, - and _, or the key in straight quotes")
        }
        return cursor.offset == start ? nil : cursor.text(from: start)
    }

    private func keyMissing(_ place: KeyPlace, isFirst: Bool) -> TOMLFault {
        guard isFirst else { return unexpected("a key is missing behind the dot") }
        switch place {
        case .line: return unexpected("this is no key", "# begins a comment")
        case .header:
            return unexpected("a table needs a name between its brackets, like [list.partners]")
        case .braces(let opening): return notInBraces(opening, "a key is missing here")
        }
    }

    /// A value of any kind.
    ///
    /// - Parameter depth: how many keys and places in arrays lead to it.
    private mutating func value(at depth: Int) throws(TOMLFault) -> TOMLNode {
        let start = cursor.position
        switch cursor.peek {
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            return TOMLNode(.string(try string()), at: start)
        case UInt8(ascii: "["): return try array(at: depth)
        case UInt8(ascii: "{"): return try inlineTable(at: depth)
        case .some, .none: return TOMLNode(try scalar(), at: start)
        }
    }

    private mutating func array(at depth: Int) throws(TOMLFault) -> TOMLNode {
        let start = cursor.position
        cursor.advance()
        var nodes: [TOMLNode] = []
        while true {
            try skipBlank()
            if cursor.peek == UInt8(ascii: "]") { break }
            guard cursor.peek != nil else { throw .neverClosed("this [", start) }
            guard depth < Self.depthLimit else { throw .tooDeep(cursor.position) }
            nodes.append(try value(at: depth + 1))
            try skipBlank()
            if cursor.peek == UInt8(ascii: ",") {
                cursor.advance()
            } else if cursor.peek != UInt8(ascii: "]"), cursor.peek != nil {
                throw unexpected(
                    "a comma or ] is missing here",
                    "a comma stands between two elements, and ] at the end")
            }
        }
        cursor.advance()
        return TOMLNode(.array(nodes), at: start)
    }

    private mutating func inlineTable(at depth: Int) throws(TOMLFault) -> TOMLNode {
        let start = cursor.position
        let table = TOMLTableDraft(.itself, at: start)
        cursor.advance()
        cursor.skipSpace()
        if cursor.peek == UInt8(ascii: "}") {
            cursor.advance()
            return table.node
        }
        while true {
            try member(of: table, at: depth, .braces(start))
            cursor.skipSpace()
            switch cursor.peek {
            case UInt8(ascii: "}"):
                cursor.advance()
                return table.node
            case UInt8(ascii: ","):
                let comma = cursor.position
                cursor.advance()
                cursor.skipSpace()
                if cursor.peek == UInt8(ascii: "}") {
                    throw TOMLFault(comma, "no member comes behind this comma", "take it out")
                }
            case .some, .none:
                throw notInBraces(start, "a comma or } is missing here")
            }
        }
    }

    /// What is told of what stands where a member of an inline table, or its end, is expected.
    private func notInBraces(_ opening: SourcePosition, _ message: String) -> TOMLFault {
        switch cursor.peek {
        case nil: .neverClosed("this {", opening)
        case 0x0A, 0x0D, UInt8(ascii: "#"):
            TOMLFault(cursor.position, "{ … } goes on here", "write it on one line")
        case .some: unexpected(message, "a comma stands between two members, and } at the end")
        }
    }

    /// Refused: anything but a comment before the end of the line.
    private mutating func endLine() throws(TOMLFault) {
        cursor.skipSpace()
        switch cursor.peek {
        case nil: return
        case UInt8(ascii: "#"): try skipComment()
        case 0x0A, 0x0D: try skipLineEnd()
        case .some:
            throw unexpected(
                "the line should end here", "one key = value on a line; # begins a comment")
        }
    }

    /// Spaces, line ends and comments.
    private mutating func skipBlank() throws(TOMLFault) {
        while true {
            switch cursor.peek {
            case 0x20, 0x09: cursor.advance()
            case 0x0A, 0x0D: try skipLineEnd()
            case UInt8(ascii: "#"): try skipComment()
            case .some, .none: return
            }
        }
    }

    private mutating func skipLineEnd() throws(TOMLFault) {
        guard cursor.skipLineEnd() else { throw unexpected("the line should end here") }
    }

    private mutating func skipComment() throws(TOMLFault) {
        while let byte = cursor.peek, !cursor.isLineEnd {
            guard !TOMLCursor.isControl(byte) else { throw unexpected("this cannot stand here") }
            cursor.advance()
        }
    }

    /// What is told of what stands here and does not belong here.
    func unexpected(_ message: String, _ remedy: String? = nil) -> TOMLFault {
        guard let scalar = cursor.invisible else {
            return TOMLFault(cursor.position, message, remedy)
        }
        let hex = String(scalar.value, radix: 16, uppercase: true)
        let name = String(repeating: "0", count: max(4 - hex.count, 0)) + hex
        return TOMLFault(cursor.position, "the invisible character U+\(name) cannot stand here")
    }
}

extension TOMLCursor {
    /// The innermost bracket of this line's value that the rest of the text leaves open; nil when
    /// all are closed, or when that cannot be told.
    fileprivate consuming func unclosedBracket() -> TOMLFault? {
        var open: [(bracket: UInt8, position: SourcePosition)] = []
        while let byte = peek, !(open.isEmpty && isLineEnd) {
            switch byte {
            case UInt8(ascii: "#"): skipLine()
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                guard skipString() else { return nil }
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                open.append((byte, position))
                advance()
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                // In ASCII a bracket is two before the one that closes it.
                guard open.popLast()?.bracket == byte - 2 else { return nil }
                advance()
            case _:
                if invisible != nil { return nil }
                advance()
            }
        }
        return open.last.map {
            .neverClosed("this \(Character(Unicode.Scalar($0.bracket)))", $0.position)
        }
    }
}
