import Federation
import Testing

@Suite struct RouteTableTests {
    private static let nextcloud = RouteTable(kind: .nextcloud)
    private static let owncloud = RouteTable(
        kind: .owncloud10, endPoint: "/apps/federatedfilesharing")

    private func route(
        _ method: String, _ path: String, _ table: RouteTable = nextcloud
    ) -> Route {
        table.route(method: method, path: path)
    }

    @Test(arguments: [
        "/.well-known/ocm", "/.well-known/ocm/", "/index.php/.well-known/ocm", "/ocm-provider",
        "/ocm-provider/", "/index.php/ocm-provider/", "/ocm-provider/index.php",
        "/index.php/ocm-provider",
    ])
    func everySpellingOfDiscoveryIsServed(_ path: String) throws {
        #expect(route("GET", path) == .discovery)
        #expect(route("HEAD", path) == .discovery)
        #expect(route("POST", path) == .methodNotAllowed(allow: "GET, HEAD"))
    }

    @Test(arguments: [
        ("/ocs-provider/", Route.ocsProvider),
        ("/ocs-provider", .ocsProvider), ("/ocs-provider/index.php", .ocsProvider),
        ("/ocm/jwks", .jwks), ("/.well-known/jwks.json", .jwks), ("/status.php", .status),
        ("/apps/files_sharing/shareinfo", .shareInfo),
        ("/index.php/apps/files_sharing/shareinfo", .shareInfo),
    ])
    func fixedPathsAreFound(_ path: String, _ route: Route) throws {
        #expect(self.route("GET", path) == route)
    }

    @Test(arguments: OCMEndpoint.allCases)
    func messagesAreFoundInEverySpelling(_ endpoint: OCMEndpoint) throws {
        let name = endpoint.rawValue
        for path in [
            "/ocm/\(name)", "/ocm/\(name)/", "/index.php/ocm/\(name)",
        ] {
            #expect(route("POST", path) == .ocm(endpoint), "\(path)")
            #expect(route("GET", path) == .methodNotAllowed(allow: "POST"), "\(path)")
            #expect(route("POST", path, Self.owncloud) == .ocm(endpoint), "\(path)")
        }
        for path in [
            "/apps/federatedfilesharing/\(name)", "/index.php/apps/federatedfilesharing/\(name)",
        ] {
            #expect(route("POST", path, Self.owncloud) == .ocm(endpoint))
            #expect(route("POST", path) == .passThrough)
        }
    }

    // Their front controller cuts its own name off twice.
    @Test func theFrontControllerMayBeNamedTwice() throws {
        for front in ["/index.php", "/index.phpindex.php", "/cloud/index.phpindex.php"] {
            let table = RouteTable(kind: .nextcloud, endPoint: "/cloud/index.php/ocm")
            #expect(route("POST", "\(front)/ocm/shares", table) == .ocm(.shares))
            #expect(route("POST", "\(front)/apps/files_sharing/shareinfo", table) == .shareInfo)
        }
        #expect(route("POST", "/index.phpocm/shares") == .passThrough)
    }

    @Test func theUsualEndPointIsJudgedWhateverTheDocumentSays() throws {
        let path = "/index.php/apps/federatedfilesharing/shares"
        for kind in [BackendKind.owncloud10, .generic] {
            for endPoint in ["/ocm", "/other", "/cloud/ocm"] {
                let table = RouteTable(kind: kind, endPoint: endPoint)
                #expect(route("POST", path, table) == .ocm(.shares))
                #expect(route("GET", "/apps/federatedfilesharing/js/x.js", table) == .passThrough)
            }
        }
        let table = RouteTable(kind: .owncloud10, endPoint: "/cloud/ocm")
        #expect(route("POST", "/cloud" + path, table) == .ocm(.shares))
    }

