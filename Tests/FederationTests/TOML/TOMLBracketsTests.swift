import Testing

@testable import Federation

@Suite struct TOMLBracketsTests {
    /// What is told of a text that must not be read.
    private func fault(_ text: String) -> String? {
        do throws(ConfigurationErrors) {
            _ = try TOMLDocument(Array(text.utf8), file: "f.toml")
            return nil
        } catch { return error.description }
    }

    /// TOMLKit would end the process with each of these.
    @Test(arguments: [
        ("[{test]]\n", 1, 2), ("a = 1\n[[ =]]", 2, 4), ("[\n", 1, 2), ("[#]", 1, 2),
        ("x = [\n [1],\n]\n[.a]\n", 4, 2), ("s = \"\"\"\n[{\n\"\"\"\n[é]", 4, 2), ("[[\r\n", 1, 3),
        ("\u{FEFF}[=", 1, 2), ("[a]\nb = '[' # [{\n[ }", 3, 3),
    ])
    func headerWithoutKeyHasItsPlace(_ text: String, _ line: Int, _ column: Int) {
        let told = fault(text) ?? ""
        #expect(told.hasPrefix("f.toml:\(line):\(column): "))
        #expect(told.contains("a table needs a name"))
    }

    @Test(arguments: [
        "[a]\n[[b]]\n[c.\"d e\"]\n[ f ]\n[[ 'g' ]]", "x = [\n[{a = 1}],\n[\n],\n]",
        "s = '''\n[{\n'''\n# [{\nt = \"[{\"", "x = [ # [{ \"\n]\n[a]",
    ])
    func bracketsThatAreNoHeaderAreLeftAlone(_ text: String) throws {
        #expect(TOMLBrackets.firstFault(Array(text.utf8)) == nil)
        _ = try TOMLDocument(Array(text.utf8), file: "f.toml")
    }

    @Test(arguments: [
        ("x = [1, }]\n", 1, 9), ("x = [}", 1, 6), ("x = {a = [1}]\n", 1, 12),
        ("x = [\n\"]\",\n}", 3, 1),
    ])
    func bracketThatClosesAnotherHasItsPlace(_ text: String, _ line: Int, _ column: Int) {
        #expect(fault(text) == "f.toml:\(line):\(column): this bracket closes none of its kind")
    }

    @Test(arguments: [
        ("a = [\u{85}]", 1, 6), ("a = [\u{2028}\"x\"]", 1, 6), ("a = [1,\u{2029}2]", 1, 8),
        ("a = {b = [\u{2028}]}", 1, 11), ("a = [[\u{2028}]", 1, 7), ("a =\u{2028} 1", 1, 4),
        ("a = [ # c\n \u{85}1]", 2, 2), ("[a]\n\u{2029}b = 1", 2, 1),
    ])
    func lineSeparatorHasItsPlace(_ text: String, _ line: Int, _ column: Int) {
        let message = "a line separator (U+0085, U+2028, U+2029) cannot stand here"
        #expect(fault(text) == "f.toml:\(line):\(column): \(message)")
    }

    @Test(arguments: [
        "a = \"x\u{2028}\" # \u{85}", "a = ['\u{2029}', # \u{2028}\n\"\u{85}\"]", "# \u{2029}",
    ])
    func lineSeparatorInATextOrCommentIsLeftAlone(_ text: String) throws {
        _ = try TOMLDocument(Array(text.utf8), file: "f.toml")
    }

    @Test(arguments: [
        ("a = 1\nx = [ # [\n [1, 2],\n\n[rule]\ny = 1\n", "2:5: this [ is never closed"),
        ("x = [\n[{", "2:2: this { is never closed"),
        ("x = [[1], [2]\n", "1:5: this [ is never closed"),
        ("x = 1\ny = \"\"\"\na\n", "2:5: the \"\"\" here is never closed"),
        ("y = ['''\n''", "1:6: the ''' here is never closed"),
    ])
    func whatIsNeverClosedHasItsPlace(_ text: String, _ told: String) {
        #expect(fault(text) == "f.toml:" + told)
    }

