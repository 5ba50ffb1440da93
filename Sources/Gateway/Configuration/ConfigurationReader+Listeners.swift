import Federation
import OpenSSL
import Transport

/// `[[listen]]` and `[tls.NAME]`: where clients come in, and by which certificates.
extension ConfigurationReader {
    /// Without `[[listen]]` the gateway listens as the example does: TLS on 443 with the
    /// certificate of the site's own name, and 80 for redirects. It never serves without TLS
    /// unless a listener without `tls` is written.
    mutating func listenersAndTLS(
        _ top: inout TOMLTableReader, _ site: Configuration.SiteSettings?
    ) -> ([Configuration.ListenSettings], [String: Configuration.TLSSettings]) {
        var entries = tlsEntries(&top)
        let isWritten = top.has("listen")
        var listeners = written(&top, tls: entries)
        if isWritten {
            if let name = entries.keys.min(), listeners.allSatisfy({ $0.tls == nil }) {
                warn(
                    "tls", in: top,
                    "no [[listen]] has tls: [tls.\(quoted(name))] is shown to nobody",
                    remedy: "write tls = \(quoted(name)) in one, or take the table away")
            }
            return (listeners, entries)
        }
        guard let name = site.flatMap({ URLParts($0.origin)?.host.name }) else {
            return ([], entries)
        }
        if entries[name] == nil {
            if top.has("tls") {
                findings.report(
                    top.place(of: "tls"), "there is no [[listen]], and no [tls.\(quoted(name))]",
                    remedy: "write [[listen]] with address and tls")
            }
            entries[name] = Configuration.TLSSettings(
                certificate: Self.usualCertificate, key: Self.usualKey, minimum: .tls12)
        }
        listeners = [
            .init(address: Self.usual(443), tls: name, purpose: .serve, trustedProxies: []),
            .init(address: Self.usual(80), tls: nil, purpose: .redirectToHTTPS, trustedProxies: []),
        ]
        return (listeners, entries)
    }

    private mutating func written(
        _ top: inout TOMLTableReader, tls: [String: Configuration.TLSSettings]
    ) -> [Configuration.ListenSettings] {
        var serves = false
        var listeners: [Configuration.ListenSettings] = []
        let tables = top.tables("listen")
        if tables.isEmpty, case .array([])? = top.node("listen")?.content {
            findings.report(top.place(of: "listen"), "an empty list of listeners serves nothing")
        }
        for table in tables {
            let listener = WrittenListener(table)
            judge(listener, tls)
            // Whatever else is wrong with it.
            if listener.redirect == nil { serves = true }
            guard let place = listener.place else { continue }
            let used = listeners.map(\.address)
            if used.contains(place) {
                findings.report(
                    listener.table.place(of: "address"), "another [[listen]] has this address")
            } else {
                reportOverlap(of: place, at: listener.table.place(of: "address"), with: used)
            }
            listeners.append(listener.settings(at: place))
        }
        if !tables.isEmpty, !serves {
            findings.report(
                top.place(of: "listen"), "every [[listen]] only redirects: nothing is served",
                remedy: "write another [[listen]] with address and tls")
        }
        return listeners
    }

    /// Reports what cannot stand together in one `[[listen]]`, and what makes it weaker.
    private mutating func judge(
        _ listener: WrittenListener, _ tls: [String: Configuration.TLSSettings]
    ) {
        let table = listener.table
        let named = [
            ("trusted_proxies", listener.proxies), ("proxy_protocol", listener.announcers),
        ]
        for (key, networks) in named where networks.contains(where: { $0.prefix == 0 }) {
            warn(
                key, in: table,
                "listen.\(key) takes everybody's word for the address that they come from")
        }
        if listener.tls == nil, listener.redirect == nil,
            named.allSatisfy({ $0.1.isEmpty }), case .tcp(let address, _)? = listener.place
        {
            warnOfPlain(listener, at: address, tls.keys.min())
        }
        if listener.strictTransport != nil, listener.tls == nil {
            findings.report(
                table.place(of: "hsts"), "only a listener with tls may say so",
                remedy: "take it away, or name a [tls] table in tls")
        }
        if let name = listener.tls, tls[name] == nil {
            let known = remedy(for: name, among: tls.keys.sorted())
            findings.report(
                table.place(of: "tls"), "there is no [tls.\(quoted(name))]",
                remedy: known ?? "write it, with cert and key")
        }
        if case .unix? = listener.address {
            for (key, networks) in named where !networks.isEmpty {
                findings.report(
                    table.place(of: key),
                    "who connects to a unix socket has no address, so nobody could be one of these",
                    remedy: "take it away, or listen at 127.0.0.1 for this proxy")
            }
        }
        if listener.redirect != nil, listener.tls != nil {
            findings.report(
                table.place(of: "redirect"), "a listener that redirects to https has no tls",
                remedy: "take one of both away")
        }
    }

    /// Warns of a listener without TLS before which no other server is said to stand.
    ///
    /// - Parameter name: of a `[tls]` table that there is.
    private mutating func warnOfPlain(
        _ listener: WrittenListener, at address: IPAddress, _ name: String?
    ) {
        let hop = "the server before it in trusted_proxies or proxy_protocol"
        if ListenAddress.isLoopback(address) {
            warn(
                "address", in: listener.table,
                "nobody says to this listener who its clients are: all of them are one, to the limits "
                    + "and to net of the policy",
                remedy: "name \(hop)")
            return
        }
        let table = name.map { "tls = \(quoted($0))" } ?? "tls, and the [tls] table that it names"
        warn(
            "address", in: listener.table, "everybody who comes here is served without TLS",
            remedy: "write \(table); or redirect = \"https\"; or name \(hop)")
    }

