import HTTPSignatures
import OpenSSL
import Testing
import Transport

@testable import ocmgate_demo

/// The strict server of the demonstration takes only what a strict server takes.
struct StrictServerTests {
    private let server: StrictServer
    private let sender: Peer
    private let other: Peer
    private let origin: Origin

    init() throws {
        server = try StrictServer("strict.test")
        sender = try Peer("sender.test", .modern)
        other = try Peer("other.test", .modern)
        origin = try #require(Origin("https://strict.test"))
        for peer in [sender, other] {
            let key = try VerificationKey(try #require(peer.key).publicKey)
            let jwk = JWK(key, id: peer.keyID)
            server.believe(
                peer.host,
                try JWKSet([
                    (
                        members: Dictionary(
                            uniqueKeysWithValues: jwk.members.map { ($0.name, $0.value) }),
                        lists: [:], others: []
                    )
                ]))
        }
    }

    private func share(_ host: String = "sender.test") -> [UInt8] {
        ShareDocument.modern(from: host, to: "strict.test", secret: "code")
    }

    private func status(
        _ body: [UInt8], to path: String = "/ocm/shares", signedBy peer: Peer?,
        as type: String = "application/json"
    ) throws -> Int? {
        let message =
            try peer.map {
                try OutgoingMessage(post: body, as: type, to: path, at: origin, signedBy: $0)
            } ?? OutgoingMessage(.post, path, body: body)
        let own = [
            (name: "Host", value: "strict.test"), (name: "Content-Length", value: "\(body.count)"),
        ]
        return server.answer(
            PlainRequest(method: .post, path: path, fields: own + message.fields, body: body)
        )?.status
    }

    @Test func aSignedShareByTokenIsTaken() throws {
        #expect(try status(share(), signedBy: sender) == 201)
        #expect(server.takeReceived().map(\.keyID) == ["sender.test#key1"])
    }

    @Test func everythingElseIsNot() throws {
        #expect(try status(share(), signedBy: nil) == 401)
        #expect(try status(share(), signedBy: other) == 403)
        #expect(try status(share(), signedBy: Peer("stranger.test", .modern)) == 401)
        let secret = ShareDocument.nextcloud33(
            from: "sender.test", to: "strict.test", secret: "secret")
        #expect(try status(secret, signedBy: sender) == 403)
        #expect(server.takeReceived().isEmpty)
    }

    @Test func dataAreOpenedByATokenForThemAlone() throws {
        server.share("text", providerID: "1", uri: "one", code: "code")
        let form = ShareDocument.tokenRequest(client: "sender.test", code: "code")
        let type = "application/x-www-form-urlencoded"
        #expect(try status(form, to: "/ocm/token", signedBy: nil) == 401)
        #expect(try status(form, to: "/ocm/token", signedBy: other, as: type) == 400)
        #expect(try status(form, to: "/ocm/token", signedBy: sender, as: type) == 200)
        func get(_ path: String, _ credential: String) -> Int? {
            server.answer(
                PlainRequest(
                    method: .get, path: path,
                    fields: [(name: "Authorization", value: credential)])
            )?.status
        }
        #expect(get("/webdav/ocm/one", "Bearer code") == 401)
        #expect(get("/webdav/ocm/one", "Basic Y29kZTo=") == 401)
    }
}
