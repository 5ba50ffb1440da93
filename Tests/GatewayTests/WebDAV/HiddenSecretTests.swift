import Federation
import Testing

@testable import Gateway
@testable import Transport

/// A code of ours in the path of shared data: what the backend is asked with, and what of its answer
/// the peer reads.
@Suite(.serialized) struct HiddenSecretTests {
    private static let secret = "SECRET0PERMANEN"
    static let places = [
        ("nextcloud", "/public.php/dav/files"), ("owncloud10", "/remote.php/dav/public-files"),
    ]

    @Test(arguments: places)
    func aListingNamesTheCodeWhereTheBackendNamesTheSecret(
        _ kind: String, _ files: String
    ) async throws {
        let (world, code) = try await world(kind)
        let inside = "\(files)/\(Self.secret)"
        let body = """
            <d:multistatus xmlns:d="DAV:"><d:response><d:href>\(inside)/</d:href><d:propstat>
            <d:prop><d:displayname>\(Self.secret)</d:displayname></d:prop></d:propstat></d:response>
            <d:response><d:href>https://cloud.test\(inside)/a%2520b</d:href></d:response>
            <d:response><d:href>\(inside)</d:href></d:response>
            <d:response><d:href>files/SECRET0/\(Self.secret)SECRET0PERM</d:href></d:response>
            </d:multistatus>
            """
        let expected = body.replacing("https://cloud.test", with: "")
            .replacing(Self.secret, with: code)
        for size in [1, 7, 16, 10_000] {
            let told = try answer(
                to: "PROPFIND \(files)/\(code)/ HTTP/1.1", in: world, 207, body: body, size: size)
            #expect(told.body == expected, "\(size)")
        }
    }

    @Test(arguments: places)
    func aLockIsOfThePathThatWasAskedFor(_ kind: String, _ files: String) async throws {
        let (world, code) = try await world(kind)
        let body =
            "<d:prop xmlns:d=\"DAV:\"><d:lockroot><d:href>\(files)/\(Self.secret)/a</d:href>"
            + "</d:lockroot></d:prop>"
        for status in [200, 201] {
            let told = try answer(
                to: "LOCK \(files)/\(code)/a HTTP/1.1", in: world, status, body: body)
            #expect(told.body == body.replacing(Self.secret, with: code))
        }
    }

