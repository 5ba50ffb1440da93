import Federation
import OpenSSL
import Transport

/// The old server behind its gateway, and a server that takes nothing but RFC 9421 and tokens: both
/// ways, which is impossible without the gateway (`protocol.md` 8.9).
extension Story {
    mutating func tellStrictServer() async throws {
        guard let strict = world.modern.strict else { throw DemoFailure("no strict server") }
        try await tellShare(of: strict)
        try await tellShare(to: strict)
    }

    private var home: Site { world.home }

    // MARK: From the strict server

    private mutating func tellShare(of strict: StrictServer) async throws {
        let (providerID, uri) = (Random.alphanumeric(16), Random.alphanumeric(20))
        let code = Random.alphanumeric(32)
        strict.share("7.2\n", providerID: providerID, uri: uri, code: code)
        _ = try await send(
            try signed(
                ShareDocument.modern(
                    from: strict.host, to: World.host, secret: code, providerID: providerID,
                    uri: uri, permissions: ["read", "write"]),
                to: "/shares"),
            from: world.modern, as: "A strict server shares a file, by token only",
            saying: world.modern.generation.description, expecting: .accepted
        ) { [home] _, scene in
            scene.expect(home.backend.newestShare != nil, "the old server cannot use the share")
            scene.expect(
                home.backend.newestShare?.secret != code, "the old server holds the code itself")
        }
        guard let share = home.backend.newestShare else { return }

        _ = strict.takeReceived()
        try await take(
            Action(site: home, saying: "accepts it, unsigned", deciding: [home]) { client in
                try client.notify(
                    "SHARE_ACCEPTED", providerID: share.providerID, secret: share.secret,
                    at: share.origin)
            }, as: "The old server accepts it"
        ) { _, scene in Self.expect("SHARE_ACCEPTED", of: providerID, at: strict, &scene) }

        try await take(
            Action(
                site: home, saying: "GET /, by the secret that it knows"
            ) { try $0.open(share, .get, "") }, as: "The old server reads the file, by token"
        ) { response, scene in
            scene.expect(response.text == "7.2\n", "the file's text is not right")
        }
        try await take(
            Action(site: home, saying: "PUT /") {
                try $0.open(share, .put, "", body: Array("7.3\n".utf8))
            }, as: "The old server writes it, by token"
        ) { _, scene in
            scene.expect(strict.text(of: uri) == "7.3\n", "the file has not changed where it is")
        }

        strict.unshare(providerID)
        _ = try await send(
            try signed(Self.notification("SHARE_UNSHARED", providerID), to: "/notifications"),
            from: world.modern, as: "The strict server ends the share",
            saying: world.modern.generation.description, expecting: .accepted
        ) { [home] _, scene in
            scene.expect(
                home.backend.newestShare?.secret != share.secret, "the old server still has it")
        }
    }

    // MARK: To the strict server

