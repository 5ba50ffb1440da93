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
            func ask(_ body: String) async throws -> Int {
                let head = try world.head(
                    "POST \(path) HTTP/1.1", "Content-Type: \(type)",
                    "Content-Length: \(body.utf8.count)")
                guard case .read(_, let then) = world.gateway.plan(head, from: world.client) else {
                    throw TestGateway.NoAddress()
                }
                return await then(
                    ReceivedRequest(head: head, body: Array(body.utf8), client: world.client)
                ).status
            }
            #expect([401, 415].contains(try await ask(body)))
            #expect(world.backend.take() == [])
            let link = try await ask(body.replacing(Self.secret, with: "PUBLICLINK"))
            #expect(link == (type == "multipart/form-data" ? 415 : 404))
            #expect(world.backend.take().count == (link == 404 ? 1 : 0))
        }
    }
}
