import Testing

@testable import ocmgate_demo

struct PercentEncodingTests {
    @Test(arguments: [
        ("plain-._~", "plain-._~"), ("a b", "a%20b"), ("ü", "%C3%BC"), ("a/b", "a/b"),
        ("%", "%25"), ("\u{1}", "%01"), ("a/\u{301}b//", "a/%CC%81b//"),
    ])
    func textComesBack(_ text: String, _ encoded: String) {
        #expect(PercentEncoding.encode(text) == encoded)
        #expect(PercentEncoding.decode(encoded) == text)
    }

    @Test(arguments: ["%", "%4", "%zz", "%ff"])
    func brokenEscapesAreRefused(_ text: String) {
        #expect(PercentEncoding.decode(text) == nil)
    }
}
