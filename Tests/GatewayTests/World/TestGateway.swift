import Federation
import OpenSSL
import Synchronization
import Testing

@testable import Gateway
@testable import Transport

/// A `TestWorld` asked as the transport asks it, before a backend on loopback that answers what it
/// is told. Its peers, `one.test` and `two.test`, need not sign.
final class TestGateway: Sendable {
    let world: TestWorld
    let backend = TestBackend()
    let client: ClientConnection
    private let server: Server
    private let signers = Mutex<[String: TestPeer]>([:])

    var gateway: Gateway { world.gateway }
    var scratch: Scratch { world.scratch }

    struct NoAddress: Error {}

    /// - Parameters:
    ///   - token: lines of `[token]`.
    ///   - pass: what reaches the backend beside the federation.
    ///   - unknown: what the policy says of a peer on none of its lists.
    ///   - rules: before the one that lets everything pass.
    init(
        kind: String = "nextcloud", pass: String = "all", token: String = "",
        unknown: String = "deny", rules: String = "",
        profile: String = "bridge", journal: Journal? = nil
    ) async throws {
        let loops = TestWorld.loops
        let address = try #require(IPAddress("127.0.0.1"))
        server = try await Server.start(
            ServerConfiguration(listeners: [.init(.tcp(address, port: 0))]), on: loops,
            handler: backend)
        guard case .tcp(_, let port)? = server.addresses.first else { throw NoAddress() }
        client = ClientConnection(
            address: IPAddress("192.0.2.7"), port: 4711, listener: 0, tls: nil,
            loop: loops.loops[0])
        world = try TestWorld(
            partners: [], legacy: ["one.test", "two.test"], unknown: unknown, rules: rules,
            configuration: "[token]\nttl = \"5m\"\n\(token)", profile: profile, kind: kind,
            pass: pass, net: TestNet(), backend: "http://127.0.0.1:\(port)", journal: journal)
    }

    func pass(seconds: Int) { world.clock.pass(seconds) }

    /// The backend lives in the folder `/cloud`, which Nextcloud leaves out of its WebDAV path.
    func moveBackend() throws {
        let document =
            #"{"enabled":true,"apiVersion":"1.0","#
            + #""endPoint":"https://cloud.test/cloud/index.php/ocm","#
            + #""resourceTypes":[{"name":"file","shareTypes":["user"],"#
            + #""protocols":{"webdav":"/public.php/webdav/"}}]}"#
        gateway.backend.learn(
            try DiscoveryDocument(parsing: Array(document.utf8)), statusVersion: nil)
        gateway.published.take(gateway.keys.current)
    }

    func logged() -> String {
        gateway.log.flush()
        return world.lines.all.joined(separator: "\n")
    }

    // MARK: Shares

