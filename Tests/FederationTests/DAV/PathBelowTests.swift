import Federation
import Testing

@Suite struct PathBelowTests {
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
}
