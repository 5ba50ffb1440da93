import Federation
import Foundation
import Testing

@Suite struct TOMLLayoutTests {
    @Test func spaceIsPutRightAndNothingElse() throws {
        #expect(
            try laidOut(
                """


                # who
                version=1
                  name   =  "p"   \t


                mode = 'enforce' # as it is written
                # upon the header
                [ list . "a b" ]
                entries=["a" ,{host="b",until=2027-06-30 },]
                [[rule]]

                name="r"
                when={ size_max = 5,protocol=[ "ssh" ] }
                x.  y=true
                # the end


                """) == """
                    # who
                    version = 1
                    name    = "p"

                    mode = 'enforce'  # as it is written

                    # upon the header
                    [list."a b"]
                    entries = ["a", { host = "b", until = 2027-06-30 }]

                    [[rule]]
                    name = "r"
                    when = { size_max = 5, protocol = ["ssh"] }
                    x.y  = true
                    # the end

                    """)
    }

    @Test func arraysKeepTheirLinesAndComments() throws {
        #expect(
            try laidOut(
                """
                a = [ # why
                "x",   # one
                   "longer", "y" # two


                # between
                , { host = "z", d = [
                1 ] }
                   ]
                b = [
                ]
                c = [[1,2],
                [3]]
                """) == """
                    a = [  # why
                      "x",            # one
                      "longer", "y",  # two

                      # between
                      { host = "z", d = [
                        1,
                      ] },
                    ]
                    b = []
                    c = [
                      [1, 2],
                      [3],
                    ]

                    """)
    }

    @Test func commentsOfNeighboursStandBelowEachOtherAndLongOnesGoOn() throws {
        #expect(
            try laidOut(
                """
                a = 1 # one
                long = 22   # two
                            # goes on
                # not of them
                b = 3
                c = 4 # alone
                """) == """
                    a    = 1   # one
                    long = 22  # two
                               # goes on
                    # not of them
                    b    = 3
                    c    = 4  # alone

                    """)
    }

    @Test func whatGoesOnStaysWithItsLineAndNothingElseJoinsIt() throws {
        // Above a header too; and what a text's last line leaves room for is no column of its own.
        let text = #"""
            a = 1  # one
                   # goes on
            [h]
            b = [
              [
                [
                  """
            """,  # two
                  # of the next
                  3,
                ],
              ],
            ]
            """#
        let laid = #"""
            a = 1  # one
                   # goes on

            [h]
            b = [
              [
                [
                  """
            """,   # two
                  # of the next
                  3,
                ],
              ],
            ]

            """#
        #expect(try laidOut(text.replacing("# of", with: " # of")) == laid)
        #expect(try laidOut(laid) == laid)
    }

    @Test func columnsAreCountedInCharacters() throws {
        let text = "a = 'e\u{301}\u{1F1E9}\u{1F1EA}'  # one\n          # goes on\n"
        #expect(try laidOut(text) == text)
        let long = "a = \"\"\"x\r\ny\"\"\"  # one\n      # goes on\n"
        #expect(try laidOut(long) == long)
    }

    @Test func textsInQuotesStayAsTheyAre() throws {
        let text = """
            a = "a = [ # no comment"
            b = 'x  , y'
            c = \"""
              two   lines  # of text
            \"""  # and a comment
            d = 1979-05-27 07:32:00
            e = [nan, -0.0, inf]

            """
        #expect(try laidOut(text) == text)
    }

    @Test func whatIsNoTOMLIsRefusedWithItsPlace() {
        #expect(throws: ConfigurationErrors.self) { try laidOut("a = \n") }
        #expect(throws: ConfigurationErrors.self) { try laidOut("a = 1\na = 2\n") }
    }

    @Test func anEmptyFileStaysEmpty() throws {
        #expect(try laidOut("") == "")
        #expect(try laidOut(" \r\n\n") == "")
        #expect(try laidOut("#  x \r\n") == "#  x\n")
    }

    @Test(arguments: try Self.files()) func everyFileOfTheTreeIsLaidOutOnceAndForAll(
        _ file: String
    ) throws {
        let before = try #require(
            FileManager.default.contents(atPath: Self.root.appending(path: file).path()))
        let once = try TOMLLayout.canonical([UInt8](before), file: file)
        #expect(try TOMLLayout.canonical(once, file: file) == once)
        #expect(
            try TOMLDocument([UInt8](before), file: file).root
                .saysTheSame(as: TOMLDocument(once, file: file).root))
    }

    /// Spaces, empty lines and line ends at random: the layout takes all of them back.
    @Test(arguments: try Self.files()) func mangledSpaceComesBack(_ file: String) throws {
        let text = try String(contentsOf: Self.root.appending(path: file), encoding: .utf8)
        let canonical = try laidOut(text)
        // A comment that goes on below another is known by its column, which mangling changes.
        let goesOn = canonical.split(separator: "\n").contains { $0.hasPrefix("      ") }
        var random = SeededSpace(seed: 20)
        for _ in 0..<20 {
            let mangled = random.mangle(canonical)
            let again = try laidOut(mangled)
            if !goesOn { #expect(again == canonical) }
            #expect(try laidOut(again) == again)
        }
    }

    private func laidOut(_ text: String) throws -> String {
        String(
            decoding: try TOMLLayout.canonical(Array(text.utf8), file: "test"), as: UTF8.self)
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The TOML files that are shipped, and the examples of the tests.
    static func files() throws -> [String] {
        try ["policies", "deploy", "Tests/Vectors"].flatMap { folder in
            try FileManager.default.subpathsOfDirectory(
                atPath: root.appending(path: folder).path()
            ).filter { $0.hasSuffix(".toml") }.map { "\(folder)/\($0)" }
        }.sorted()
    }
}

/// Puts space where TOML allows it.
private struct SeededSpace {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    private mutating func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }

    mutating func mangle(_ text: String) -> String {
        var result = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let isComment = line.drop { $0 == " " }.hasPrefix("#")
            if !line.isEmpty, !isComment { result += space() }
            result += isComment ? String(line) : mangle(line: line)
            if line.isEmpty, next(2) == 0 { result += "\n" }
            result += next(4) == 0 ? "  \r\n" : "\n"
        }
        result.removeLast()
        return result
    }

    /// Space around the signs of a line, outside of quotes and comments.
    private mutating func mangle(line: Substring) -> String {
        var result = ""
        var quote: Character?
        for (place, character) in zip(line.indices, line) {
            if let open = quote {
                if character == open, line[..<place].last != "\\" { quote = nil }
                result.append(character)
                continue
            }
            switch character {
            case "#": return result + line[place...]
            case "\"", "'":
                quote = character
                result.append(character)
            case "=", ",", "{", "}": result += space() + String(character) + space()
            case " ": result += " " + space()
            case _: result.append(character)
            }
        }
        return result
    }

    private mutating func space() -> String {
        switch next(3) {
        case 0: ""
        case 1: " "
        case _: "\t "
        }
    }
}
