import Federation
import Testing

@Suite struct PeerPathsTests {
    private func paths(
        _ text: String, for backend: BackendKind = .nextcloud
    ) throws -> PeerPaths {
        let document = try DiscoverySamples.document(text)
        return PeerPaths(document.endPointParts.host, document, for: backend)
    }

    @Test(arguments: [
        (DiscoverySamples.nextcloud27, "https://nc27b.test/ocm/shares"),
        (DiscoverySamples.owncloud10, "https://oc10b.test/apps/federatedfilesharing/shares"),
        (DiscoverySamples.opencloudmeshgo, "https://ocmgo1.test/ocm/shares"),
        (DiscoverySamples.seafile, "https://sea.test/ocm-via-webdav/shares"),
    ])
    func theRealEndPointIsThePeers(_ text: String, _ url: String) throws {
        let paths = try paths(text)
        #expect(paths.endPoint == "/ocm")
        #expect(paths.webdav == "/public.php/webdav/")
        #expect(paths.url(of: .shares) == url)
    }

    @Test(arguments: [BackendKind.nextcloud, .owncloud10, .seafile])
    func adaptedAndRealPathsAreUnderstood(_ backend: BackendKind) throws {
        let paths = try paths(DiscoverySamples.owncloud10, for: backend)
        for path in [
            "/ocm/shares", "/index.php/ocm/shares", "/apps/federatedfilesharing/shares",
            "/index.php/apps/federatedfilesharing/shares",
        ] { #expect(paths.route(method: "POST", path: path) == .ocm(.shares)) }
        for path in [
            "/.well-known/ocm", "/ocm-provider/", "/ocm-provider", "/index.php/.well-known/ocm",
        ] {
            #expect(paths.route(method: "GET", path: path) == .discovery)
        }
        #expect(paths.route(method: "GET", path: "/ocs-provider/") == .ocsProvider)
        #expect(
            paths.route(method: "POST", path: "/ocs/v2.php/cloud/shares/3/accept")
                == .ocs(OCSCall(version: .v2, action: .change(id: "3", .accept))))
        #expect(
            paths.route(method: "POST", path: "/index.php/apps/files_sharing/shareinfo")
                == .shareInfo)
        #expect(paths.route(method: "GET", path: "/index.php/s/abc") == .passThrough)
    }

    @Test func sharedDataIsFoundAtBothPlaces() throws {
        let paths = try paths(DiscoverySamples.opencloudmeshgo)
        guard
            case .webdav(let told) = paths.route(
                method: "PROPFIND", path: "/public.php/webdav/sub/a.txt")
        else { return #expect(Bool(false)) }
        #expect(told.root == .publicWebDAV)
        #expect(told.rest == "/sub/a.txt")
        guard case .webdav(let real) = paths.route(method: "GET", path: "/webdav/ocm/01a2/b.txt")
        else { return #expect(Bool(false)) }
        #expect(real.root == .ocm)
        #expect(real.share == "01a2")
        #expect(real.rest == "/b.txt")
    }

    @Test func theRevaFamilyIsToldTheRealPathOfData() throws {
        #expect(try paths(DiscoverySamples.opencloudmeshgo, for: .ocis).webdav == "/webdav/ocm/")
        #expect(
            try paths(DiscoverySamples.nextcloud27, for: .cernbox).webdav == "/public.php/webdav/")
    }

    @Test func aPeerInASubFolder() throws {
        let text = DiscoverySamples.nextcloud27.replacing(
            #"nc27b.test\/ocm"#, with: #"nc27b.test\/cloud\/index.php\/ocm"#)
        let paths = try paths(text)
        #expect(paths.endPoint == "/cloud/ocm")
        #expect(
            paths.url(of: .notifications) == "https://nc27b.test/cloud/index.php/ocm/notifications")
        #expect(paths.route(method: "POST", path: "/cloud/ocm/shares") == .ocm(.shares))
        #expect(paths.route(method: "GET", path: "/cloud/ocm-provider/") == .discovery)
        #expect(paths.folder == "/cloud")
        #expect(paths.webdav == "/public.php/webdav/")
        #expect(
            try self.paths(text, for: .ocis).webdav == "/cloud/public.php/webdav/")
    }

    @Test func theSubFolderIsNotOneOfAnotherHost() throws {
        let text = DiscoverySamples.nextcloud27.replacing(
            #"nc27b.test\/ocm"#, with: #"nc27b.test\/cloud\/ocm"#)
        let document = try DiscoverySamples.document(text)
        let peer = try #require(PeerHost("front.test"))
        #expect(document.webdavRoot(for: "file", at: peer) == "/public.php/webdav/")
        #expect(PeerPaths(peer, document, for: .nextcloud).folder.isEmpty)
    }

    @Test func plainHTTPOfAServerBehindATerminatorIsTakenForHTTPS() throws {
        let text = DiscoverySamples.nextcloud27.replacing("https:", with: "http:")
        #expect(try paths(text).url(of: .shares) == "https://nc27b.test/ocm/shares")
    }

    @Test func anEndPointOnAnotherHostIsShown() throws {
        let document = try DiscoverySamples.document(DiscoverySamples.nextcloud27)
        let peer = try #require(PeerHost("front.test:8443"))
        let paths = PeerPaths(peer, document, for: .nextcloud)
        #expect(paths.realHost == PeerHost("nc27b.test"))
        #expect(paths.origin == "https://front.test:8443")
        #expect(paths.url(of: .shares) == "https://nc27b.test/ocm/shares")
    }

    @Test func aPeerWithoutDocument() throws {
        let peer = try #require(PeerHost("old.test"))
        let paths = PeerPaths(peer, nil, for: .owncloud10)
        #expect(paths.url(of: .inviteAccepted) == "https://old.test/ocm/invite-accepted")
        #expect(paths.route(method: "POST", path: "/ocm/shares") == .ocm(.shares))
    }
}
