import Federation
import HTTPSignatures
import OpenSSL
import Transport

/// How the values of `config.toml` look that are more than a number, a word or a line.
extension ConfigurationForm<[CIDR]> {
    /// Blocks of addresses, or single ones. Refused: IPv4 in IPv6 clothes, since addresses are
    /// compared without them.
    static let networks = ConfigurationForm<CIDR>.text(
        "a network like 10.0.0.0/8", .text(#"^\[?[0-9A-Fa-f.:]+\]?(/[0-9]{1,3})?$"#),
        remedy: remedyForNetwork(in:), written: \.description
    ) { text in
        guard let block = try? CIDR(text), !block.isMapped else { return nil }
        return block
    }.array
}

extension CIDR {
    /// Whether it is a block of IPv4 in IPv6 clothes.
    fileprivate var isMapped: Bool {
        guard case .v6 = base, case .v4 = base.unmapped else { return false }
        return prefix >= 96
    }
}

/// What is wrong with a network, or what to write in the place of one of IPv4 in IPv6 clothes.
private func remedyForNetwork(in text: String) -> String? {
    do throws(CIDR.Failure) {
        let block = try CIDR(text)
        return "write \(block.base.unmapped)/\(block.prefix - 96)"
    } catch { return error.rawValue }
}

extension ConfigurationForm<ListenAddress> {
    /// `[::]:443`, `127.0.0.1:8443`, `unix:/path`. Refused: addresses that no server has for itself,
    /// or not without a zone; IPv4 in IPv6 clothes, which is another spelling of one that is compared.
    static let listenAddress = ConfigurationForm.text(
        "an address like [::]:443, 127.0.0.1:8443 or unix:/path",
        .text(#"^(unix:/[^\x00]+|\[[0-9A-Fa-f.:]+\]:[0-9]{1,5}|[0-9.]+:[0-9]{1,5})$"#),
        remedy: { remedyForSocket(in: $0) ?? remedyForMapped(in: $0) }, written: \.description
    ) { text in
        if text.hasPrefix("unix:") { return socketPath(text).map { .unix(path: $0) } }
        guard let colon = text.lastIndex(of: ":"),
            let port = portNumber(text[text.index(after: colon)...])
        else { return nil }
        let host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        guard let address = IPAddress(String(isBracketed ? host.dropFirst().dropLast() : host))
        else { return nil }
        switch address {
        case .v4(let number):
            return isBracketed || number >> 28 == 0xE ? nil : .tcp(address, port: port)
        case .v6(let upper, _):
            if case .v4 = address.unmapped { return nil }
            let isElsewhere = upper >> 54 == 0xFE80 >> 6 || upper >> 56 == 0xFF
            return isBracketed && !isElsewhere ? .tcp(address, port: port) : nil
        }
    }
}

/// Digits alone, as they are counted: neither a sign nor a zero in front.
private func portNumber(_ text: Substring) -> Int? {
    guard text.utf8.allSatisfy(\.isDigit), !text.hasPrefix("0") else { return nil }
    return UInt16(text).map(Int.init)
}

/// The path of `unix:/path` in its one spelling: without empty steps, `.` and `..`.
private func socketPath(_ text: String) -> String? {
    let path = text.dropFirst("unix:".count)
    let steps = path.split(separator: "/", omittingEmptySubsequences: false)
    guard path.utf8.count < 108, steps.count > 1, steps[0].isEmpty,
        steps.dropFirst().allSatisfy({ !["", ".", ".."].contains($0) })
    else { return nil }
    return String(path)
}

/// What to write in the place of an address of IPv4 in IPv6 clothes.
private func remedyForMapped(in text: String) -> String? {
    guard text.hasPrefix("["), let end = text.lastIndex(of: "]"),
        let address = IPAddress(String(text[..<end].dropFirst())), case .v6 = address,
        case .v4 = address.unmapped
    else { return nil }
    return "write \(address.unmapped)\(text[end...].dropFirst())"
}

/// What to write in the place of another spelling of a socket's path.
private func remedyForSocket(in text: String) -> String? {
    guard text.hasPrefix("unix:/") else { return nil }
    let path = "/" + text.split(separator: "/").dropFirst().joined(separator: "/")
    return socketPath("unix:" + path).map { "write unix:\($0)" }
}

/// What to write for a server that is in a folder.
private func remedyForFolder(in text: String) -> String? {
    guard let url = try? HTTPURL(text) else { return nil }
    return "write \(url.origin): a server in a folder is found by a redirect of its root"
}

extension ConfigurationForm<String> {
    /// `https://host[:port]` without a path, with the host as others compare it; `http` only for loopback
    /// hosts.
    static let origin = ConfigurationForm.text(
        "an origin like https://cloud.uni.example", .text("^[Hh][Tt][Tt][Pp][Ss]?://[^/?#\\s]+/?$"),
        remedy: remedyForUser(in:), written: { $0 }
    ) { text in
        guard let parts = URLParts(text), parts.path.isEmpty || parts.path == "/",
            parts.query == nil
        else { return nil }
        let isLoopback =
            parts.host.name == "localhost" || parts.host.name.hasPrefix("127.")
            || parts.host.name == "[::1]"
        guard parts.scheme == .https || isLoopback else { return nil }
        return "\(parts.scheme.rawValue)://\(parts.host)"
    }

