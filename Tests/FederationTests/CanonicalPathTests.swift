import Federation
import Testing

@Suite struct CanonicalPathTests {
    @Test(arguments: [
        ("/", "/"), ("//", "/"), ("/a/b", "/a/b"), ("//ocm-provider/", "/ocm-provider/"),
        ("/a///b//", "/a/b/"), ("/%6fcm/sh%61res", "/ocm/shares"), ("/a%c3%a9", "/a%C3%A9"),
        ("/a%20b", "/a%20b"), ("/a~b%7E", "/a~b~"), ("/...", "/..."),
        ("/.well-known/ocm", "/.well-known/ocm"),
        ("/..a/b", "/..a/b"), ("/a;x=1/b", "/a;x=1/b"), ("/100%25", "/100%25"),
        ("/a:b@c!$&'()*+,=", "/a:b@c!$&'()*+,="),
    ])
    func spellingsFallTogether(_ raw: String, _ canonical: String) throws {
        let path = try CanonicalPath(raw)
        #expect(path.text == canonical)
        #expect(!path.hidesSeparator)
        #expect(try CanonicalPath(canonical).text == canonical)
    }

    @Test(arguments: [
        "", "ocm", "*", "http://h/x", "/.", "/..", "/./a", "/../a", "/a/..", "/a/.", "/%2e%2e/a",
        "/.%2e/a", "/%2e/a", "/..;/a", "/..;a=b/c", "/.;x/", "/..%3b/a", "/%2e%2e%3Ba/b",
        "/a\\b", "/a%5cb", "/a%5Cb", "/a%00b", "/a%0ab", "/a%0d%0ab", "/a%7fb", "/%zz", "/%4",
        "/%", "/a%u0041", "/a b", "/a\tb", "/\u{e9}", "/a#b", "/a?b", "/a\"b", "/<a>",
        "/%c0%af", "/%c0%ae%c0%ae/", "/%c1%9c", "/%ff", "/%f8%80%80%80%af",
    ])
    func oddPathsAreRefused(_ raw: String) {
        let denial = #expect(throws: Denial.self) { try CanonicalPath(raw) }
        #expect(denial?.code == .malformedPath)
    }

    @Test(arguments: [
        "/a%2fb", "/a%2Fb", "/a%252fb", "/a%255cb", "/a%252e", "/a%2500", "/a%25252f",
    ])
    func hiddenSeparatorsAreSeen(_ raw: String) throws {
        #expect(try CanonicalPath(raw).hidesSeparator)
    }
}
