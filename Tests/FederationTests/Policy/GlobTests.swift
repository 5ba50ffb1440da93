import Testing

@testable import Federation

@Suite struct GlobTests {
    @Test(arguments: [
        ("*", "alice@cloud.example", true), ("*", "", true), ("a", "a", true), ("a", "A", true),
        ("*@cloud.example", "alice@cloud.example", true),
        ("*@cloud.example", "alice@x.cloud.example", false),
        ("*@*.cloud.example", "alice@x.cloud.example", true),
        ("*@*.cloud.example", "alice@cloud.example", false),
        ("alice@*", "alice@cloud.example", true), ("alice@*", "malice@cloud.example", false),
        ("a*b*c@h.example", "a-b-c@h.example", true), ("a*b*c@h.example", "abc@h.example", true),
        ("a*b*c@h.example", "acb@h.example", false), ("ab*ba@h.example", "aba@h.example", false),
        ("**a**@h.example", "xay@h.example", true), ("*aab*", "aaab", true),
        ("?@h.example", "a@h.example", false), ("[ab]@h.example", "a@h.example", false),
        // Case is nothing; the host has one spelling.
        ("*@CLOUD.Example.", "alice@cloud.example", true), ("*@*.EXAMPLE", "a@b.example", true),
        ("Alice@h.example", "aLICE@h.example", true), ("RENÉ@*", "René@h.example", true),
        // A sigma is one letter in a name, and two in a host.
        ("νίκος@*", "ΝΊΚΟΣ@h.example", true), ("ΝΊΚΟΣ@*", "νίκος@h.example", true),
        ("*@σοφος.example", "a@xn--0xaajbq.example", true),
        ("*@σοφος.example", "a@xn--0xaakcn.example", false),
        ("*@bücher.example", "alice@xn--bcher-kva.example", true),
        ("*@h.example:443", "alice@h.example", true),
        ("*@h.example:8443", "alice@h.example:8443", true),
        ("ü*@h.example", "übung@h.example", true),
        ("uuid@h1.example@h.example", "uuid@h1.example@h.example", true),
    ])
    func patternMatchesTheWholeText(_ pattern: String, _ text: String, _ matches: Bool) throws {
        #expect(try #require(Glob(pattern)).matches(text) == matches)
    }

    /// A pattern that no address can ever match would be a rule that looks safe and does nothing.
    @Test(arguments: [
        "", "a\nb", "a\u{7F}b", "alice\n*", "alice@", "*@under_score.example",
        "*@https://cloud.example",
        "*@*.bücher.example", "a@b c.example", String(repeating: "a", count: 1025),
    ])
    func patternIsRefused(_ pattern: String) {
        #expect(Glob(pattern) == nil)
    }

    /// Counts how often a byte is looked at.
    private struct Counted: RandomAccessCollection {
        final class Reads { var count = 0 }
        let bytes: [UInt8]
        let reads = Reads()
        var startIndex: Int { 0 }
        var endIndex: Int { bytes.count }
        subscript(place: Int) -> UInt8 {
            reads.count += 1
            return bytes[place]
        }
    }

    /// Knuth, Morris and Pratt compare at most twice per byte, three looks here; then head and tail.
    @Test(arguments: [
        "*a*a*a*a*a*a*a*a*a*a*b", "*aaaaaaaaaaaaaaaaaaaaaaab*", "*ab*ab*ab*ab*ab*ab*c*",
        "*" + String(repeating: "a*", count: 500) + "b",
        "*" + String(repeating: "a", count: 1000) + "b*",
        "a*" + String(repeating: "aab", count: 300) + "*c*",
    ])
    func matchingIsLinearInTheTextWhateverThePattern(_ pattern: String) throws {
        let glob = try #require(Glob(pattern))
        for unit in ["a", "aab", "ab", "aaaaaaaab"] {
            let text = Counted(
                bytes: Array(
                    Array(repeatElement(Array(unit.utf8), count: 65_536)).joined().prefix(65_536)))
            _ = glob.matches(bytes: text)
            #expect(text.reads.count <= 4 * 65_536 + 2048)
        }
    }
}
