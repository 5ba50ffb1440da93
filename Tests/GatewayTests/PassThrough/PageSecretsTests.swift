import Federation
import Testing

@testable import Gateway
@testable import Transport

@Suite struct PageSecretsTests {
    private static let secret = "SECRET0PERMANEN"

    @Test(arguments: [
        "/s/\(secret)", "/index.php/s/\(secret)/download", "/s//\(secret)?path=%2F",
        "/s/./\(secret)", "/s/%53ECRET0PERMANEN", "/s/\(secret);x", "/s/\(secret)%3fx",
        "/s/\(secret)%23", "/index.php/s%2f\(secret)/download", "/s/\(secret)%2Fdownload",
        "/index.php%2Fs%2F\(secret)", "/s%5c\(secret)",
        "/s/\(secret)%20", "/s/\(secret)\(String(repeating: "%20", count: 600))/download",
        "/apps/editor/page?token=\(secret)\(String(repeating: "+", count: 1600))",
        "/apps/files_sharing/publicpreview/\(secret)",
        "/apps/editor/page?x=1&token=\(secret)", "/apps/editor/page?token=%53ECRET0PERMANEN+",
        "/apps/files_sharing/ajax/publicpreview.php?t=\(secret)&file=a",
        "/apps/editor/page?token=\(secret)%00", "/apps/editor/page?token=%53ECRET0PERMANEN%zz",
        "/apps/editor/page?of=%2Fs%2F\(secret)%2Fdownload",
    ])
    func noPageOpensByTheSecretOfAShare(_ target: String) async throws {
        for kind in ["nextcloud", "owncloud10"] {
            let world = try await TestGateway(kind: kind, token: "accept_secret = \"all\"")
            #expect(try world.plan("GET \(target) HTTP/1.1").status == nil)
            try await world.share(Self.secret)
            let planned = try world.plan("GET \(target) HTTP/1.1")
            #expect((planned.status, planned.code) == (401, "secret_refused"))
            #expect(!world.logged().contains(Self.secret))
        }
    }

