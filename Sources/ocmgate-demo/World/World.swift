import Federation
import Foundation
import HTTPSignatures
import OpenSSL
import Transport

/// All that takes part: two sites with an old server each, and the peers outside.
final class World {
    static let host = "cloud.university.example"
    private static let otherHost = "files.college.example"

    /// The site that the story is about.
    let home: Site
    /// Another site that is in the same position, with the other kind of old server.
    let college: Site
    let modern: Peer
    let cavage: Peer
    let legacy: Peer
    /// Admitted as well, and not to be trusted in another's name.
    let other: Peer

    private let peerServer: LocalServer
    private let client: OutboundClient

    /// Seconds that a token lives here.
    static let tokenSeconds = 4

    var files: DemoFiles { home.files }
    var gateway: GatewayProcess { home.gateway }
    var backend: LegacyServer { home.backend }
    var origin: Origin { home.origin }
    var sites: [Site] { [home, college] }

    /// Makes keys, certificates and servers, and writes the gateways' files; `start` starts them.
    init(binary: String, kind: LegacyKind) async throws {
        let certificates = try DemoCertificates()
        modern = try Peer("research.example", .modern)
        other = try Peer("institute.example", .modern)
        cavage = try Peer("nextcloud33.example", .cavage)
        legacy = try Peer("archive.example", .legacy)
        let peers = [modern, other, cavage, legacy]

        let loops = LoopGroup(count: 1)
        let files = try DemoFiles()
        home = try await Site(
            "university", host: Self.host, kind: kind,
            tree: FileTree(["project/results.txt": "42\n", "project/plan.txt": "to be written\n"]),
            files: files, binary: binary, certificates: certificates, on: loops)
        college = try await Site(
            "college", host: Self.otherHost, kind: kind == .nextcloud ? .owncloud10 : .nextcloud,
            tree: FileTree(["course/notes.txt": "first lesson\n"]),
            files: try DemoFiles(below: files, name: "college"), binary: binary,
            certificates: certificates, on: loops)
        peerServer = try await LocalServer.start(
            on: loops, tls: try certificates.server(for: peers.map(\.host))
        ) { request in
            let host = request["host"]?.lowercased()
            return peers.first { $0.host == host }?.answer(request) ?? Answer(status: 421)
        }

        var ports = [home.host: home.gatewayPort, college.host: college.gatewayPort]
        for peer in peers { ports[peer.host] = peerServer.port }
        for site in [home, college] {
            try site.files.writeConfiguration(
                of: site, others: ports.filter { $0.key != site.host },
                tokenSeconds: Self.tokenSeconds)
        }
        let partners = [modern.host, other.host, cavage.host]
        try home.files.writePolicy(partners: partners + [college.host], legacy: legacy.host)
        try college.files.writePolicy(partners: partners + [home.host], legacy: legacy.host)

        var configuration = OutboundConfiguration(
            tls: try certificates.client(),
            guarding: AddressGuard(allowing: [try CIDR("127.0.0.0/8")]))
        for site in [home, college] {
            configuration.resolve[try Authority("\(site.host):443")] = try Authority(
                "127.0.0.1:\(site.gatewayPort)")
        }
        client = OutboundClient(configuration, on: loops)
    }

    /// Starts the gateways, waits until they answer, and lets the strict server learn their keys.
    func start() async throws {
        for site in sites { try site.gateway.start() }
        for site in sites {
            try await waitFor(site)
            let keys = try await send(OutgoingMessage(.get, "/ocm/jwks"), from: other, to: site)
            guard let set = try? JWKSet(document: keys.body) else {
                throw DemoFailure("\(site.host) publishes no keys")
            }
            modern.strict?.believe(site.host, set)
        }
    }

    private func waitFor(_ site: Site) async throws {
        let hello = OutgoingMessage(.get, "/.well-known/ocm")
        for _ in 0..<200 {
            if (try? await send(hello, from: other, to: site))?.status == 200 { return }
            guard site.gateway.isRunning else {
                throw DemoFailure("the gateway ended at once:\n\(site.gateway.log())")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw DemoFailure("the gateway does not answer:\n\(site.gateway.log())")
    }

    /// Sends a message of `peer` to a gateway over TLS; what comes back is kept as seen by it.
    func send(
        _ message: OutgoingMessage, from peer: Peer, to site: Site? = nil
    ) async throws -> BufferedResponse {
        let response = try await client.fetch(
            OutboundRequest(
                message.method, authority: try Authority((site ?? home).host),
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
        for site in sites { await site.stop() }
        await peerServer.stop()
    }
}
