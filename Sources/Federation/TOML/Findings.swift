/// Collects what is wrong in the files of one run, so that an operator mends all of it at once.
package final class Findings {
    /// The file that is being read, as the operator named it.
    package private(set) var file: String
    private var errors: [ConfigurationError] = []
    private var files: [String]
    /// For tests: every key that a reader asked a table for, as `path key`; kept after
    /// ``noteAskedKeys()`` only.
    package private(set) var asked: Set<String>?

    package init(file: String) {
        self.file = file
        self.files = [file]
    }

    /// For tests: begins to note which keys are asked for, which those that describe the files have to
    /// agree with.
    package func noteAskedKeys() { asked = [] }

    func noteAsked(_ key: String, of path: String) {
        if asked != nil { asked?.insert("\(path) \(key)") }
    }

    package var isEmpty: Bool { errors.isEmpty }
    package var count: Int { errors.count }

    /// Notes what is wrong at a place, and what mends it.
    package func report(
        _ position: SourcePosition?, _ message: String, remedy: String? = nil
    ) {
        errors.append(
            ConfigurationError(file: file, position: position, message: message, remedy: remedy))
    }

    /// Notes all that is wrong.
    package func report(_ errors: ConfigurationErrors) {
        self.errors += errors.all
    }

    /// A word that is none of the known ones, with the nearest of these.
    package func unknown(
        _ kind: String, _ word: String, at position: SourcePosition, known: [String]
    ) {
        report(position, "unknown \(kind) \(quoted(word))", remedy: remedy(for: word, among: known))
    }

    /// A key, value or block whose function is not there yet: refused, never ignored.
    package func notYet(_ what: String, at position: SourcePosition, remedy: String?) {
        report(position, "\(what) is not available yet", remedy: remedy)
    }

    /// What `body` reports is about another file.
    package func inside<R>(_ other: String, _ body: () -> R) -> R {
        let outer = file
        file = other
        if !files.contains(other) { files.append(other) }
        defer { file = outer }
        return body()
    }

    /// All that was reported, by file as read and by position in it; nil when nothing was.
    package var result: ConfigurationErrors? {
        let order = Dictionary(uniqueKeysWithValues: zip(files, files.indices))
        let sorted = errors.enumerated().sorted { left, right in
            let (a, b) = (left.element, right.element)
            let files = (order[a.file] ?? files.count, order[b.file] ?? files.count)
            if files.0 != files.1 { return files.0 < files.1 }
            let places = (a.position ?? .start, b.position ?? .start)
            return places.0 == places.1 ? left.offset < right.offset : places.0 < places.1
        }
        return ConfigurationErrors(sorted.map(\.element))
    }

    /// Throws what was noted, all of it.
    package func check() throws(ConfigurationErrors) {
        if let result { throw result }
    }
}

/// A word in double quotes, so that blanks, and characters in it that show nothing, are seen; what may
/// be a user and a password is not, for findings reach logs.
package func quoted(_ word: String) -> String { exactlyQuoted(hidingUser(in: word)) }

/// `http://***@host` in the place of `http://user:password@host`, with a scheme or without; hides
/// rather too much than too little, since a password may have every character.
func hidingUser(in text: String) -> String {
    guard let end = text.lastIndex(of: "@") else { return text }
    if let scheme = text.firstRange(of: "//"), scheme.upperBound <= end {
        return text[..<scheme.upperBound] + "***" + text[end...]
    }
    let isSentence = text.contains(where: \.isWhitespace)
    return !isSentence && text[..<end].contains(":") ? "***" + text[end...] : text
}

/// What to write in the place of a URL with a user; nil when it has none.
package func remedyForUser(in url: String) -> String? {
    hidingUser(in: url) == url ? nil : "a user and password cannot stand here"
}

/// A word in double quotes, whole.
package func exactlyQuoted(_ word: String) -> String {
    var text = "\""
    for scalar in word.unicodeScalars {
        switch scalar {
        case "\"", "\\": text += "\\\(scalar)"
        case let hidden where hidden.showsNothing:
            text += "\\u{\(String(hidden.value, radix: 16))}"
        default: text.unicodeScalars.append(scalar)
        }
    }
    return text + "\""
}

extension Unicode.Scalar {
    /// Whether it is a control character, or one that only says how others are written: a byte order
    /// mark, a space without width, a change of the direction.
    var showsNothing: Bool {
        guard value >= 0x7F else { return value < 0x20 }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        case _: false
        }
    }
}

/// `did you mean …?` for a near word, or the only one that begins so (`warn` of `warning`); a short list of
/// all the words else.
package func remedy(for word: String, among known: [String]) -> String? {
    let begun = word.utf8.count < 4 ? [] : known.filter { $0.hasPrefix(word) }
    if let near = nearestWord(to: word, among: known) ?? (begun.count == 1 ? begun[0] : nil) {
        return "did you mean \(quoted(near))?"
    }
    guard !known.isEmpty, known.count <= 16 else { return nil }
    return "known here: " + listed(known)
}

/// Words one behind the other; the empty one shows as `""`.
func listed(_ words: [String]) -> String {
    words.map { $0.isEmpty ? "\"\"" : $0 }.joined(separator: ", ")
}
