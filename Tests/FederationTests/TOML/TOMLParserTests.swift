import Federation
import Testing

/// What TOML 1.0 does not allow: where it is told, in which words, and with what mends it.
@Suite struct TOMLParserTests {
    private func fault(_ text: String) -> String? {
        do throws(ConfigurationErrors) {
            _ = try TOMLDocument(Array(text.utf8), file: "f.toml")
            return nil
        } catch { return error.description }
    }

    /// The slips that newcomers make most.
    @Test(arguments: [
        ("mode = enforce", #"1:8: this is no value; put a text in straight quotes: "enforce""#),
        ("mode = “report”", #"1:8: this is no value; put a text in straight quotes: "report""#),
        ("a = [yes, no]", #"1:6: this is no value; put a text in straight quotes: "yes""#),
        (
            "# a\u{2028}b\u{85}\r\n\na = \"e\u{301}\u{301}\" \nb = [\"e\u{301}🇩🇪\", yes]",
            #"4:14: this is no value; put a text in straight quotes: "yes""#
        ),
        ("size = 20MiB", #"1:8: this is no value; put a text in straight quotes: "20MiB""#),
        (
            "port = 0443",
            #"1:8: this is no value; put a text in straight quotes: "0443"; "#
                + "a number is written without them, like 443 or 0.5"
        ),
        (
            "listen = 127.0.0.1:443",
            #"1:10: this is no value; put a text in straight quotes: "127.0.0.1:443""#
        ),
        (
            "a = [443:443, 2001:db8::1]",
            #"1:6: this is no value; put a text in straight quotes: "443:443""#
        ),
        (
            "trusted = [10.0.0.0/8]",
            #"1:12: this is no value; put a text in straight quotes: "10.0.0.0/8""#
        ),
        (
            "until = 2027-06-30T12:00",
            "1:9: this is no date and no time; "
                + "write one like 2027-06-30 or 2027-06-30T12:00:00Z"
        ),
        (
            "[rule]]",
            "1:7: this ] is one too many; write [name], or [[name]] with two brackets on each side"
        ),
        (
            "[list.universitäten]",
            "1:16: this cannot stand in a key without quotes; "
                + "write A-Z, a-z, 0-9, - and _, or the key in straight quotes"
        ),
        (
            "“mode” = 1",
            "1:1: this cannot stand in a key without quotes; "
                + "write A-Z, a-z, 0-9, - and _, or the key in straight quotes"
        ),
        (
            "keep = 99999999999999999999",
            "1:8: this number does not fit into 64 bits; "
                + "write one from -9223372036854775808 to 9223372036854775807"
        ),
        ("rate = 1e999", "1:8: this number is too large"),
        (
            "until = 2027-06-31",
            "1:9: there is no such moment; write one that there is, like 2027-06-30 or "
                + "2027-06-30T12:00:00Z"
        ),
        (
            "until = 30.06.2027",
            #"1:9: this is no value; put a text in straight quotes: "30.06.2027"; "#
                + "a date is written without them, like 2027-06-30"
        ),
        (
            "name: \"x\"",
            "1:5: a = is missing here; write key = value; a key of several words stands in quotes"
        ),
        (
            "a = [\"b\" \"c\"]",
            "1:10: a comma or ] is missing here; a comma stands between two elements, "
                + "and ] at the end"
        ),
        (
            "on = True",
            "1:6: this is no value; write true, or the text in straight quotes"
        ),
        ("// remark", "1:1: this is no key; # begins a comment"),
        (
            "a = # none",
            "1:5: a value is missing here; write one behind the =, or between two commas"
        ),
        (
            "a = 1 2",
            "1:7: the line should end here; one key = value on a line; # begins a comment"
        ),
        ("a = \"x\nb = 1", "1:5: this text has no end on its line; close it with a straight quote"),
        (
            #"a = "C:\dir""#,
            "1:8: this escape is none of TOML's; write a backslash twice, or the text in "
                + "'single quotes'"
        ),
        (
            #"a = "\ud800""#,
            #"1:6: this escape names no character; write \u and four digits, or \U and eight"#
        ),
        ("a.b. = 1", "1:6: a key is missing behind the dot"),
        ("'''a''' = 1", "1:1: a key stands between single quotes or double ones"),
        ("a = {b = 1, }", "1:11: no member comes behind this comma; take it out"),
        ("a = {b = 1,\n c = 2}", "1:12: { … } goes on here; write it on one line"),
        ("a = \"\u{7}\"", "1:6: the invisible character U+0007 cannot stand here"),
        ("a = 1 # \u{7F}", "1:9: the invisible character U+007F cannot stand here"),
        ("a = 1\rb = 2", "1:6: the invisible character U+000D cannot stand here"),
    ])
    func slipsAreToldWithWhatMendsThem(_ text: String, _ expected: String) {
        #expect(fault(text) == "f.toml:" + expected)
    }

    @Test(arguments: [
        ("a = 1\na = 2", "2:1: a stands here again, after line 1; leave one of the two"),
        (
            "\"a b\" = 1\n'a b' = 2",
            #"2:1: "a b" stands here again, after line 1; leave one of the two"#
        ),
        (
            "[tls.\"a.test\"]\n[tls.\"a.test\"]",
            #"2:6: "a.test" stands here again, after line 1; leave one of the two"#
        ),
        (
            "[[listen]]\n[listen]",
            "2:2: listen stands here again, after line 1; "
                + "write double brackets both times: [[listen]]"
        ),
        (
            "[listen]\n[[listen]]",
            "2:3: listen stands here again, after line 1; "
                + "write double brackets both times: [[listen]]"
        ),
        ("a = []\n[[a]]", "2:3: a stands here again, after line 1; leave one of the two"),
        (
            "a = {b = 1}\n[a.c]",
            "2:2: a stands here again, after line 1; write all that belongs to it in one place"
        ),
        (
            "[a.b]\n[a]\nb.c = 1",
            "3:1: b stands here again, after line 1; write all that belongs to it in one place"
        ),
        ("a.b = 1\n[a]", "2:2: a stands here again, after line 1; leave one of the two"),
    ])
    func whatStandsTwiceIsRefused(_ text: String, _ expected: String) {
        #expect(fault(text) == "f.toml:" + expected)
    }

    @Test(arguments: [
        ("[{test]]\n", 1, 2), ("a = 1\n[[ =]]", 2, 4), ("[\n", 1, 2), ("[#]", 1, 2),
        ("x = [\n [1],\n]\n[.a]\n", 4, 2), ("s = \"\"\"\n[{\n\"\"\"\n[=]", 4, 2), ("[[\r\n", 1, 3),
        ("\u{FEFF}[=", 1, 2), ("[a]\nb = '[' # [{\n[ }", 3, 3), ("[]", 1, 2), ("[[]]", 1, 3),
        ("[", 1, 2), ("[ [a] ]", 1, 3),
    ])
    func headerWithoutKeyHasItsPlace(_ text: String, _ line: Int, _ column: Int) {
        let message = "a table needs a name between its brackets, like [list.partners]"
        #expect(fault(text) == "f.toml:\(line):\(column): \(message)")
    }

    @Test(arguments: [
        "[a]\n[[b]]\n[c.\"d e\"]\n[ f ]\n[[ 'g' ]]", "x = [\n[{a = 1}],\n[\n],\n]",
        "s = '''\n[{\n'''\n# [{\nt = \"[{\"", "x = [ # [{ \"\n]\n[a]",
    ])
    func bracketsThatAreNoHeaderAreTaken(_ text: String) {
        #expect(fault(text) == nil)
    }

    @Test(arguments: [
        ("x = [1, }]\n", 1, 9), ("x = [}", 1, 6), ("x = {a = [1}]\n", 1, 12),
        ("x = [\n\"]\",\n}", 3, 1),
    ])
    func bracketThatClosesAnotherHasItsPlace(_ text: String, _ line: Int, _ column: Int) {
        #expect(fault(text)?.hasPrefix("f.toml:\(line):\(column): ") == true)
    }

    @Test(arguments: [
        ("a = [\u{85}]", "1:6", "0085"), ("a = [\u{2028}\"x\"]", "1:6", "2028"),
        ("a = [1,\u{2029}2]", "1:8", "2029"), ("a = {b = [\u{2028}]}", "1:11", "2028"),
        ("a = [[\u{2028}]", "1:7", "2028"), ("a =\u{2028} 1", "1:4", "2028"),
        ("a = [ # c\n \u{85}1]", "2:2", "0085"), ("[a]\n\u{2029}b = 1", "2:1", "2029"),
        ("a = 1\u{2028}", "1:6", "2028"), ("a =\u{A0}1", "1:4", "00A0"),
        ("a = yes\u{7}", "1:5", nil), ("\u{A0}a = 1", "1:1", "00A0"),
        ("a\u{3000}= 1", "1:2", "3000"), ("[a\u{200B}]", "1:3", "200B"),
        ("a = 1\n\u{FEFF}b = 2", "2:1", "FEFF"), ("a = {\u{E0020}}", "1:6", "E0020"),
    ])
    func invisibleCharacterHasItsPlace(_ text: String, _ place: String, _ name: String?) {
        let message = name.map { "the invisible character U+\($0) cannot stand here" }
        #expect(fault(text)?.hasPrefix("f.toml:\(place): \(message ?? "this is no value")") == true)
    }

    @Test(arguments: [
        "a = \"x\u{2028}\" # \u{85}", "a = ['\u{2029}', # \u{2028}\n\"\u{85}\"]", "# \u{2029}",
    ])
    func lineSeparatorInATextOrCommentIsTaken(_ text: String) {
        #expect(fault(text) == nil)
    }

    @Test(arguments: [
        ("a = 1\nx = [ # [\n [1, 2],\n\n[rule]\ny = 1\n", "2:5: this [ is never closed"),
        ("x = [\n[{", "2:2: this { is never closed"),
        ("x = [[1], [2]\n", "1:5: this [ is never closed"),
        ("x = [\n  \"a\"\n  \"b\"\ny = 1\n", "1:5: this [ is never closed"),
        ("x = 1\ny = \"\"\"\na\n", "2:5: the \"\"\" here is never closed"),
        ("y = ['''\n''", "1:6: the ''' here is never closed"),
        ("x = [\"a\n]\n", "1:6: this text has no end on its line; close it with a straight quote"),
        ("x = ['a", "1:6: this text has no end on its line; close it with a straight quote"),
        ("x = { a = 1\n", "1:5: this { is never closed"),
    ])
    func whatIsNeverClosedHasItsPlace(_ text: String, _ told: String) {
        #expect(fault(text) == "f.toml:" + told)
    }

    @Test(arguments: [
        "x = \"\"\"a\"\"\"", "x = ''''''", "x = [\"\"\"\n\\\"\"\"\"]", "x = \"\"",
        "x = \"\"\"\na\"\"\"\"\"",
    ])
    func textsThatAreClosedAreTaken(_ text: String) {
        #expect(fault(text) == nil)
    }

    @Test(arguments: [
        ("x = 2027-02-01Tp1:30\n", 1, 5), ("[a]\nx = [1, 07:x0:00]", 2, 9),
        ("x = 2027-02-01 1:30\n", 1, 5), ("x = 2027-02-01T07:30:00+x", 1, 5),
        ("x = 2027-2-1", 1, 5),
    ])
    func dateThatIsNoneHasItsPlace(_ text: String, _ line: Int, _ column: Int) {
        #expect(
            fault(text)?.hasPrefix("f.toml:\(line):\(column): this is no date and no time; ")
                == true)
    }

    @Test(arguments: [
        "x = 2_027-02-01 1\n", "x = [1abc-cd-cd 1]", "x = 1ééé-éé-éé 1,", "x = 1\"b\"-cd-cd 1\n",
        "x = 1979-13-01", "x = 1979-05-27T24:00:00Z", "x = 1979-05-27T00:00:00+24:00",
    ])
    func whatIsAlmostADateIsRefused(_ text: String) {
        #expect(fault(text) != nil)
    }

    @Test(arguments: [
        "x = 1979-05-27", "x = 1979-05-27T07:32:00Z", "x = 1979-05-27 07:32:00.999+01:00 # c",
        "x = [07:32:00, 1979-05-27t00:32:00-07:00]", "x = 1e-5",
        "1979-05-x = 1", "x = 6.5e-10", "x = { 2027-x = 1, y = 0xDEAD_BEEF }", "x = \"1:2\"",
        "x = 1979-05-27 # 07", "x = [1979-05-27 ,1979-05-27\t] # 1",
    ])
    func datesNumbersAndKeysAreTaken(_ text: String) {
        #expect(fault(text) == nil)
    }

    private static let long = Array(repeating: "k", count: 20_000).joined(separator: ".")
    private static let deep = Array(repeating: "k", count: 32).joined(separator: ".")

    private static let wide = (0..<99).map { "k\($0) = {b.c = [1]}" }.joined(separator: ", ")

    @Test(arguments: [
        ("\(long) = 1", 1, 65), ("[\(long)]", 1, 66), ("a = { \(long) = 1 }", 1, 69),
        ("a = [{b = {}, \(long) = 1}]", 1, 75), ("a = {k = {\(deep) = 1}}", 1, 71),
        ("\(deep) = 1\n\(deep).'k' = 1", 2, 65), ("\(deep) = [[]]", 1, 68), ("[[\(deep)]]", 1, 65),
        ("[[k]]\n[\(deep)]", 2, 64),
    ])
    func whatLiesTooDeepIsRefused(_ text: String, _ line: Int, _ column: Int) {
        #expect(fault(text) == "f.toml:\(line):\(column): this is nested deeper than 32")
    }

    @Test(arguments: [
        "\(deep) = { }", "[\(deep)]", "a = {\(wide)}",
        "a = [[1], [[2]], [{b = 1, c = {d.e = 1}, f = 2}]]",
    ])
    func whatLiesSideBySideIsNotDeep(_ text: String) {
        #expect(fault(text) == nil)
    }
}
