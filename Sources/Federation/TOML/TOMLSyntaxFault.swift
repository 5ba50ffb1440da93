/// What is wrong with the syntax of a TOML file in our words, and what mends the slips that are made
/// most.
struct TOMLSyntaxFault {
    let message: String
    let remedy: String?

    /// - Parameters:
    ///   - description: TOMLKit's words: `Error while parsing WHAT: REASON`.
    ///   - text: the line from the place that it names on.
    init(_ description: String, at text: Substring) {
        let line = description.split(whereSeparator: \.isNewline).joined(separator: " ")
        let prefix = "Error while parsing "
        guard line.hasPrefix(prefix), let colon = line.firstRange(of: ": ") else {
            message = line
            remedy = nil
            return
        }
        let what = line[..<colon.lowerBound].dropFirst(prefix.count)
        let reason = line[colon.upperBound...]
        if reason.hasPrefix("could not determine value type") {
            message = "this is no value"
            remedy = Self.quoting(text)
        } else {
            message = Self.withoutGarbledKey(reason)
            remedy =
                Self.bracketing(reason, text)
                ?? Self.narrowing(reason)
                ?? Self.remedies.first { reason.hasPrefix($0.reason) }?.remedy
                ?? Self.values.first { what == $0 }.map { _ in
                    let isDateLike = reason.hasSuffix("saw '.'") || reason.hasSuffix("saw '/'")
                    return Self.quoting("") + (isDateLike ? Self.dates : "")
                }
        }
    }

    /// The word itself in quotes, without those that it may have.
    private static func quoting(_ text: Substring) -> String {
        let word = text.prefix { !$0.isWhitespace && !",]}#".contains($0) }
            .filter { !"“”„‟«»‘’‚\"'".contains($0) }
        return "put a text in straight quotes" + (word.isEmpty ? "" : ": \(quoted(word))")
    }

    /// TOMLKit garbles a key that has to stand in quotes (`'tls."clcloud.test"'`); the place says which
    /// one it is.
    private static func withoutGarbledKey(_ reason: Substring) -> String {
        guard reason.hasPrefix(redefinition), let first = reason.firstIndex(of: "'"),
            let last = reason.lastIndex(of: "'"), first < last,
            reason[reason.index(after: first)..<last].contains(where: { $0 == "\"" || $0 == "'" })
        else { return String(reason) }
        return String(reason[..<first].dropLast() + reason[reason.index(after: last)...])
    }

    /// One of several tables of a name, written as if there were one.
    private static func bracketing(_ reason: Substring, _ text: Substring) -> String? {
        let isOneOfSeveral =
            reason.hasPrefix(redefinition + " array") && reason.hasSuffix(" as table")
            || reason.hasPrefix(redefinition + " table") && reason.hasSuffix(" as array-of-tables")
        guard isOneOfSeveral else { return nil }
        let name = text.drop { $0 == "[" }.prefix { $0 != "]" }
        let isPlain = !name.contains { $0 == "\"" || $0 == "'" }
        return "write double brackets both times" + (isPlain ? ": [[\(name)]]" : "")
    }

    /// A number that is no text: it has more digits than a number may have.
    private static func narrowing(_ reason: Substring) -> String? {
        guard reason.hasSuffix("is not representable in 64 bits") else { return nil }
        return "write one from \(Int64.min) to \(Int64.max)"
    }

    /// For what begins like a number, and may be meant as a day.
    private static let dates = "; a date is written without them, like 2027-06-30"

    private static let redefinition = "cannot redefine existing"

    /// What begins like one of these and goes on otherwise is mostly a text: `20MiB`, `True`.
    private static let values = [
        "boolean", "decimal integer", "floating-point", "hexadecimal integer", "octal integer",
        "binary integer", "date", "time", "date-time",
    ]

    private static let remedies: [(reason: String, remedy: String)] = [
        ("expected '='", "write key = value; a key of several words stands in quotes"),
        ("expected comma or closing ']'", "a comma stands between two elements, and ] at the end"),
        ("expected comma or closing '}'", "a comma stands between two members, and } at the end"),
        ("expected key or closing '}'", "{ … } stands on one line"),
        ("expected key-value pair, saw closing '}'", "take the last comma out"),
        ("expected value", "write a value behind the ="),
        ("expected ']'", "write [name], or [[name]] with two brackets on each side"),
        ("expected a comment or whitespace", "one key = value on a line; # begins a comment"),
        ("expected keys, tables, whitespace or comments", "# begins a comment"),
        ("unescaped control characters", "close the text on its line with a quote"),
        ("control characters other than TAB", "close the text on its line with a quote"),
        ("unknown escape sequence", "write a backslash twice, or the text in 'single quotes'"),
        (redefinition, "leave one of the two"),
        ("expected day between", "write a day that there is, like 2027-06-30"),
        ("expected month between", "write a day that there is, like 2027-06-30"),
        ("expected hour between", "write a moment like 2027-06-30T12:00:00Z"),
        ("expected minute between", "write a moment like 2027-06-30T12:00:00Z"),
        ("expected second between", "write a moment like 2027-06-30T12:00:00Z"),
        ("expected 'true'", "write true, or the text in straight quotes"),
        ("expected 'false'", "write false, or the text in straight quotes"),
    ]
}
