/// A TOML text in its one canonical layout, as gofmt gives Go one: comments, values, the order of
/// everything and the breaks of arrays stay as they are, and so does what the text says.
///
/// Space around signs is one blank; the `=` of a paragraph stand below each other, and so do the
/// comments behind neighbouring lines; one empty line stands before a header and the comments upon
/// it, never two; lines end with a line feed and nothing before it.
package struct TOMLLayout {
    private var lines: [LaidLine] = []

    /// The canonical layout of a text read from `file`.
    ///
    /// Refused: what ``TOMLDocument`` refuses. That the result says the same and has the same
    /// comments is checked, whatever this code may have got wrong.
    package static func canonical(
        _ bytes: [UInt8], file: String
    ) throws(ConfigurationErrors) -> [UInt8] {
        let document = try TOMLDocument(bytes, file: file)
        let pieces = TOMLPieces(bytes)
        var layout = TOMLLayout()
        layout.arrange(pieces.pieces)
        let result = Array(layout.text.utf8)
        let after = TOMLPieces(result)
        guard let again = try? TOMLDocument(result, file: file),
            again.root.saysTheSame(as: document.root),
            after.comments.map(\.text) == pieces.comments.map(\.text)
        else {
            throw ConfigurationErrors(
                ConfigurationError(
                    file: file, position: nil,
                    message: "this cannot be laid out without changing what it says"))
        }
        return result
    }

    /// Paragraph after paragraph: what stands between two empty lines or headers.
    private mutating func arrange(_ pieces: [TOMLPieces.Piece]) {
        var paragraph: [TOMLPieces.Piece] = []
        for piece in pieces {
            switch piece {
            case .gap:
                add(&paragraph)
                if lines.last?.isHeader == false { addGap() }
            case .header:
                // Comments right upon a header are about it, but those that go on with another.
                let upon = paragraph.reversed().prefix { piece in
                    if case .comment(let comment) = piece { !comment.goesOn } else { false }
                }.count
                var attached = Array(paragraph.suffix(upon)) + [piece]
                paragraph.removeLast(upon)
                add(&paragraph)
                addGap()
                add(&attached)
            case .comment, .member: paragraph.append(piece)
            }
        }
        add(&paragraph)
        while lines.last?.isEmpty == true { lines.removeLast() }
    }

    /// An empty line, but not at the top and not twice.
    private mutating func addGap() {
        guard lines.last?.isEmpty == false else { return }
        lines.append(LaidLine())
    }

    private mutating func add(_ paragraph: inout [TOMLPieces.Piece]) {
        let width =
            paragraph.map { piece in
                if case .member(let key, _, _) = piece { key.count } else { 0 }
            }.max() ?? 0
        for piece in paragraph {
            switch piece {
            case .gap: break
            case .comment(let comment): lines.append(LaidLine(comment: comment))
            case .header(let text, let comment):
                lines.append(LaidLine(text, comment, isHeader: true))
            case .member(let key, let value, let comment):
                let padded = key + String(repeating: " ", count: width - key.count)
                var laid = Self.lay(value, indent: 0)
                laid[0].text = "\(padded) = \(laid[0].text)"
                laid[laid.count - 1].comment = comment
                lines += laid
            }
        }
        paragraph = []
    }

    /// The lines of a value; the first goes on where its key ends.
    private static func lay(_ value: TOMLPieces.Value, indent: Int) -> [LaidLine] {
        switch value {
        case .atom(let text): return [LaidLine(text)]
        case .list(let values):
            return join(values.map { lay($0, indent: indent) }, "[", "]")
        case .table(let members):
            let laid = members.map { member in
                var value = lay(member.value, indent: indent)
                value[0].text = "\(member.key) = \(value[0].text)"
                return value
            }
            return laid.isEmpty ? [LaidLine("{}")] : join(laid, "{ ", " }")
        case .lines(let lines):
            let space = String(repeating: " ", count: indent + 2)
            var laid = [LaidLine("[")]
            for line in lines {
                if line.values.isEmpty {
                    if let comment = line.comment {
                        laid.append(LaidLine(comment: comment, indent: space))
                    } else if laid.count > 1, laid.last?.isEmpty == false {
                        laid.append(LaidLine())
                    }
                    continue
                }
                var row = join(line.values.map { lay($0, indent: indent + 2) }, space, ",")
                row[row.count - 1].comment = line.comment
                laid += row
            }
            while laid.last?.isEmpty == true { laid.removeLast() }
            // A comment behind the opening bracket stays there.
            if laid.count > 1, let first = lines.first, first.values.isEmpty, first.comment != nil {
                laid[0].comment = laid.remove(at: 1).comment
            }
            return laid + [LaidLine(String(repeating: " ", count: indent) + "]")]
        }
    }

    /// Values one behind the other; any of them may have several lines.
    private static func join(
        _ values: [[LaidLine]], _ opening: String, _ closing: String
    ) -> [LaidLine] {
        var laid = [LaidLine(opening)]
        for (number, value) in values.enumerated() {
            if number > 0 { laid[laid.count - 1].text += ", " }
            laid[laid.count - 1].text += value[0].text
            if value.count > 1 {
                laid[laid.count - 1].comment = value[0].comment
                laid += value.dropFirst()
            }
        }
        laid[laid.count - 1].text += closing
        return laid
    }

    /// The whole text, the comments of neighbouring lines below each other.
    private var text: String {
        var text = ""
        var start = 0
        while start < lines.count {
            var end = start
            while end < lines.count,
                lines[end].hasComment(below: start < end ? lines[end - 1] : nil)
            {
                end += 1
            }
            let run = lines[start..<max(end, start + 1)]
            var column = (run.map(\.width).max() ?? 0) + 2
            // Read again, a comment below the run that stood in its column would go on with it.
            if run.endIndex < lines.count, lines[run.endIndex].isComment(at: column) { column += 1 }
            for line in run { text += line.written(commentAt: column) + "\n" }
            start = run.endIndex
        }
        return text
    }
}

/// One line of the layout: its code, and the comment behind it.
private struct LaidLine {
    var text: String
    var comment: TOMLPieces.Comment?
    let isHeader: Bool
    /// What stands before a comment of its own line.
    let indent: String

    init(_ text: String = "", _ comment: TOMLPieces.Comment? = nil, isHeader: Bool = false) {
        self.text = text
        self.comment = comment
        self.isHeader = isHeader
        indent = ""
    }

    /// A comment on a line of its own.
    init(comment: TOMLPieces.Comment, indent: String = "") {
        text = ""
        self.comment = comment
        isHeader = false
        self.indent = indent
    }

    /// Of its last line: a text in three quotes may have several.
    var width: Int {
        // Of bytes: a line end of two characters is one for Character.
        let last = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).last
        return last.map { Substring($0).count } ?? 0
    }

    var isEmpty: Bool { text.isEmpty && comment == nil }

    /// Whether the line is nothing but a comment that begins in a column.
    func isComment(at column: Int) -> Bool {
        text.isEmpty && comment?.goesOn == false && indent.count == column
    }

    /// Whether the line belongs to a run of comments behind code: it has one, or goes on with that
    /// of the line above.
    func hasComment(below above: LaidLine?) -> Bool {
        // What stands behind an opening bracket is about all that follows.
        guard let comment, above?.text.hasSuffix("[") != true else { return false }
        return !text.isEmpty || comment.goesOn
    }

    func written(commentAt column: Int) -> String {
        guard let comment else { return text }
        if text.isEmpty, !comment.goesOn { return indent + comment.text }
        return text + String(repeating: " ", count: column - width) + comment.text
    }
}