    /// `host[:port]`, as it is written. Refused: what no field of a request can hold (RFC 9110, 7.2).
    static let host = ConfigurationForm.text(
        "a host like cloud.uni.example", .host,
        remedy: { text in PeerHost(text).map { "write \($0)" } }, written: { $0 }
    ) {
        PeerHost($0) == nil || !$0.utf8.allSatisfy { $0 < 0x80 } ? nil : $0
    }

    /// The path of an endpoint of the gateway's own: canonical, without a query, and not one that
    /// something else is answered at.
    static let ownEndpoint = ConfigurationForm.text(
        "a path of its own like /ocm/token", .text("^/[A-Za-z0-9/_.~-]+$"),
        remedy: {
            isBelowFrontController($0)
                ? "leave the front controller out: clients may put it in front" : nil
        }, written: { $0 }
    ) { text in
        guard text.hasPrefix("/"), text.isPlainPath, !isBelowFrontController(text),
            !taken.contains(text), !roots.contains(text.dropFirst().prefix { $0 != "/" })
        else { return nil }
        return text
    }

    /// Routes are looked for without it, however often it is there.
    private static func isBelowFrontController(_ path: String) -> Bool {
        path.hasPrefix("/index.php/") || path.hasPrefix("/index.phpindex.php/")
    }

    private static let taken: Set<String> = [
        "/ocm", "/ocm/shares", "/ocm/notifications", "/ocm/invite-accepted", "/ocm/request-share",
        ServedDiscovery.jwksPath, "/.well-known/ocm", "/.well-known/jwks.json", "/ocm-provider",
        "/ocs-provider", "/index.php",
    ]

    /// Where backends have the data of shares, and what the older API is below.
    private static let roots: Set<Substring> = [
        "public.php", "remote.php", "status.php", "ocs", "dav", "webdav", "public-files", "s",
    ]
}

extension ConfigurationForm<OuterProxy?> {
    /// `http://host[:port]`, or `""` for none.
    static let proxy = ConfigurationForm.text(
        "a proxy like http://127.0.0.1:3128", .text("^([Hh][Tt][Tt][Pp]://.+)?$"),
        remedy: remedyForUser(in:),
        written: { $0.map { "http://\(Authority(host: $0.host, port: $0.port))" } ?? "" }
    ) { text in
        if text.isEmpty { return .some(nil) }
        guard let url = try? HTTPURL(text), url.scheme == .http,
            url.target == "/" || url.target.isEmpty
        else { return nil }
        return OuterProxy(host: url.authority.host, port: url.port)
    }
}

extension ConfigurationForm<[SignatureAlgorithm]> {
    static let algorithms = ConfigurationForm<SignatureAlgorithm>.text(
        "one of " + SignatureAlgorithm.allCases.map(\.rawValue).joined(separator: ", "),
        .word(SignatureAlgorithm.self), written: \.rawValue
    ) { SignatureAlgorithm(rawValue: $0) }.array
}

extension ConfigurationForm<[Authority: Authority]> {
    /// `{ "peer.test:443" = "127.0.0.1:9443" }`: each place once.
    static let otherPlaces = ConfigurationForm(
        read,
        .named(#"^.+:[0-9]{1,5}$"#, .text(#"^(\[[0-9A-Fa-f.:]+\]|[^\s/@:*"\[\]]+):[0-9]{1,5}$"#))
    ) { places in
        let texts = places.map { ($0.description, JSONValue.string($1.description)) }
        return .object(texts.sorted { $0.0 < $1.0 })
    }

    private static let read = TOMLForm<[Authority: Authority]>("a table of places") {
        node, findings in
        TOMLTableReader(node, path: "outbound.resolve", findings: findings).map { table in
            var places: [Authority: Authority] = [:]
            for member in table.all {
                let key = TOMLNode(.string(member.key), at: member.keyPosition)
                guard let from = hostAndPort.read(key, findings),
                    let to = hostAndPort.read(member.value, findings)
                else { continue }
                if places.updateValue(to, forKey: from) != nil {
                    findings.report(
                        member.keyPosition, "\(quoted(from.description)) stands here twice",
                        remedy: "take one of them out")
                }
            }
            return places
        }
    }

    private static let hostAndPort = TOMLForm<Authority>.text("a host and port like peer.test:443")
    {
        text in
        guard let authority = try? Authority(text), authority.port != nil else { return nil }
        return authority
    }
}

/// Where the backend is.
struct BackendPlace: Sendable {
    let endpoint: Upstream.Endpoint
    /// Whether it is spoken to over TLS, and under which name.
    let tlsName: String?

