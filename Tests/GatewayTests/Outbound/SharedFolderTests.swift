import Federation
import Testing
import Transport

/// Nextcloud calls a shared folder a file; OpenCloud and modern servers take the word for it.
@Suite struct SharedFolderTests {
    private let test: TestGateway

    init() async throws {
        test = try await TestGateway()
        test.world.net.answer(
            "https://one.test/.well-known/ocm", 200,
            """
            {"enabled":true,"apiVersion":"1.1.0","endPoint":"https://one.test/ocm",\
            "provider":"OpenCloud","resourceTypes":[{"name":"file","shareTypes":["user"],\
            "protocols":{"webdav":"/dav/ocm"}}],"capabilities":["/invite-accepted"]}
            """)
        _ = test.backend.take()
    }

    private static func properties(_ type: String) -> String {
        """
        <?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">\
        <d:response><d:href>/public.php/webdav/</d:href><d:propstat><d:prop><d:resourcetype>\
        \(type)</d:resourcetype></d:prop></d:propstat></d:response></d:multistatus>
        """
    }

    /// What the peer is told of the share: its type, and where its data are.
    private func told(
        id: String = "22", secret: String = "SECRET15CHARS00"
    ) async throws -> (type: String?, uri: String?) {
        let message = OutboundMessages.share(to: "one.test", id: id, secret: secret)
        #expect(try await test.world.send(message, to: "one.test").status == 201)
        let body = try #require(test.world.mail.sent.last?.body)
        let share = try #require(try JSONValue(parsing: body).object)
        let webdav = share["protocol"]?.object?["webdav"]?.object
        return (share["resourceType"]?.string, webdav?["uri"]?.string ?? webdav?["url"]?.string)
    }

    @Test func theBackendIsAskedWhatIsShared() async throws {
        test.backend.answers(207, Self.properties("<d:collection/>"))
        let folder = try await told()
        #expect(folder.type == "folder")
        #expect(folder.uri == "https://cloud.test/public.php/webdav/")
        #expect(
            test.backend.take() == [
                "PROPFIND /public.php/webdav/ Basic U0VDUkVUMTVDSEFSUzAwOg=="
            ])
        test.backend.answers(207, Self.properties("<oc:collection/>"))
        #expect(try await told(id: "23", secret: "SECRET15CHARS01").type == "file")
    }

    @Test(arguments: [(404, ""), (207, "<d:multistatus"), (207, ""), (503, "")])
    func whereItDoesNotSayItsWordStands(_ status: Int, _ body: String) async throws {
        test.backend.answers(status, body)
        let file = try await told()
        #expect(file.type == "file")
        #expect(file.uri?.hasSuffix("/ocmgate-file") == true)
    }

    /// CERNBox looks itself only where it is not told of tokens.
    @Test(arguments: [("", nil), (#","exchange-token""#, "folder")])
    func cernboxIsToldWhereItCannotLook(_ capability: String, _ type: String?) async throws {
        test.world.net.answer(
            "https://one.test/.well-known/ocm", 200,
            """
            {"enabled":true,"apiVersion":"1.3.0","endPoint":"https://one.test/ocm",\
            "provider":"CERNBox","resourceTypes":[{"name":"file","shareTypes":["user"],\
            "protocols":{"webdav":"/remote.php/dav/ocm"}}],"capabilities":["invites"\(capability)],\
            "tokenEndPoint":"https://one.test/ocm/token"}
            """)
        test.backend.answers(207, Self.properties("<d:collection/>"))
        #expect(try await told().type == type ?? "file")
        #expect(test.backend.take().isEmpty == (type == nil))
    }

    /// opencloudmesh-go would take the page of the folder for the file.
    @Test func aModernServerIsTold() async throws {
        test.world.net.answer("https://one.test/.well-known/ocm", 200, Self.modern)
        test.backend.answers(207, Self.properties("<d:collection/>"))
        #expect(try await told().type == "folder")
        test.backend.answers(207, Self.properties(""))
        #expect(try await told(id: "23", secret: "SECRET15CHARS01").type == "file")
    }

    private static let modern = """
        {"enabled":true,"apiVersion":"1.4.0","endPoint":"https://one.test/ocm",\
        "resourceTypes":[{"name":"file","shareTypes":["user"],\
        "protocols":{"webdav":"/webdav/ocm/"}}],"capabilities":["http-sig","exchange-token"],\
        "tokenEndPoint":"https://one.test/ocm/token","jwksUri":"https://one.test/jwks"}
        """

    @Test func whoLooksItselfOrKnowsNoFoldersIsToldTheBackendsWord() async throws {
        test.backend.answers(207, Self.properties("<d:collection/>"))
        _ = try await test.world.send(OutboundMessages.share(to: "two.test"), to: "two.test")
        #expect(test.backend.take() == [])
    }
}
