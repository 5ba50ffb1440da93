import Federation
import Testing

@testable import ocmgate

/// What peers have put into a name or an answer is shown on an operator's terminal.
@Suite struct OutputTests {
    @Test(arguments: [
        ("plain\ttext", "plain\ttext"),
        ("Zürich, 東京 ☂", "Zürich, 東京 ☂"),
        ("\u{1B}[2Jgone", "\u{FFFD}[2Jgone"),
        ("one\r\ntwo\nthree", "one\u{FFFD}\u{FFFD}two\u{FFFD}three"),
        // It would show what follows backwards, or not at all.
        ("a\u{202E}b\u{2066}c\u{200B}d\u{FEFF}e", "a\u{FFFD}b\u{FFFD}c\u{FFFD}d\u{FFFD}e"),
        ("a\u{2028}b\u{85}c\u{9B}d", "a\u{FFFD}b\u{FFFD}c\u{FFFD}d"),
        ("\u{E000}\u{10FFFF}", "\u{FFFD}\u{FFFD}"),
        ("\u{7F}\u{0}", "\u{FFFD}\u{FFFD}"),
    ])
    func nothingMovesTheCursorOrTurnsTheWriting(_ text: String, _ shown: String) {
        // By scalars: two of them may be one character.
        #expect(Array(Output.plain(text).unicodeScalars) == Array(shown.unicodeScalars))
    }

    @Test func programsGetTheSameEscaped() throws {
        let text = "a\u{202E}b\u{1B}\u{2028}ü\u{10FFFF}\u{FEFF}\n\""
        let shown = Output.text(of: .object([("k", .string(text))]))
        #expect(shown.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "\u{202E}" })
        for part in ["\\u202e", "\\udbff\\udfff", "ü"] { #expect(shown.contains(part)) }
        #expect(try JSONValue(parsing: Array(shown.utf8)).object?["k"]?.string == text)
    }

    @Test(arguments: [[], [1], [1, 2, 3]])
    func rowsThatAreWrittenAsTheyComeAreOneObject(_ numbers: [Int]) throws {
        var pieces: [String] = []
        var rows = Output.Rows(of: "shares") { pieces.append($0) }
        for number in numbers { rows.add(["n": .number(number), "a": .string("\u{202E}")]) }
        #expect(pieces.count == numbers.count)
        rows.end()
        let inner = numbers.map { "{\"a\":\"\\u202e\",\"n\":\($0)}" }.joined(separator: ",")
        #expect(pieces.joined() == "{\"shares\":[\(inner)]}\n")
    }

    @Test func valuesForPeopleAreValuesStill() throws {
        let long = JSONValue.array((0..<60).map { .integer($0) })
        let value = JSONValue.object([
            ("short", .array([.integer(1), .null])), ("long", long), ("none", .object([])),
            ("inner", .object([("text", .string("a\nb"))])),
        ])
        let shown = Output.readable(value)
        #expect(shown.contains("\"short\": [1,null]"))
        #expect(shown.contains("\"none\": {}"))
        #expect(shown.contains("\n    \"text\": \"a\\nb\"\n"))
        #expect(try JSONValue(parsing: Array(shown.utf8)) == value)
    }

    @Test(arguments: [
        ("/etc/ocmgate/key.pem", "/etc/ocmgate/key.pem"),
        ("", "''"),
        ("two words", "'two words'"),
        ("it's", "'it'\\''s'"),
        ("$(reboot)", "'$(reboot)'"),
        ("~", "'~'"),
        ("ü", "'ü'"),
    ])
    func wordsForAShellAreOneWordEach(_ word: String, _ quoted: String) {
        #expect(shellQuoted(word) == quoted)
    }
}
