import Federation
import Testing

@Suite struct ToldRootTests {
    private static let bare = "/public.php/webdav"
    private static let root = "/cloud/public.php/webdav"

    @Test(arguments: [
        ("/", "/"), ("", ""), ("/dir/a%20b", "/dir/a%20b"), ("/ocmgate-file", "/"),
        ("/ocmgate-file/a.txt", "/"),
    ])
    func aPathWithoutTheFolderIsOneBelowIt(_ asked: String, _ inside: String) throws {
        let told = try #require(ToldRoot(Self.bare + asked, below: Self.bare, at: Self.root))
        #expect(told.path == Self.root + inside)
        #expect(told.root == Self.root)
        #expect(told.told == Self.bare + (asked.hasPrefix("/ocmgate-file") ? asked : ""))
        #expect(told.inside(Self.bare + asked) == Self.root + inside)
    }

    @Test func whatIsTheSameOnBothSidesIsNoRootOfItsOwn() {
        #expect(ToldRoot(Self.root + "/a", below: Self.root, at: Self.root) == nil)
        #expect(ToldRoot(Self.root + "/ocmgate-file/a", below: Self.root, at: Self.root) != nil)
    }

    @Test(arguments: ["/public.php/webdav2/a", "/cloud/public.php/webdav/a", "/a"])
    func aPathElsewhereStaysAsItIs(_ path: String) throws {
        let told = try #require(ToldRoot(Self.bare + "/a", below: Self.bare, at: Self.root))
        #expect(told.inside(path) == path)
    }

    @Test(arguments: [
        (BackendKind.nextcloud, "/public.php/webdav", "/cloud/index.php/ocm", root),
        (.owncloud10, bare, "/cloud/apps/federatedfilesharing", root),
        (.nextcloud, root, "/cloud/ocm", root), (.nextcloud, bare, "/index.php/ocm", bare),
        (.generic, bare, "/cloud/ocm", bare), (.ocis, "/dav/ocm", "/cloud/ocm", "/dav/ocm"),
    ])
    func onlyNextcloudAndOwnCloudLeaveTheirFolderOut(
        _ kind: BackendKind, _ written: String, _ endPoint: String, _ root: String
    ) {
        #expect(kind.webdavRoot(written, endPoint: endPoint) == root)
    }
}
