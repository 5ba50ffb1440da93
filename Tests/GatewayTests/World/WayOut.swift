import Federation
import OpenSSL
import Testing

@testable import Gateway
@testable import Transport

/// A gateway whose backend asks for data of `modern.test`, which exchanges codes and has its data
/// below `/webdav/ocm/`, and of `legacy.test`, which is of the age of Nextcloud 27.
final class WayOut: Sendable {
    static let secret = "SECRET-OF-SEVEN"

    let world: TestWorld

    var gateway: Gateway { world.gateway }

    struct Unmade: Error {}

    /// - Parameter both: whether `modern.test` shows keys of both ways to sign.
    init(
        rules: String = "", configuration: String = "", profile: String = "bridge",
        both: Bool = false, kind: String = "nextcloud", journal: Journal? = nil
    ) throws {
        world = try TestWorld(
            partners: ["modern.test"], legacy: ["legacy.test"], rules: rules,
            configuration: configuration, profile: profile, kind: kind, journal: journal)
        world.net.answer("https://modern.test/.well-known/ocm", 200, both ? Self.both : Self.modern)
        world.net.answer("https://legacy.test/ocm-provider/", 200, Self.legacy)
        world.mail.answer(Self.token(1), Self.token(2), Self.token(3))
    }

    /// The answer of a token endpoint.
    static func token(_ number: Int) -> Result<PeerReply, FetchFailure> {
        let body =
            #"{"access_token":"token-\#(number)","token_type":"Bearer","expires_in":300}"#
        return .success(PeerReply(status: 200, body: Array(body.utf8)))
    }

    func logged() -> String {
        gateway.log.flush()
        return world.lines.all.joined(separator: "\n")
    }

    // MARK: Shares

    /// Records a share of a peer; what the backend holds of it.
    func receive(
        uri: String?, demands: Bool, from peer: String = "modern.test", type: String = "folder",
        secret: String = WayOut.secret, at alias: String? = nil, sender: String? = nil
    ) async throws -> String {
        let host = try #require(PeerHost(peer))
        let recording = gateway.registry.record(
            NewShare(
                direction: .inbound, origin: .seen, peer: host, providerID: ProviderID("7"),
                resourceType: type, owner: "alice@\(peer)", sender: sender ?? "alice@\(peer)",
                recipient: "bob@cloud.test", site: alias.flatMap { PeerHost($0) },
                accesses: [
                    NewAccess(
                        protocolName: "webdav", secret: Secret(utf8: secret),
                        handle: demands ? .make : .none, permissions: .unspecified, uri: uri,
                        requirements: demands ? [.mustExchangeToken] : [])
                ]),
            now: gateway.environment.now())
        try await gateway.store.commit(recording.change)
        return try #require(recording.credentials.first).text
    }

    /// Records a share of the backend's own.
    func send(_ secret: String) async throws {
        let host = try #require(PeerHost("legacy.test"))
        let recording = gateway.registry.record(
            NewShare(
                direction: .outbound, origin: .seen, peer: host, providerID: ProviderID("8"),
                resourceType: "file",
                accesses: [
                    NewAccess(
                        protocolName: "webdav", secret: Secret(utf8: secret), handle: .make,
                        permissions: .unspecified, uri: nil, requirements: [])
                ]),
            now: gateway.environment.now())
        try await gateway.store.commit(recording.change)
    }

    // MARK: Requests

    func request(_ lines: String..., at host: String = "modern.test") throws -> PeerRequest {
        try request(lines, at: host)
    }

    private func request(_ lines: [String], at host: String) throws -> PeerRequest {
        let all = [lines[0], "Host: \(host)"] + lines.dropFirst()
        let bytes = Array((all.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        var parser = RequestHeadParser()
        guard case .head(let head, _) = try parser.parse(bytes.span),
            let peer = PeerHost(host), let address = IPAddress("127.0.0.1")
        else { throw Unmade() }
        return PeerRequest(
            peer: peer, authority: try Authority(host), head: head,
            path: try TargetPath(head.path, rule: .routed),
            client: ClientConnection(
                address: address, port: 1, listener: 1, tls: nil,
                loop: TestWorld.loops.loops[0]),
            now: gateway.environment.now())
    }

    /// What becomes of a request for data, once everything has been asked that has to be.
    func ask(_ lines: String..., at host: String = "modern.test") async throws -> Planned {
        Planned(try await plan(lines, at: host))
    }

    func plan(_ lines: String..., at host: String = "modern.test") async throws -> Plan {
        try await plan(lines, at: host)
    }

    private func plan(_ lines: [String], at host: String) async throws -> Plan {
        let request = try request(lines, at: host)
        return await settled(gateway.planDataOut(request), request)
    }

    func settled(_ plan: Plan, _ request: PeerRequest) async -> Plan {
        var plan = plan
        while case .prepare(let decide) = plan { plan = await decide(request.head) }
        return plan
    }

    /// The head of a peer's answer.
    static func answer(
        _ status: Int, coding: String? = nil, type: String? = nil
    ) throws -> ResponseHead {
        let coded = coding.map { "Content-Encoding: \($0)\r\n" } ?? ""
        let typed = type.map { "Content-Type: \($0)\r\n" } ?? ""
        let bytes = Array(
            "HTTP/1.1 \(status) X\r\n\(coded)\(typed)Content-Length: 0\r\n\r\n".utf8)
        var parser = ResponseHeadParser()
        guard case .head(let head, _) = try parser.parse(bytes.span, answering: .get) else {
            throw Unmade()
        }
        return head
    }

    /// The document of `modern.test`.
    static let modern =
        #"{"enabled":true,"apiVersion":"1.4.0","endPoint":"https://modern.test/ocm","#
        + #""resourceTypes":[{"name":"file","shareTypes":["user"],"#
        + #""protocols":{"webdav":"/webdav/ocm/"}}],"capabilities":["http-sig","exchange-token"],"#
        + #""tokenEndPoint":"https://modern.test/ocm/token","jwksUri":"https://modern.test/jwks"}"#
    private static let both =
        String(modern.dropLast())
        + #","publicKey":{"keyId":"https://modern.test/ocm#signature","#
        + #""publicKeyPem":"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n"}}"#
    private static let legacy =
        #"{"enabled":true,"apiVersion":"1.0-proposal1","endPoint":"https://legacy.test/ocm","#
        + #""resourceTypes":[{"name":"file","shareTypes":["user"],"#
        + #""protocols":{"webdav":"/public.php/webdav/"}}]}"#
}
