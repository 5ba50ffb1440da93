/// The format `text`: a pattern a line, `until` and a date behind it where it has an end.
///
///     cloud.partner.example
///     *.surf.example  until 2027-06-30   # research cloud
///
/// Blank lines and what follows `#` do not count, nor does a byte order mark in front.
enum TextList {
    /// A line that is no entry.
    struct Wrong: Error {
        let place: SourcePosition
        let message: String
        var remedy: String?
    }

    /// The entries, the first wrong lines, and how many there are in all.
    static func read(
        _ bytes: [UInt8]
    ) -> (entries: [ListEntry], wrong: [Wrong], count: Int) {
        var entries: [ListEntry] = []
        var wrong: [Wrong] = []
        var count = 0
        let lines = bytes.withoutByteOrderMark.split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() {
            let words = line.prefix { $0 != UInt8(ascii: "#") }.split(whereSeparator: isBlank)
            guard let first = words.first else { continue }
            let place = SourcePosition(
                line: number + 1,
                column: line.distance(from: line.startIndex, to: first.startIndex) + 1)
            do throws(Wrong) { entries.append(try entry(words, at: place)) } catch {
                count += 1
                if count <= reported { wrong.append(error) }
            }
        }
        return (entries, wrong, count)
    }

    /// The entries of an own list; its wrong lines are reported, the first twenty, then how many
    /// there are.
    static func entries(_ bytes: [UInt8], _ findings: Findings) -> [ListEntry] {
        let (entries, wrong, count) = read(bytes)
        for line in wrong { findings.report(line.place, line.message, remedy: line.remedy) }
        if count > reported {
            findings.report(nil, "\(count) lines are not host patterns; the first are shown")
        }
        return entries
    }

    /// A list from elsewhere: one wrong line spoils it.
    static func contents(_ bytes: [UInt8]) throws(ListDefect) -> ListContents {
        let (entries, wrong, _) = read(bytes)
        if let line = wrong.first {
            throw ListDefect(line.message, at: .line(line.place))
        }
        var contents = ListContents()
        for entry in entries {
            let place = ListDefect.Place.line(entry.position ?? .start)
            try contents.add(
                ListEntry(pattern: entry.pattern, until: entry.until, note: entry.note), at: place)
        }
        return contents
    }

    /// The text of these entries, sorted; notes become comments.
    static func text(_ entries: [ListEntry]) -> String {
        entries.byPattern.map { _, entry in
            entry.words + (entry.note.map { "  # \(comment($0))" } ?? "") + "\n"
        }.joined()
    }

    private static func entry(
        _ words: [ArraySlice<UInt8>], at place: SourcePosition
    ) throws(Wrong) -> ListEntry {
        let texts = words.map { String(validating: $0, as: UTF8.self) }
        guard let first = texts[0], let pattern = HostPattern(first) else {
            let shown = String(decoding: words[0].prefix(256), as: UTF8.self)
            throw Wrong(
                place: place, message: "\(quoted(shown)) is not \(TOMLForm.hostPattern.expected)",
                remedy: HostPattern.remedy(for: shown))
        }
        guard texts.count > 1 else {
            return ListEntry(pattern: pattern, position: place)
        }
        guard texts.count == 3, texts[1] == "until", let end = texts[2].flatMap(ListDate.end) else {
            throw Wrong(
                place: place,
                message: "only \"until\" and a date may stand behind a pattern, as in "
                    + "\"\(pattern) until 2027-06-30\"")
        }
        return ListEntry(pattern: pattern, until: end, position: place)
    }

    /// A note on one line.
    private static func comment(_ note: String) -> String {
        String(
            String.UnicodeScalarView(
                note.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D
    }

    private static let reported = 20
}

extension ListEntry {
    /// Pattern and end, as the format `text` has them.
    package var words: String {
        pattern.description + (until.map { " until \(ListDate.text($0))" } ?? "")
    }
}

extension [ListEntry] {
    /// Sorted by what their patterns are written as.
    var byPattern: [(text: String, entry: ListEntry)] {
        map { (text: $0.pattern.description, entry: $0) }.sorted { $0.text < $1.text }
    }

    /// The same for a format that knows hosts only.
    ///
    /// Refused: all that are not a host alone, and those with an end.
    func hosts(for format: ListFormat) throws(ListDefect) -> [(text: String, entry: ListEntry)] {
        let sorted = byPattern
        for (_, entry) in sorted where entry.pattern.scope != .host || entry.until != nil {
            throw ListDefect(
                "\(quoted(entry.words)) cannot be said in \(format.rawValue), where an entry is a "
                    + "host, without an end")
        }
        return sorted
    }
}
