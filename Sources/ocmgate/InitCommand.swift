import ArgumentParser
import Federation
import Foundation
import Gateway
import OpenSSL

/// `ocmgate init [kind]`: writes a configuration that works, a policy, and the lines for the
/// backend.
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a working configuration, a policy, and what the backend must be told.",
        discussion: """
            Nothing that exists is overwritten. The certificate is self-signed, to begin with. What \
            is to be filled in is printed at the end. Then: ocmgate check && ocmgate run.
            """)

    @Argument(help: "What is behind the gateway.")
    var kind = BackendKind.nextcloud

    @Option(help: "What peers will see, https://host[:port].")
    var origin: String?

    @Option(
        help:
            "Where the backend listens; else port 9200 (ocis, opencloud), 8088 (seafile) or 8080 here."
    )
    var backend: String?

    @Option(help: "Where the gateway listens; else port 443 as root, 8443 on loopback as others.")
    var listen: String?

    @Option(help: "Where the backend's forward proxy, its way out, listens; \"\" for none.")
    var egress = "127.0.0.1:3128"

    @Option(name: .customLong("dir"), help: "The folder to write into.")
    var folder = "."

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let isRoot = getuid() == 0
        let templates = InitTemplates(
            origin: try usedOrigin(), backend: backend ?? usualBackend, kind: kind,
            listen: listen ?? (isRoot ? "[::]:443" : "127.0.0.1:8443"),
            egress: egress.isEmpty ? nil : egress, redirects: listen == nil && isRoot,
            state: "state", authorityFile: absolute("state/egress-ca.pem"))
        let files: [(name: String, text: String)] = [
            ("config.toml", templates.configuration), ("policy.toml", templates.policy),
            (BackendAdvice.fileName, templates.backendLines),
        ]
        // What the options say goes into the file; a file that would not load is never written.
        do throws(ConfigurationErrors) {
            _ = try Configuration(Array(templates.configuration.utf8), file: path("config.toml"))
        } catch { throw refusal(error, templates) }
        try refuseExisting(files.map(\.name) + ["state/tls/cert.pem", "state/tls/key.pem"])
        let identity = try certificate(for: templates.host)
        try makeFolder("", permissions: 0o755)
        try makeFolder("state", permissions: 0o700)
        try makeFolder("state/tls", permissions: 0o700)
        var written: [NewFile] = [
            ("state/tls/key.pem", identity.key, .owner),
            ("state/tls/cert.pem", identity.certificate, .everybody),
        ]
        for file in files { written.append((file.name, file.text, .everybody)) }
        try write(written)
        report(files.map(\.name), templates)
    }

    /// What is wrong with a configuration that is not there: with the options that it is made of.
    private func refusal(
        _ errors: ConfigurationErrors, _ templates: InitTemplates
    ) -> CommandFailure {
        let lines = templates.configuration.split(
            separator: "\n", omittingEmptySubsequences: false)
        let options = [
            ("address", "--listen", templates.listen), ("url", "--backend", templates.backend),
            ("listen", "--egress", templates.egress ?? ""),
        ]
        for error in errors.all {
            guard let number = error.line, lines.indices.contains(number - 1) else { continue }
            let line = lines[number - 1]
            for (key, option, value) in options
            where line.hasPrefix("\(key) ") && line.contains("\"\(value)\"") {
                return CommandFailure(
                    "\(option) \(value): \(error.message)"
                        + (error.remedy.map { "; \($0)" } ?? ""))
            }
        }
        return CommandFailure(errors)
    }

    /// `--origin`, or this machine's name.
    private func usedOrigin() throws -> String {
        let text = origin ?? "https://\(ProcessInfo.processInfo.hostName)"
        guard let site = Site(origin: inASCII(text), aliases: []), text.hasPrefix("https://") else {
            throw CommandFailure(
                "--origin \(text): write https://host[:port], the name that peers will use")
        }
        // It is no name that a certificate could have.
        guard !site.origin.contains("[") else {
            throw CommandFailure(
                "--origin \(text): an address cannot be the origin; write the name that peers will use"
            )
        }
        guard !site.origin.hasSuffix("."), !site.origin.contains(".:") else {
            throw CommandFailure("--origin \(text): write the name without the dot at its end")
        }
        return site.origin
    }

    /// A name in other letters as requests have it, and as the configuration takes it.
    private func inASCII(_ origin: String) -> String {
        guard !origin.utf8.allSatisfy({ $0 < 0x80 }), let parts = URLParts(origin),
            parts.query == nil
        else { return origin }
        return parts.host.origin + parts.path
    }

    private var usualBackend: String {
        switch kind {
        case .ocis, .opencloud: "http://127.0.0.1:9200"
        // Its WebDAV server has 8080, and the gateway may have 80.
        case .seafile: "http://127.0.0.1:8088"
        case .nextcloud, .owncloud10, .cernbox, .generic: "http://127.0.0.1:8080"
        }
    }

    private func report(_ names: [String], _ templates: InitTemplates) {
        let paths = names.map(path)
        if json {
            Output.json([
                "wrote": .strings(paths), "origin": .string(templates.origin),
                "backend": .string(templates.backend), "listen": .string(templates.listen),
            ])
            return
        }
        for path in paths { Output.line("wrote \(path)") }
        let needed =
            templates.egress == nil
            ? "  4. "
            : "  4. the hosts that the backend itself needs (identity provider, push, office, storage): "
                + "other in \(path("config.toml"))\n  5. "
        Output.text(
            """

            To fill in before peers can reach you:
              1. a certificate that peers believe: cert and key in \(path("config.toml"))
              2. \(templates.origin) must be the public name\(origin == nil ? " (it is this machine's; else --origin)" : "")
              3. the partners whom you admit: [list.partners] in \(path("policy.toml"))
            \(needed)the backend listens at \(templates.backend), and is told these lines (\(path(BackendAdvice.fileName))):

            """)
        Output.text(templates.backendLines)
        let option = folder == "." ? "" : " -c \(shellQuoted(path("config.toml")))"
        Output.line("Next: ocmgate check\(option) && ocmgate run\(option)")
        let advice = path(BackendAdvice.fileName)
        Output.line("Then, while it runs, at the backend: the lines of \(advice)")
    }

    private func path(_ name: String) -> String {
        name.isEmpty ? folder : (folder as NSString).appendingPathComponent(name)
    }

    private func absolute(_ name: String) -> String {
        URL(fileURLWithPath: path(name)).standardizedFileURL.path
    }

    private func refuseExisting(_ names: [String]) throws {
        for name in names where FileManager.default.fileExists(atPath: path(name)) {
            throw CommandFailure(
                "\(path(name)) exists; move it away or name another folder with --dir")
        }
    }

    private func makeFolder(_ name: String, permissions: Int) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path(name), withIntermediateDirectories: true,
                attributes: [.posixPermissions: permissions])
        } catch {
            throw CommandFailure("\(path(name)) cannot be made: \(PrivateFile.cause(of: error))")
        }
    }

    /// A key and a certificate for 90 days, which no peer will believe.
    private func certificate(for host: String) throws -> (key: String, certificate: String) {
        do {
            let key = try PrivateKey.generate(.p256)
            let now = Environment.live.now()
            let certificate = try Certificate.selfSigned(
                names: [host], key: key, validity: (now - 3600)...(now + 90 * 86_400))
            return (try key.exportPEM(), certificate.pem)
        } catch {
            throw CommandFailure("the certificate cannot be made: \(error)")
        }
    }

    private typealias NewFile = (name: String, text: String, readers: PrivateFile.Readers)

    /// All of them, or none: what is there would be in the way of the next attempt.
    private func write(_ files: [NewFile]) throws(CommandFailure) {
        var made: [String] = []
        for file in files {
            let place = path(file.name)
            do { try PrivateFile.create(place, Array(file.text.utf8), for: file.readers) } catch {
                for place in made { try? FileManager.default.removeItem(atPath: place) }
                throw CommandFailure("\(error)")
            }
            made.append(place)
        }
    }
}

extension BackendKind: ExpressibleByArgument {}
