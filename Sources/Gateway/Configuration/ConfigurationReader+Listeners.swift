import Federation
import OpenSSL
import Transport

/// `[[listen]]` and `[tls.NAME]`: where clients come in, and by which certificates.
extension ConfigurationReader {
    /// Without `[[listen]]` the gateway listens as the example does: TLS on 443 with the
    /// certificate of the site's own name, and 80 for redirects. It never serves without TLS
    /// unless a listener without `tls` is written.
    mutating func listenersAndTLS(_ top: inout TOMLTableReader) {
        tlsEntries(&top)
        written(&top)
        let entries = configuration.tls
        if top.has("listen") {
            if let name = entries.keys.min(), configuration.listeners.allSatisfy({ $0.tls == nil })
            {
                warn(
                    at: top.place(of: "tls"),
                    "no [[listen]] has tls: [tls.\(quoted(name))] is shown to nobody",
                    remedy: "write tls = \(quoted(name)) in one, or take the table away")
            }
            return
        }
        guard let name = URLParts(configuration.site.origin)?.host.name else { return }
        if entries[name] == nil {
            if top.has("tls") {
                findings.report(
                    top.place(of: "tls"), "there is no [[listen]], and no [tls.\(quoted(name))]",
                    remedy: "write [[listen]] with address and tls")
            }
            configuration.tls[name] = Configuration.TLSSettings()
        }
        configuration.listeners = [
            .init(address: Self.usual(443), tls: name),
            .init(address: Self.usual(80), purpose: .redirectToHTTPS),
        ]
    }

    private mutating func written(_ top: inout TOMLTableReader) {
        var serves = false
        let tables = top.tables("listen")
        if tables.isEmpty, case .array([])? = top.node("listen")?.content {
            findings.report(top.place(of: "listen"), "an empty list of listeners serves nothing")
        }
        for var table in tables {
            var listener = Configuration.ListenSettings()
            _ = ConfigurationTable.listen.read(&table, into: &listener)
            table.finish()
            if !table.has("address") {
                listener.address = Self.usual(listener.tls == nil ? 80 : 443)
            }
            judge(listener, table)
            // Whatever else is wrong with it.
            if listener.purpose == .serve { serves = true }
            guard listener.address != Configuration.ListenSettings.nowhere else { continue }
            refuseShared(listener.address, at: table.place(of: "address"), "another")
            configuration.listeners.append(listener)
        }
        if !tables.isEmpty, !serves {
            findings.report(
                top.place(of: "listen"), "every [[listen]] only redirects: nothing is served",
                remedy: "write another [[listen]] with address and tls")
        }
    }

    /// Reports what cannot stand together in one `[[listen]]`, and what makes it weaker.
    private mutating func judge(_ listener: Configuration.ListenSettings, _ table: TOMLTableReader)
    {
        let tls = configuration.tls
        let isRedirect = listener.purpose == .redirectToHTTPS
        let named = [
            ("trusted_proxies", listener.trustedProxies),
            ("proxy_protocol", listener.proxyProtocol),
        ]
        for (key, networks) in named where networks.contains(where: { $0.prefix == 0 }) {
            warn(
                at: table.place(of: key),
                "listen.\(key) takes everybody's word for the address that they come from")
        }
        if listener.tls == nil, !isRedirect, named.allSatisfy({ $0.1.isEmpty }),
            case .tcp(let address, _) = listener.address
        {
            warnOfPlain(table, at: address, tls.keys.min())
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
        if case .unix = listener.address, listener.address != Configuration.ListenSettings.nowhere {
            for (key, networks) in named where !networks.isEmpty {
                findings.report(
                    table.place(of: key),
                    "who connects to a unix socket has no address, so nobody could be one of these",
                    remedy: "take it away, or listen at 127.0.0.1 for this proxy")
            }
        }
        if isRedirect, listener.tls != nil {
            findings.report(
                table.place(of: "redirect"), "a listener that redirects to https has no tls",
                remedy: "take one of both away")
        }
    }

    /// Warns of a listener without TLS before which no other server is said to stand.
    ///
    /// - Parameter name: of a `[tls]` table that there is.
    private mutating func warnOfPlain(
        _ listener: TOMLTableReader, at address: IPAddress, _ name: String?
    ) {
        let hop = "the server before it in trusted_proxies or proxy_protocol"
        if ListenAddress.isLoopback(address) {
            warn(
                at: listener.place(of: "address"),
                "nobody says to this listener who its clients are: all of them are one, to the limits "
                    + "and to net of the policy",
                remedy: "name \(hop)")
            return
        }
        let table = name.map { "tls = \(quoted($0))" } ?? "tls, and the [tls] table that it names"
        warn(
            at: listener.place(of: "address"), "everybody who comes here is served without TLS",
            remedy: "write \(table); or redirect = \"https\"; or name \(hop)")
    }

    /// Reports an address that a `[[listen]]` has. A socket at every address of the machine leaves none to
    /// another at the same port, and one at `[::]` takes IPv4 as well.
    func refuseShared(_ address: ListenAddress, at place: SourcePosition, _ article: String) {
        let others = configuration.listeners.map(\.address)
        if others.contains(address) {
            findings.report(place, "\(article) [[listen]] has this address")
            return
        }
        for other in others {
            let (wide, narrow) = other.takesAll(of: address) ? (other, address) : (address, other)
            guard wide.takesAll(of: narrow) else { continue }
            findings.report(
                place, "\(wide) takes what comes to \(narrow) as well",
                remedy: "take \(narrow) away")
        }
    }

    private mutating func tlsEntries(_ top: inout TOMLTableReader) {
        guard let tables = top.table("tls") else { return }
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
            var settings = Configuration.TLSSettings()
            _ = ConfigurationTable.tls.read(&table, into: &settings)
            table.finish()
            configuration.tls[member.key] = settings
        }
    }

    private static func usual(_ port: Int) -> ListenAddress { .tcp(.v6(0, 0), port: port) }
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
