import Federation
import Testing

@testable import Gateway
@testable import Transport

@Suite struct SharedRootTests {
    private static let secret = "SECRET0PERMANEN"

    /// Nextcloud and ownCloud ask there for every share, as discovery says, and never look at its URI.
    @Test(arguments: ["/dav/ocm", "/remote.php/dav/ocm"])
    func whoAsksAtTheRootOfAllSharesIsInsideTheirOwn(_ root: String) async throws {
        let world = try await TestGateway(kind: "opencloud")
        let (_, code) = try await world.share(
            Self.secret, id: "a", handle: .make, uri: "https://cloud.test/dav/ocm/a")
        let token = try await world.token(code)
        for credential in [bearer(token), bearer(code), basic(code)] {
            let move = try world.plan(
                "MOVE \(root)/x%20y HTTP/1.1", credential,
                "Destination: https://cloud.test\(root)/a/z",
                "If: <https://cloud.test\(root)/x%20y> (<urn:1>)")
            #expect(move.lines.first == "MOVE /dav/ocm/a/x%20y HTTP/1.1")
            #expect(move.values("authorization") == ["Bearer \(Self.secret)"])
            #expect(move.values("destination") == ["https://cloud.test/dav/ocm/a/a/z"])
            #expect(move.values("if") == ["</dav/ocm/a/x%20y> (<urn:1>)"])
            for elsewhere in ["/other", "/dav/ocm2/x", "/public.php/webdav/x"] {
                let planned = try world.plan(
                    "MOVE \(root)/x HTTP/1.1", credential,
                    "Destination: https://cloud.test\(elsewhere)")
                #expect((planned.status, planned.code) == (403, "destination_not_allowed"))
            }
            let plan = world.gateway.plan(
                try world.head("PROPFIND \(root)/ HTTP/1.1", credential, "Depth: 1"),
                from: world.client)
            #expect(Planned(plan).lines.first == "PROPFIND /dav/ocm/a/ HTTP/1.1")
            guard case .forward(let forwarding) = plan,
                var transform = forwarding.onHead?(try WayOut.answer(207)).transform
            else { throw TestGateway.NoAddress() }
            let hrefs = ["/dav/ocm/a/", "/dav/ocm/a/x%20y", "/dav/ocm/ab/x"]
            let body = hrefs.map { #"<a:href xmlns:a="DAV:">\#($0)</a:href>"# }.joined()
            let text = String(
                decoding: try transform.push(Array("<a>\(body)</a>".utf8).span), as: UTF8.self)
            for href in ["\(root)/", "\(root)/x%20y", "/dav/ocm/ab/x"] {
                #expect(text.contains(">\(href)<"), "\(text)")
            }
        }
    }

    /// As while nobody knew the share: its name is no folder of its own.
    @Test func atTheOtherRootOfAllSharesAShareIsByItsName() async throws {
        let world = try await TestGateway(kind: "opencloud")
        let (_, code) = try await world.share(
            Self.secret, id: "a", handle: .make, uri: "https://cloud.test/dav/ocm/a")
        let token = try await world.token(code)
        for credential in [bearer(token), bearer(code), basic(code)] {
            for (asked, inside) in [("/a", ""), ("/a/x%20y", "/x%20y"), ("/ab/x", "/ab/x")] {
                let get = try world.plan(
                    "GET /remote.php/dav/ocm\(asked) HTTP/1.1", credential)
                #expect(get.lines.first == "GET /dav/ocm/a\(inside) HTTP/1.1")
            }
            let move = try world.plan(
                "MOVE /remote.php/dav/ocm/a/x HTTP/1.1", credential,
                "Destination: https://cloud.test/remote.php/dav/ocm/a/z")
            #expect(move.values("destination") == ["https://cloud.test/dav/ocm/a/z"])
        }
    }

    @Test func whatNamesPathsIsAskedForAndTakenWithoutACoding() async throws {
        let world = try await TestGateway(kind: "opencloud")
        let (_, code) = try await world.share(
            Self.secret, id: "a", handle: .make, uri: "https://cloud.test/dav/ocm/a")
        for (line, isMapped) in [
            ("PROPFIND /dav/ocm/", true), ("LOCK /dav/ocm/x", true), ("GET /dav/ocm/x", false),
            ("PROPFIND /dav/ocm/a/", false),
        ] {
            let plan = world.gateway.plan(
                try world.head(
                    "\(line) HTTP/1.1", bearer(code), "Depth: 1", "Accept-Encoding: gzip"),
                from: world.client)
            guard case .forward(let forwarding) = plan else { throw TestGateway.NoAddress() }
            #expect(
                Planned(plan).values("accept-encoding") == [isMapped ? "identity" : "gzip"],
                "\(line)")
            for (status, coding, isRefused) in [
                (207, "gzip", true), (207, "identity", false), (404, "gzip", false),
            ] {
                let head = try WayOut.answer(status, coding: coding)
                guard case .answer(let answer)? = forwarding.replacing?(head) else {
                    #expect(!isMapped || !isRefused, "\(line) \(status) \(coding)")
                    continue
                }
                #expect(isMapped && isRefused && answer.status == 502, "\(line) \(coding)")
            }
        }
    }

    @Test func whatAShareAllowsHoldsAtTheRootOfAllSharesToo() async throws {
        let world = try await TestGateway(kind: "cernbox")
        let (_, code) = try await world.share(
            Self.secret, id: "a", permissions: .named(["read"]), handle: .make)
        let token = try await world.token(code)
        for credential in [bearer(token), basic(code)] {
            let get = try world.plan("GET /remote.php/dav/ocm/x HTTP/1.1", credential)
            #expect(get.lines.first == "GET /remote.php/dav/ocm/a/x HTTP/1.1")
            let put = try world.plan(
                "PUT /remote.php/dav/ocm/x HTTP/1.1", credential, "Content-Length: 0")
            #expect((put.status, put.code) == (403, "permission_not_allowed"))
            #expect(
                try world.plan("PROPFIND /remote.php/dav/ocm/ HTTP/1.1", credential).values("depth")
                    == ["1"])
        }
    }

    /// A share without a place of its own has none there either; nor has one that all share.
    @Test func aShareWithoutAPlaceIsNotTheRootOfAll() async throws {
        let world = try await TestGateway(kind: "opencloud")
        let (_, code) = try await world.share(Self.secret, handle: .make, uri: "/")
        let token = try await world.token(code)
        for credential in [bearer(token), basic(code)] {
            for path in ["/dav/ocm/", "/dav/ocm/x", "/dav/ocm/1"] {
                #expect(try world.plan("GET \(path) HTTP/1.1", credential).status == 403)
            }
        }
        let nextcloud = try await TestGateway()
        try await nextcloud.share(Self.secret)
        let other = try await nextcloud.token(Self.secret)
        #expect(try nextcloud.plan("GET /public.php/x HTTP/1.1", bearer(other)).status == 403)
    }

    private func bearer(_ token: String) -> String { "Authorization: Bearer \(token)" }
}