    @Test(arguments: [
        ("GET", 404), ("PUT", 201), ("PUT", 423), ("GET", 302), ("DELETE", 500), ("MKCOL", 405),
        ("OPTIONS", 200), ("PROPFIND", 404), ("GET", 208),
    ])
    func noFieldAndNoErrorTellsTheSecret(_ method: String, _ status: Int) async throws {
        let files = "/public.php/dav/files"
        let (world, code) = try await world("nextcloud")
        let told = try answer(
            to: "\(method) \(files)/\(code)/a HTTP/1.1", in: world, status,
            fields: [
                "Location: https://cloud.test\(files)/\(Self.secret)/b?c", "OC-Path: /x",
                "Content-Location: \(files)/\(Self.secret)/a", "Link: </a>; rel=\"up\"",
                "Link: <\(files)/\(Self.secret)/>; rel=\"self\"",
            ], body: "files/\(Self.secret)/a is not here\n")
        #expect(told.body == "files/\(code)/a is not here\n")
        #expect(
            told.fields == [
                "oc-path: /x", "location: https://cloud.test\(files)/\(code)/b?c",
                "content-location: \(files)/\(code)/a", "link: </a>; rel=\"up\"",
                "link: <\(files)/\(code)/>; rel=\"self\"",
            ])
    }

    @Test func theFileItselfPassesAsItIs() async throws {
        let (world, code) = try await world("nextcloud")
        for status in [200, 206] {
            let told = try answer(
                to: "GET /public.php/dav/files/\(code)/a HTTP/1.1", in: world, status,
                fields: ["Content-Encoding: gzip"], body: Self.secret)
            #expect(told.edit.transform == nil)
        }
    }

    @Test func whatCannotBeLookedIntoIsNotSentOn() async throws {
        let (world, code) = try await world("nextcloud")
        let forwarding = try forwarding(
            "PROPFIND /public.php/dav/files/\(code)/ HTTP/1.1", "Accept-Encoding: gzip", in: world)
        let text = String(decoding: forwarding.head.finish(), as: UTF8.self)
        #expect(text.contains("accept-encoding: identity\r\n") && !text.contains("gzip"))
        for field in [
            "Content-Encoding: gzip", "Content-Type: application/xml; charset=\"UTF-16LE\"",
            "Content-Type: text/html;charset=ISO-10646-UCS-2",
        ] {
            let head = try head("PROPFIND", 404, [field], length: 9)
            guard case .answer(let answer)? = forwarding.replacing?(head) else {
                throw TestGateway.NoAddress()
            }
            #expect(answer.status == 502)
        }
    }

    /// A secret that is cut in two is found in neither part.
    @Test(arguments: ["nextcloud", "cernbox"])
    func aPartOfAnAnswerIsNotSentOn(_ kind: String) async throws {
        let world = try await TestGateway(kind: kind)
        let code = try await world.share(Self.secret, id: "7f3a", handle: .make).credential
        let request =
            kind == "cernbox"
            ? ["/remote.php/dav/ocm/7f3a/a HTTP/1.1", basic(code)]
            : ["/public.php/dav/files/\(code)/a HTTP/1.1"]
        for (method, isFile) in [("LOCK", false), ("OPTIONS", false), ("GET", true)] {
            let lines = ["\(method) \(request[0])"] + request.dropFirst()
            let part = try head(method, 206, ["Content-Range: bytes 0-8/99"], length: 9)
            switch try forwarding(lines, in: world).replacing?(part) {
            case .answer(let answer)?: #expect(!isFile && answer.status == 502)
            case .plan(_)?: Issue.record("\(method)")
            case nil: #expect(isFile)
            }
        }
    }

    @Test func aPageThatAnswersLockIsNoXML() async throws {
        let files = "/public.php/dav/files"
        let (world, code) = try await world("nextcloud")
        let told = try answer(
            to: "LOCK \(files)/\(code)/a HTTP/1.1", in: world, 200,
            fields: ["Content-Type: text/html; charset=utf-8"],
            body: "<!DOCTYPE html><br>\(Self.secret)")
        #expect(told.body == "<!DOCTYPE html><br>\(code)")
    }

    @Test func identityIsNoCoding() async throws {
        let (world, code) = try await world("nextcloud")
        let told = try answer(
            to: "PUT /public.php/dav/files/\(code)/a HTTP/1.1", in: world, 201,
            fields: ["Content-Encoding: identity"], body: Self.secret)
        #expect(told.body == code)
    }

    @Test func anAnswerToShareinfoRepeatsTheCode() async throws {
        let (world, code) = try await world("nextcloud")
        let path = "/index.php/apps/files_sharing/shareinfo"
        let told = try answer(
            to: "GET \(path)?t=\(code) HTTP/1.1", in: world, 301,
            fields: ["Location: https://cloud.test\(path)?t=\(Self.secret)"],
            body: "see ?t=\(Self.secret)")
        #expect(told.fields == ["location: https://cloud.test\(path)?t=\(code)"])
        #expect(told.body == "see ?t=\(code)")
        let unseen = [(200, ["Content-Encoding: gzip"]), (206, ["Content-Range: bytes 0-8/99"])]
        for (status, fields) in unseen {
            let unread = try forwarding("GET \(path)?t=\(code) HTTP/1.1", in: world)
                .replacing?(head("GET", status, fields, length: 9))
            guard case .answer(let answer)? = unread else { throw TestGateway.NoAddress() }
            #expect(answer.status == 502)
        }
    }

    @Test(arguments: places)
    func theTagsOfIfAreMapped(_ kind: String, _ files: String) async throws {
        let (world, code) = try await world(kind)
        let planned = try world.plan(
            "PUT \(files)/\(code)/a HTTP/1.1",
            "If: <https://cloud.test\(files)/\(code)/a> (<opaquelocktoken:1>) <\(files)/other/b> ([\"x\"])"
        )
        #expect(
            planned.values("if") == [
                "<\(files)/\(Self.secret)/a> (<opaquelocktoken:1>) <\(files)/other/b> ([\"x\"])"
            ])
    }

    // At our own paths the condition would be about another resource.
    @Test(arguments: ["https://elsewhere.test", "https://cloud.test:8443"])
    func anIfAboutAnotherServerIsRefused(_ origin: String) async throws {
        let (world, code) = try await world("nextcloud")
        let path = "/public.php/dav/files/\(code)/a"
        let head = try world.head([
            "PUT \(path) HTTP/1.1", "Content-Length: 0", "If: <\(origin)\(path)> ([\"x\"])",
        ])
        guard case .answer(let answer) = world.gateway.plan(head, from: world.client) else {
            throw TestGateway.NoAddress()
        }
        #expect(answer.status == 403)
    }

    // Who shows the secret itself knows it.
    @Test func nothingIsChangedForWhoKnowsTheSecret() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        for name in [Self.secret, "PUBLICLINK"] {
            let forwarding = try forwarding(
                "PROPFIND /public.php/dav/files/\(name)/ HTTP/1.1", in: world)
            let edit: HeadEdit = try forwarding.onHead?(WayOut.answer(207)) ?? .none
            #expect(edit.keep == nil && edit.remove == [] && edit.add.isEmpty)
            #expect(edit.transform == nil && forwarding.replacing == nil)
        }
    }

    @Test func aSecretIsFoundAsTextAndAsThePathHasIt() throws {
        var replacement = SecretReplacement(of: "a b/c", by: "code")
        let text = Array("-a b/c-a%20b%2Fc-a b-a%20b%2F".utf8)
        var output = try replacement.push(text.span)
        output += try replacement.finish()
        #expect(String(decoding: output, as: UTF8.self) == "-code-code-a b-a%20b%2F")
    }

    // MARK: A backend that puts the secret into the path itself

    static let words = [
        ("PROPFIND", 404), ("GET", 404), ("DELETE", 403), ("PUT", 409), ("LOCK", 423),
    ]

    /// CERNBox has the secret there where we, and the peer, have the name of the share.
    @Test(arguments: ["/remote.php/dav/ocm/7f3a", "/remote.php/dav/ocm"])
    func theNameOfAShareTakesThePlaceOfItsSecret(_ asked: String) async throws {
        let world = try await TestGateway(kind: "cernbox")
        let code = try await world.share(Self.secret, id: "7f3a", handle: .make).credential
        let token = try await world.token(code)
        let hrefs = [Self.secret, "7f3a"].map { "<d:href>/remote.php/dav/ocm/\($0)/a</d:href>" }
        let body = "<d:a xmlns:d=\"DAV:\">\(hrefs.joined())<d:n>\(Self.secret)/b</d:n></d:a>"
        let href = "<d:href>\(asked)/a</d:href>"
        let expected = "<d:a xmlns:d=\"DAV:\">\(href)\(href)<d:n>7f3a/b</d:n></d:a>"
        for shown in ["Bearer \(token)", "Bearer \(code)"].map({ "Authorization: \($0)" })
            + [basic(code)]
        {
            for size in [1, 7, 16, 10_000] {
                let told = try answer(
                    to: "PROPPATCH \(asked)/a HTTP/1.1", shown, in: world, 207, body: body,
                    size: size)
                #expect(told.body == expected, "\(size)")
            }
            for (method, status) in Self.words {
                let told = try answer(
                    to: "\(method) \(asked)/a HTTP/1.1", shown, in: world, status,
                    fields: ["Location: https://cloud.test/remote.php/dav/ocm/\(Self.secret)/b"],
                    body: "Resource /ocm/\(Self.secret)/a not found")
                #expect(told.body == "Resource /ocm/7f3a/a not found")
                #expect(
                    told.fields == ["location: https://cloud.test/remote.php/dav/ocm/7f3a/b"])
            }
        }
    }

    /// CERNBox has the path of the share there too: its mount is `/ocm`, or another one.
    @Test(arguments: ["/ocm/", "/", "/a", "/ab", "/abc"])
    func theNameOfAShareTakesThePlaceOfItsSecretInIDs(_ mount: String) async throws {
        let world = try await TestGateway(kind: "cernbox")
        let code = try await world.share(Self.secret, id: "7f3a", handle: .make).credential
        let id = base32("\(mount)\(Self.secret)/sub")
        let body = "<d:a xmlns:d=\"DAV:\"><oc:id>eos$\(id)====!12</oc:id>eos$\(id)"
        for size in [1, 7, 16, 10_000] {
            let told = try answer(
                to: "PROPFIND /remote.php/dav/ocm/7f3a/ HTTP/1.1", basic(code), in: world, 404,
                fields: ["OC-FileId: eos$\(id)!12"], body: body, size: size)
            let field = try #require(told.fields.first)
            // What the secret alone decides, wherever it begins.
            let inner = String(id.dropFirst(9).prefix(12))
            #expect(!told.body.contains(inner) && !field.contains(inner))
            let ids = told.body.replacing("====", with: "").split(separator: "$").dropFirst()
            let first = try #require(ids.first).prefix { $0 != "!" }
            #expect(ids.count == 2 && field == "oc-fileid: eos$\(first)!12")
            #expect(ids.allSatisfy { $0.contains(base32("7f3a")) })
        }
        let file = try answer(
            to: "PUT /remote.php/dav/ocm/7f3a/x HTTP/1.1", basic(code), in: world, 201,
            fields: ["OC-FileId: eos$\(base32("/ocm/\(Self.secret)"))!1"], body: "")
        #expect(file.fields == ["oc-fileid: eos$\(base32("/ocm/"))\(base32("7f3a"))!1"])
    }

    /// The vectors of RFC 4648, section 10, without their padding.
    @Test(arguments: [
        ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"),
        ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI"),
    ])
    func base32IsThatOfRFC4648(_ text: String, _ expected: String) {
        #expect(base32(text) == expected)
    }

    @Test func whatHoldsNoWordsOfTheBackendPassesAsItIs() async throws {
        let world = try await TestGateway(kind: "cernbox")
        let code = try await world.share(Self.secret, id: "7f3a", handle: .make).credential
        for (method, status) in [
            ("GET", 200), ("GET", 206), ("GET", 304), ("HEAD", 200), ("HEAD", 404),
        ] {
            let told = try answer(
                to: "\(method) /remote.php/dav/ocm/x HTTP/1.1", basic(code), in: world, status,
                fields: ["Content-Encoding: gzip"], body: Self.secret)
            #expect(told.edit.transform == nil && told.fields == ["content-encoding: gzip"])
        }
        let forwarding = try forwarding(
            "GET /remote.php/dav/ocm/x HTTP/1.1", basic(code), "Accept-Encoding: gzip", in: world)
        let text = String(decoding: forwarding.head.finish(), as: UTF8.self)
        #expect(text.contains("accept-encoding: identity\r\n") && !text.contains("gzip"))
        let coded = try head("GET", 404, ["Content-Encoding: gzip"], length: 9)
        guard case .answer(let answer)? = forwarding.replacing?(coded) else {
            throw TestGateway.NoAddress()
        }
        #expect(answer.status == 502)
    }

    /// With `Basic` the reva family puts it in front of what was asked for.
    @Test func aSecretThatStandsInFrontIsTakenOut() async throws {
        let world = try await TestGateway(kind: "generic")
        let document =
            #"{"enabled":true,"apiVersion":"1.1.0","endPoint":"https://cloud.test/ocm","#
            + #""resourceTypes":[{"name":"file","shareTypes":["user"],"#
            + #""protocols":{"webdav":"/dav/ocm/"}}]}"#
        world.gateway.backend.learn(
            try DiscoveryDocument(parsing: Array(document.utf8)), statusVersion: nil)
        let code = try await world.share(Self.secret, handle: .make).credential
        let told = try answer(
            to: "PROPFIND /dav/ocm/a HTTP/1.1", basic(code), in: world, 404,
            fields: ["Location: /dav/ocm/\(Self.secret)"],
            body: "/dav/ocm/\(Self.secret)/a not found, \(Self.secret)")
        #expect(told.body == "/dav/ocm/a not found, " && told.fields == ["location: /dav/ocm"])
    }

    // MARK: Asking

    private func base32(_ text: String) -> String {
        String(decoding: Base32.encoded(Array(text.utf8)), as: UTF8.self)
    }

    private func world(_ kind: String) async throws -> (TestGateway, code: String) {
        let world = try await TestGateway(kind: kind)
        return (world, try await world.share(Self.secret, handle: .make).credential)
    }

    private func forwarding(_ lines: String..., in world: TestGateway) throws -> Forwarding {
        try forwarding(lines, in: world)
    }

    private func forwarding(_ lines: [String], in world: TestGateway) throws -> Forwarding {
        guard
            case .forward(let forwarding) = world.gateway.plan(
                try world.head(lines), from: world.client)
        else { throw TestGateway.NoAddress() }
        return forwarding
    }

    private func head(
        _ method: String, _ status: Int, _ fields: [String], length: Int
    ) throws -> ResponseHead {
        let lines = ["HTTP/1.1 \(status) X"] + fields + ["Content-Length: \(length)"]
        var parser = ResponseHeadParser()
        let bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        let asked = try #require(Method(rawValue: method))
        guard case .head(let head, _) = try parser.parse(bytes.span, answering: asked) else {
            throw TestGateway.NoAddress()
        }
        return head
    }

    private struct Told {
        let edit: HeadEdit
        let fields: [String]
        let body: String
    }

    /// What the peer reads of an answer whose body comes in pieces of `size` bytes.
    private func answer(
        to lines: String..., in world: TestGateway, _ status: Int, fields: [String] = [],
        body: String, size: Int = 5
    ) throws -> Told {
        let forwarding = try forwarding(lines, in: world)
        let method = lines[0].prefix { $0 != " " }
        let head = try head(String(method), status, fields, length: body.utf8.count)
        #expect(forwarding.replacing?(head) == nil)
        let edit = try #require(forwarding.onHead?(head))
        var writer = HeadWriter(reserving: 100)
        writer.copyFields(of: head, except: edit.remove)
        for (name, value) in edit.add { try writer.add(name, value) }
        let kept = String(decoding: writer.finish(), as: UTF8.self).split(separator: "\r\n")
        var output: [UInt8] = []
        if var transform = edit.transform {
            var rest = Array(body.utf8)[...]
            while !rest.isEmpty {
                output += try transform.push(Array(rest.prefix(size)).span)
                rest = rest.dropFirst(size)
            }
            output += try transform.finish()
        }
        return Told(
            edit: edit,
            fields: kept.map { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                return parts[0].lowercased() + ":" + parts[1]
            }, body: String(decoding: output, as: UTF8.self))
    }
}
