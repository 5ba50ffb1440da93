import Federation
import Testing

@Suite struct TOMLLayoutRandomTests {
    /// Comments that stand in the column of the one above by chance, texts of several lines in
    /// arrays, characters of several scalars: laid out once, a document stays as it is.
    @Test(arguments: 1...8) func whatIsLaidOutStaysAsItIs(_ seed: UInt64) throws {
        var writer = RandomDocument(seed: seed)
        for _ in 0..<150 {
            let text = writer.document()
            let once = try TOMLLayout.canonical(Array(text.utf8), file: "random")
            let twice = try TOMLLayout.canonical(once, file: "random")
            #expect(twice == once, "\(text)")
        }
    }
}

/// Writes documents that are valid and laid out in no way at all.
private struct RandomDocument {
    private var state: UInt64
    private var text = ""
    private var keys = 0

    init(seed: UInt64) { state = seed }

    private mutating func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }

    private mutating func one(of choices: [String]) -> String { choices[next(choices.count)] }

    mutating func document() -> String {
        (text, keys) = ("", 0)
        for _ in 0...next(8) {
            keys += 1
            switch next(10) {
            case 0: text += "[h\(keys)]" + behind()
            case 1: text += "\n"
            case 2, 3: ownComment()
            case _:
                text += one(of: ["", " "]) + one(of: ["k\(keys)", "'e\u{301}\(keys)'"]) + "="
                value(depth: 0)
                text += behind()
            }
        }
        return text
    }

    private mutating func value(depth: Int) {
        guard depth < 4, next(2) == 0 else {
            text += one(of: [
                "1", "1000", "'x'", "\"e\u{301}\"", "'\u{1F1E9}\u{1F1EA}'", "\"\"\"\n\"\"\"",
                "'''\r\n\u{301}y\r\n'''", "\"\"\"# x\n  z\"\"\"",
            ])
            return
        }
        text += "["
        between()
        for _ in 0..<next(4) {
            value(depth: depth + 1)
            if next(3) == 0 { between() }
            text += ","
            between()
        }
        text += "]"
    }

    /// Line ends and comments between the values of an array.
    private mutating func between() {
        for _ in 0..<next(3) {
            switch next(3) {
            case 0: text += behind()
            case 1: text += "\n"
            case _:
                if text.utf8.last != 0x0A { text += "\n" }
                ownComment()
            }
        }
    }

    private mutating func behind() -> String {
        one(of: ["\n", "# c\n", " # c\n", "   # c\r\n"])
    }

    /// Often in the column of the comment above, or one beside it.
    private mutating func ownComment() {
        let line = text.utf8.dropLast().split(separator: 0x0A).last.map(Array.init) ?? []
        let before = line.lastIndex(of: UInt8(ascii: "#")).map { line[..<$0] } ?? []
        let above = String(decoding: before, as: UTF8.self).count
        let column = next(3) == 0 ? 2 * next(6) : above + next(4) / 3
        text += String(repeating: " ", count: column) + "# o\n"
    }
}
