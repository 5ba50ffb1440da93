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

    private func bearer(_ token: String) -> String { "Authorization: Bearer \(token)" }
}
