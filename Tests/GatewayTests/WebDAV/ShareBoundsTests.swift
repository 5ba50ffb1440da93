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

    /// Its owner may be shut out by it, and nobody ends it when the share is over.
    @Test(
        arguments: [
            (nil, 1800), ("Infinite", 1800), ("Second-4100000000", 1800), ("Second-1801", 1800),
            ("Second-99999999999999999999", 1800), ("Infinite, Second-60", 1800),
            ("Second--1", 1800), ("60", 1800), ("Second-1800", 1800), ("Second-60", 60),
            ("Second-1", 1), ("Second-0", 1),
        ] as [(String?, Int)])
    func aLockThatAShareTakesHasAnEnd(_ asked: String?, _ seconds: Int) async throws {
        let fields = asked.map { ["Timeout: \($0)"] } ?? []
        for (kind, root) in [("nextcloud", Self.root), ("opencloud", "/dav/ocm/a")] {
            let world = try await TestGateway(kind: kind)
            let (_, code) = try await world.share(Self.secret, id: "a", handle: .make)
            let token = try await world.token(code)
            for credential in [bearer(token), basic(code)] {
                let head = try world.head(["LOCK \(root)/a HTTP/1.1", credential] + fields)
                let planned = Planned(world.gateway.plan(head, from: world.client))
                #expect(planned.values("timeout") == ["Second-\(seconds)"])
            }
        }
        let world = try await TestGateway()
        let link = try world.head(["LOCK \(Self.root)/a HTTP/1.1", basic("PUBLICLINK")] + fields)
        let planned = Planned(world.gateway.plan(link, from: world.client))
        #expect(planned.values("timeout") == (asked.map { [$0] } ?? []))
    }

    @Test func oneTimeoutIsSentForSeveral() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let planned = try world.plan(
            "LOCK \(Self.root)/a HTTP/1.1", basic(Self.secret), "Timeout: Second-60",
            "Timeout: Infinite")
        #expect(planned.values("timeout") == ["Second-1800"])
    }

    /// OpenCloud keeps a refreshed lock without an end.
    @Test(arguments: [
        ("opencloud", true), ("ocis", true), ("cernbox", true), ("nextcloud", false),
        ("owncloud10", false),
    ])
    func noLockIsRefreshedWhereThatTakesItsEnd(_ kind: String, _ isRefused: Bool) async throws {
        let world = try await TestGateway(kind: kind)
        let (_, code) = try await world.share(Self.secret, id: "a", handle: .make)
        let token = try await world.token(code)
        let root = isRefused ? "/dav/ocm" : Self.root
        for credential in [bearer(token), basic(code)] {
            let planned = try world.plan(
                "LOCK \(root)/x HTTP/1.1", credential, "If: (<urn:uuid:1>)", "Timeout: Second-60")
            #expect((planned.code == "not_allowed") == isRefused)
            #expect(planned.values("timeout") == (isRefused ? [] : ["Second-60"]))
            let other = try world.plan(
                "PUT \(root)/x HTTP/1.1", credential, "If: (<urn:uuid:1>)", "Content-Length: 0")
            #expect(other.status == nil)
        }
    }

    /// reva keeps them by their number alone, for all people and shares, and copies a folder file by file.
    @Test(arguments: [
        ("opencloud", true), ("ocis", true), ("cernbox", true), ("nextcloud", false),
        ("owncloud10", false),
    ])
    func noFileIsAPieceOfAnUpload(_ kind: String, _ isRefused: Bool) async throws {
        let world = try await TestGateway(kind: kind)
        let (_, code) = try await world.share(Self.secret, id: "a", handle: .make)
        let token = try await world.token(code)
        let root = isRefused ? "/dav/ocm" : Self.root
        let piece = "\(root)/mine.bin-chunking-777-2-1"
        for credential in [bearer(token), basic(code)] {
            for (line, destination) in [
                ("PUT \(piece)", "/x"), ("PUT \(piece.replacing("-", with: "%2D"))", "/x"),
                ("COPY \(root)/x", piece), ("MOVE \(root)/x", piece),
            ] {
                let planned = try world.plan(
                    "\(line) HTTP/1.1", credential, "OC-Chunked: 1",
                    "Destination: https://cloud.test\(destination)")
                #expect(planned.status == (isRefused ? 403 : nil), "\(line) \(planned)")
                #expect(planned.code == (isRefused ? "not_allowed" : nil))
            }
            for line in ["GET \(piece)", "DELETE \(piece)", "PUT \(root)/mine.bin"] {
                #expect(try world.plan("\(line) HTTP/1.1", credential).status == nil)
            }
            let away = try world.plan(
                "MOVE \(piece) HTTP/1.1", credential, "Destination: https://cloud.test\(root)/x")
            #expect(away.status == nil)
        }
    }

    private func bearer(_ token: String) -> String { "Authorization: Bearer \(token)" }
}
