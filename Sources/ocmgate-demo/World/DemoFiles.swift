import Foundation

/// The folder of a gateway of the demonstration: configuration, policy, certificates, and what the
/// gateway keeps.
struct DemoFiles {
    let folder: URL

    /// A new one among the system's temporary files, or below another.
    init(below other: DemoFiles? = nil, name: String? = nil) throws {
        let place = other?.folder ?? FileManager.default.temporaryDirectory
        folder = place.appendingPathComponent(
            name ?? "ocmgate-demo-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700])
    }

    var configuration: String { path("config.toml") }
    var log: String { path("gateway.log") }
    /// The certificate that the old server has to believe.
    var egressAuthority: String { path("egress-ca.pem") }

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
    ///
    /// - Parameter others: the ports on loopback at which the hosts of the others are.
    func writeConfiguration(of site: Site, others: [String: Int], tokenSeconds: Int) throws {
        let host = site.host
        let resolve = others.sorted { $0.key < $1.key }
            .map { "\"\($0.key):443\" = \"127.0.0.1:\($0.value)\"" }
            .joined(separator: ", ")
        try write(
            """
            version = 1
            profile = "bridge"

            [site]
            origin   = "https://\(host)"
            provider = "Demonstration"

            [[listen]]
            address = "127.0.0.1:\(site.gatewayPort)"
            tls     = "\(host)"

            [tls."\(host)"]
            cert = "\(path("gateway.pem"))"
            key  = "\(path("gateway.key"))"

            [backend]
            url  = "http://127.0.0.1:\(site.backendPort)"
            kind = "\(site.backend.kind.rawValue)"

            [outbound]
            ca_file       = "\(path("authority.pem"))"
            resolve       = { \(resolve) }
            allow_private = ["127.0.0.0/8"]

            [egress]
            listen = "127.0.0.1:\(site.egressPort)"
            ca     = "\(egressAuthority)"

            [signature]
            keys = "\(path("keys"))"

            [token]
            ttl = "\(tokenSeconds)s"

            [policy]
            file = "policy.toml"

            [state]
            url      = "sqlite:\(path("state.db"))"
            seal_key = "\(path("seal.key"))"

            [journal]
            dir = "\(path("journal"))"

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
