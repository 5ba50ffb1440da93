package import Federation
import Foundation
import OpenSSL
import Transport

extension Configuration {
    /// Reads and checks the file.
    ///
    /// Refused, all of it at once with its places: unknown keys, wrong types, bad values, names that
    /// are not defined, and keys whose function is not available yet.
    package static func load(file: String) throws(ConfigurationErrors) -> Configuration {
        guard let bytes = FileManager.default.contents(atPath: file) else {
            throw ConfigurationErrors(
                ConfigurationError(
                    file: file, position: nil, message: "the file cannot be read",
                    remedy: "ocmgate init writes one; -c names another"))
        }
        return try Configuration([UInt8](bytes), file: file)
    }

    /// Reads the text of a configuration that was read from `file`.
    package init(_ bytes: [UInt8], file: String) throws(ConfigurationErrors) {
        let document = try TOMLDocument(bytes, file: file)
        let findings = Findings(file: file)
        var reader = ConfigurationReader(file: file, findings: findings)
        let configuration = reader.read(document)
        try findings.check()
        guard let configuration else {
            throw ConfigurationErrors(
                ConfigurationError(file: file, position: nil, message: "nothing to read"))
        }
        self = configuration
    }
}

/// Reads the tables of `config.toml`, in the order of the example.
struct ConfigurationReader {
    let file: String
    let findings: Findings
    var weakenings: [String] = []

    init(file: String, findings: Findings) {
        self.file = file
        self.findings = findings
    }

    mutating func read(_ document: TOMLDocument) -> Configuration? {
        var top = TOMLTableReader(document, findings: findings)
        _ = top.require("version", .integer(1...1))
        let profile: Configuration.Profile = top.read("profile", .word("profile")) ?? .bridge
        let site = self.site(&top)
        let tls = tlsEntries(&top)
        let listeners = listeners(&top, tls: tls)
        let backend = self.backend(&top, site)
        let outbound = self.outbound(&top)
        let discovery = self.discovery(&top)
        let signature = self.signature(&top, profile)
        let token = self.token(&top, profile)
        let policy = self.policy(&top)
        let state = self.state(&top)
        let limits = self.limits(&top)
        let log = self.log(&top)
        refuseLaterTables(&top)
        top.finish()
        guard let site, let backend, let policy else { return nil }
        return Configuration(
            file: file, profile: profile, site: site, listeners: listeners, tls: tls,
            backend: backend, outbound: outbound, discovery: discovery, signature: signature,
            token: token, policy: policy, state: state, limits: limits, log: log,
            weakenings: weakenings)
    }

    /// A path; relative ones start at the configuration's folder.
    func path(_ text: String) -> String {
        guard !text.hasPrefix("/") else { return text }
        let folder = (file as NSString).deletingLastPathComponent
        return folder.isEmpty ? text : (folder as NSString).appendingPathComponent(text)
    }

    private mutating func site(_ top: inout TOMLTableReader) -> Configuration.SiteSettings? {
        guard var table = required("site", &top) else { return nil }
        let origin = table.require("origin", .origin)
        let aliases = table.read("aliases", TOMLForm<URLParts>.origin.array) ?? []
        let provider = table.read("provider", .line)
        table.finish()
        guard let origin else { return nil }
        return Configuration.SiteSettings(
            origin: Self.text(origin), aliases: aliases.map(Self.text),
            provider: provider ?? origin.host.name)
    }

    private static func text(_ origin: URLParts) -> String {
        "\(origin.scheme.rawValue)://\(origin.host)"
    }

    private func required(_ name: String, _ top: inout TOMLTableReader) -> TOMLTableReader? {
        if let table = top.table(name) { return table }
        if !top.has(name) { findings.report(top.position, "the table [\(name)] is missing") }
        return nil
    }

