/// Where every key and value of a TOML text stands, by its path.
///
/// TOMLKit keeps places only for syntax errors, so this index lies beside it. It reads a text that
/// TOMLKit has found to be valid, and therefore checks nothing; what it does not find gets the
/// place of the table around it.
struct TOMLPositions {
    enum Step: Hashable {
        case key(String)
        case index(Int)
    }

    struct Place {
        var key: SourcePosition
        var value: SourcePosition
    }

    private(set) var places: [[Step]: Place] = [:]
    /// Where an escape stands that means the character NUL, which TOMLKit would cut a text at.
    private(set) var nul: SourcePosition?

    private var cursor: TOMLCursor
    /// How many elements each array of tables has so far, by its path.
    private var counts: [[Step]: Int] = [:]

    init(_ text: [UInt8]) {
        cursor = TOMLCursor(text)
        scan()
        nul = cursor.nul
    }

    /// Whole lines: a header, or a key with its value.
    private mutating func scan() {
        var table: [Step] = []
        while true {
            cursor.skipBlank()
            guard let byte = cursor.peek else { return }
            if byte == UInt8(ascii: "[") {
                table = header()
            } else if !member(of: table) {
                return
            }
        }
    }

    private mutating func header() -> [Step] {
        let start = cursor.position
        cursor.advance()
        let isArray = cursor.peek == UInt8(ascii: "[")
        if isArray { cursor.advance() }
        let keys = cursor.dottedKey()
        cursor.skipLine()
        var path: [Step] = []
        for (number, key) in keys.enumerated() {
            path.append(.key(key.text))
            let isLast = number == keys.count - 1
            note(path, key: key.position, value: isLast ? start : key.position)
            if isLast, isArray {
                let index = counts[path, default: 0]
                counts[path] = index + 1
                path.append(.index(index))
                note(path, key: start, value: start)
            } else if let count = counts[path] {
                path.append(.index(count - 1))
            }
        }
        return path
    }

    private mutating func member(of table: [Step]) -> Bool {
        let keys = cursor.dottedKey()
        cursor.skipSpace()
        guard !keys.isEmpty, cursor.peek == UInt8(ascii: "=") else { return false }
        cursor.advance()
        cursor.skipSpace()
        var path = table
        for (number, key) in keys.enumerated() {
            path.append(.key(key.text))
            let isLast = number == keys.count - 1
            note(path, key: key.position, value: isLast ? cursor.position : key.position)
        }
        value(at: path)
        return true
    }

    private mutating func value(at path: [Step]) {
        switch cursor.peek {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): cursor.skipString()
        case UInt8(ascii: "["): array(at: path)
        case UInt8(ascii: "{"): inlineTable(at: path)
        case .some, .none: cursor.skipScalar()
        }
    }

    private mutating func array(at path: [Step]) {
        cursor.advance()
        var index = 0
        while true {
            cursor.skipBlank()
            guard let byte = cursor.peek else { return }
            if byte == UInt8(ascii: "]") { break }
            if byte == UInt8(ascii: ",") {
                cursor.advance()
                continue
            }
            let element = path + [.index(index)]
            note(element, key: cursor.position, value: cursor.position)
            value(at: element)
            index += 1
        }
        cursor.advance()
    }

    private mutating func inlineTable(at path: [Step]) {
        cursor.advance()
        while true {
            cursor.skipBlank()
            guard let byte = cursor.peek else { return }
            if byte == UInt8(ascii: "}") { break }
            if byte == UInt8(ascii: ",") {
                cursor.advance()
            } else if !member(of: path) {
                return
            }
        }
        cursor.advance()
    }

    /// The first place stays: a table is where it was first named, unless only a key below it was.
    private mutating func note(_ path: [Step], key: SourcePosition, value: SourcePosition) {
        if places[path] == nil { places[path] = Place(key: key, value: value) }
    }
}