    /// A text without an end, and a brace, which TOMLKit tells of on their line.
    @Test(arguments: ["x = [\"a\n]\n", "x = [don't,\n 'it\n", "x = { a = 1\n", "x = ['a"])
    func whatEndsOnItsLineIsLeftToTOMLKit(_ text: String) {
        #expect(TOMLBrackets.firstFault(Array(text.utf8)) == nil)
        #expect(fault(text) != nil)
    }

    @Test(arguments: [
        "x = \"\"\"a\"\"\"", "x = ''''''", "x = [\"\"\"\n\\\"\"\"\"]", "x = \"\"",
        "x = \"\"\"\na\"\"\"\"\"",
    ])
    func textsThatAreClosedAreLeftAlone(_ text: String) throws {
        _ = try TOMLDocument(Array(text.utf8), file: "f.toml")
    }

    @Test(arguments: [
        ("x = 2027-02-01Tp1:30\n", 1, 5), ("[a]\nx = [1, 07:x0:00]", 2, 9), ("x = 1:2", 1, 5),
        ("x = 2027-02-01 1:30\n", 1, 5), ("x = 2027-02-01T07:30:00+x", 1, 5),
        ("x = 2027-2-1", 1, 5), ("x = 2_027-02-01 1\n", 1, 5), ("x = [1abc-cd-cd 1]", 1, 6),
        ("x = 1ééé-éé-éé 1,", 1, 5), ("x = 1\"b\"-cd-cd 1\n", 1, 5),
        ("x = 2" + String(repeating: "_", count: 117) + "027-02-01 12:00:00", 1, 5),
    ])
    func dateThatIsNoneHasItsPlace(_ text: String, _ line: Int, _ column: Int) {
        #expect(
            fault(text) == "f.toml:\(line):\(column): this is no date and no time like 2027-06-30")
    }

    @Test(arguments: [
        "x = 1979-05-27", "x = 1979-05-27T07:32:00Z", "x = 1979-05-27 07:32:00.999+01:00 # c",
        "x = [07:32:00, 1979-05-27t00:32:00-07:00]", "x = 1e-5",
        "1979-05-x = 1", "x = 6.5e-10", "x = { 2027-x = 1, y = 0xDEAD_BEEF }", "x = \"1:2\"",
        "x = 1979-05-27 # 07", "x = [1979-05-27 ,1979-05-27\t] # 1",
    ])
    func datesNumbersAndKeysAreLeftAlone(_ text: String) throws {
        _ = try TOMLDocument(Array(text.utf8), file: "f.toml")
    }

    private static let long = Array(repeating: "k", count: 20_000).joined(separator: ".")
    private static let deep = Array(repeating: "k", count: 32).joined(separator: ".")

    private static let wide = (0..<99).map { "k\($0) = {b.c = [1]}" }.joined(separator: ", ")

    @Test(arguments: [
        ("\(long) = 1", 1, 65), ("[\(long)]", 1, 66), ("a = { \(long) = 1 }", 1, 69),
        ("a = [{b = {}, \(long) = 1}]", 1, 75), ("a = {k = {\(deep) = 1}}", 1, 71),
        ("\(deep) = 1\n\(deep).'k' = 1", 2, 65), ("\(deep) = [[]]", 1, 68),
    ])
    func whatLiesTooDeepIsRefusedBefore(_ text: String, _ line: Int, _ column: Int) {
        #expect(fault(text) == "f.toml:\(line):\(column): this is nested deeper than 32")
    }

    @Test(arguments: [
        "\(deep) = { }", "[\(deep)]", "a = {\(wide)}",
        "a = [[1], [[2]], [{b = 1, c = {d.e = 1}, f = 2}]]",
    ])
    func whatLiesSideBySideIsNotDeep(_ text: String) throws {
        #expect(TOMLBrackets.firstFault(Array(text.utf8)) == nil)
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
