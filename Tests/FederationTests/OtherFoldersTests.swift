import Testing

@testable import Federation

/// A web server may have several folders that lead to one backend; its document names one.
@Suite struct OtherFoldersTests {
    private static let kinds = [BackendKind.nextcloud, .owncloud10, .generic]

    private func table(_ kind: BackendKind, _ folder: String = "/cloud") -> RouteTable {
        RouteTable(
            kind: kind, endPoint: "\(folder)/index.php/ocm", webdavPrefix: "/public.php/webdav",
            otherFolders: .closed)
    }

    @Test(
        arguments: [
            ("/ocm/shares", .ocm(.shares)), ("/index.php/ocm/notifications/", .ocm(.notifications)),
            ("/index.phpindex.php/ocm/shares", .ocm(.shares)), ("/ocm/token", .token),
            ("/index.php/apps/cloud_federation_api/api/v1/access-token", .token),
            ("/ocs/v2.php/cloud/shares", .ocs), ("/ocs/v1.php/cloud/shares/3/accept", .ocs),
            ("/index.php/ocsapp/cloud/shares", .ocs),
            ("/index.php/apps/files_sharing/shareinfo", .shareInfo),
            ("/apps/files_sharing/shareinfo", .shareInfo),
            ("/public.php/webdav/x", .webdav(.publicWebDAV)),
            ("/public.php/x/webdav", .webdav(.publicWebDAV)),
            ("/public/AAA/webdav/x", .webdav(.publicWebDAV)),
            ("/public.php/dav/files/T/x", .webdav(.publicFiles)),
            ("/public.php/dav/uploads/T/1/2", .webdav(.publicUploads)),
            ("/ocs/v2.php/apps/activity/api/v2/remote/T", .application(.activity)),
            ("/apps/circles/event/", .application(.teams)),
            ("/index.php/apps/circles/incoming/", .application(.teams)),
        ] as [(String, RouteFamily)])
    func nothingOfTheFederationIsInAnotherFolder(_ path: String, _ family: RouteFamily) {
        for kind in Self.kinds {
            for folder in ["", "/cloud", "/a/cloud"] {
                let table = table(kind, folder)
                for other in ["/old", "/nextcloud/old", "/cloud2", "/cloud/cloud", "/apps/old"] {
                    let route = table.route(method: "POST", path: other + path)
                    #expect(route == .elsewhere(family), "\(folder) \(other) \(path)")
                    #expect(table.family(of: other + path) == family)
                    #expect(table.judgedFamily(of: other + path) == .unknownEndpoint)
                }
                // Where it is, and at the root.
                for own in ["", folder] {
                    #expect(table.family(of: own + path) == family)
                    let route = table.route(method: "POST", path: own + path)
                    #expect(route != .elsewhere(family), "\(folder) \(own) \(path)")
                }
            }
        }
    }

    @Test func noFolderIsAnotherOneUntilTheDocumentNamesOne() {
        for kind in Self.kinds {
            let table = RouteTable(kind: kind, isPlaceKnown: false, otherFolders: .closed)
            let route = table.route(method: "POST", path: "/old/ocm/shares")
            #expect(route == .unplaced(.ocm(.shares)))
        }
    }

    /// Paths are looked for there by how they begin, and those of a new one may not be.
    @Test func whateverIsKnownAtHomeIsKnownInAnotherFolder() {
        for kind in Self.kinds {
            let table = table(kind)
            for entry in table.entries.joined() {
                guard let rest = Self.rest(for: entry.target) else { continue }
                let path = "/old" + String(decoding: entry.path, as: UTF8.self) + rest
                let route = table.route(method: "POST", path: path)
                #expect(route != .passThrough, "\(kind) \(path)")
            }
        }
    }

    /// What follows a path of the table for it to be the federation's; nil where it is only read.
    private static func rest(for target: Target) -> String? {
        switch target {
        case .whole(.discovery), .whole(.ocsProvider), .whole(.jwks), .whole(.status): nil
        case .whole: ""
        case .endPoint, .ocs: "/shares"
        case .webdav, .application: "/x"
        case .negotiatedWebDAV: "/x/webdav"
        case .ending(let name, _): "/x/\(name)"
        }
    }

