import Federation
import Testing

@Suite struct TOMLTableReaderTests {
    @Test func keysThatNobodyAskedForAreReportedWithTheNearest() throws {
        let (findings, _) = try read("[a]\nnmae = 1\n") { top in
            var table = top.table("a")
            _ = table?.read("name", .line)
            table?.finish()
        }
        #expect(findings == ["f:2:1: unknown key \"nmae\" in [a]; did you mean \"name\"?"])
    }

    @Test func aKeyThatIsLookedAtTwiceIsNamedOnce() throws {
        let (findings, _) = try read("zzzzzz = 1\n") { top in
            _ = top.node("dir")
            _ = top.read("dir", .line)
            _ = top.read("keep", .line)
        }
        #expect(findings == ["f:1:1: unknown key \"zzzzzz\"; known here: dir, keep"])
    }

    @Test func aTableThatIsNotWrittenHasNoKeys() throws {
        let (findings, found) = try read("b = 1\n") { top in
            _ = top.node("b")
            var table = top.tableOrEmpty("a")
            let value = table.read("name", .line)
            table.finish()
            return value
        }
        #expect(findings.isEmpty)
        #expect(found == nil)
    }

    @Test func aMissingKeyIsReportedAtItsTable() throws {
        let (findings, _) = try read("x = 1\n[a]\n") { top in
            _ = top.node("x")
            var table = top.tableOrEmpty("a")
            _ = table.require("name", .line)
        }
        #expect(findings == ["f:2:1: the key \"name\" of [a] is missing"])
    }

    @Test(arguments: [
        ("a = 1\n", "f:1:5: expected a table, found an integer"),
        ("[[a]]\n", "f:1:1: expected a table, found an array; write single brackets: [a]"),
    ])
    func whatIsNoTableIsReported(_ text: String, _ expected: String) throws {
        let (findings, _) = try read(text) { top in _ = top.tableOrEmpty("a") }
        #expect(findings == [expected])
    }

    @Test func linesAreOneLineAndSaySomething() throws {
        for (text, expected) in [
            ("\"\"", "f:1:5: this must not be empty"), ("\"  \"", "f:1:5: this must not be empty"),
            (#""a\nb""#, "f:1:5: this must be one line of at most 1024 bytes"),
            ("true", "f:1:5: expected a string, found a boolean"),
        ] {
            let (findings, _) = try read("a = \(text)\n") { top in _ = top.read("a", .line) }
            #expect(findings == [expected])
        }
    }

    private func read<Value>(
        _ text: String, _ body: (inout TOMLTableReader) -> Value
    ) throws -> ([String], Value) {
        let findings = Findings(file: "f")
        var top = TOMLTableReader(
            try TOMLDocument(Array(text.utf8), file: "f"), findings: findings)
        let value = body(&top)
        top.finish()
        return (findings.result?.all.map(\.description) ?? [], value)
    }
}
