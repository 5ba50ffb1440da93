import Federation
import Foundation
import OpenSSL
import Transport

/// The other half of an old server: it finds its peers, sends them shares and notifications without
/// any signature, and opens what was shared with it by the secret alone.
///
/// Everything goes through the forward proxy; the server knows nothing more of the gateway.
struct LegacyClient: Sendable {
    let server: LegacyServer
    /// The proxy's port on loopback.
    let proxy: Int
    /// The certificate that was imported into the server.
    let authority: String

    /// What it took from a peer's discovery document.
    struct Remote {
        let endPoint: String
        /// With a slash at both ends.
        let webdav: String
    }

    /// Asks `/ocm-provider/`, as these servers do before everything.
    ///
    /// Refused, as they refuse it: a document of another version or without these members; then they
    /// would fall back to the older API.
    func discover(_ origin: String) throws -> Remote {
        let response = try send(.get, origin + "/ocm-provider/")
        guard response.status == 200,
            let document = try? JSONValue(parsing: response.body).object,
            document["enabled"]?.bool == true,
            document["apiVersion"]?.string == "1.0-proposal1",
            let endPoint = document["endPoint"]?.string,
            let webdav = webdav(in: document)
        else {
            throw DemoFailure("\(origin) is no server that \(server.kind.product) knows")
        }
        return Remote(endPoint: endPoint, webdav: webdav)
    }

    private func webdav(in document: JSONObject) -> String? {
        let types =
            switch server.kind {
            case .nextcloud: document["resourceTypes"]?.array
            case .owncloud10: document["shareTypes"]?.array ?? document["resourceTypes"]?.array
            }
        let file = types?.compactMap(\.object).first { $0["name"]?.string == "file" }
        return file?["protocols"]?.object?["webdav"]?.string
    }

    /// Shares `path` of its tree with a user elsewhere, and remembers the share when the peer says
    /// 201.
    func share(
        _ path: String, providerID: Int, secret: String, with user: String, at origin: String
    ) throws -> ProxiedRequest.Response {
        let remote = try discover(origin)
        let body = ShareDocument.legacy(
            server.kind, from: server.origin, sharing: path, to: user, at: origin,
            providerID: providerID, secret: secret)
        // It is there before the answer: some peers read at once.
        server.share(path, providerID: String(providerID), secret: secret)
        let response = try post(body, to: remote.endPoint + "/shares")
        if response.status != 201 { server.unshare(secret) }
        return response
    }

    func notify(
        _ type: String, providerID: String, secret: String, at origin: String
    ) throws -> ProxiedRequest.Response {
        let remote = try discover(origin)
        let body = JSONValue.object([
            ("notificationType", .string(type)), ("resourceType", .string("file")),
            ("providerId", .string(providerID)),
            (
                "notification",
                .object([
                    ("sharedSecret", .string(secret)), ("message", .string("by \(server.origin)")),
                ])
            ),
        ])
        return try post(body.serialized(), to: remote.endPoint + "/notifications")
    }

    /// A request for data of a share that it was told of: `path` is below the share's root.
    func open(
        _ share: ReceivedShare, _ method: Transport.Method, _ path: String, body: [UInt8] = []
    ) throws -> ProxiedRequest.Response {
        let remote = try discover(share.origin)
        var fields = [
            (name: "Authorization", value: "Basic " + Base64.encode(Array("\(share.secret):".utf8)))
        ]
        if !body.isEmpty { fields.append((name: "Content-Type", value: "text/plain")) }
        return try send(
            method, share.origin + remote.webdav + PercentEncoding.encode(path), fields, body)
    }

    private func post(_ body: [UInt8], to url: String) throws -> ProxiedRequest.Response {
        try send(.post, url, [(name: "Content-Type", value: "application/json")], body)
    }

    private func send(
        _ method: Transport.Method, _ url: String,
        _ fields: [(name: String, value: String)] = [], _ body: [UInt8] = []
    ) throws -> ProxiedRequest.Response {
        let own = [(name: "User-Agent", value: server.kind.userAgent)]
        let response = try ProxiedRequest(
            method: method, url: url, fields: own + fields, body: body
        ).send(through: proxy, believing: authority)
        server.note(response.text)
        return response
    }
}

/// A share as an old server understood it.
struct ReceivedShare: Sendable {
    let providerID: String
    let secret: String
    /// Of the server that has the data: its owner's, as it stands in the address.
    let origin: String

    /// nil for a document that these servers cannot use.
    ///
    /// Nextcloud 27 keeps a host without a scheme as it is and fails at every access
    /// (`protocol.md` 8.3), so here it cannot use it at once.
    init?(_ document: JSONObject, for kind: LegacyKind) {
        guard let owner = document["owner"]?.string, let at = owner.lastIndex(of: "@"),
            document["name"]?.string != nil,
            let secret = document["protocol"]?.object?["options"]?.object?["sharedSecret"]?.string,
            let id = document["providerId"]?.string ?? document["providerId"]?.number?.text
        else { return nil }
        var remote = String(owner[owner.index(after: at)...])
        while remote.hasSuffix("/") { remote.removeLast() }
        if !remote.hasPrefix("https://") {
            switch kind {
            case .nextcloud: return nil
            case .owncloud10: remote = "https://" + remote
            }
        }
        self.providerID = id
        self.secret = secret
        origin = remote
    }
}
