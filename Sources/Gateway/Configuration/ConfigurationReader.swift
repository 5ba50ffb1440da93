import Federation
import OpenSSL
import Transport

/// Reads the tables of `config.toml`, in the order of the example, by their keys in `ConfigurationTable`;
/// what is judged here is how the values stand together. A key that is not written leaves what is there.
struct ConfigurationReader {
    let findings: Findings
    /// As far as it is read.
    var configuration: Configuration
    /// Whether everything is there that must be written.
    private var isWhole = true

    init(file: String, findings: Findings) {
        configuration = Configuration(file: file)
        self.findings = findings
    }

    /// What the document says; of no use when anything was found wrong.
    mutating func read(_ document: TOMLDocument) -> Configuration {
        var top = TOMLTableReader(document, findings: findings)
        isWhole = ConfigurationTable.top.read(&top, into: &configuration)
        configuration.takeDefaultsOfProfile()
        site(&top)
        listenersAndTLS(&top)
        backend(&top)
        let outbound = read(.outbound, &top)
        read(.discovery, &top)
        read(.signature, &top)
        read(.token, &top)
        egress(&top)
        if let proxy = configuration.outbound.proxy {
            refuseItself(
                .tcp(proxy.host, port: proxy.port), at: outbound.place(of: "proxy"),
                remedy: "write where the outer proxy listens")
        }
        if let table = required(.policy, &top) { fill(.policy, table) }
        read(.state, &top)
        var journal = read(.journal, &top)
        if journal.isOff(by: "dir") { configuration.journal = nil }
        read(.limits, &top)
        read(.log, &top)
        read(.metrics, &top)
        read(.admin, &top)
        top.finish()
        for message in configuration.weaknesses {
            let key = message.prefix { $0 != " " }
            warn(at: document.root.place(of: key.split(separator: ".").map(String.init)), message)
        }
        configuration.warnings.sort { ($0.position ?? .start) < ($1.position ?? .start) }
        if isWhole { refuseSharedPlaces(configuration, document.root) }
        return configuration
    }

    /// Reads a table that may be missing.
    @discardableResult
    mutating func read(
        _ keys: ConfigurationTable<Configuration>, _ top: inout TOMLTableReader
    ) -> TOMLTableReader {
        fill(keys, top.tableOrEmpty(keys.name))
    }

    /// Reads the keys of a table, the table as it is then.
    @discardableResult
    mutating func fill(
        _ keys: ConfigurationTable<Configuration>, _ written: TOMLTableReader
    ) -> TOMLTableReader {
        var table = written
        isWhole = keys.read(&table, into: &configuration) && isWhole
        table.finish()
        return table
    }

    /// A table without which there is nothing to serve.
    private mutating func required(
        _ keys: ConfigurationTable<Configuration>, _ top: inout TOMLTableReader
    ) -> TOMLTableReader? {
        if let table = top.table(keys.name) { return table }
        if !top.has(keys.name) {
            findings.report(top.position, "the table [\(keys.name)] is missing")
        }
        isWhole = false
        return nil
    }

    /// Notes a key that, as it is written or by not being there, makes the gateway weaker than its profile or
    /// serves nobody.
    mutating func warn(at place: SourcePosition?, _ message: String, remedy: String? = nil) {
        configuration.warnings.append(
            ConfigurationError(
                file: configuration.file, position: place, message: message, remedy: remedy))
    }

    private mutating func site(_ top: inout TOMLTableReader) {
        guard var table = required(.site, &top).map({ fill(.site, $0) }) else { return }
        let origin = URLParts(configuration.site.origin)?.host
        reportNamesTwice(origin, table.node("aliases"))
        if let origin, !table.has("provider") { configuration.site.provider = origin.name }
    }

    /// Each name once: the keys are published under every one, and peers refuse a set that has one name
    /// twice.
    private func reportNamesTwice(_ origin: PeerHost?, _ aliases: TOMLNode?) {
        guard case .array(let nodes)? = aliases?.content else { return }
        var known = Set([origin].compactMap { $0 })
        for node in nodes {
            guard case .string(let text) = node.content, let host = URLParts(text)?.host,
                !known.insert(host).inserted
            else { continue }
            findings.report(
                node.position, "\(quoted(host.description)) is a name of the site already",
                remedy: "take it out")
        }
    }

    private mutating func backend(_ top: inout TOMLTableReader) {
        guard let table = required(.backend, &top).map({ fill(.backend, $0) }) else { return }
        refuseItself(
            configuration.backend.endpoint, at: table.place(of: "url"),
            remedy: "write where the backend listens")
        warnOfOwnName(configuration.backend.endpoint, in: table)
        if !table.has("host"), let origin = URLParts(configuration.site.origin) {
            configuration.backend.host = origin.host.description
        }
    }

    /// Warns of a backend that has the name and the port by which clients come here: the gateway would ask
    /// itself, unless this machine finds another one by that name than they do.
    private mutating func warnOfOwnName(_ asked: Upstream.Endpoint, in table: TOMLTableReader) {
        let site = configuration.site
        guard case .tcp(let host, let port) = asked,
            site.authorities.contains(where: { $0.host == host })
        else { return }
        let isOurs = configuration.listeners.contains { listener in
            guard case .tcp(_, let other) = listener.address else { return false }
            return other == Int(port)
        }
        guard isOurs || site.origins.contains(where: { URLParts($0)?.port == port }) else { return }
        warn(
            at: table.place(of: "url"),
            "backend.url is the site's own name: the gateway asks itself, unless this machine has another "
                + "address for it than everybody else",
            remedy: "write the address at which the server behind listens")
    }

    /// What the gateway asks is somebody else.
    private func refuseItself(
        _ asked: Upstream.Endpoint, at place: SourcePosition, remedy: String
    ) {
        let own = configuration.listeners.map(\.address) + [configuration.egress?.listen]
        guard let address = own.compactMap({ $0 }).first(where: { $0.takes(asked) }) else { return }
        findings.report(
            place, "the gateway itself listens at \(address): it would ask itself", remedy: remedy)
    }
}

extension Configuration {
    /// A profile sets defaults, nothing else.
    fileprivate mutating func takeDefaultsOfProfile() {
        switch profile {
        case .strict:
            signature.accept = [.rfc9421]
            token.acceptSecret = .none
        case .bridge: break
        case .observe: token.acceptSecret = .all
        }
    }
}
