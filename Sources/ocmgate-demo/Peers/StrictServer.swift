import Federation
import Foundation
import HTTPSignatures
import OpenSSL
import Synchronization
import Transport

/// What a strict modern server takes: messages signed by RFC 9421 and nothing else, shares that
/// demand tokens, data by access token alone. As opencloudmesh-go does it, but for writing.
final class StrictServer: Sendable {
    static let webdav = "/webdav/ocm/"

    let host: String
    private let origin: Origin
    private let state = Mutex(State())

    private struct State {
        /// The key sets of those who send to it, by host.
        var keys: [String: JWKSet] = [:]
        /// Its own shares.
        var shares: [OwnShare] = []
        /// Access tokens, and the `uri` of the share that each opens.
        var tokens: [String: String] = [:]
        /// The messages that were taken, in order.
        var received: [Received] = []
    }

    /// A file that it shares.
    private struct OwnShare {
        let providerID: String
        let uri: String
        let code: String
        var text: [UInt8]
    }

    /// A message that it took: verified, before its meaning was looked at.
    struct Received: Sendable {
        let path: String
        let keyID: String
        let body: JSONObject
    }

    init(_ host: String) throws {
        guard let origin = Origin("https://\(host)") else {
            throw DemoFailure("\(host) is no host")
        }
        self.host = host
        self.origin = origin
    }

    /// Learns the keys of a sender, as it would by discovery.
    func believe(_ host: String, _ keys: JWKSet) {
        state.withLock { $0.keys[host] = keys }
    }

    /// Shares a file; `uri` and `code` are what the share's document has.
    func share(_ text: String, providerID: String, uri: String, code: String) {
        state.withLock {
            $0.shares.append(
                OwnShare(providerID: providerID, uri: uri, code: code, text: Array(text.utf8)))
        }
    }

    /// Ends a share and the tokens for it.
    func unshare(_ providerID: String) {
        state.withLock { state in
            let ended = state.shares.filter { $0.providerID == providerID }.map(\.uri)
            state.shares.removeAll { $0.providerID == providerID }
            state.tokens = state.tokens.filter { !ended.contains($0.value) }
        }
    }

    /// The text of a file that it shares.
    func text(of uri: String) -> String? {
        state.withLock { state in
            state.shares.first { $0.uri == uri }.map { String(decoding: $0.text, as: UTF8.self) }
        }
    }

    /// The messages since the last call.
    func takeReceived() -> [Received] {
        state.withLock { state in
            defer { state.received = [] }
            return state.received
        }
    }

    /// nil for a path that is none of its API.
    func answer(_ request: PlainRequest) -> Answer? {
        switch (request.method, request.path) {
        case (.post, "/ocm/shares"), (.post, "/ocm/notifications"): receive(request)
        case (.post, "/ocm/token"): exchange(request)
        case (_, let path) where path.hasPrefix(Self.webdav): data(request)
        case _: nil
        }
    }

    private func receive(_ request: PlainRequest) -> Answer {
        guard let keyID = verified(request) else {
            return .message(401, "signed by a key of yours, or not at all for me")
        }
        guard let body = try? JSONValue(parsing: request.body).object else {
            return .message(400, "no JSON object")
        }
        if request.path == "/ocm/shares" {
            let webdav = body["protocol"]?.object?["webdav"]?.object
            let demands = webdav?["requirements"]?.array?.compactMap(\.string) ?? []
            guard demands.contains("must-exchange-token") else {
                return .message(403, "only by token")
            }
            guard body["sender"]?.string?.hasSuffix("@" + keyID.prefix { $0 != "#" }) == true else {
                return .message(403, "signed for another sender")
            }
        }
        state.withLock {
            $0.received.append(Received(path: request.path, keyID: keyID, body: body))
        }
        return request.path == "/ocm/shares"
            ? .json(201, .object([("recipientDisplayName", .string("Carol"))]))
            : .json(201, .object([]))
    }

    private func exchange(_ request: PlainRequest) -> Answer {
        guard let keyID = verified(request) else {
            return .json(401, .object([("error", .string("invalid_client"))]))
        }
        guard let form = try? FormBody(parsing: request.body),
            form["grant_type"] == "authorization_code",
            form["client_id"] == String(keyID.prefix { $0 != "#" })
        else { return .json(400, .object([("error", .string("invalid_request"))])) }
        let token = Random.alphanumeric(32)
        let isKnown = state.withLock { state -> Bool in
            guard let share = state.shares.first(where: { $0.code == form["code"] }) else {
                return false
            }
            state.tokens[token] = share.uri
            return true
        }
        guard isKnown else { return .json(400, .object([("error", .string("invalid_grant"))])) }
        var answer = Answer.json(
            200,
            .object([
                ("access_token", .string(token)), ("token_type", .string("Bearer")),
                ("expires_in", .integer(3600)),
            ]))
        answer.fields.append((name: "Cache-Control", value: "no-store"))
        return answer
    }

    private func data(_ request: PlainRequest) -> Answer {
        let uri = String(request.path.dropFirst(Self.webdav.count).prefix { $0 != "/" })
        guard let field = request["Authorization"], field.hasPrefix("Bearer "),
            state.withLock({ $0.tokens[String(field.dropFirst(7))] == uri })
        else {
            return Answer(
                status: 401, fields: [(name: "WWW-Authenticate", value: "Bearer")])
        }
        return state.withLock { state in
            guard let place = state.shares.firstIndex(where: { $0.uri == uri }) else {
                return Answer(status: 404)
            }
            switch request.method {
            case .get:
                return Answer(
                    status: 200, fields: [(name: "Content-Type", value: "text/plain")],
                    body: state.shares[place].text)
            case .put:
                state.shares[place].text = request.body
                return Answer(status: 204)
            default:
                return Answer(status: 405)
            }
        }
    }

    /// The name of the key that has signed the request; nil when none that is believed has.
    private func verified(_ request: PlainRequest) -> String? {
        let target = request.query.isEmpty ? request.path : "\(request.path)?\(request.query)"
        let fields = request.fields.map { SignedMessage.Field($0.name.lowercased(), $0.value) }
        guard
            let message = SignedMessage(
                method: request.method.rawValue, target: target, origin: origin, fields: fields),
            let all = try? MessageSignature.all(in: message),
            case .one(let signature)? = try? SignatureProfile.select(all),
            let claimed = try? signature.claim(over: message),
            let keyID = claimed.input.parameters.keyID,
            let key = state.withLock({ $0.keys[String(keyID.prefix { $0 != "#" })]?[keyID] })
        else { return nil }
        let verdict = SignatureProfile().verify(
            claimed, of: message, body: request.body, with: key,
            now: Int(Date().timeIntervalSince1970))
        return verdict.accepted == nil ? nil : keyID
    }
}
