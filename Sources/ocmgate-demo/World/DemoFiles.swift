import Foundation

/// The folder of the demonstration: configuration, policy, certificates, and what the gateway
/// keeps.
struct DemoFiles {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("ocmgate-demo-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700])
    }

    var configuration: String { path("config.toml") }
    var log: String { path("gateway.log") }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// Writes a file that nobody else may read.
    func write(_ text: String, to name: String) throws {
        guard
            FileManager.default.createFile(
                atPath: path(name), contents: Data(text.utf8),
                attributes: [.posixPermissions: 0o600])
        else { throw DemoFailure("cannot write \(path(name))") }
    }

    func remove() {
        try? FileManager.default.removeItem(at: folder)
    }

    /// What an operator would write, but for ports, names and the short life of tokens.
    func writeConfiguration(
        host: String, port: Int, backend: Int, kind: LegacyKind, peers: [String], peerPort: Int,
        tokenSeconds: Int
    ) throws {
        let resolve = peers.map { "\"\($0):443\" = \"127.0.0.1:\(peerPort)\"" }
            .joined(separator: ", ")
        try write(
            """
            version = 1
            profile = "bridge"

            [site]
            origin   = "https://\(host)"
            provider = "Demonstration"

            [[listen]]
            address = "127.0.0.1:\(port)"
            tls     = "\(host)"

            [tls."\(host)"]
            cert = "\(path("gateway.pem"))"
            key  = "\(path("gateway.key"))"

            [backend]
            url  = "http://127.0.0.1:\(backend)"
            kind = "\(kind.rawValue)"

            [outbound]
            ca_file       = "\(path("authority.pem"))"
            resolve       = { \(resolve) }
            allow_private = ["127.0.0.0/8"]

            [signature]
            keys = "\(path("keys"))"

            [token]
            ttl = "\(tokenSeconds)s"

            [policy]
            file = "policy.toml"

            [state]
            url      = "sqlite:\(path("state.db"))"
            seal_key = "\(path("seal.key"))"

            """, to: "config.toml")
    }

    /// Partners must sign; one old server need not, by name and until a date.
    func writePolicy(partners: [String], legacy: String) throws {
        let listed = partners.map { "\"\($0)\"" }.joined(separator: ", ")
        try write(
            """
            version = 1
            name    = "demonstration"
            mode    = "enforce"
            default = "deny"
            unknown = "deny"

            [list.partners]
            standing = "allow"
            entries  = [\(listed)]

            [list.legacy]
            standing = "allow"
            entries  = [{ host = "\(legacy)", note = "cannot sign yet", until = 2099-12-31 }]

            [[require]]
            name   = "signed"
            on     = ["share", "notification", "invite", "token"]
            except = ["@legacy"]
            need   = ["signature"]
            code   = "signature_required"

            [[rule]]
            name   = "those whom we admit"
            on     = ["share", "notification", "invite", "token", "webdav"]
            action = "allow"

            """, to: "policy.toml")
    }
}
