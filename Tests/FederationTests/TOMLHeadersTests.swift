import Testing

@testable import Federation

@Suite struct TOMLHeadersTests {
    /// TOMLKit would end the process with each of these.
    @Test(arguments: [
        ("[{test]]\n", 1, 2), ("a = 1\n[[ =]]", 2, 4), ("[\n", 1, 2), ("[#]", 1, 2),
        ("x = [\n [1],\n]\n[.a]\n", 4, 2), ("s = \"\"\"\n[{\n\"\"\"\n[é]", 4, 2), ("[[\r\n", 1, 3),
        ("\u{FEFF}[=", 1, 2), ("[a]\nb = '[' # [{\n[ }", 3, 3),
    ])
    func headerWithoutKeyHasItsPlace(_ text: String, _ line: Int, _ column: Int) {
        do throws(ConfigurationErrors) {
            _ = try TOMLDocument(Array(text.utf8), file: "f.toml")
            Issue.record("read")
        } catch {
            #expect(error.all.first?.position == SourcePosition(line: line, column: column))
            #expect(error.description.contains("a table needs a name"))
        }
    }

    @Test(arguments: [
        "[a]\n[[b]]\n[c.\"d e\"]\n[ f ]\n[[ 'g' ]]", "x = [\n[{a = 1}],\n[\n],\n]",
        "s = '''\n[{\n'''\n# [{\nt = \"[{\"", "x = [ # [{ \"\n]\n[a]",
    ])
    func bracketsThatAreNoHeaderAreLeftAlone(_ text: String) throws {
        #expect(TOMLHeaders.firstWithoutKey(Array(text.utf8)) == nil)
        _ = try TOMLDocument(Array(text.utf8), file: "f.toml")
    }

    /// What TOMLKit refuses in words of its own.
    @Test(arguments: ["[]", "[[]]", "[", "[ [a] ]", "[a", "x = [\n[{", "a = \"\n[{", "a b\n"])
    func otherFaultsAreRefusedToo(_ text: String) {
        #expect(throws: ConfigurationErrors.self) {
            _ = try TOMLDocument(Array(text.utf8), file: "f.toml")
        }
    }
}
