import Testing

@testable import Federation

@Suite struct DataPathTests {
    private let peer: PeerHost

    init() throws { peer = try #require(PeerHost("peer.test")) }

    private func path(
        _ uri: String?, prefix: String? = "/webdav/ocm/", type: String = "folder",
        told: String? = "/public.php/webdav/"
    ) throws -> DataPath {
        let written = try #require(DataPath.written(uri: uri, peer: peer, prefix: prefix))
        return DataPath(written, path: written.path, resourceType: type, told: told)
    }

    @Test(arguments: [
        (String?.none, "peer.test", "/webdav/ocm"), ("", "peer.test", "/webdav/ocm"),
        ("/", "peer.test", "/webdav/ocm"), ("x7", "peer.test", "/webdav/ocm/x7"),
        ("/x7/", "peer.test", "/webdav/ocm/x7"),
        ("https://peer.test/dav/ocm/x7", "peer.test", "/dav/ocm/x7"),
        ("https://data.peer.test:8443/d/", "data.peer.test:8443", "/d"),
        ("https://peer.test", "peer.test", ""),
    ])
    func theDataAreWhereTheShareSays(_ uri: String?, _ host: String, _ real: String) throws {
        let path = try path(uri)
        #expect(path.host.description == host)
        #expect(path.real == real)
    }

    @Test(arguments: [
        "http://peer.test/x7", "https://peer.test/x7?token=1", "ftp://peer.test/x",
        "https://user@peer.test/x", "https://peer.test/x#y",
    ])
    func whatIsNoPlaceForDataIsRefused(_ uri: String) {
        #expect(DataPath.written(uri: uri, peer: peer, prefix: "/webdav/ocm/") == nil)
    }

    @Test func withoutAPrefixItIsThePathThatOldServersFallBackTo() throws {
        #expect(try path(nil, prefix: nil).real == "/public.php/webdav")
    }

    @Test(arguments: [
        ("/public.php/webdav", "/webdav/ocm/x7", true),
        ("/public.php/webdav/", "/webdav/ocm/x7/", true),
        ("/public.php/webdav/a/b.txt", "/webdav/ocm/x7/a/b.txt", true),
        ("/webdav/ocm/x7/a", "/webdav/ocm/x7/a", false),
    ])
    func aPathOfTheBackendIsAPathOfThePeer(_ told: String, _ real: String, _ isMapped: Bool) throws
    {
        let path = try path("x7")
        let place = try #require(path.place(of: told))
        #expect(place == DataPath.Place(path: real, told: isMapped ? "/public.php/webdav" : nil))
        #expect(path.isRoot(place) == ["/webdav/ocm/x7", "/webdav/ocm/x7/"].contains(real))
    }

    @Test(arguments: ["/", "/public.php", "/public.php/webdavx", "/webdav/ocm/x78", "/webdav/ocm"])
    func whatIsOutsideOfTheShareHasNoPlace(_ told: String) throws {
        #expect(try path("x7").place(of: told) == nil)
    }

    // A shared single file is the root path to an old server, with a slash behind it.
    @Test func aFileHasNoSlashBehindIt() throws {
        let file = try path("x7", type: "file")
        #expect(file.place(of: "/public.php/webdav/")?.path == "/webdav/ocm/x7")
        #expect(file.place(of: "/public.php/webdav")?.path == "/webdav/ocm/x7")
        #expect(file.place(of: "/public.php/webdav/a")?.path == "/webdav/ocm/x7/a")
        let old = try path(nil, prefix: "/public.php/webdav/", type: "file")
        #expect(old.place(of: "/public.php/webdav/")?.path == "/public.php/webdav/")
    }

    @Test(arguments: [(String?.none, false), ("", false), ("//", false), ("/x7", true)])
    func onlyAFileWithAPlaceOfItsOwnIsThere(_ uri: String?, _ isThere: Bool) throws {
        #expect(try path(uri, type: "file").isOfFile == isThere)
        #expect(try !path(uri, type: "folder").isOfFile)
    }

    // oCIS and OpenCloud name it below the URL that they are told.
    @Test(arguments: [
        (String?.none, "/public.php/webdav", "/"), ("x7", "/webdav/ocm/x7", ""),
        ("https://peer.test/d/", "/d", ""),
    ])
    func aFileIsFoundBehindTheSegment(_ uri: String?, _ root: String, _ end: String) throws {
        let prefix = uri == nil ? "/public.php/webdav/" : "/webdav/ocm/"
        let file = try path(uri, prefix: prefix, type: "file", told: nil)
        let segment = root + "/ocmgate-file"
        for (path, told) in [
            (segment, segment), (segment + "/", segment), (segment + "/a.txt", segment + "/a.txt"),
            (segment + "/a.txt/", segment + "/a.txt"),
        ] {
            #expect(file.place(of: path) == DataPath.Place(path: root + end, told: told), "\(path)")
        }
        // It is a folder after all.
        #expect(
            file.place(of: segment + "/dir/x%20y/z")
                == DataPath.Place(path: root + "/x%20y/z", told: segment + "/dir"))
        #expect(file.place(of: root + "/a")?.path == root + "/a")
        #expect(file.place(of: root + "/ocmgate-files/a")?.path == root + "/ocmgate-files/a")
        let folder = try self.path(uri, prefix: prefix, type: "folder", told: nil)
        #expect(folder.place(of: segment + "/a")?.path == segment + "/a")
    }

    @Test func pathsThatAreTheSameAreNotMapped() throws {
        let old = try path(nil, prefix: "/public.php/webdav/")
        let place = DataPath.Place(path: "/public.php/webdav/a", told: nil)
        #expect(old.place(of: "/public.php/webdav/a") == place)
    }

    @Test(arguments: [
        ("/public.php/webdav/a", "/public.php/webdav"),
        ("/cloud/public.php/webdav/a", "/cloud/public.php/webdav"), ("/dav/x7/a", nil),
    ])
    func aPeerInASubFolderIsAskedWithItAndWithoutIt(_ asked: String, _ told: String?) throws {
        func place(_ uri: String?, _ prefix: String) throws -> DataPath.Place? {
            let written = try #require(DataPath.written(uri: uri, peer: peer, prefix: prefix))
            return DataPath(
                written, path: written.path, resourceType: "folder", told: "/public.php/webdav/",
                folder: "/cloud"
            ).place(of: asked)
        }
        #expect(try place("x7", "/dav/") == .init(path: "/dav/x7/a", told: told))
        guard told != nil else { return }
        let old = try place(nil, "/cloud/public.php/webdav/")
        #expect(old?.path == "/cloud/public.php/webdav/a")
        #expect((old?.told != nil) == (told == "/public.php/webdav"))
    }

    @Test func aBackendThatGoesByTheShareIsLeftToIt() throws {
        let path = try path("x7", told: nil)
        #expect(try #require(path.place(of: "/webdav/ocm/x7/a")).told == nil)
        #expect(path.place(of: "/webdav/ocm/a") == nil)
    }

    @Test func theRootOfAServerIsAPlace() throws {
        let path = try path("https://data.test/", type: "folder")
        #expect(path.place(of: "/public.php/webdav/")?.path == "/")
        #expect(path.place(of: "/public.php/webdav/a")?.path == "/a")
        #expect(path.place(of: "/public.php/webdav")?.path == "/")
    }
}
