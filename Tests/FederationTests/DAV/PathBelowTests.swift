import Federation
import Testing

@Suite struct PathBelowTests {
    @Test(arguments: [
        ("", ""), ("/", ""), ("///", ""), ("/a", "/a"), ("/a//b//", "/a//b"),
        ("https://h.example/", "https://h.example"),
        // To people one character, of which the slash is a part.
        ("/a/\u{301}", "/a/\u{301}"), ("/a\u{600}/", "/a\u{600}"),
    ])
    func slashesAreCutOffAnEndAsBytes(_ path: String, _ cut: String) {
        #expect(Array(path.withoutEndSlashes.utf8) == Array(cut.utf8))
    }

    @Test(arguments: [
        ("/dav/ocm/1", "/dav/ocm/1", ""), ("/dav/ocm/1/", "/dav/ocm/1", "/"),
        ("/dav/ocm/1/a", "/dav/ocm/1", "/a"), ("/a", "", "/a"), ("/dav/ocm/12", "/dav/ocm/1", nil),
        ("/dav/ocm", "/dav/ocm/1", nil), ("/dav/OCM/1", "/dav/ocm/1", nil),
        // One text to people, and two paths.
        ("/\u{e9}/a", "/e\u{301}", nil),
    ])
    func aPathIsBelowARootAtTheEndOfASegment(_ path: String, _ root: String, _ rest: String?) {
        #expect(path.rest(below: root).map { String($0) } == rest)
    }

    @Test(arguments: [
        ("/w/a", "/w/a", true), ("/w/a/", "/w/a", true), ("/w/a", "/w/a/", true),
        ("/w/a", "/w/a/b", true), ("/w", "/w/a", true), ("/w/", "/w/a", true),
        ("/w/a", "/w/ab", false), ("/w/a", "/w", false), ("/w/a/b", "/w/a", false),
        ("/w/a", "/w/b/a", false), ("/w/a", "/w/A/x", false), ("/w/a%20b", "/w/a%20c/x", false),
        // Two spellings of one name: of Unicode, either way, and of what need not be escaped.
        ("/w/e%CC%812", "/w/%C3%A92/x", true), ("/w/%C3%A92", "/w/e%CC%812/x", true),
        ("/w/%C3%A92", "/w/e%CC%812", true), ("/w/%E1%84%92%E1%85%A1/x", "/w/%ED%95%98/x/y", true),
        ("/w/a!(b)", "/w/a%21%28b%29/x", true), ("/w/%E2%84%AB", "/w/%C3%85/x", true),
        // Another letter, and one that only looks alike.
        ("/w/e", "/w/e%CC%81/x", false), ("/w/%EF%AC%81", "/w/fi/x", false),
        ("/w/%FF", "/w/a/x", true), ("/w/a", "/w/%zz", true),
    ])
    func whatIsBelowAPathIsToldByTheLettersOfNames(_ path: String, _ other: String, _ isHeld: Bool)
    {
        #expect(path.holds(other) == isHeld)
    }
}