    /// A socket at every address of the machine leaves none to another at the same port, and one at
    /// `[::]` takes IPv4 as well.
    func reportOverlap(
        of address: ListenAddress, at place: SourcePosition, with others: [ListenAddress]
    ) {
        for other in others {
            let (wide, narrow) = other.takesAll(of: address) ? (other, address) : (address, other)
            guard wide.takesAll(of: narrow) else { continue }
            findings.report(
                place, "\(wide) takes what comes to \(narrow) as well",
                remedy: "take \(narrow) away")
        }
    }

    fileprivate enum RedirectWord: String, CaseIterable { case https }

    private func tlsEntries(
        _ top: inout TOMLTableReader
    ) -> [String: Configuration.TLSSettings] {
        guard let tables = top.table("tls") else { return [:] }
        var entries: [String: Configuration.TLSSettings] = [:]
        for member in tables.all {
            guard case .table = member.value.content else {
                findings.report(
                    member.keyPosition, "\(quoted(member.key)) cannot stand in [tls] itself",
                    remedy: "each certificate has a table of its own: [tls.\"cloud.uni.example\"]")
                continue
            }
            guard
                var table = TOMLTableReader(
                    member.value, path: "tls.\(quoted(member.key))", findings: findings)
            else { continue }
            let certificate = table.read("cert", .line)
            let key = table.read("key", .line)
            let minimum = table.read("min_version", TOMLForm<MinimumTLS>.word("version"))
            let authorities = table.read("client_ca", .string).flatMap {
                $0.isEmpty ? nil : path($0)
            }
            let staple = table.read("ocsp", .string).flatMap { $0.isEmpty ? nil : path($0) }
            table.finish()
            entries[member.key] = Configuration.TLSSettings(
                certificate: path(certificate ?? Self.usualCertificate),
                key: path(key ?? Self.usualKey), minimum: minimum == .tls13 ? .tls13 : .tls12,
                clientCA: authorities, staple: staple)
        }
        return entries
    }

    private enum MinimumTLS: String, CaseIterable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    fileprivate static func usual(_ port: Int) -> ListenAddress {
        .tcp(.v6(0, 0), port: port)
    }

    private static let usualCertificate = "/etc/ssl/cloud.pem"
    /// Seconds: ten years.
    fileprivate static let longestHSTS = 3650 * 86_400
    private static let usualKey = "/etc/ssl/cloud.key"
}

/// What a `[[listen]]` says.
private struct WrittenListener {
    let table: TOMLTableReader
    /// Nil where it is not written, or cannot be read.
    let address: ListenAddress?
    let tls: String?
    let redirect: ConfigurationReader.RedirectWord?
    let proxies: [CIDR]
    let announcers: [CIDR]
    let strictTransport: Duration?

    init(_ written: TOMLTableReader) {
        var table = written
        address = table.read("address", .listenAddress)
        tls = table.read("tls", .line)
        redirect = table.read("redirect", .word("redirect"))
        proxies = table.read("trusted_proxies", TOMLForm<CIDR>.network.array) ?? []
        announcers = table.read("proxy_protocol", TOMLForm<CIDR>.network.array) ?? []
        strictTransport = table.read(
            "hsts", .seconds(from: .zero, to: .seconds(ConfigurationReader.longestHSTS)))
        table.finish()
        self.table = table
    }

    /// Where it listens; nil for an address that cannot be read.
    var place: ListenAddress? {
        if address == nil, table.has("address") { return nil }
        return address ?? ConfigurationReader.usual(tls == nil ? 80 : 443)
    }

    func settings(at place: ListenAddress) -> Configuration.ListenSettings {
        Configuration.ListenSettings(
            address: place, tls: tls,
            purpose: redirect == nil ? .serve : .redirectToHTTPS, trustedProxies: proxies,
            proxyProtocol: announcers, strictTransport: strictTransport)
    }
}

extension ListenAddress {
    /// Whether a socket here takes every connection to the other address too.
    fileprivate func takesAll(of other: ListenAddress) -> Bool {
        guard case .tcp(let own, let port) = self, case .tcp(let wanted, port) = other, port > 0
        else { return false }
        switch (own, wanted) {
        case (.v6(0, 0), _), (.v4(0), .v4): return true
        case (.v6, _), (.v4, _): return false
        }
    }

    /// Whether what connects to `endpoint` comes here. A socket at every address of the machine takes
    /// what goes to the machine itself by its loopback addresses; of other names and addresses nobody
    /// knows here whose they are.
    func takes(_ endpoint: Upstream.Endpoint) -> Bool {
        switch (self, endpoint) {
        case (.unix(let own), .unix(let path)): return own == path
        case (.tcp(_, let own), .tcp(let host, let port)):
            guard own == Int(port) else { return false }
            let meant: [IPAddress] =
                switch host {
                case .address(let address): [address]
                case .name("localhost"): [.v4(0x7F00_0001), .v6(0, 1)]
                case .name: []
                }
            return !meant.isEmpty
                && meant.allSatisfy { address in
                    let other = ListenAddress.tcp(address, port: own)
                    return self == other || Self.isLoopback(address) && takesAll(of: other)
                }
        case (.unix, .tcp), (.tcp, .unix): return false
        }
    }

    fileprivate static func isLoopback(_ address: IPAddress) -> Bool {
        switch address {
        case .v4(let number): number >> 24 == 127
        case .v6(let upper, let lower): (upper, lower) == (0, 1)
        }
    }
}
