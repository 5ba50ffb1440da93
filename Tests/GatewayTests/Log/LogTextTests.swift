import Testing

@testable import Gateway

@Suite struct LogTextTests {
    private func written(_ text: String) -> String {
        var line: [UInt8] = []
        LogText.write(text, into: &line)
        return String(decoding: line, as: UTF8.self)
    }

    @Test func plainTextStaysAsItIs() {
        #expect(written("cloud.test") == "\"cloud.test\"")
        #expect(written("Grüße, 世界") == "\"Grüße, 世界\"")
    }

    @Test(arguments: [
        ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\"", "\\\""), ("\\", "\\\\"),
        ("\u{1B}", "\\u001b"),
        ("\u{0}", "\\u0000"), ("\u{7F}", "\\u007f"), ("\u{85}", "\\u0085"), ("\u{2028}", "\\u2028"),
        ("\u{202E}", "\\u202e"), ("\u{200B}", "\\u200b"), ("\u{FEFF}", "\\ufeff"),
        ("\u{E000}", "\\ue000"), ("\u{FFFD}", "\\ufffd"), ("\u{E0001}", "\\udb40\\udc01"),
    ]) func whatIsNotPlainlyVisibleIsEscaped(_ text: String, _ escaped: String) {
        #expect(written("a\(text)b") == "\"a\(escaped)b\"")
    }

    @Test func aLongValueIsCut() {
        #expect(written(String(repeating: "x", count: 5000)).utf8.count < 1100)
        #expect(written(String(repeating: "é", count: 5000)).utf8.count < 1100)
    }
}