    @Test(arguments: [
        "/ocm", "/ocm/", "/ocm/add-share", "/ocm/shares/1", "/ocm/notifications/x",
        "/index.php/ocm/anything", "/ocm/Shares",
    ])
    func nothingElseBelowOCMIsForwarded(_ path: String) throws {
        #expect(route("POST", path) == .unknownEndpoint)
    }

    @Test func theOtherRoutesOfOwnCloudsAppPass() throws {
        #expect(
            route("GET", "/apps/federatedfilesharing/js/settings.js", Self.owncloud)
                == .passThrough)
        #expect(
            route("POST", "/index.php/apps/federatedfilesharing/saveToOwnCloud", Self.owncloud)
                == .passThrough)
    }

    @Test func aShareOfALinkByItsSecretIsOfTheGatewaysConcern() throws {
        #expect(
            route(
                "POST", "/index.php/apps/federatedfilesharing/createFederatedShare", Self.owncloud)
                == .linkShare(.parameters))
    }

    @Test(arguments: [
        "/apps/text/public/session/create", "/index.php/apps/text/public/session/12/create",
        "/apps/text/attachments", "/apps/richdocuments/token",
        "/apps/richdocuments/remote", "/ocs/v2.php/apps/richdocuments/api/v1/file",
        "/index.php/ocsapp/apps/richdocuments/api/v1/share",
        "/apps/files_texteditor/ajax/closefile", "/index.php/apps/wopi/token/publiclink",
        "/apps/onlyoffice/ajax/new", "/index.php/apps/onlyoffice/ajax/convert",
        "/ocs/v1.php/apps/onlyoffice/api/v1/key", "/ocs/v2.php/apps/onlyoffice/api/v1/keylock",
        "/apps/drawio/ajax/new",
    ])
    func aDocumentOfALinkByItsSecretIsOfTheGatewaysConcern(_ path: String) throws {
        #expect(route("PUT", path) == .linkShare(.parameters))
    }

    @Test(arguments: [
        "/apps/files_texteditor/ajax/savefile", "/apps/drawio/ajax/save",
        "/apps/drawio/ajax/savePreview",
    ])
    func aDocumentThatIsWrittenToALinkIsOfTheGatewaysConcern(_ path: String) throws {
        let folder = RouteTable(kind: .owncloud10, endPoint: "/cloud/index.php/ocm")
        for front in ["", "/index.php"] {
            #expect(route("PUT", front + path) == .linkShare(.document))
            #expect(route("PUT", "/cloud\(front)\(path)", folder) == .linkShare(.document))
        }
        let unplaced = RouteTable(kind: .generic, isPlaceKnown: false)
        #expect(route("PUT", "/cloud" + path, unplaced) == .unplaced(.linkShare))
    }

    @Test func pagesOfLinksAreKnownInTheSpellingsOfABackend() throws {
        let root = RouteTable(kind: .owncloud10, endPoint: "/ocm")
        let folder = RouteTable(kind: .owncloud10, endPoint: "/cloud/index.php/ocm")
        let unplaced = RouteTable(kind: .owncloud10, isPlaceKnown: false)
        func known(_ path: String, _ table: RouteTable) -> Bool {
            table.isLinkPage(Array(path.utf8))
        }
        for path in [
            "/s/x", "/s", "/index.php/s/x/authenticate", "/index.phpindex.php/s/x", "/./s//x",
        ] {
            #expect(known(path, root) && known(path, folder) && known(path, unplaced), "\(path)")
            #expect(known("/cloud" + path, folder) && !known("/cloud" + path, root), "\(path)")
            #expect(known("/cloud" + path, unplaced), "\(path)")
        }
        for path in [
            "/", "/cloud", "/apps/s", "/index.php/apps/onlyoffice/s/x", "/sx",
            "/remote.php/dav/files/alice/s/x",
        ] { #expect(!known(path, root) && !known(path, folder), "\(path)") }
        #expect(!known("/cloud/remote.php/dav/files/alice/s/x", unplaced))
    }

    @Test(arguments: [
        "/apps/text/session/12/create", "/apps/text/public/session/12/push", "/apps/text/image",
        "/apps/files_texteditor/ajax/loadfile", "/apps/wopi/files/7/contents", "/s/x",
        "/apps/onlyoffice/track", "/ocs/v2.php/apps/onlyoffice/api/v1/healthcheck",
        "/apps/richdocuments/tokens", "/ocs/v2.php/apps/richdocuments/api/v1/document",
        "/ocs/v2.php/apps/activity/api/v2/activity", "/ocs/v2.php/apps/activity/api/v2/remotely/x",
    ])
    func theOtherRoutesOfAppsPass(_ path: String) throws {
        #expect(route("POST", path) == .passThrough)
    }

    @Test(arguments: [BackendKind.ocis, .opencloud, .cernbox, .generic])
    func theSearchForAnInviteDialogIsOfTheGatewaysConcern(_ kind: BackendKind) throws {
        let table = RouteTable(kind: kind)
        let path = "/sciencemesh/discover"
        for end in ["", "/", "//"] { #expect(route("POST", path + end, table) == .inviteDialog) }
        #expect(route("GET", path, table) == .methodNotAllowed(allow: "POST"))
        #expect(table.family(of: path) == .inviteDialog)
        for other in ["/sciencemesh/federations", "/sciencemesh", path + "/x", path + "ed"] {
            #expect(route("POST", other, table) == .passThrough)
        }
        let folder = RouteTable(kind: kind, endPoint: "/cloud/ocm")
        #expect(route("POST", "/cloud" + path, folder) == .inviteDialog)
        let unplaced = RouteTable(kind: kind, isPlaceKnown: false)
        #expect(route("POST", path, unplaced) == .inviteDialog)
        #expect(route("POST", "/cloud" + path, unplaced) == .unplaced(.inviteDialog))
        #expect(route("POST", path) == .passThrough)
    }

    @Test func theTokenEndpointTakesPostOnly() throws {
        #expect(route("POST", "/ocm/token") == .token)
        #expect(route("GET", "/ocm/token") == .methodNotAllowed(allow: "POST"))
        #expect(
            route("POST", "/index.php/apps/cloud_federation_api/api/v1/access-token") == .token)
        let other = RouteTable(kind: .nextcloud, tokenPath: "/exchange/token")
        for front in ["", "/index.php", "/index.phpindex.php"] {
            #expect(route("POST", "\(front)/exchange/token", other) == .token)
        }
        // So no path of our own may begin with it (`ConfigurationReaderTests`).
        let behind = RouteTable(kind: .nextcloud, tokenPath: "/index.php/exchange")
        #expect(route("POST", "/index.php/exchange", behind) == .passThrough)
    }

    @Test(arguments: [
        ("/ocs/v1.php/cloud/shares", OCSCall.Version.v1, OCSAction.share),
        ("/ocs/v2.php/cloud/shares", .v2, .share), ("/ocs/v2.php/cloud/shares/", .v2, .share),
        ("/index.php/ocs/v2.php/cloud/shares", .v2, .share), ("/ocs/v2.php/cloud", .v2, .share),
        ("/ocsapp/cloud/shares", .v2, .share), ("/index.php/ocs/cloud/shares", .v2, .share),
        ("/index.php/ocsapp/cloud/shares", .v2, .share),
        ("/ocs/v2.php/cloud/shares/3/reshare", .v2, .change(id: "3", .reshare)),
        ("/ocs/v2.php/cloud/shares/3/accept/", .v2, .change(id: "3", .accept)),
        ("/ocs/v1.php/cloud/shares/a%20b/decline", .v1, .change(id: "a b", .decline)),
        ("/ocs/v2.php/cloud/shares/3/move", .v2, .change(id: "3", .move)),
        ("/ocs/v2.php/cloud/shares/3/reshare_undo", .v2, .change(id: "3", .revoke)),
        ("/ocs/v2.php/cloud/shares/3", .v2, .unknown),
        ("/ocs/v2.php/cloud/shares/3/explode", .v2, .unknown),
        ("/ocs/v2.php/cloud/shares/3/accept/x", .v2, .unknown),
    ])
    func theOlderAPIIsFound(
        _ path: String, _ version: OCSCall.Version, _ action: OCSAction
    ) throws {
        #expect(route("POST", path) == .ocs(OCSCall(version: version, action: action)))
    }

    @Test(
        arguments: [
            "/", "/index.php", "/index.php/", "/login", "/index.php/apps/files/", "/ocs",
            "/ocs/v2.php/apps/files_sharing/api/v1/shares", "/ocs/v2.php/cloud/shared-secret",
            "/ocs/v2.php/cloud/user", "/ocs/v1.php/cloud/capabilities", "/ocs/v3.php/cloud/shares",
            "/remote.php/webdav/a.txt", "/remote.php/dav/files/alice/a%2Fb", "/ocmx/shares",
            "/ocm-providerx", "/public.phpx", "/.well-known/openid-configuration", "/data",
            "/status.phps", "/.well-known/caldav", "/apps/circles/async/1", "/webdav/ocm/1", "/é",
        ])
    func everythingElsePasses(_ path: String) throws {
        #expect(route("GET", path) == .passThrough)
        #expect(route("POST", path) == .passThrough)
    }

    @Test(arguments: [
        (BackendKind.nextcloud, "/public.php/webdav", WebDAVRoot.publicWebDAV, String?.none, ""),
        (.nextcloud, "/public.php/webdav/", .publicWebDAV, nil, "/"),
        (.nextcloud, "/public.php/webdav/sub/a%20b", .publicWebDAV, nil, "/sub/a%20b"),
        (.nextcloud, "/public.php/dav/files/TOKEN/x", .publicFiles, "TOKEN", "/x"),
        (.nextcloud, "/public.php/dav/files/", .publicFiles, nil, ""),
        (.nextcloud, "/public.php/dav/uploads/TOKEN/1/2", .publicUploads, "TOKEN", "/1/2"),
        (.nextcloud, "/public.php", .publicWebDAV, nil, ""),
        (.owncloud10, "/remote.php/dav/public-files/T/x", .publicFiles, "T", "/x"),
        (.opencloud, "/dav/ocm/2bd4e667/ocdoc.txt", .ocm, "2bd4e667", "/ocdoc.txt"),
        (.opencloud, "/dav/ocm/2bd4e667", .ocm, "2bd4e667", ""),
        (.cernbox, "/remote.php/dav/ocm/a%40b/", .ocm, "a@b", "/"),
        (.generic, "/webdav/ocm/01a20a35", .ocm, "01a20a35", ""),
        (.cernbox, "/webdav/ocm/01a20a35", .ocm, "01a20a35", ""),
        (.seafile, "/seafdav/x", .seafdav, nil, "/x"),
    ])
    func sharedDataAreFoundByKind(
        _ kind: BackendKind, _ path: String, _ root: WebDAVRoot, _ share: String?, _ rest: String
    ) throws {
        let route = route("PROPFIND", path, RouteTable(kind: kind))
        guard case .webdav(let webdav) = route else {
            Issue.record("\(route)")
            return
        }
        #expect(webdav.root == root)
        #expect(webdav.share == share)
        #expect(webdav.rest == rest)
        #expect(path.hasPrefix(webdav.prefix))
    }

    /// It is a person's own folder `ocm`.
    @Test(arguments: [BackendKind.ocis, .opencloud])
    func aFolderOfAPersonIsNoSharedData(_ kind: BackendKind) throws {
        for path in ["/webdav/ocm", "/webdav/ocm/a.txt"] {
            #expect(route("PUT", path, RouteTable(kind: kind)) == .passThrough)
        }
    }

    @Test func aDiscoveredRootIsFoundAndDoesNotHideAKnownOne() throws {
        let table = RouteTable(kind: .nextcloud, webdavPrefix: "/ocmgate/dav/")
        guard case .webdav(let webdav) = route("GET", "/ocmgate/dav/x", table) else {
            Issue.record("not found")
            return
        }
        #expect(webdav.root == .discovered)
        #expect(webdav.prefix == "/ocmgate/dav")
        let same = RouteTable(kind: .nextcloud, webdavPrefix: "/public.php/webdav/")
        guard case .webdav(let known) = route("GET", "/public.php/webdav/x", same) else {
            Issue.record("not found")
            return
        }
        #expect(known.root == .publicWebDAV)
    }

    @Test func aSiteInASubFolderIsFoundThereAndAtTheRoot() throws {
        let table = RouteTable(kind: .nextcloud, endPoint: "/cloud/index.php/ocm/")
        #expect(route("POST", "/cloud/index.php/ocm/shares", table) == .ocm(.shares))
        #expect(route("POST", "/cloud/ocm/shares", table) == .ocm(.shares))
        #expect(route("POST", "/ocm/shares", table) == .ocm(.shares))
        #expect(route("GET", "/cloud/ocm-provider/", table) == .discovery)
        #expect(
            route("POST", "/cloud/ocs/v2.php/cloud/shares", table)
                == .ocs(OCSCall(version: .v2, action: .share)))
        guard case .webdav(let webdav) = route("GET", "/cloud/public.php/webdav/x", table)
        else {
            Issue.record("not found")
            return
        }
        #expect(webdav.prefix == "/cloud/public.php/webdav")
        #expect(webdav.rest == "/x")
        #expect(route("GET", "/cloudy/ocm-provider/", table) == .passThrough)
    }

    @Test(arguments: ["", "/", "/index.php", "/index.php/"])
    func anEndPointAtTheRootIsJudged(_ endPoint: String) throws {
        for kind in [BackendKind.nextcloud, .owncloud10, .generic] {
            let table = RouteTable(kind: kind, endPoint: endPoint)
            for endpoint in OCMEndpoint.allCases {
                let name = endpoint.rawValue
                for path in [
                    "/\(name)", "/\(name)/", "/index.php/\(name)", "/index.phpindex.php/\(name)",
                    "/ocm/\(name)",
                ] { #expect(route("POST", path, table) == .ocm(endpoint), "\(path)") }
                #expect(route("GET", "/\(name)", table) == .methodNotAllowed(allow: "POST"))
                // Only where the document says so.
                #expect(route("POST", "/\(name)") == .passThrough)
            }
            for path in ["/", "/index.php", "/login", "/shares/1", "/sharesx"] {
                #expect(route("POST", path, table) == .passThrough, "\(path)")
            }
        }
    }

    @Test(
        arguments: [
            ("/cloud/ocm/shares", .ocm(.shares)), ("/cloud/index.php/ocm/shares/", .ocm(.shares)),
            ("/a/b/ocm/notifications", .ocm(.notifications)),
            ("/cloud/index.phpindex.php/ocm/shares", .ocm(.shares)),
            ("/cloud/index.php/apps/federatedfilesharing/shares", .ocm(.shares)),
            ("/api/fed/shares", .ocm(.shares)), ("/shares", .ocm(.shares)),
            ("/index.php/invite-accepted", .ocm(.inviteAccepted)), ("/cloud/ocm/token", .token),
            ("/cloud/index.php/apps/cloud_federation_api/api/v1/access-token", .token),
            ("/cloud/ocs/v2.php/cloud/shares", .ocs),
            ("/cloud/ocs/v1.php/cloud/shares/3/accept", .ocs),
            ("/cloud/index.php/apps/files_sharing/shareinfo", .shareInfo),
            ("/cloud/apps/federatedfilesharing/createFederatedShare", .linkShare),
            ("/cloud/public.php/webdav/x", .webdav(.publicWebDAV)),
            ("/cloud/public.php/dav/files/T/x", .webdav(.publicFiles)),
            ("/cloud/remote.php/dav/ocm/1", .webdav(.ocm)), ("/cloud/dav/ocm/1/x", .webdav(.ocm)),
        ] as [(String, RouteFamily)])
    func whileThePlaceIsUnknownItMayBeAnywhere(_ path: String, _ family: RouteFamily) throws {
        let table = RouteTable(kind: .generic, isPlaceKnown: false)
        #expect(route("POST", path, table) == .unplaced(family))
        #expect(table.family(of: path) == family)
        #expect(route("POST", path, RouteTable(kind: .generic)) == .passThrough)
    }

    @Test(arguments: [
        "/", "/index.php/apps/files/", "/index.php/login", "/cloud/status.php", "/s/TOKEN/download",
        "/remote.php/dav/files/alice/shares", "/remote.php/dav/files/alice/public.php/webdav/x",
        "/cloud/remote.php/dav/files/alice/ocm/shares", "/remote.php/dav/bulk",
        "/dav/spaces/1/shares", "/dav/files/alice/dav/ocm/x", "/api/v2.1/ocm/shares-prepare/",
        "/ocs/v2.php/apps/files_sharing/api/v1/shares", "/ocs/v2.php/cloud/users",
        "/index.php/ocs/v2.php/apps/notifications/api/v2/notifications",
        "/cloud/ocs/v1.php/apps/files_sharing/api/v1/shares", "/idp/.well-known/jwks.json",
    ])
    func whileThePlaceIsUnknownPagesPass(_ path: String) throws {
        for kind in BackendKind.allCases {
            let table = RouteTable(kind: kind, isPlaceKnown: false)
            for method in ["GET", "POST"] {
                #expect(route(method, path, table) == .passThrough, "\(method) \(path)")
            }
            #expect(route("GET", "/photos/ocm/shares", table) == .passThrough)
        }
    }

    @Test func whileThePlaceIsUnknownTheUsualOneIsAsEver() throws {
        for kind in BackendKind.allCases {
            let table = RouteTable(
                kind: kind, endPoint: kind.usualEndPoint, isPlaceKnown: false)
            #expect(route("POST", "/ocm/shares", table) == .ocm(.shares))
            #expect(route("POST", "\(kind.usualEndPoint)/shares", table) == .ocm(.shares))
            #expect(route("GET", "/ocm-provider/", table) == .discovery)
            #expect(route("GET", "/cloud/ocm-provider/", table) == .unplaced(.discovery))
        }
        let known = RouteTable(kind: .nextcloud, isPlaceKnown: false)
        guard case .webdav = route("GET", "/public.php/webdav/x", known) else {
            Issue.record("not found")
            return
        }
    }

    @Test func seafilesEndPointsAreFound() throws {
        let webdav = RouteTable(kind: .seafile, endPoint: "/ocm-via-webdav/")
        #expect(route("POST", "/ocm-via-webdav/shares", webdav) == .ocm(.shares))
        let plain = RouteTable(kind: .seafile, endPoint: "/api/v2.1/ocm/")
        #expect(route("POST", "/api/v2.1/ocm/notifications/", plain) == .ocm(.notifications))
        #expect(route("GET", "/api/v2.1/ocm/shares-prepare/", plain) == .passThrough)
    }

    /// Its pattern has an unescaped dot, and older Django looks for it behind any beginning.
    @Test(
        arguments: [
            "/api/v2.1/ocm/shares/", "/api/v2.1/ocm/shares", "/api/v2.1/ocm/notifications/",
            "/api/v2x1/ocm/shares/", "/api/v2-1/ocm/notifications/", "/api/v2/1/ocm/shares/",
            "/api/v2%2f1/ocm/shares/", "/api/v2%2E1/ocm/shares/", "/api/v2%C3%A91/ocm/shares/",
            "/api/v2%CC%811/ocm/shares/",
            "/a%70i/v2.1/ocm/share%73/", "/x/api/v2.1/ocm/shares/", "/xapi/v2.1/ocm/shares/",
        ])
    func whatSeafileTakesOfItsLikeIsClosed(_ path: String) {
        for endPoint in ["/ocm-via-webdav/", "/api/v2.1/ocm/"] {
            for isPlaceKnown in [true, false] {
                let table = RouteTable(
                    kind: .seafile, endPoint: endPoint, isPlaceKnown: isPlaceKnown)
                #expect(route("POST", path, table) != .passThrough)
                #expect(table.judgedFamily(of: path) != nil)
            }
        }
        #expect(route("POST", path, RouteTable(kind: .nextcloud)) == .passThrough)
    }

    /// It lives in a folder that its document leaves out.
    @Test(
        arguments: [
            ("/seafile/ocm-via-webdav/shares", OCMEndpoint.shares),
            ("/seafile/ocm-via-webdav/notifications/", .notifications),
            ("/a/b/ocm-via-webdav/shares", .shares), ("/a/ocm-via%2Dwebdav/share%73", .shares),
        ])
    func whatSeafileTakesBelowAFolderIsAMessage(_ path: String, _ endpoint: OCMEndpoint) {
        for own in ["/ocm-via-webdav/", "/seafile/ocm-via-webdav/", "/api/v2.1/ocm/"] {
            let table = RouteTable(kind: .seafile, endPoint: own)
            #expect(route("POST", path, table) == .ocm(endpoint))
            #expect(table.judgedFamily(of: path) == .ocm(endpoint))
        }
        // A file of that name.
        let table = RouteTable(kind: .seafile, endPoint: "/ocm-via-webdav/")
        #expect(route("GET", "/lib/1/file/ocm-via-webdav/shares", table) == .passThrough)
        #expect(route("POST", path, RouteTable(kind: .nextcloud)) == .passThrough)
    }

    @Test(
        arguments: [
            "/seafile/ocm-via-webdav/received-shares/1/", "/seafile/xocm-via-webdav/shares",
            "/api/v2.1/ocm/shares-prepare/", "/api/v2.1/ocm/shares-received/x/",
            "/api/v2.1/ocm/providers/1/repos/2/dir/", "/lib/1/file/1/ocm/shares",
            "/api/v2/ocm/shares/", "/1/ocm/shares/", "/api/v2.1/ocm/shares/x",
        ])
    func whatItsPeopleAskForPasses(_ path: String) {
        let table = RouteTable(kind: .seafile, endPoint: "/ocm-via-webdav/")
        #expect(route("POST", path, table) == .passThrough)
    }

    @Test(
        arguments: [
            ("/ocm/shares", RouteFamily.ocm(.shares)), ("/.well-known/ocm", .discovery),
            ("/ocs-provider/", .ocsProvider), ("/ocm/jwks", .jwks), ("/ocm/token", .token),
            ("/ocs/v2.php/cloud/shares/3/accept", .ocs),
            ("/ocs/v2.php/cloud/shares/%/accept", .ocs),
            ("/status.php", .status), ("/apps/files_sharing/shareinfo", .shareInfo),
            ("/ocm/x", .unknownEndpoint), ("/public.php/webdav/a b%", .webdav(.publicWebDAV)),
            ("/public.php/webdav/\u{0}é", .webdav(.publicWebDAV)),
            ("/public.php/dav/files/%zz/x", .webdav(.publicFiles)), ("/index.php", nil), ("", nil),
            ("ocm/shares", nil), ("/é", nil), ("/", nil),
        ] as [(String, RouteFamily?)])
    func aFamilyIsFoundForAnyText(_ text: String, _ family: RouteFamily?) {
        #expect(Self.nextcloud.family(of: text) == family)
    }
}
