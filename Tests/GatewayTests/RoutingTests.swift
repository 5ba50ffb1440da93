import Federation
import Testing

@testable import Gateway
@testable import Transport

/// Paths in odd spellings, as they come off the wire.
@Suite struct RoutingTests {
    private func judge(
        _ raw: String, _ table: RouteTable = RouteTable(kind: .nextcloud)
    ) throws(PathFailure) -> (text: String, family: RouteFamily?) {
        switch try PathJudgement.of(Array(raw.utf8)[...], route: { table.family(of: $0) }) {
        case .routed(let path, let family): (path.text, family)
        case .passThrough(let path): (path.text, nil)
        }
    }

    @Test(
        arguments: [
            ("//ocm-provider/", "/ocm-provider/", RouteFamily.discovery),
            ("/%6fcm-provider/", "/ocm-provider/", .discovery),
            ("//ocs-provider/", "/ocs-provider/", .ocsProvider),
            ("//ocm//shares", "/ocm/shares", .ocm(.shares)),
            ("/ocm/%73hares", "/ocm/shares", .ocm(.shares)),
            ("/index.php//ocm/shares/", "/index.php/ocm/shares/", .ocm(.shares)),
            ("//ocs//v1.php/cloud/shares", "/ocs/v1.php/cloud/shares", .ocs),
            ("/public.php//webdav/%41", "/public.php/webdav/A", .webdav(.publicWebDAV)),
            ("//ocm/token", "/ocm/token", .token),
            ("/remote.php/dav/files/alice/a%2fb", "/remote.php/dav/files/alice/a%2fb", nil),
            ("/remote.php/dav/files/alice/./a:b/", "/remote.php/dav/files/alice/a:b/", nil),
        ] as [(String, String, RouteFamily?)])
    func everySpellingIsRoutedAndForwardedAsOne(
        _ raw: String, _ text: String, _ family: RouteFamily?
    ) throws {
        let judged = try judge(raw)
        #expect(judged.text == text)
        #expect(judged.family == family)
    }

    @Test(arguments: [
        "/ocm%2Fshares", "/ocm%2fshares", "/index.php/ocm%2Fshares", "/ocm/%2Fshares",
        "/ocs%2Fv2.php%2Fcloud%2Fshares", "/ocm%252Fshares", "/public.php/webdav/a%2Fb",
        "/public.php/webdav/%252e%252e/x", "/ocm-provider%2F", "/index.php%2Focm/shares",
        "/x/../ocm/shares", "/ocm;x/shares", "/x/%2e%2e/ocm/shares", "/ocm\\shares",
        "/ocm%5cshares", "/ocm/shares%00", "//ocm%5c..", "//ocm/%5c..", "/./ocm/shares",
        "/public.php/./webdav/x", "/./status.php", "/.well-known/./ocm",
        "/ocs/./v1.php/cloud/shares", "/apps/federatedfilesharing/./createFederatedShare",
    ])
    func noSpellingLeadsAroundThePolicy(_ raw: String) {
        #expect(throws: PathFailure.self) { try judge(raw) }
    }

    /// Data are 503: at 404 a Nextcloud deletes the mount.
    @Test(
        arguments: [
            ("POST /old/ocm/shares", 404, "not_found"),
            ("POST /old/ocs/v2.php/cloud/shares", 404, nil),
            ("POST /old/index.php/apps/files_sharing/shareinfo", 503, "backend_unavailable"),
            ("GET /old/public.php/webdav/x", 503, "backend_unavailable"),
            ("GET /old/public.php/dav/files/SECRET0PERMANEN/x", 503, "backend_unavailable"),
        ] as [(String, Int, String?)])
    func whatIsInAnotherFolderIsToldWhereItIs(
        _ request: String, _ status: Int, _ code: String?
    ) async throws {
        let world = try await TestGateway()
        try world.moveBackend()
        let planned = try world.plan("\(request) HTTP/1.1", "Content-Length: 0")
        #expect(planned.status == status)
        if let code {
            #expect(planned.code == code)
            #expect(planned.hint?.contains("are at /cloud/") == true)
        }
        let log = world.logged()
        #expect(log.contains("in another folder than") && log.contains("/cloud/"))
        #expect(!log.contains("SECRET0PERMANEN"))
    }

    /// At any other status Nextcloud sets the whole share aside.
    @Test(arguments: [
        "%252e%252e", "%252E", "..%252Fx", "a%252F..%252Fb", "a/%2525252e/b", "a%2500",
    ])
    func aNameOfSharedDataThatClimbsWhenItIsDecodedAgainIsNotFound(_ name: String) async throws {
        let world = try await TestGateway()
        for folder in ["/public.php/webdav", "/public.php/dav/files/7"] {
            for method in ["PROPFIND", "GET", "PUT"] {
                let planned = try world.plan("\(method) \(folder)/\(name) HTTP/1.1", basic("x"))
                #expect((planned.status, planned.code) == (404, "malformed_path"))
            }
            for line in ["POST \(folder)/\(name)", "GET \(folder)/a%2F\(name)"] {
                let planned = try world.plan("\(line) HTTP/1.1", basic("x"))
                #expect((planned.status, planned.code) == (400, "malformed_path"))
            }
        }
        #expect(world.logged().contains("double_encoding"))
        let own = try world.plan("GET /remote.php/dav/files/alice/\(name) HTTP/1.1")
        #expect(own.status == nil)
    }