    @Test func ownCloudsOwnPlacesAreInNoOtherFolder() {
        for (path, family) in [
            ("/index.php/apps/federatedfilesharing/shares", RouteFamily.ocm(.shares)),
            ("/remote.php/dav/public-files/T/x", .webdav(.publicFiles)),
        ] {
            let route = table(.owncloud10).route(method: "POST", path: "/old" + path)
            #expect(route == .elsewhere(family))
        }
    }

    /// They name nobody's place: the body alone is judged, as at home.
    @Test func bodiesThatNameLinksAreJudgedInEveryFolder() {
        let table = table(.owncloud10)
        for (path, body) in [
            ("/apps/federatedfilesharing/createFederatedShare", LinkBody.parameters),
            ("/index.php/apps/files_texteditor/ajax/savefile", .document),
        ] { #expect(table.route(method: "POST", path: "/old" + path) == .linkShare(body)) }
        for (path, isLink) in [
            ("/old/index.php/s/x", true), ("/a/old/index.php/s/x/authenticate", true),
            ("/old/s/x", false), ("/old/index.php/x/s", false),
            ("/remote.php/dav/files/alice/index.php/s/x", false),
        ] { #expect(table.isLinkPage(Array(path.utf8)) == isLink, "\(path)") }
    }

    @Test(
        arguments: [
            "/", "/old", "/old/", "/old/status.php", "/old/ocm-provider/", "/old/ocs-provider/",
            "/old/.well-known/ocm", "/old/index.php/login", "/blog/index.php", "/blog/public/x.css",
            "/old/public/a.css", "/old/public/x/y",
            "/blog/public.php", "/blog/ocm/x", "/old/remote.php/dav/files/alice/a",
            "/old/index.php/apps/files/", "/old/ocs/v2.php/cloud/user", "/old/s/x/download",
            "/old/ocs/v2.php/apps/files_sharing/api/v1/shares", "/s/x/download",
            "/index.php/apps/files/api/v1/files/ocm/shares",
            "/apps/files/api/v1/files/ocm/shares", "/apps/files/api/v1/thumbnail/9/9/public.php/x",
            "/cloud/apps/photos/folders/ocs/cloud/shares", "/apps/photos/albums/public.php/dav",
            "/apps/app_api/proxy/app/ocm/shares", "/cloud/apps/web/ocs/v2.php/cloud/shares",
            "/remote.php/dav/files/alice/ocs/cloud/shares", "/cloud/remote.php/webdav/ocm/shares",
            "/cloud/remote.php/dav/files/alice/public.php/webdav/x",
            "/ocs/v2.php/cloud/groups/ocs/cloud", "/apps/richdocumentscode/proxy.php",
            "/custom_apps/richdocumentscode/proxy.php", "/apps/text/public/session/1/push",
            "/apps/files_sharing/publicpreview/x", "/apps/federation/settings", "/push/ws",
            "/standalone-signaling/api/v1/room", "/core/preview", "/apps/user_status/heartbeat",
            "/cool/https:/cloud.test/index.php/apps/richdocuments/wopi/files/1/ws",
        ])
    func pagesPass(_ path: String) {
        for kind in Self.kinds {
            for folder in ["", "/cloud"] {
                for method in ["GET", "POST", "PUT"] {
                    let route = table(kind, folder).route(method: method, path: path)
                    #expect(route == .passThrough, "\(folder) \(method) \(path)")
                }
            }
        }
    }

    /// What a peer has is read by its own document alone, and of the other kinds nothing is closed.
    @Test func ofOthersNothingIsClosed() {
        for kind in [BackendKind.ocis, .opencloud, .cernbox] {
            let route = table(kind).route(method: "POST", path: "/old/ocm/shares")
            #expect(route == .passThrough)
        }
        for path in ["/old/ocm/shares", "/public/AAA/webdav/x"] {
            let peer = RouteTable(kind: .generic, endPoint: "/cloud/ocm")
            #expect(peer.route(method: "POST", path: path) == .passThrough)
        }
    }

    /// Apache's MultiViews finds `public.php` there.
    @Test func sharedDataAreKnownAtTheNameOfTheirScriptAlone() {
        for kind in Self.kinds {
            for folder in ["", "/cloud"] {
                let table = table(kind, "/cloud")
                let path = "\(folder)/public/AAA/webdav/in.txt"
                #expect(table.family(of: path) == .webdav(.publicWebDAV))
                #expect(table.route(method: "GET", path: "\(folder)/public/a.css") == .passThrough)
            }
        }
    }
}
