import Federation
import OpenSSL
import Synchronization
import Transport

/// A share of the old server's own: its permanent secret stays inside, tokens go out.
extension Story {
    /// The codes that the peer holds, of a share for writing and of one for reading only.
    mutating func tellTokens(writable: String, readable: String) async throws {
        let peer = world.modern
        let root = LegacyServer.webdav

        let token = try await exchange(writable, as: "The peer's code becomes a token")
        _ = try await send(
            read(root + "/results.txt", token), from: peer, as: "A file is read with the token",
            saying: "Bearer", expecting: .read
        ) { response, scene in
            scene.expect(response.body == Array("42\n".utf8), "the file's text is not right")
        }
        _ = try await send(
            write("43\n", to: root + "/results.txt", token), from: peer,
            as: "A file is written with the token", saying: "Bearer", expecting: .read)

        let readOnly = try await exchange(
            readable, as: "The code of a read-only share becomes a token")
        _ = try await send(
            write("0\n", to: root + "/results.txt", readOnly), from: peer,
            as: "A write is refused on the read-only share", saying: "Bearer",
            expecting: Expectation(statuses: 403...403, reach: .nobody))

        try await Task.sleep(for: .seconds(World.tokenSeconds) + .milliseconds(1200))
        _ = try await send(
            read(root + "/results.txt", token), from: peer, as: "The token has expired",
            saying: "Bearer",
            expecting: .unauthenticated)
    }

    mutating func tellSecrets() async throws {
        var scene = Scene("The permanent secrets were seen by nobody outside")
        let outside = [world.modern, world.other, world.cavage, world.legacy]
        for peer in outside {
            let seen = peer.seen.withLock { $0 }
            scene.add(peer.host, "saw \(seen.utf8.count) bytes of requests and answers")
            scene.expect(!holdsSecret(seen), "\(peer.host) has seen a permanent secret")
        }
        for site in world.sites {
            let log = site.gateway.log()
            scene.add("gateway, \(site.name)", "wrote \(log.utf8.count) bytes of log")
            scene.expect(!holdsSecret(log), "a permanent secret is in the gateway's log")
        }
        for site in world.sites {
            let seen = site.backend.seen
            scene.add("old server, \(site.name)", "saw \(seen.utf8.count) bytes")
            let others = permanentSecrets.filter { !site.backend.made($0) }
            scene.expect(
                !holdsSecret(seen, among: others), "it has seen a permanent secret of another")
        }
        narrator.tell(scene)
    }

    /// The old server shares a folder, and the gateway is told of it; the code that its peer gets.
    mutating func makeShare(
        _ path: String, providerID: String, permissions: String
    ) throws -> String {
        let secret = Random.alphanumeric(15)
        permanentSecrets.append(secret)
        world.backend.share(path, providerID: providerID, secret: secret)
        let file = "secret-\(providerID)"
        try world.files.write(secret, to: file)
        let added = try world.gateway.command([
            "share", "add", "--peer", world.modern.host, "--provider-id", providerID,
            "--secret-file", world.files.path(file), "--permissions", permissions,
        ])
        guard let code = added.object?["code"]?.string else {
            throw DemoFailure("`ocmgate share add` printed no code")
        }
        return code
    }

    mutating func exchange(_ code: String, as title: String) async throws -> String {
        let peer = world.modern
        let request = try OutgoingMessage(
            post: ShareDocument.tokenRequest(client: peer.host, code: code),
            as: "application/x-www-form-urlencoded", to: "/ocm/token", at: world.origin,
            signedBy: peer)
        let response = try await send(
            request, from: peer, as: title, saying: peer.generation.description,
            expecting: Expectation(statuses: 200...200, reach: .nobody))
        return (try? JSONValue(parsing: response.body))?.object?["access_token"]?.string ?? ""
    }

    func read(_ path: String, _ token: String) -> OutgoingMessage {
        OutgoingMessage(.get, path, fields: [(name: "Authorization", value: "Bearer \(token)")])
    }

    func write(_ text: String, to path: String, _ token: String) -> OutgoingMessage {
        OutgoingMessage(
            .put, path, fields: [(name: "Authorization", value: "Bearer \(token)")],
            body: [UInt8](text.utf8))
    }

    /// Whether a text holds a permanent secret, as it is or as Basic credentials carry it.
    private func holdsSecret(_ text: String, among secrets: [String]? = nil) -> Bool {
        (secrets ?? permanentSecrets).contains { secret in
            text.contains(secret)
                || text.contains(Base64.encode(Array("\(secret):".utf8)).prefix(20))
        }
    }
}

extension Story.Expectation {
    static let read = Story.Expectation(statuses: 200...299, reach: .backend, decides: .silently)
}
