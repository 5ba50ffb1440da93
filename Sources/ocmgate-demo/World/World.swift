import Foundation
import HTTPSignatures
import OpenSSL
import Transport

/// All that takes part: the legacy server, the gateway in front of it, and the peers outside.
final class World {
    static let host = "cloud.university.example"

    let files: DemoFiles
    let gateway: GatewayProcess
    let backend: LegacyServer
    let origin: Origin
    let gatewayPort: Int
    let backendPort: Int
    let modern: Peer
    let cavage: Peer
    let legacy: Peer
    /// Admitted as well, and not to be trusted in another's name.
    let other: Peer

    private let servers: [LocalServer]
    private let client: OutboundClient

    /// Seconds that a token lives here.
    static let tokenSeconds = 2

    /// Makes keys, certificates and servers, and writes the gateway's files; `start` starts it.
    init(binary: String, kind: LegacyKind) async throws {
        guard let origin = Origin("https://\(Self.host)") else {
            throw DemoFailure("no origin")
        }
        self.origin = origin
        files = try DemoFiles()
        let certificates = try DemoCertificates()
        modern = try Peer("research.example", .modern)
        other = try Peer("institute.example", .modern)
        cavage = try Peer("nextcloud33.example", .cavage)
        legacy = try Peer("archive.example", .legacy)
        let peers = [modern, other, cavage, legacy]

        backend = LegacyServer(
            kind, origin: origin.description,
            tree: FileTree(["project/results.txt": "42\n", "project/plan.txt": "to be written\n"]))
        let backend = backend
        let loops = LoopGroup(count: 1)
        let backendServer = try await LocalServer.start(on: loops, tls: nil) {
            backend.answer($0)
        }
        let peerServer = try await LocalServer.start(
            on: loops, tls: try certificates.server(for: peers.map(\.host))
        ) { request in
            let host = request["host"]?.lowercased()
            return peers.first { $0.host == host }?.answer(request) ?? Answer(status: 421)
        }
        servers = [backendServer, peerServer]
        backendPort = backendServer.port
        gatewayPort = try await LocalServer.freePort(on: loops)

        let own = try certificates.issue(Self.host)
        try files.write(own.certificate, to: "gateway.pem")
        try files.write(own.key, to: "gateway.key")
        try files.write(certificates.pem, to: "authority.pem")
        try files.writeConfiguration(
            host: Self.host, port: gatewayPort, backend: backendPort, kind: kind,
            peers: peers.map(\.host), peerPort: peerServer.port, tokenSeconds: Self.tokenSeconds)
        try files.writePolicy(
            partners: [modern.host, other.host, cavage.host], legacy: legacy.host)

        var configuration = OutboundConfiguration(
            tls: try certificates.client(),
            guarding: AddressGuard(allowing: [try CIDR("127.0.0.0/8")]))
        configuration.resolve = [
            try Authority("\(Self.host):443"): try Authority("127.0.0.1:\(gatewayPort)")
        ]
        client = OutboundClient(configuration, on: loops)
        gateway = GatewayProcess(binary: binary, files: files)
    }

    /// Starts the gateway, and waits until it answers.
    func start() async throws {
        try gateway.start()
        let hello = OutgoingMessage(.get, "/.well-known/ocm")
        for _ in 0..<200 {
            if (try? await send(hello, from: other))?.status == 200 { return }
            guard gateway.isRunning else {
                throw DemoFailure("the gateway ended at once:\n\(gateway.log())")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw DemoFailure("the gateway does not answer:\n\(gateway.log())")
    }

    /// Sends a message of `peer` to the gateway over TLS; what comes back is kept as seen by it.
    func send(_ message: OutgoingMessage, from peer: Peer) async throws -> BufferedResponse {
        let response = try await client.fetch(
            OutboundRequest(
                message.method, authority: try Authority(Self.host),
                target: [UInt8](message.target.utf8),
                fields: message.fields.map { (name: FieldName($0.name), value: $0.value) },
                body: message.body.isEmpty && message.method == .get ? nil : message.body))
        var seen = "\(response.status)\n"
        response.fields.forEach { name, value in
            seen += "\(name): \(String(decoding: value, as: UTF8.self))\n"
        }
        peer.note(seen + String(decoding: response.body, as: UTF8.self))
        return response
    }

    func stop() async {
        gateway.stop()
        for server in servers { await server.stop() }
    }
}
