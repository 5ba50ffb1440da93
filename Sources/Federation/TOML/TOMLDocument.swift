internal import TOMLKit

/// A TOML document in which every key and value knows where it stands.
///
/// TOMLKit reads the text and names the place of a syntax error; the places of everything else
/// come from an index beside it, so that what is wrong in meaning can be shown too.
package struct TOMLDocument: Sendable {
    package let file: String
    /// The members of the document itself.
    package let root: TOMLNode

    /// Refused: bytes that are no UTF-8, the character NUL in any form, more than 8 MiB, nesting
    /// deeper than 32, and whatever TOML 1.0 does not allow (duplicate keys among it).
    package init(_ bytes: [UInt8], file: String) throws(ConfigurationErrors) {
        func fault(
            _ position: SourcePosition?, _ message: String, remedy: String? = nil
        ) -> ConfigurationErrors {
            ConfigurationErrors(
                ConfigurationError(
                    file: file, position: position, message: message, remedy: remedy))
        }
        guard bytes.count <= Self.sizeLimit else {
            throw fault(nil, "the file is larger than 8 MiB")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw fault(Self.firstInvalid(bytes), "the file is not UTF-8 here")
        }
        if let nul = bytes.firstIndex(of: 0) {
            throw fault(Self.position(of: nul, in: bytes), "the character NUL cannot stand here")
        }
        if let bracket = TOMLBrackets.firstFault(bytes) {
            throw fault(bracket.position, bracket.message)
        }
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let begin = error.source.begin
            let place = SourcePosition(line: max(begin.line, 1), column: max(begin.column, 1))
            let syntax = TOMLSyntaxFault(error.description, at: Self.line(of: text, from: place))
            throw fault(place, syntax.message, remedy: syntax.remedy)
        } catch {
            throw fault(nil, "the file cannot be read as TOML")
        }
        let positions = TOMLPositions(bytes)
        if let nul = positions.nul {
            throw fault(nul, "the character NUL cannot stand in a string")
        }
        var conversion = Conversion(positions: positions)
        root = conversion.table(table, path: [], position: .start)
        self.file = file
        if let place = conversion.tooDeep {
            throw fault(place, Self.tooDeep)
        }
    }

    private static let sizeLimit = 8 << 20

    /// How deep tables and arrays may lie in each other.
    static let depthLimit = 32

    /// What is told of what lies deeper.
    static let tooDeep = "this is nested deeper than \(depthLimit)"

    /// The rest of the line that a place is on; TOMLKit counts code points.
    private static func line(of text: String, from place: SourcePosition) -> Substring {
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.indices.contains(place.line - 1) else { return "" }
        return Substring(lines[place.line - 1].dropFirst(place.column - 1))
    }

    private static func position(of offset: Int, in bytes: [UInt8]) -> SourcePosition {
        var cursor = TOMLCursor(Array(bytes[..<offset]))
        while cursor.peek != nil { cursor.advance() }
        return cursor.position
    }

    private static func firstInvalid(_ bytes: [UInt8]) -> SourcePosition {
        var parser = Unicode.UTF8.ForwardParser()
        var input = bytes.makeIterator()
        var offset = 0
        while case .valid(let scalar) = parser.parseScalar(from: &input) { offset += scalar.count }
        return position(of: offset, in: bytes)
    }
}

/// TOMLKit's tree and the places, made into one.
private struct Conversion {
    let positions: TOMLPositions
    private(set) var tooDeep: SourcePosition?

    init(positions: TOMLPositions) {
        self.positions = positions
    }

    mutating func table(
        _ table: TOMLTable, path: [TOMLPositions.Step], position: SourcePosition
    ) -> TOMLNode {
        var members: [TOMLMember] = []
        for key in table.keys {
            guard let value = table[key]?.tomlValue else { continue }
            let below = path + [.key(key)]
            let place = positions.places[below]
            members.append(
                TOMLMember(
                    key: key, keyPosition: place?.key ?? position,
                    value: node(value, path: below, position: place?.value ?? position)))
        }
        members.sort { $0.keyPosition < $1.keyPosition }
        return TOMLNode(.table(members), at: position)
    }

    private mutating func node(
        _ value: TOMLValue, path: [TOMLPositions.Step], position: SourcePosition
    ) -> TOMLNode {
        guard path.count <= TOMLDocument.depthLimit else {
            tooDeep = tooDeep ?? position
            return TOMLNode(.table([]), at: position)
        }
        if let string = value.string { return TOMLNode(.string(string), at: position) }
        if let integer = value.int { return TOMLNode(.integer(integer), at: position) }
        if let boolean = value.bool { return TOMLNode(.boolean(boolean), at: position) }
        if let double = value.double { return TOMLNode(.float(double), at: position) }
        if let inner = value.table { return table(inner, path: path, position: position) }
        if let array = value.array {
            var elements: [TOMLNode] = []
            for index in 0..<array.count {
                let below = path + [.index(index)]
                let place = positions.places[below]?.value ?? position
                elements.append(node(array[index].tomlValue, path: below, position: place))
            }
            return TOMLNode(.array(elements), at: position)
        }
        if let date = value.date {
            let start = Self.midnight(date)
            return TOMLNode(.instant(TOMLInstant(start: start, end: start + 86_400)), at: position)
        }
        if let instant = value.dateTime {
            let time = instant.time
            let seconds =
                Self.midnight(instant.date) + time.hour * 3600 + time.minute * 60 + time.second
                - (instant.offset?.offset ?? 0) * 60
            return TOMLNode(.instant(TOMLInstant(start: seconds, end: seconds)), at: position)
        }
        return TOMLNode(.time, at: position)
    }

    private static func midnight(_ date: TOMLDate) -> Int {
        TOMLInstant.midnight(year: date.year, month: date.month, day: date.day)
    }
}