    @Test(arguments: [
        "/s/PUBLICLINK00000/download", "/remote.php/dav/files/alice/SECRET0PERMANEN.txt", "/",
        "/s/SECRET0PERMANEN0?x=%zz&y",
    ])
    func everythingElseIsTheBackends(_ target: String) async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        #expect(try world.plan("GET \(target) HTTP/1.1").status == nil)
    }

    /// What stands in a body comes before the path, and Talk asks so for the messages of a room.
    @Test(
        arguments: [
            ("application/json", "{\"limit\":100,\"search\":\"ali\",\"includeStatus\":false}", nil),
            ("application/json", "{\"token\":\"PUBLICLINK00000\"}", nil),
            ("application/json", "[]", nil),
            ("application/json", "{\"token\":\"\(secret)\"}", 401),
            ("application/json", "{\"limit\":1,\"token\":\"/s/\\u0053ECRET0PERMANEN?x\"}", 401),
            ("application/x-www-form-urlencoded", "token=%53ECRET0PERMANEN", 401),
            ("text/plain; application/json", "{\"token\":\"\(secret)\"}", 415),
            ("text/plain", "x", 415), ("", "{\"limit\":100}", 415),
            ("application/json", "{\"token\":\"x\",\"token\":\"\(secret)\"}", 400),
        ] as [(String, String, Int?)])
    func theBodyOfAPageIsJudged(_ type: String, _ text: String, _ status: Int?) async throws {
        let body = Array(text.utf8)
        let fields = ["Content-Length: \(body.count)", "Content-Type: \(type)"]
        for kind in ["nextcloud", "owncloud10", "generic"] {
            let world = try await TestGateway(kind: kind)
            let chat = "/ocs/v2.php/apps/spreed/api/v1/chat/u4abcdef"
            let early = try world.head(["GET \(chat) HTTP/1.1"] + fields)
            #expect(Planned(world.gateway.plan(early, from: world.client)).status == nil)
            try await world.share(Self.secret)
            for method in ["GET", "HEAD"] {
                for target in [
                    chat, "/s/x/download", "/index.php/apps/files_sharing/publicpreview/x",
                    "/apps/federatedfilesharing/createFederatedShare", "//ocs/v2.php/apps/spreed",
                ] {
                    let head = try world.head(["\(method) \(target) HTTP/1.1"] + fields)
                    let planned = try await world.judged(head, body)
                    #expect(planned.status == status, "\(kind) \(method) \(target)")
                    #expect((planned.code == "secret_refused") == (status == 401))
                }
            }
            for method in ["POST", "PUT", "PROPFIND"] {
                let line = "\(method) /remote.php/dav/files/alice/a HTTP/1.1"
                let head = try world.head([line] + fields)
                #expect(Planned(world.gateway.plan(head, from: world.client)).status == nil)
            }
            #expect(!world.logged().contains(Self.secret))
        }
    }

    @Test func aPageWithoutParametersInABodyIsTheBackends() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        for fields in [
            ["Content-Type: application/json"], ["Content-Length: 0"],
            ["Content-Type: application/json", "Content-Length: 0"],
            // As HTTP/2 where the end of the head is not that of the request.
            ["Transfer-Encoding: chunked"],
            // Federated teams: no server takes parameters from what has no type.
            ["Content-Length: 9"],
        ] {
            let head = try world.head(["GET /s/x/download HTTP/1.1"] + fields)
            #expect(Planned(world.gateway.plan(head, from: world.client)).status == nil)
        }
    }

    /// Text and Office open a document by the secret that a body names.
    @Test(arguments: [
        "PUT /index.php/apps/text/public/session/7/create",
        "PUT /apps/text/public/session/create", "POST /apps/text/attachments",
        "POST /index.php/apps/richdocuments/token",
        "POST /ocs/v2.php/apps/richdocuments/api/v1/file",
        "POST /ocs/v1.php/apps/richdocuments/api/v1/direct/share/initiator",
        "PUT /apps/files_texteditor/ajax/closefile", "POST /index.php/apps/wopi/token/publiclink",
        "POST /apps/onlyoffice/ajax/new", "POST /ocs/v2.php/apps/onlyoffice/api/v1/key",
        // ownCloud shows the page of a link by every method.
        "POST /s/x", "PUT /index.php/s/x", "DELETE /s%2Fx",
    ])
    func noDocumentOpensByTheSecretOfAShareInABody(_ line: String) async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        for (secret, isLink) in [(Self.secret, false), ("PUBLICLINK00000", true)] {
            for name in ["token", "shareToken", "\\u0074oken"] {
                let body = Array("{\"fileId\":7,\"\(name)\":\"\(secret)\"}".utf8)
                let head = try world.head(
                    "\(line) HTTP/1.1", "Content-Type: application/json",
                    "Content-Length: \(body.count)")
                let planned = try await world.judged(head, body)
                #expect(planned.status == (isLink ? nil : 401))
                #expect(planned.code == (isLink ? nil : "secret_refused"))
                #expect(planned.lines.first == (isLink ? "\(line) HTTP/1.1" : nil))
            }
        }
    }

    private static let editor = "/apps/files_texteditor/ajax/savefile"
    private static let form = "application/x-www-form-urlencoded; charset=UTF-8"

    /// What becomes of a document that ownCloud's editor saves.
    private func save(
        _ world: TestGateway, _ body: [UInt8], type: String = Self.form, front: String = ""
    ) async throws -> Planned {
        let head = try world.head(
            "PUT \(front)\(Self.editor) HTTP/1.1", "Content-Type: \(type)",
            "Content-Length: \(body.count)")
        return try await world.judged(head, body, upTo: 8 << 20)
    }

    @Test(arguments: [
        (form, "path=%2Fa.txt&filecontents=x%00&mtime=7&sharingToken=\(secret)"),
        (form, "sharingToken=PUBLICLINK00000&sharingToken=%53ECRET0PERMANEN+&filecontents=x"),
        (
            "application/json",
            "{\"filecontents\":\"x\",\"sharingToken\":\"\\u0053ECRET0PERMANEN\"}"
        ),
    ])
    func noDocumentIsWrittenByTheSecretOfAShare(_ type: String, _ text: String) async throws {
        for front in ["", "/index.php"] {
            for kind in ["nextcloud", "owncloud10", "generic"] {
                let world = try await TestGateway(kind: kind)
                let body = Array(text.utf8)
                #expect(try await save(world, body, type: type, front: front).status == nil)
                try await world.share(Self.secret)
                let planned = try await save(world, body, type: type, front: front)
                #expect((planned.status, planned.code) == (401, "secret_refused"))
                #expect(!world.logged().contains(Self.secret))
            }
        }
    }

    /// Their own, of some MiB, with any letters, and also one that a secret stands in.
    @Test func peopleSaveTheirDocuments() async throws {
        let world = try await TestGateway(kind: "owncloud10")
        try await world.share(Self.secret)
        let text = "%00%01%FF%09+\(Self.secret)%0A" + String(repeating: "line%0A", count: 1 << 19)
        let form = "filecontents=\(text)&path=%2Fa.txt&mtime=7&sharingToken="
        #expect(try await save(world, Array(form.utf8)).status == nil)
        let drawing = String(repeating: "<x a=\\\"1\\\"/>\\n", count: 20_000)
        let json = "{\"fileId\":7,\"shareToken\":null,\"fileContents\":\"\(drawing)\"}"
        let body = Array(json.utf8)
        let head = try world.head(
            "PUT /index.php/apps/drawio/ajax/save HTTP/1.1", "Content-Type: application/json",
            "Content-Length: \(body.count)")
        #expect(try await world.judged(head, body, upTo: 8 << 20).status == nil)
    }

    /// PHP would look for parameters in them, or they leave no room for a document.
    @Test(arguments: [
        ("text/plain; application/json", "{\"sharingToken\":\"\(secret)\"}", 415),
        ("application/json; application/x-www-form-urlencoded", "{}", 415),
        ("multipart/form-data; boundary=a", "--a--", 415), ("text/plain", "x", 415),
        (form, "path=\(String(repeating: "a", count: 70_000))&filecontents=x", 413),
        (form, "path=\(String(repeating: "a", count: 20_000))&filecontents=x", 413),
        (form, "sharing.Token=x&filecontents=x", 400), (form, "filecontents%5B%5D=x", 400),
    ])
    func noOtherBodyIsSaved(_ type: String, _ text: String, _ status: Int) async throws {
        let world = try await TestGateway(kind: "owncloud10")
        try await world.share(Self.secret)
        #expect(try await save(world, Array(text.utf8), type: type).status == status)
    }

    /// The form for a link's password, and what has no body.
    @Test func pagesOfLinksAreAskedForAsEver() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let body = Array("requesttoken=a%2Bb%3D%3A&password=p%C3%A4ss+word".utf8)
        let head = try world.head(
            "POST /index.php/s/PUBLICLINK00000/authenticate/showShare HTTP/1.1",
            "Content-Type: application/x-www-form-urlencoded", "Content-Length: \(body.count)")
        #expect(try await world.judged(head, body).status == nil)
        #expect(try world.plan("DELETE /s/PUBLICLINK00000 HTTP/1.1").status == nil)
        let upload = try world.head(
            "PUT /remote.php/dav/files/alice/s/a.bin HTTP/1.1", "Content-Length: 900000000")
        #expect(Planned(world.gateway.plan(upload, from: world.client)).status == nil)
    }

    /// Whoever has the secret could tell it in anybody's name.
    @Test func remoteActivityIsTakenFromNobody() async throws {
        let world = try await TestGateway()
        for front in ["/ocs/v2.php", "/ocs/v1.php", "/index.php/ocsapp", "/index.php/ocs"] {
            for end in ["x", Self.secret] {
                let planned = try world.plan(
                    "POST \(front)/apps/activity/api/v2/remote/\(end) HTTP/1.1",
                    "Content-Length: 0")
                #expect((planned.status, planned.code) == (403, "not_allowed"))
            }
            let own = try world.plan("GET \(front)/apps/activity/api/v2/activity HTTP/1.1")
            #expect(own.status == nil)
        }
        #expect(!world.logged().contains(Self.secret))
    }

    /// What they say is signed by a key that nobody published, and makes a mount by a permanent secret.
    @Test func federatedTeamsAreTakenFromNobody() async throws {
        let world = try await TestGateway()
        for front in ["/apps/circles", "/index.php/apps/circles"] {
            for request in [
                "POST \(front)/event/", "POST \(front)/incoming/", "GET \(front)/circles/",
                "GET \(front)/circle/\(Self.secret)/", "GET \(front)/members/x/",
                "GET \(front)/member/user/bob/", "GET \(front)/inherited/x/",
                "GET \(front)/memberships/x/",
            ] {
                let planned = try world.plan("\(request) HTTP/1.1")
                #expect((planned.status, planned.code) == (501, "protocol_not_supported"))
                #expect(planned.hint?.contains("share with people") == true)
            }
            // What is asked of oneself, and what anybody may know.
            for request in ["POST \(front)/async/x/", "GET \(front)/", "GET \(front)/test"] {
                #expect(try world.plan("\(request) HTTP/1.1").status == nil)
            }
        }
        let own = try world.plan("GET /ocs/v2.php/apps/circles/circles HTTP/1.1")
        #expect(own.status == nil)
        let log = world.logged()
        #expect(!log.contains(Self.secret) && log.contains("federated teams"))
    }

    @Test(arguments: [
        ("application/x-www-form-urlencoded", "shareWith=eve%40evil.test&token=\(secret)"),
        ("application/x-www-form-urlencoded", "shareWith=eve%40evil.test&token=\(secret)+"),
        (
            "application/json",
            "{\"token\":\"\(secret)\(String(repeating: " ", count: 1600))\",\"shareWith\":\"e@evil.test\"}"
        ),
        ("application/json", "{\"token\":\"\(secret)\",\"shareWith\":\"eve@evil.test\"}"),
        ("multipart/form-data", "x"),
    ])
    func noShareIsMadeOfAShareLikeOfALink(_ type: String, _ body: String) async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        for path in ["", "/index.php"].map({
            $0 + "/apps/federatedfilesharing/createFederatedShare"
        }) {
            func ask(_ body: String) async throws -> Int? {
                let head = try world.head(
                    "POST \(path) HTTP/1.1", "Content-Type: \(type)",
                    "Content-Length: \(body.utf8.count)")
                return try await world.judged(head, Array(body.utf8)).status
            }
            #expect([401, 415].contains(try await ask(body)))
            let link = try await ask(body.replacing(Self.secret, with: "PUBLICLINK"))
            #expect(link == (type == "multipart/form-data" ? 415 : nil))
        }
    }
}