    /// Records an outgoing share, as `share add` does; the credential that its peer holds.
    @discardableResult
    func share(
        _ secret: String, for peer: String = "one.test", id: String = "1",
        permissions: SharePermissions = .unspecified, handle: NewAccess.Handle = .none,
        requirements: [ShareRequirement] = [], expires: Int? = nil, uri: String? = nil,
        owner: String? = nil, sender: String? = nil, settings: RuleSettings = .none,
        origin: ShareOrigin = .seen
    ) async throws -> (id: ShareID, credential: String) {
        let host = try #require(PeerHost(peer))
        let recording = gateway.registry.record(
            NewShare(
                direction: .outbound, origin: origin, peer: host, providerID: ProviderID(id),
                resourceType: "file", owner: owner, sender: sender, expires: expires,
                accesses: [
                    NewAccess(
                        protocolName: "webdav", secret: Secret(utf8: secret), handle: handle,
                        permissions: permissions, uri: uri, requirements: requirements)
                ], settings: settings), now: gateway.environment.now())
        try await gateway.store.commit(recording.change)
        return (recording.share.id, try #require(recording.credentials.first).text)
    }

    // MARK: Requests

    /// A head from its lines; `Host` is added.
    func head(_ lines: String...) throws -> RequestHead {
        try head(lines)
    }

    func head(_ lines: [String], host: String? = "cloud.test") throws -> RequestHead {
        let all = [lines[0]] + (host.map { ["Host: \($0)"] } ?? []) + lines.dropFirst()
        let bytes = Array((all.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        var parser = RequestHeadParser()
        guard case .head(let head, _) = try parser.parse(bytes.span) else { throw NoAddress() }
        return head
    }

    /// What becomes of a request.
    func plan(_ lines: String...) throws -> Planned {
        Planned(gateway.plan(try head(lines), from: client))
    }

    /// What becomes of a request whose body is judged; the body goes on as it came.
    func judged(
        _ head: RequestHead, _ body: [UInt8], upTo expected: Int = 16 << 10
    ) async throws -> Planned {
        guard case .read(let limit, let then) = gateway.plan(head, from: client) else {
            throw NoAddress()
        }
        #expect(limit == expected)
        let plan = await then(ReceivedRequest(head: head, body: body, client: client))
        if case .forward(let forwarding) = plan { #expect(forwarding.body == body) }
        return Planned(plan)
    }

    /// What the token endpoint answers to a form of an unsigned peer.
    func exchange(
        _ form: String, type: String = "application/x-www-form-urlencoded", query: String = ""
    ) async throws -> Answer {
        try await post("/ocm/token\(query)", form, type: type)
    }

    /// What an unsigned message is answered.
    func post(
        _ target: String, _ text: String, type: String = "application/json"
    ) async throws -> Answer {
        let body = Array(text.utf8)
        let head = try head(
            "POST \(target) HTTP/1.1", "Content-Type: \(type)", "Content-Length: \(body.count)")
        return try await post(head, body)
    }

    private func post(_ head: RequestHead, _ body: [UInt8]) async throws -> Answer {
        guard case .read(_, let then) = gateway.plan(head, from: client) else { throw NoAddress() }
        return try await then(ReceivedRequest(head: head, body: body, client: client)).answered
    }

    func exchange(code: String, by peer: String = "one.test") async throws -> Answer {
        try await exchange("grant_type=authorization_code&client_id=\(peer)&code=\(code)")
    }

    func token(_ code: String, by peer: String = "one.test") async throws -> String {
        try token(in: try await exchange(code: code, by: peer))
    }

    private func token(in answer: Answer) throws -> String {
        let text = try JSONValue(parsing: answer.body).object?["access_token"]?.string
        return try #require(
            text, "\(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
    }

    // MARK: Of a peer that signs

    /// What a signed message is answered. Who has signed once has to from then on.
    func signedPost(
        _ target: String, _ text: String, type: String = "application/json",
        by peer: String = "one.test"
    ) async throws -> Answer {
        let signer = try signers.withLock { signers in
            if let known = signers[peer] { return known }
            let signer = try TestPeer(peer)
            try signer.publish(on: world.net)
            signers[peer] = signer
            return signer
        }
        let request = try signer.request(
            target, text, at: world.clock.now, type: type, nonce: Random.alphanumeric(16))
        var parser = RequestHeadParser()
        guard case .head(let head, _) = try parser.parse(request.head.span) else {
            throw NoAddress()
        }
        return try await post(head, request.body)
    }

    func signedExchange(code: String, by peer: String = "one.test") async throws -> Answer {
        try await signedPost(
            "/ocm/token", "grant_type=authorization_code&client_id=\(peer)&code=\(code)",
            type: "application/x-www-form-urlencoded", by: peer)
    }

    func signedToken(_ code: String, by peer: String = "one.test") async throws -> String {
        try token(in: try await signedExchange(code: code, by: peer))
    }
}

extension Plan {
    /// The answer, where that is what is planned.
    var answered: Answer {
        get throws {
            guard case .answer(let answer) = self else { throw TestGateway.NoAddress() }
            return answer
        }
    }
}

/// A plan, as tests look at it.
enum Planned: CustomStringConvertible {
    /// With the head that the backend gets, as text.
    case forwarded(String)
    case answered(Answer)
    case other

    init(_ plan: Plan) {
        switch plan {
        case .forward(let forwarding):
            self = .forwarded(String(decoding: forwarding.head.finish(), as: UTF8.self))
        case .answer(let answer): self = .answered(answer)
        case .read, .prepare, .tunnel, .intercept: self = .other
        }
    }

    /// The status of an answer of the gateway's own; nil when it is the backend's to answer.
    var status: Int? {
        if case .answered(let answer) = self { answer.status } else { nil }
    }

    /// The lines that the backend gets.
    var lines: [String] {
        guard case .forwarded(let text) = self else { return [] }
        return text.split(separator: "\r\n").map(String.init)
    }

    /// The values of a field that the backend gets.
    func values(_ name: String) -> [String] {
        lines.dropFirst().compactMap { line in
            let parts = line.split(separator: ": ", maxSplits: 1)
            return parts.first?.lowercased() == name ? String(parts.count > 1 ? parts[1] : "") : nil
        }
    }

    /// The code that the client reads.
    var code: String? {
        guard case .answered(let answer) = self else { return nil }
        return answer.code
    }

    /// The hint that the client reads.
    var hint: String? {
        guard case .answered(let answer) = self else { return nil }
        return answer.hint
    }

    var description: String {
        switch self {
        case .forwarded(let text): text
        case .answered(let answer):
            "\(answer.status) \(String(decoding: answer.body, as: UTF8.self))"
        case .other: "read or prepared"
        }
    }
}

extension Answer {
    func values(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name }.map(\.value)
    }

    private var object: JSONObject? { try? JSONValue(parsing: body).object }

    /// `error` of the body.
    var code: String? { object?["error"]?.string }

    /// `hint` of the body.
    var hint: String? { object?["hint"]?.string }

    /// `error_description` of the body.
    var reason: String? { object?["error_description"]?.string }
}

/// The field by which old clients show a secret.
func basic(_ secret: String, colons: Int = 1) -> String {
    let pair = secret + String(repeating: ":", count: colons)
    return "Authorization: Basic \(Base64.encode(Array(pair.utf8)))"
}
