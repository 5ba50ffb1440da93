import Federation

/// One element more, or another in the place of one, in an array of a TOML text; comments, blanks and
/// order of all others stay.
///
/// The text is valid TOML, as its reader found; the array begins at a known place.
struct TOMLArrayEdit {
    private let text: [UInt8]
    /// Behind the last element, without its comma; nil for an array without elements.
    private var lastEnd: Int?
    /// Behind the comma of the last element.
    private var commaEnd: Int?
    /// Where the array's own bracket closes.
    private var close: Int
    private let open: Int

    /// nil when no array begins at this place.
    init?(_ text: [UInt8], at place: SourcePosition) {
        guard let open = Self.offset(of: place, in: text), text[open] == UInt8(ascii: "[") else {
            return nil
        }
        self.text = text
        self.open = open
        close = open
        guard scan() else { return nil }
    }

    /// Whether the array's elements are tables of their own, with the first of them at this place.
    static func isTable(_ text: [UInt8], at place: SourcePosition) -> Bool {
        guard let start = offset(of: place, in: text) else { return false }
        return text[start...].starts(with: Array("[[".utf8))
    }

    /// The text with the element at the array's end, and the line on which it then stands.
    func appending(_ element: String) -> (text: [UInt8], line: Int) {
        let new = Array(element.utf8)
        guard let lastEnd else {
            return result(inserting: new, at: open + 1)
        }
        let comma = [UInt8(ascii: ",")]
        guard text[open..<close].contains(Self.newline) else {
            let behind = commaEnd ?? lastEnd
            let space: [UInt8] = [UInt8(ascii: " ")]
            return result(inserting: (commaEnd == nil ? comma : []) + space + new, at: behind)
        }
        // On a line of its own, indented like the last one.
        let begin = lineStart(of: lastEnd - 1)
        let indent = Array(text[begin...].prefix { $0 == 0x20 || $0 == 0x09 })
        let behind = commaEnd ?? lastEnd
        let lineEnd = text[behind...].firstIndex(of: Self.newline) ?? text.count
        let line = lineBreak(for: lineEnd) + indent + new + (commaEnd == nil ? [] : comma)
        guard lineEnd < close else {
            // The bracket closes on the last element's line.
            return result(inserting: (commaEnd == nil ? comma : []) + line, at: behind)
        }
        var end = lineEnd
        if end > behind, text[end - 1] == Self.carriageReturn { end -= 1 }
        let (whole, number) = result(inserting: line, at: end)
        guard commaEnd == nil else { return (whole, number) }
        return (Array(whole[..<lastEnd]) + comma + whole[lastEnd...], number)
    }

    /// The text with the element in the place of the one that begins there, a string or a table, and
    /// the line on which it then stands; nil when none begins there.
    func replacing(at place: SourcePosition, with element: String) -> (text: [UInt8], line: Int)? {
        guard let start = Self.offset(of: place, in: text), (open + 1..<close).contains(start),
            let end = end(ofElementAt: start)
        else { return nil }
        return (Array(text[..<start]) + Array(element.utf8) + text[end...], place.line)
    }

    /// Behind a string, or behind the bracket that closes a table.
    private func end(ofElementAt start: Int) -> Int? {
        var (depth, index) = (0, start)
        while index < close {
            switch text[index] {
            case UInt8(ascii: "#"):
                index = text[index...].firstIndex(of: Self.newline) ?? text.count
                continue
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                index = Self.end(ofStringAt: index, text)
                if depth == 0 { return index }
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                if depth == 0 { return index + 1 }
            case _: if depth == 0 { return nil }
            }
            index += 1
        }
        return nil
    }

    private func result(inserting new: [UInt8], at place: Int) -> ([UInt8], Int) {
        let whole = Array(text[..<place]) + new + text[place...]
        let before = whole[..<(place + new.count)].count { $0 == Self.newline }
        return (whole, before + 1)
    }

    // MARK: Finding

    /// Finds the end of the last element and of the array; false for a text that ends before.
    private mutating func scan() -> Bool {
        var depth = 0
        var index = open
        while index < text.count {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "#"):
                index = text[index...].firstIndex(of: Self.newline) ?? text.count
                continue
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                index = Self.end(ofStringAt: index, text)
                note(end: index)
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                if depth == 0 {
                    close = index
                    return true
                }
                note(end: index + 1)
            case UInt8(ascii: ","):
                if depth == 1 { commaEnd = index + 1 }
            case 0x20, 0x09, 0x0A, 0x0D: break
            default: note(end: index + 1)
            }
            index += 1
        }
        return false
    }

    private mutating func note(end: Int) {
        lastEnd = end
        commaEnd = nil
    }

    private static func end(ofStringAt start: Int, _ text: [UInt8]) -> Int {
        let quote = text[start]
        let isLong =
            start + 2 < text.count && text[start + 1] == quote && text[start + 2] == quote
        var index = start + (isLong ? 3 : 1)
        while index < text.count {
            if text[index] == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                index += 2
                continue
            }
            guard text[index] == quote else {
                index += 1
                continue
            }
            guard isLong else { return index + 1 }
            var run = index
            while run < text.count, text[run] == quote { run += 1 }
            // Up to two quotes may stand before the three that close.
            if run - index >= 3 { return run }
            index = run
        }
        return text.count
    }

    private func lineStart(of place: Int) -> Int {
        (text[..<place].lastIndex(of: Self.newline) ?? -1) + 1
    }

    private static func offset(of place: SourcePosition, in text: [UInt8]) -> Int? {
        // A byte order mark has no column.
        var (line, column, index) = (1, 1, text.count - text.withoutByteOrderMark.count)
        while index < text.count {
            if line == place.line, column == place.column { return index }
            if text[index] == newline {
                (line, column) = (line + 1, 1)
                index += 1
                continue
            }
            index += 1
            // Columns count scalars.
            while index < text.count, text[index] & 0xC0 == 0x80 { index += 1 }
            column += 1
        }
        return nil
    }

    /// What ends a line, as it ends the last element's; where the bracket closes on that, as the line
    /// before it.
    private func lineBreak(for lineEnd: Int) -> [UInt8] {
        let end =
            lineEnd < close ? lineEnd : text[open..<close].lastIndex(of: Self.newline) ?? open
        return end > open && text[end - 1] == Self.carriageReturn
            ? [Self.carriageReturn, Self.newline] : [Self.newline]
    }

    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
}
