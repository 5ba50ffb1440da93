import Federation
import Testing

@testable import Gateway
@testable import Transport

/// What ownCloud would take for a fatal error of all the files of a user never reaches it.
@Suite struct OwnCloudFilesTests {
    private static let lab = """
        [outbound]
        allow_private = ["127.0.0.0/8"]
        resolve = { "modern.test:443" = "127.0.0.1:9" }
        """
    private static let documents = [
        "/ocm-provider/", "/ocs-provider/", "/ocs-provider/index.php", "/status.php",
        "/cloud/ocm-provider/", "//ocs-provider/",
    ]
    private static let credential = basic("SECRET0PERMANEN")

    // MARK: Peers that are down

    @Test(arguments: [("owncloud10", 404), ("nextcloud", 502)])
    func documentsOfAPeerThatIsDown(_ kind: String, _ status: Int) async throws {
        let way = try TestEgress(outbound: Self.lab, allowing: ["127.0.0.0/8"], kind: kind)
        way.world.net.fail("https://modern.test/.well-known/ocm")
        for path in Self.documents {
            let outcome = try await way.through(
                "modern.test:443", "GET \(path) HTTP/1.1", "Host: modern.test")
            #expect(outcome.status == status, "\(path)")
        }
        // The log says what it was.
        let lines = way.logged()
        #expect(lines.count == Self.documents.count)
        #expect(lines.allSatisfy { $0["code"]?.string == "peer_unavailable" })
        #expect(lines.allSatisfy { $0["status"]?.number?.integer == status })
        // Of the data it hears that they may come back.
        let data = try await way.through(
            "modern.test:443", "PROPFIND /public.php/webdav/ HTTP/1.1", "Host: modern.test",
            Self.credential)
        #expect(data.status == 502)
    }
}
