import Federation
import Testing

@testable import Gateway
@testable import Transport

/// What whoever has a share could reach beyond it by a backend's own doing.
@Suite struct ShareBoundsTests {
    private static let secret = "SECRET0PERMANEN"
    private static let root = "/public.php/webdav"

    /// Nextcloud and ownCloud copy such a folder until the disk is full.
    @Test(arguments: ["nextcloud", "owncloud10", "opencloud"])
    func noFolderIsCopiedIntoItself(_ kind: String) async throws {
        let world = try await TestGateway(kind: kind)
        let (_, code) = try await world.share(Self.secret, id: "a", handle: .make)
        let token = try await world.token(code)
        let root = kind == "opencloud" ? "/dav/ocm/a" : Self.root
        for (source, target) in [
            ("", "/x"), ("/", "/x"), ("/e%CC%812", "/%C3%A92/x"), ("/a", "//a"), ("/a%21", "/a!/x"),
        ] {
            for method in ["COPY", "MOVE"] {
                for credential in [bearer(token), basic(code)] {
                    let planned = try world.plan(
                        "\(method) \(root)\(source) HTTP/1.1", credential,
                        "Destination: https://cloud.test\(root)\(target)", "Depth: 0")
                    #expect(
                        (planned.status, planned.code) == (403, "destination_not_allowed"),
                        "\(method) \(source) \(planned)")
                }
            }
        }
    }

    /// Nextcloud has all of them there, of whatever folder, to be read, deleted and written.
    @Test func aShareDoesNotOpenTheUploadsOfItsOwner() async throws {
        let uploads = "/public.php/dav/uploads"
        let world = try await TestGateway()
        let (_, code) = try await world.share(
            Self.secret, permissions: .named(["read", "write"]), handle: .make)
        try await world.share("SECRET-OF-TWO", id: "2")
        for secret in [code, "SECRET-OF-TWO"] {
            for method in ["PROPFIND", "GET", "PUT", "DELETE", "MKCOL", "OPTIONS"] {
                for path in ["\(uploads)/\(secret)/1/2", "\(uploads)/\(secret)"] {
                    for credential in ["Accept: */*", basic(secret)] {
                        let planned = try world.plan(
                            "\(method) \(path) HTTP/1.1", credential, "Depth: 1")
                        #expect((planned.status, planned.code) == (403, "not_allowed"))
                    }
                }
            }
        }
        #expect(try world.plan("PUT \(uploads)/PUBLICLINK/1/2 HTTP/1.1").status == nil)
    }

    private func bearer(_ token: String) -> String { "Authorization: Bearer \(token)" }
}
