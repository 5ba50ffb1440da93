import Testing

@testable import Federation

@Suite struct IfFieldTests {
    private func mapped(_ text: String) throws(Denial) -> String {
        try IfField(Array(text.utf8)[...]).mapped { (url) throws(Denial) in
            "[" + String(decoding: url, as: UTF8.self) + "]"
        }
    }

    @Test(arguments: [
        ("(<urn:uuid:1>)", "(<urn:uuid:1>)"),
        ("(<urn:uuid:1> [\"I am (an) ETag\"])(Not <DAV:no-lock>)", nil),
        ("(Not <urn:a)b> [W/\"<x>\"])", "(Not <urn:a)b> [W/\"<x>\"])"),
        (
            "<https://a/b> (<urn:1>) (<urn:2>) </c> ([\"x\"])",
            "<[https://a/b]> (<urn:1>) (<urn:2>) <[/c]> ([\"x\"])"
        ),
    ])
    func conditionsStayAsTheyAre(_ text: String, _ expected: String?) throws {
        let spaced = "(<urn:uuid:1> [\"I am (an) ETag\"]) (Not <DAV:no-lock>)"
        #expect(try mapped(text) == expected ?? spaced)
    }

    @Test func whatHasATagIsKnown() throws {
        #expect(try IfField(Array("</a> (<urn:1>)".utf8)[...]).isTagged)
        #expect(try !IfField(Array("(<urn:1>)".utf8)[...]).isTagged)
    }

    @Test(arguments: [
        "", " ", "<https://a/b", "(<urn:1>", "(<urn:1)", "([\"x)", "urn:1", "((<urn:1>))", ")",
    ])
    func whatCannotBeReadIsRefused(_ text: String) {
        #expect(throws: Denial.self) { try mapped(text) }
    }
}
