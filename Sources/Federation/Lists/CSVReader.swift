/// Reads the rows of a CSV text (RFC 4180), strictly; lines end with CRLF or LF.
///
/// Refused: a quote inside of a field that does not begin with one, anything but a comma or a line
/// end behind a closing quote, a quote that is never closed, text that is not UTF-8, a byte order
/// mark, a lone carriage return, fields over 8 KiB and rows over 32 fields.
struct CSVReader {
    /// The fields of one row, without their quotes, and where it begins.
    struct Row {
        let fields: [String]
        let place: SourcePosition
    }

    private let bytes: [UInt8]
    private var place = 0
    private var line = 1

    init(_ bytes: [UInt8]) throws(ListDefect) {
        self.bytes = bytes
        if bytes.hasByteOrderMark {
            throw ListDefect("the text begins with a byte order mark", at: .line(.start))
        }
    }

    /// The next row; nil at the end. Empty lines are no rows.
    mutating func next() throws(ListDefect) -> Row? {
        while place < bytes.count {
            let start = SourcePosition(line: line, column: 1)
            var fields: [String] = []
            repeat {
                guard fields.count < Self.mostFields else {
                    throw failure("more than \(Self.mostFields) fields in a row")
                }
                fields.append(try field())
            } while try moreFollows()
            if fields == [""] { continue }
            return Row(fields: fields, place: start)
        }
        return nil
    }

    private mutating func field() throws(ListDefect) -> String {
        var text: [UInt8] = []
        if place < bytes.count, bytes[place] == Self.quote {
            try quotedField(into: &text)
        } else {
            while place < bytes.count {
                let byte = bytes[place]
                if byte == Self.comma || byte == Self.newline || byte == Self.carriageReturn {
                    break
                }
                guard byte != Self.quote else {
                    throw failure("a quote inside of a field that does not begin with one")
                }
                text.append(byte)
                place += 1
                guard text.count <= Self.longest else { throw failure(Self.tooLong) }
            }
        }
        guard let string = String(validating: text, as: UTF8.self) else {
            throw failure("a field that is not UTF-8")
        }
        return string
    }

    private mutating func quotedField(into text: inout [UInt8]) throws(ListDefect) {
        let opened = SourcePosition(line: line, column: 1)
        place += 1
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == Self.quote {
                guard place < bytes.count, bytes[place] == Self.quote else { return }
                place += 1
            }
            if byte == Self.newline { line += 1 }
            text.append(byte)
            guard text.count <= Self.longest else { throw failure(Self.tooLong) }
        }
        throw ListDefect("a quote that is never closed", at: .line(opened))
    }

    /// Whether a comma follows; takes it, or the end of the line.
    private mutating func moreFollows() throws(ListDefect) -> Bool {
        guard place < bytes.count else { return false }
        switch bytes[place] {
        case Self.comma:
            place += 1
            return true
        case Self.carriageReturn:
            guard place + 1 < bytes.count, bytes[place + 1] == Self.newline else {
                throw failure("a carriage return without a line feed")
            }
            place += 2
        case Self.newline: place += 1
        default: throw failure("something behind a closing quote that is no comma")
        }
        line += 1
        return false
    }

    private func failure(_ message: String) -> ListDefect {
        ListDefect(message, at: .line(SourcePosition(line: line, column: 1)))
    }

    /// A row as it is read again; fields are quoted where they must be.
    static func text(_ fields: [String]) -> String {
        fields.map { field in
            let isPlain = field.utf8.allSatisfy { byte in
                byte != quote && byte != comma && byte != newline && byte != carriageReturn
            }
            return isPlain ? field : "\"" + field.replacing("\"", with: "\"\"") + "\""
        }.joined(separator: ",") + "\n"
    }

    private static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")
    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    /// Bytes of a field.
    private static let longest = 8192
    private static let mostFields = 32
    private static let tooLong = "a field of more than \(longest) bytes"
}
