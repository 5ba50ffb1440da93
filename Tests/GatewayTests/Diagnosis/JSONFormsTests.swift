import Federation
import HTTPSignatures
import Testing

@testable import Gateway

@Suite struct JSONFormsTests {
    /// One document as programs write it: PHP, Python, JavaScript, Go, jq, and a sorting firewall.
    static let texts = [
        #"{"name":"caf\u00e9 <b>","uri":"a\/b","n":[1,true,null],"e":{}}"#,
        #"{"name": "caf\u00e9 <b>", "uri": "a/b", "n": [1, true, null], "e": {}}"#,
        #"{"name":"café <b>","uri":"a/b","n":[1,true,null],"e":{}}"#,
        #"{"name":"café \u003cb\u003e","uri":"a/b","n":[1,true,null],"e":{}}"#,
        "{\n  \"name\": \"café <b>\",\n  \"uri\": \"a/b\",\n  \"n\": [\n    1,\n    true,\n    null\n"
            + "  ],\n  \"e\": {}\n}\n",
        #"{"e":{},"n":[1,true,null],"name":"café <b>","uri":"a/b"}"#,
    ]

    @Test(arguments: texts) func eachFormIsAmongThoseOfTheOthers(text: String) {
        for other in Self.texts where other != text {
            // The order of members is not undone: nobody knows what it was.
            if other.hasPrefix(#"{"e""#) { continue }
            let forms = JSONForms.all(of: Array(other.utf8)).map(\.bytes)
            #expect(forms.contains(Array(text.utf8)), "\(other)")
        }
    }

    @Test func whatIsNoJSONHasNoForms() {
        #expect(JSONForms.all(of: Array("grant_type=authorization_code".utf8)).isEmpty)
        #expect(JSONForms.all(of: Array(repeating: 0x5B, count: 100_000)).isEmpty)
    }

    /// Whoever writes in a peer's name has them made.
    @Test(arguments: [("[]", 2700), ("0", 4000), (#""é""#, 1600)])
    func whatIsMadeOfABodyIsBounded(_ element: String, _ count: Int) {
        let text =
            String(repeating: "[", count: 30)
            + Array(repeating: element, count: count).joined(separator: ",")
            + String(repeating: "]", count: 30)
        #expect(text.utf8.count <= 8192)
        let made = JSONForms.all(of: Array(text.utf8)).reduce(0) { $0 + $1.bytes.count }
        // Each form stands there with and without a line feed.
        #expect(made > 0 && made <= 2 * (1 << 20 + 50 * 8192))
        let long = "[\"" + String(repeating: "x", count: 8192) + "\"]"
        #expect(JSONForms.all(of: Array(long.utf8)).isEmpty)
        #expect(SuspectBody.all(of: Array(repeating: 0x20, count: 65_537)).isEmpty)
    }

    @Test func allFormsMeanTheSame() throws {
        for text in Self.texts.dropLast() {
            let value = try JSONValue(parsing: Array(text.utf8))
            for form in JSONForms.all(of: Array(text.utf8)) where form.bytes.last != 0x0A {
                let other = try JSONValue(parsing: form.bytes)
                let names = other.object?.members.map(\.name)
                if names == value.object?.members.map(\.name) { #expect(other == value) }
            }
        }
    }
}