    /// Who meets one has a client or a file of long ago, and can only go by what is said.
    @Test(arguments: [
        ("M%FCller.txt", "UTF-8"), ("%e4%b8", "UTF-8"), ("a%01", "control character"),
        ("a%0Ab", "control character"), ("a%7f", "control character"), ("..;x", "dot segment"),
        (".;x", "dot segment"),
    ])
    func whatIsWrongWithANameIsSaid(_ name: String, _ word: String) async throws {
        let world = try await TestGateway()
        for folder in ["/remote.php/dav/files/alice", "/public.php/webdav"] {
            let planned = try world.plan("PUT \(folder)/\(name) HTTP/1.1", "Content-Length: 0")
            #expect((planned.status, planned.code) == (400, "malformed_path"))
            #expect(planned.hint?.contains(word) == true)
        }
    }

    @Test func aPathOnlyEverHasOneReading() throws {
        var numbers = SystemRandomNumberGenerator()
        let pieces = [
            "/", "//", "a", "ocm", "shares", "%2f", "%2F", "%2e", ".", "..", ";", "%25", "%5c",
            "%61", "%c3%a9", "public.php", "webdav", "index.php", "\\", "%00", "ü",
        ]
        let table = RouteTable(kind: .nextcloud)
        for _ in 0..<1000 {
            let raw =
                "/"
                + (0..<Int.random(in: 1...9, using: &numbers))
                .map { _ in pieces.randomElement(using: &numbers) ?? "" }.joined()
            guard let judged = try? judge(raw, table) else { continue }
            #expect(!judged.text.contains("//"), "\(raw)")
            #expect(!judged.text.split(separator: "/").contains(".."), "\(raw)")
            // What is forwarded is judged in the same way when it comes again.
            guard let again = try? judge(judged.text, table) else {
                Issue.record("\(raw) goes on as \(judged.text), which is refused")
                continue
            }
            #expect(again.text == judged.text && again.family == judged.family, "\(raw)")
            #expect(table.family(of: judged.text) == judged.family, "\(raw)")
        }
    }

    @Test(
        arguments: [
            ("POST /cloud/index.php/ocm/shares", "shares"),
            ("POST /cloud//ocm/notifications", "notifications"),
            ("POST /cloud/ocm/token", "token"), ("POST /cloud/ocs/v2.php/cloud/shares", "ocs"),
            ("GET /cloud/public.php/webdav/a", nil),
            ("POST /cloud/index.php/apps/files_sharing/shareinfo", nil),
        ] as [(String, String?)])
    func untilTheDocumentIsReadNothingInAFolderIsForwarded(
        _ line: String, _ kind: String?
    ) async throws {
        let world = try await TestGateway()
        guard case .answered(let answer) = try world.plan("\(line) HTTP/1.1") else {
            Issue.record("\(line) goes on")
            return
        }
        #expect(answer.status == 503 && answer.values("retry-after") == ["30"])
        #expect(world.world.decisions().compactMap { $0["kind"]?.string }.first == kind)
        try world.moveBackend()
        #expect(try world.plan("\(line) HTTP/1.1").status != 503)
    }

    @Test func untilTheDocumentIsReadNoPageOpensByTheCredentialOfAShare() async throws {
        let world = try await TestGateway(kind: "generic")
        let code = try await world.share("SECRET0PERMANEN", handle: .make).credential
        for secret in ["SECRET0PERMANEN", code] {
            let planned = try world.plan("GET /fed/dav/a HTTP/1.1", basic(secret))
            #expect((planned.status, planned.code) == (503, "backend_unavailable"))
        }
        for (target, credential) in [
            ("/fed/dav/a", basic("alice")),
            ("/remote.php/dav/files/alice/ocm/shares", basic("alice")),
            ("/index.php/apps/files/", "Accept: */*"),
        ] {
            #expect(try !world.plan("GET \(target) HTTP/1.1", credential).lines.isEmpty)
        }
    }

    /// In whatever spelling the backend's document names its API: requests have one.
    @Test(arguments: [
        ("/a//ocm", "/a/ocm"), ("//ocm/", "/ocm"), ("/api//v1", "/api/v1"), ("/%61pi", "/api"),
        ("/caf%c3%a9", "/caf%C3%A9"), ("/caf%c3%a9/ocm", "/caf%C3%A9/ocm"), ("/", ""),
    ])
    func theBackendsOwnEndPointIsFoundByItsOneSpelling(_ written: String, _ path: String) throws {
        let backend = try TestWorld().gateway.backend
        let document =
            #"{"enabled":true,"apiVersion":"1.0","endPoint":"https://cloud.test\#(written)"}"#
        backend.learn(try DiscoveryDocument(parsing: Array(document.utf8)), statusVersion: nil)
        let view = backend.view
        #expect(view.endPoint == path)
        for raw in ["\(path)/shares", "\(written)/shares"] {
            #expect(try judge(raw, view.routes).family == .ocm(.shares), "\(raw)")
        }
    }
}
