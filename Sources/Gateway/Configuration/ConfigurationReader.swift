import Federation
import Foundation
import OpenSSL
import Transport

/// Reads the tables of `config.toml`, in the order of the example. A key that is not written has
/// the example's value.
struct ConfigurationReader {
    let file: String
    let findings: Findings
    private(set) var warnings: [ConfigurationError] = []

    init(file: String, findings: Findings) {
        self.file = file
        self.findings = findings
    }

    mutating func read(_ document: TOMLDocument) -> Configuration? {
        var top = TOMLTableReader(document, findings: findings)
        _ = top.read("version", .integer(1...1))
        let profile: Configuration.Profile = top.read("profile", .word("profile")) ?? .bridge
        let site = self.site(&top)
        let (listeners, tls) = listenersAndTLS(&top, site)
        let backend = self.backend(&top, site, listeners)
        let outbound = self.outbound(&top)
        let discovery = self.discovery(&top)
        let signature = self.signature(&top, profile)
        let token = self.token(&top, profile)
        let egress = self.egress(&top, profile, listeners, backend)
        if let proxy = outbound.proxy, let table = top.table("outbound") {
            let own = listeners.map(\.address) + [egress?.listen].compactMap { $0 }
            refuseItself(
                .tcp(proxy.host, port: proxy.port), own, at: table.place(of: "proxy"),
                remedy: "write where the outer proxy listens")
        }
        let policy = self.policy(&top)
        let state = self.state(&top)
        let journal = self.journal(&top)
        let limits = self.limits(&top)
        let log = self.log(&top)
        refuseMetricsAndAdmin(&top)
        top.finish()
        guard let site, let backend, let policy else { return nil }
        let configuration = Configuration(
            file: file, profile: profile, site: site, listeners: listeners, tls: tls,
            backend: backend, outbound: outbound, discovery: discovery, signature: signature,
            token: token, egress: egress, policy: policy, state: state, journal: journal,
            limits: limits, log: log,
            warnings: warnings.sorted {
                ($0.position ?? .start) < ($1.position ?? .start)
            })
        refuseSharedPlaces(configuration, document.root)
        return configuration
    }

    /// A path; relative ones start at the configuration's folder.
    func path(_ text: String) -> String {
        guard !text.hasPrefix("/") else { return text }
        let folder = (file as NSString).deletingLastPathComponent
        return folder.isEmpty ? text : (folder as NSString).appendingPathComponent(text)
    }

    /// Notes a key that, as it is written or by not being there, makes the gateway weaker than its profile or
    /// serves nobody.
    mutating func warn(
        _ key: String, in table: TOMLTableReader, _ message: String, remedy: String? = nil
    ) {
        warnings.append(
            ConfigurationError(
                file: file, position: table.place(of: key), message: message, remedy: remedy))
    }

    /// A table without which there is nothing to serve.
    func required(_ name: String, _ top: inout TOMLTableReader) -> TOMLTableReader? {
        if let table = top.table(name) { return table }
        if !top.has(name) { findings.report(top.position, "the table [\(name)] is missing") }
        return nil
    }

    private mutating func site(_ top: inout TOMLTableReader) -> Configuration.SiteSettings? {
        guard var table = required("site", &top) else { return nil }
        let origin = table.require("origin", .origin)
        let aliases = table.read("aliases", TOMLForm<URLParts>.origin.array) ?? []
        let provider = table.read("provider", .line)
        table.finish()
        reportNamesTwice(origin, table.node("aliases"))
        guard let origin else { return nil }
        return Configuration.SiteSettings(
            origin: Self.text(origin), aliases: aliases.map(Self.text),
            provider: provider ?? origin.host.name)
    }

    /// Each name once: the keys are published under every one, and peers refuse a set that has one name
    /// twice.
    private func reportNamesTwice(_ origin: URLParts?, _ aliases: TOMLNode?) {
        guard case .array(let nodes)? = aliases?.content else { return }
        var known = Set([origin?.host].compactMap { $0 })
        for node in nodes {
            guard case .string(let text) = node.content, let host = URLParts(text)?.host,
                !known.insert(host).inserted
            else { continue }
            findings.report(
                node.position, "\(quoted(host.description)) is a name of the site already",
                remedy: "take it out")
        }
    }

    private static func text(_ origin: URLParts) -> String {
        "\(origin.scheme.rawValue)://\(origin.host)"
    }

    private mutating func backend(
        _ top: inout TOMLTableReader, _ site: Configuration.SiteSettings?,
        _ listeners: [Configuration.ListenSettings]
    ) -> Configuration.BackendSettings? {
        guard var table = required("backend", &top) else { return nil }
        let url = table.require("url", .backend)
        if let url {
            refuseItself(
                url.endpoint, listeners.map(\.address), at: table.place(of: "url"),
                remedy: "write where the backend listens")
            warnOfOwnName(url.endpoint, site, listeners.map(\.address), in: table)
        }
        let kind: BackendKind = table.read("kind", .word("kind of backend")) ?? .nextcloud
        let host = table.read("host", .host)
        let pass: Configuration.BackendSettings.Pass = table.read("pass", .word("value")) ?? .all
        let announcement =
            table.read("proxy_protocol", TOMLForm<Upstream.Announcement>.word("version")) ?? .none
        let times = timeouts(
            &table,
            [
                ("connect", .seconds(3)), ("headers", .seconds(30)), ("idle", .seconds(300)),
                ("pages", .seconds(3600)),
            ])
        table.finish()
        guard let url else { return nil }
        let own = site.flatMap { URLParts($0.origin)?.host.description } ?? ""
        return Configuration.BackendSettings(
            endpoint: url.endpoint, tlsName: url.tlsName, kind: kind, host: host ?? own,
            pass: pass, announcement: announcement, connect: times[0], headers: times[1],
            idle: times[2], pages: times[3])
    }

    /// Warns of a backend that has the name and the port by which clients come here: the gateway would ask
    /// itself, unless this machine finds another one by that name than they do.
    private mutating func warnOfOwnName(
        _ asked: Upstream.Endpoint, _ site: Configuration.SiteSettings?, _ own: [ListenAddress],
        in table: TOMLTableReader
    ) {
        guard case .tcp(let host, let port) = asked, let site,
            site.authorities.contains(where: { $0.host == host })
        else { return }
        let isOurs = own.contains { address in
            guard case .tcp(_, let other) = address else { return false }
            return other == Int(port)
        }
        guard isOurs || site.origins.contains(where: { URLParts($0)?.port == port }) else { return }
        warn(
            "url", in: table,
            "backend.url is the site's own name: the gateway asks itself, unless this machine has another "
                + "address for it than everybody else",
            remedy: "write the address at which the server behind listens")
    }

    /// What the gateway asks is somebody else.
    private func refuseItself(
        _ asked: Upstream.Endpoint, _ own: [ListenAddress], at place: SourcePosition, remedy: String
    ) {
        guard let address = own.first(where: { $0.takes(asked) }) else { return }
        findings.report(
            place, "the gateway itself listens at \(address): it would ask itself", remedy: remedy)
    }

    /// The inline table `timeouts`, with defaults.
    func timeouts(
        _ table: inout TOMLTableReader, _ names: [(name: String, standard: Duration)]
    ) -> [Duration] {
        var times = table.tableOrEmpty("timeouts")
        let values = names.map { name in
            times.read(name.name, .duration(from: .milliseconds(10), to: .seconds(86_400)))
                ?? name.standard
        }
        times.finish()
        return values
    }
}
