import Foundation
import HTTPSignatures
import Transport

/// A site with an old server: the server, the gateway in front of it, and the gateway's forward
/// proxy, which is the server's way out.
final class Site {
    /// How it is called in the story.
    let name: String
    let host: String
    let origin: Origin
    let files: DemoFiles
    let gateway: GatewayProcess
    let backend: LegacyServer
    let gatewayPort: Int
    let backendPort: Int
    let egressPort: Int
    private let server: LocalServer

    /// Starts the old server, finds ports for the gateway, and writes its certificate; what the
    /// gateway is told comes later, since it must know the ports of others.
    init(
        _ name: String, host: String, kind: LegacyKind, tree: FileTree, files: DemoFiles,
        binary: String, certificates: DemoCertificates, on loops: LoopGroup
    ) async throws {
        guard let origin = Origin("https://\(host)") else { throw DemoFailure("no origin") }
        self.name = name
        self.host = host
        self.origin = origin
        self.files = files
        let backend = LegacyServer(kind, origin: origin.description, tree: tree)
        self.backend = backend
        server = try await LocalServer.start(on: loops, tls: nil) { backend.answer($0) }
        backendPort = server.port
        gatewayPort = try await LocalServer.freePort(on: loops)
        egressPort = try await LocalServer.freePort(on: loops)
        gateway = GatewayProcess(binary: binary, files: files)
        let own = try certificates.issue(host)
        try files.write(own.certificate, to: "gateway.pem")
        try files.write(own.key, to: "gateway.key")
        try files.write(certificates.pem, to: "authority.pem")
    }

    /// Its origin as others write it.
    var url: String { origin.description }

    /// The old server as a client: all that it was told is the proxy and its authority.
    var client: LegacyClient {
        LegacyClient(server: backend, proxy: egressPort, authority: files.egressAuthority)
    }

    /// What reached the old server since the last call, but for the gateway's own questions.
    func takeRequests() -> [PlainRequest] {
        backend.takeRequests().filter { request in
            !["/ocm-provider/", "/.well-known/ocm", "/status.php", "/index.php/.well-known/ocm"]
                .contains(request.path)
        }
    }

    /// Forgets what has happened until now.
    func forgetThePast() {
        gateway.skipLog()
        _ = backend.takeRequests()
    }

    func stop() async {
        gateway.stop()
        await server.stop()
    }
}