    private mutating func tellShare(to strict: StrictServer) async throws {
        let secret = Random.alphanumeric(15)
        permanentSecrets.append(secret)
        _ = strict.takeReceived()
        try await take(
            Action(
                site: home, saying: "shares /project with carol@\(strict.host), unsigned",
                deciding: [home]
            ) {
                try $0.share(
                    "project", providerID: 203, secret: secret, with: "carol",
                    at: "https://\(strict.host)")
            }, as: "The old server shares a folder with a strict one")
        guard let message = strict.takeReceived().first(where: { $0.path == "/ocm/shares" }),
            let offer = StrictOffer(message.body)
        else {
            complain("The strict server takes the share", "no share that it can use has come")
            return
        }

        _ = try await send(
            try signed(
                Self.notification("SHARE_ACCEPTED", offer.providerID), to: "/notifications"),
            from: world.modern, as: "The strict server accepts it",
            saying: world.modern.generation.description, expecting: .accepted
        ) { [home] _, scene in
            scene.expect(
                home.backend.heard("SHARE_ACCEPTED", of: secret),
                "the old server has not heard of it")
        }
        let token = try await exchange(offer.code, as: "The strict server gets a token for it")
        let file = offer.path(below: try await ourWebDAV()) + "/results.txt"
        let before = home.backend.text(of: "project/results.txt")
        _ = try await send(
            read(file, token), from: world.modern, as: "The strict server reads a file",
            saying: "Bearer", expecting: .read
        ) { response, scene in
            scene.expect(
                String(decoding: response.body, as: UTF8.self) == before,
                "the file's text is not right")
        }
        _ = try await send(
            write("44\n", to: file, token), from: world.modern,
            as: "The strict server writes it", saying: "Bearer", expecting: .read
        ) { [home] _, scene in
            scene.expect(
                home.backend.text(of: "project/results.txt") == "44\n",
                "the file has not changed where it is")
        }

        home.backend.unshare(secret)
        try await take(
            Action(site: home, saying: "ends the share, unsigned", deciding: [home]) { client in
                try client.notify(
                    "SHARE_UNSHARED", providerID: "203", secret: secret,
                    at: "https://\(strict.host)")
            }, as: "The old server ends the share"
        ) { _, scene in Self.expect("SHARE_UNSHARED", of: offer.providerID, at: strict, &scene) }
        _ = try await send(
            read(file, token), from: world.modern,
            as: "The strict server's token is worth nothing any more", saying: "Bearer",
            expecting: .refused)
    }

    /// Where data of shares lies by the gateway's own document.
    private func ourWebDAV() async throws -> String {
        let answer = try await world.send(
            OutgoingMessage(.get, "/.well-known/ocm"), from: world.modern)
        let types = (try JSONValue(parsing: answer.body)).object?["resourceTypes"]?.array ?? []
        let paths = types.compactMap { $0.object?["protocols"]?.object?["webdav"]?.string }
        guard let path = paths.first else { throw DemoFailure("no place of data is published") }
        return path
    }

    /// A step that could not be taken.
    private mutating func complain(_ title: String, _ complaint: String) {
        var scene = Scene(title)
        scene.expect(false, complaint)
        narrator.tell(scene)
    }

    private func signed(_ body: [UInt8], to path: String) throws -> OutgoingMessage {
        try OutgoingMessage(
            post: body, as: "application/json", to: home.backend.kind.endPoint + path,
            at: world.origin, signedBy: world.modern)
    }

    /// As opencloudmesh-go writes it: no secret in it.
    private static func notification(_ type: String, _ providerID: String) -> [UInt8] {
        JSONValue.object([
            ("notificationType", .string(type)), ("providerId", .string(providerID)),
            ("resourceType", .string("file")),
        ]).serialized()
    }

    private static func expect(
        _ type: String, of providerID: String, at strict: StrictServer, _ scene: inout Scene
    ) {
        let heard = strict.takeReceived().filter { $0.path == "/ocm/notifications" }
        for message in heard {
            scene.add(strict.host, "takes it, signed by \(message.keyID)")
        }
        scene.expect(
            heard.contains {
                $0.body["notificationType"]?.string == type
                    && $0.body["providerId"]?.string == providerID
            }, "the strict server has not heard of it")
    }
}

/// A share as a strict server understands it.
struct StrictOffer {
    let providerID: String
    let code: String
    private let uri: String

    /// nil unless the data is by token alone.
    init?(_ share: JSONObject) {
        guard let id = share["providerId"]?.string,
            let webdav = share["protocol"]?.object?["webdav"]?.object,
            let uri = webdav["uri"]?.string, let code = webdav["sharedSecret"]?.string
        else { return nil }
        providerID = id
        self.uri = uri
        self.code = code
    }

    /// The path of the data: of an absolute URI its own, else below the sender's place of data.
    func path(below webdav: String) -> String {
        var path = URLParts(uri)?.path ?? webdav + uri
        while path.hasSuffix("/") { path.removeLast() }
        return path
    }
}