    private mutating func listeners(
        _ top: inout TOMLTableReader, tls: [String: Configuration.TLSSettings]
    ) -> [Configuration.ListenSettings] {
        var used: Set<ListenAddress> = []
        var listeners: [Configuration.ListenSettings] = []
        for var table in top.tables("listen") {
            let address = table.require("address", .listenAddress)
            let name = table.read("tls", .line)
            let redirect = table.read("redirect", TOMLForm<RedirectWord>.word("redirect"))
            let proxies = table.read("trusted_proxies", TOMLForm<CIDR>.network.array) ?? []
            ConfigurationNotYet.refuse("proxy_protocol", in: &table, "listen")
            table.finish()
            if let name, tls[name] == nil {
                findings.report(
                    table.place(of: "tls"), "there is no [tls.\(quoted(name))]",
                    remedy: remedy(for: name, among: tls.keys.sorted()))
            }
            guard let address else { continue }
            if !used.insert(address).inserted {
                findings.report(table.place(of: "address"), "another [[listen]] has this address")
            }
            listeners.append(
                Configuration.ListenSettings(
                    address: address, tls: name,
                    purpose: redirect == nil ? .serve : .redirectToHTTPS,
                    trustedProxies: proxies))
        }
        if listeners.isEmpty, !top.has("listen") {
            findings.report(top.position, "there is no [[listen]]: nothing would be served")
        }
        return listeners
    }

    private enum RedirectWord: String, CaseIterable { case https }

    private mutating func tlsEntries(
        _ top: inout TOMLTableReader
    ) -> [String: Configuration.TLSSettings] {
        guard let tables = top.table("tls") else { return [:] }
        var entries: [String: Configuration.TLSSettings] = [:]
        for member in tables.all {
            guard
                var table = TOMLTableReader(
                    member.value, path: "tls.\(quoted(member.key))", findings: findings)
            else { continue }
            let certificate = table.require("cert", .line)
            let key = table.require("key", .line)
            let minimum = table.read("min_version", TOMLForm<MinimumTLS>.word("version"))
            ConfigurationNotYet.refuse("client_ca", in: &table, "tls")
            table.finish()
            entries[member.key] = Configuration.TLSSettings(
                certificate: path(certificate ?? ""), key: path(key ?? ""),
                minimum: minimum == .tls13 ? .tls13 : .tls12)
        }
        return entries
    }

    private enum MinimumTLS: String, CaseIterable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    private mutating func backend(
        _ top: inout TOMLTableReader, _ site: Configuration.SiteSettings?
    ) -> Configuration.BackendSettings? {
        guard var table = required("backend", &top) else { return nil }
        let url = table.require("url", .backend)
        let kind: BackendKind = table.read("kind", .word("kind of backend")) ?? .generic
        let host = table.read("host", .line)
        let pass: Configuration.BackendSettings.Pass = table.read("pass", .word("value")) ?? .all
        let times = timeouts(
            &table, [("connect", .seconds(3)), ("headers", .seconds(30)), ("idle", .seconds(300))])
        table.finish()
        if let host, PeerHost(host) == nil {
            findings.report(table.place(of: "host"), "\(quoted(host)) is not a host")
        }
        guard let url else { return nil }
        let own = site.flatMap { URLParts($0.origin)?.host.description } ?? ""
        return Configuration.BackendSettings(
            endpoint: url.endpoint, tlsName: url.tlsName, kind: kind, host: host ?? own,
            pass: pass, connect: times[0], headers: times[1], idle: times[2])
    }

    /// The inline table `timeouts`, with defaults.
    func timeouts(
        _ table: inout TOMLTableReader, _ names: [(name: String, standard: Duration)]
    ) -> [Duration] {
        guard var times = table.table("timeouts") else { return names.map(\.standard) }
        let values = names.map { name in
            times.read(name.name, .duration(from: .milliseconds(10), to: .seconds(86_400)))
                ?? name.standard
        }
        times.finish()
        return values
    }

    /// Tables whose function is not available yet.
    private func refuseLaterTables(_ top: inout TOMLTableReader) {
        if let journal = top.table("journal"), !journal.all.isEmpty {
            findings.notYet("[journal]", at: journal.position)
        }
        if var egress = top.table("egress") {
            ConfigurationNotYet.refuse("listen", in: &egress, "egress")
            for key in ["clients", "ca", "other", "sign"] { _ = egress.node(key) }
            egress.finish()
        }
        if var metrics = top.table("metrics") {
            ConfigurationNotYet.refuse("listen", in: &metrics, "metrics")
            metrics.finish()
        }
        if var admin = top.table("admin") {
            ConfigurationNotYet.refuse("socket", in: &admin, "admin")
            ConfigurationNotYet.refuse("page", in: &admin, "admin")
            admin.finish()
        }
    }
}
