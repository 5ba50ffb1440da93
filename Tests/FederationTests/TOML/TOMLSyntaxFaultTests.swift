import Federation
import Testing

/// The slips that newcomers make most, with what mends them.
@Suite struct TOMLSyntaxFaultTests {
    @Test(arguments: [
        ("mode = enforce", #"1:8: this is no value; put a text in straight quotes: "enforce""#),
        ("mode = “report”", #"1:8: this is no value; put a text in straight quotes: "report""#),
        ("a = [yes, no]", #"1:6: this is no value; put a text in straight quotes: "yes""#),
        (
            "# a\u{2028}b\u{85}\r\n\na = \"e\u{301}\u{301}\" \nb = [\"e\u{301}🇩🇪\", yes]",
            #"4:14: this is no value; put a text in straight quotes: "yes""#
        ),
        ("size = 20MiB", "1:10: expected digit, saw 'M'; put a text in straight quotes"),
        (
            "keep = 99999999999999999999",
            "1:28: '99999999999999999999' is not representable in 64 bits; "
                + "write one from -9223372036854775808 to 9223372036854775807"
        ),
        (
            "until = 2027-06-31",
            "1:19: expected day between 1 and 30 (inclusive), saw 31; write a day that there is, "
                + "like 2027-06-30"
        ),
        (
            "until = 30.06.2027",
            "1:14: expected decimal digit or exponent, saw '.'; put a text in straight quotes; "
                + "a date is written without them, like 2027-06-30"
        ),
        (
            "name: \"x\"",
            "1:5: expected '=', saw ':'; write key = value; a key of several words stands in quotes"
        ),
        (
            "a = [\"b\" \"c\"]",
            "1:10: expected comma or closing ']', saw '\"'; a comma stands between two elements, "
                + "and ] at the end"
        ),
        ("on = True", "1:6: expected 'true', saw 'T'; write true, or the text in straight quotes"),
        (
            "// remark",
            "1:1: expected keys, tables, whitespace or comments, saw '/'; # begins a comment"
        ),
        ("a = 1\na = 2", "2:5: cannot redefine existing integer 'a'; leave one of the two"),
        (
            "[tls.\"a.test\"]\n[tls.\"a.test\"]",
            "2:1: cannot redefine existing table; leave one of the two"
        ),
        (
            "[[listen]]\n[listen]",
            "2:1: cannot redefine existing array 'listen' as table; "
                + "write double brackets both times: [[listen]]"
        ),
        (
            "[listen]\n[[listen]]",
            "2:1: cannot redefine existing table 'listen' as array-of-tables; "
                + "write double brackets both times: [[listen]]"
        ),
    ])
    func slipsAreToldWithWhatMendsThem(_ text: String, _ expected: String) {
        do throws(ConfigurationErrors) {
            _ = try TOMLDocument(Array(text.utf8), file: "f.toml")
            Issue.record("it was read")
        } catch { #expect(error.description == "f.toml:" + expected) }
    }
}