    /// As the file has it.
    var url: String {
        switch endpoint {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port):
            "\(tlsName == nil ? "http" : "https")://\(Authority(host: host, port: port))"
        }
    }
}

extension ConfigurationForm<BackendPlace> {
    /// `http://host:port`, `https://host`, `unix:/path`.
    static let backend = ConfigurationForm.text(
        "a URL like http://127.0.0.1:8080, https://host or unix:/path", .word,
        remedy: { remedyForUser(in: $0) ?? remedyForSocket(in: $0) ?? remedyForFolder(in: $0) },
        written: \.url
    ) { text in
        if text.hasPrefix("unix:") {
            return socketPath(text).map { BackendPlace(endpoint: .unix(path: $0), tlsName: nil) }
        }
        guard let url = try? HTTPURL(text), url.target == "/" || url.target.isEmpty else {
            return nil
        }
        return BackendPlace(
            endpoint: .tcp(url.authority.host, port: url.port),
            tlsName: url.scheme == .https ? url.authority.host.description : nil)
    }
}

extension ConfigurationForm<String> {
    /// `sqlite:PATH`. Refused: a database in memory, a host, which other URLs have behind `//`, and
    /// PostgreSQL, which is not there yet.
    static let sqlite = ConfigurationForm(
        TOMLForm<String>("a place like sqlite:/var/lib/ocmgate/state.db") { node, findings in
            if case .string(let text) = node.content,
                text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
            {
                findings.notYet(
                    "PostgreSQL", at: node.position,
                    remedy: "url = \"sqlite:/var/lib/ocmgate/state.db\"")
                return nil
            }
            return sqliteFile.asPath.read(node, findings)
        }, .text("^(sqlite:|postgres(ql)?://).+$")
    ) { .string("sqlite:\($0)") }

    private static let sqliteFile = TOMLForm<String>.text(
        "a place like sqlite:/var/lib/ocmgate/state.db",
        remedy: { text in
            if text == "sqlite::memory:" {
                return "name a file: the state has to survive a restart"
            }
            return text.hasPrefix("sqlite://")
                ? "write sqlite:/PATH, or sqlite:PATH for one in the folder of this file" : nil
        }
    ) { text in
        guard text.hasPrefix("sqlite:"), let path = namedFile(text.dropFirst(7)),
            path != ":memory:", !path.hasPrefix("//") || path.hasPrefix("///")
        else { return nil }
        return path
    }
}

extension ConfigurationForm<SealKey.Source> {
    /// The path of a file, or `env:NAME`.
    static let sealKey = ConfigurationForm(
        TOMLForm<SealKey.Source>(written.expected) { node, findings in
            written.read(node, findings).map { source in
                if case .file(let path) = source { .file(findings.path(path)) } else { source }
            }
        }, .path
    ) { source in
        switch source {
        case .file(let path): .string(path)
        case .environment(let name): .string("env:\(name)")
        }
    }

    private static let written = TOMLForm<SealKey.Source>.text(
        "the path of a file, or env:NAME"
    ) { text in
        guard text.hasPrefix("env:") else { return namedFile(text[...]).map { .file($0) } }
        let name = text.dropFirst(4)
        let isName = name.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "_") }
        return isName && !name.isEmpty ? .environment(String(name)) : nil
    }
}

/// A path that names a file; nil for an empty one, or one with control characters.
private func namedFile(_ text: Substring) -> String? {
    let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    return isPlain && !text.isEmpty && !text.hasSuffix("/") ? String(text) : nil
}

extension JSONSchema {
    /// A host, with a port perhaps.
    static let host = text(#"^(\[[0-9A-Fa-f.:]+\]|[^\s/@:*"\[\]]+)(:[0-9]{1,5})?$"#)
}
