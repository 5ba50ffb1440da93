import Testing

@testable import Federation

@Suite struct SingleFileTests {
    private static let root = "/public.php/webdav"

    @Test(arguments: [
        ("/ocmgate-file/a.txt", "/", "/ocmgate-file/a.txt"),
        ("/ocmgate-file/a%20b/", "/", "/ocmgate-file/a%20b"),
        ("/ocmgate-file", "/", "/ocmgate-file"), ("/ocmgate-file/", "/", "/ocmgate-file"),
        ("/ocmgate-file/dir/x/y", "/x/y", "/ocmgate-file/dir"),
    ])
    func whatStandsBehindTheSegmentIsTheRoot(_ path: String, _ inside: String, _ told: String) {
        let file = SingleFile(Self.root + path, below: Self.root)
        #expect(file?.path == Self.root + inside)
        #expect(file?.told == Self.root + told)
    }

    @Test(arguments: ["", "/", "/a.txt", "/ocmgate-files/a", "/a/ocmgate-file/b"])
    func otherPathsAreNone(_ path: String) {
        #expect(SingleFile(Self.root + path, below: Self.root) == nil)
    }

    @Test(arguments: [
        ("https://a.test/public.php/webdav/", "https://a.test/public.php/webdav/ocmgate-file"),
        ("https://a.test/webdav/ocm/x7", "https://a.test/webdav/ocm/x7/ocmgate-file"),
        ("https://a.test/public.php/webdav/ocmgate-file", nil),
        ("https://a.test/dav/ocm/x7", nil), ("https://a.test/remote.php/dav/ocm/x7", nil),
        ("https://a.test/x7?a=b", nil), ("x7", nil),
    ])
    func theSegmentIsToldWhereTheFileIsItself(_ url: String, _ told: String?) {
        #expect(SingleFile.url(for: url) == told)
    }
}
