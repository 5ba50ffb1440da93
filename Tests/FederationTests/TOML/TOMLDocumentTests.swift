import Federation
import Testing

@Suite struct TOMLDocumentTests {
    @Test func everyKeyAndValueKnowsItsPlace() throws {
        let document = try read(
            """
            top = 1
            [a]
              "b.c" = "x"  # a comment
            d.e = [ 1,
                {f = true} ]
            [[g]]
            h = 1
            [[g]]
            h = 2
            [g.i]
            j = 2027-06-30
            """)
        #expect(
            places(of: document.root, at: "") == [
                "top 1:1 1:7", "a 2:2 2:1", "a.b.c 3:3 3:11", "a.d 4:1 4:1", "a.d.e 4:3 4:7",
                "a.d.e[0] 4:9", "a.d.e[1] 5:5", "a.d.e[1].f 5:6 5:10", "g 6:3 6:1", "g[0] 6:1",
                "g[0].h 7:1 7:5", "g[1] 8:1", "g[1].h 9:1 9:5", "g[1].i 10:4 10:1",
                "g[1].i.j 11:1 11:5",
            ])
    }

    @Test func columnsCountCharactersAndNotBytes() throws {
        let document = try read("a = { 'ü' = 'ß', b = 2 }\n")
        #expect(places(of: document.root, at: "").last == "a.b 1:18 1:22")
    }

    @Test(arguments: [
        ("a = \n", "file.toml:1:5: "), ("a = 1\na = 2\n", "file.toml:2:"),
        ("[a\n", "file.toml:1:3: "), ("a = \"x\n", "file.toml:1:"),
        ("a = 1979-13-01\n", "file.toml:1:"), ("x = 1\n[x]\n", "file.toml:2:"),
    ])
    func whatIsNoTOMLIsRefusedWhereItStands(_ text: String, _ start: String) {
        do throws(ConfigurationErrors) {
            _ = try read(text)
            Issue.record("\(text) was read")
        } catch {
            #expect(error.all.count == 1)
            #expect(error.description.hasPrefix(start), "\(error)")
        }
    }

    @Test(
        arguments: [
            (
                [0x61, 0x20, 0x3D, 0x20, 0x22, 0xFF, 0x22],
                "file.toml:1:6: the file is not UTF-8 here"
            ),
            (
                Array("a = 1\nb\0 = 2".utf8),
                "file.toml:2:2: the invisible character U+0000 cannot stand here"
            ),
            (
                Array(#"a = "x\u0000y""#.utf8),
                "file.toml:1:7: the character NUL cannot stand in a string"
            ),
            (
                Array(
                    ("a = " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40))
                        .utf8),
                "file.toml:1:37: this is nested deeper than 32"
            ),
        ] as [([UInt8], String)])
    func bytesThatTwoReadersCouldReadDifferentlyAreRefused(_ bytes: [UInt8], _ expected: String) {
        do throws(ConfigurationErrors) {
            _ = try TOMLDocument(bytes, file: "file.toml")
            Issue.record("it was read")
        } catch { #expect(error.description == expected) }
    }

    @Test func aFileOfMoreThanEightMebibytesIsNotRead() {
        let bytes = [UInt8](repeating: 0x20, count: (8 << 20) + 1)
        do throws(ConfigurationErrors) {
            _ = try TOMLDocument(bytes, file: "file.toml")
            Issue.record("it was read")
        } catch { #expect(error.description == "file.toml: the file is larger than 8 MiB") }
    }

    @Test func daysAndInstantsAreUnixSeconds() throws {
        let document = try read(
            """
            day = 2027-06-30
            instant = 2027-06-30T12:00:00+02:00
            local = 1970-01-01T00:00:01
            """)
        guard case .table(let members) = document.root.content else {
            Issue.record("no table")
            return
        }
        #expect(
            members.map(\.value.content) == [
                .instant(TOMLInstant(start: 1_814_313_600, end: 1_814_400_000)),
                .instant(TOMLInstant(start: 1_814_349_600, end: 1_814_349_600)),
                .instant(TOMLInstant(start: 1, end: 1)),
            ])
    }

    private func read(_ text: String) throws(ConfigurationErrors) -> TOMLDocument {
        try TOMLDocument(Array(text.utf8), file: "file.toml")
    }

    /// `path keyLine:keyColumn valueLine:valueColumn`, elements of arrays with one place.
    private func places(of node: TOMLNode, at path: String) -> [String] {
        func text(_ position: SourcePosition) -> String { "\(position.line):\(position.column)" }
        switch node.content {
        case .table(let members):
            return members.flatMap { member in
                let below = path.isEmpty ? member.key : "\(path).\(member.key)"
                return ["\(below) \(text(member.keyPosition)) \(text(member.value.position))"]
                    + places(of: member.value, at: below)
            }
        case .array(let nodes):
            return nodes.enumerated().flatMap { index, element in
                ["\(path)[\(index)] \(text(element.position))"]
                    + places(of: element, at: "\(path)[\(index)]")
            }
        case .string, .integer, .float, .boolean, .instant, .time: return []
        }
    }
}
