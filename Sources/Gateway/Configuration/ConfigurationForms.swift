import Federation
import HTTPSignatures
import OpenSSL
import Transport

/// How the values of `config.toml` look.
extension TOMLForm<CIDR> {
    /// A block of addresses, or one address. Refused: IPv4 in IPv6 clothes, since addresses are
    /// compared without them.
    static let network = TOMLForm("a network like 10.0.0.0/8") { node, findings in
        let expected = "a network like 10.0.0.0/8"
        guard case .string(let text) = node.content else {
            findings.report(node.position, "expected \(expected), found \(node.kind)")
            return nil
        }
        do throws(CIDR.Failure) {
            let block = try CIDR(text)
            guard case .v6 = block.base, case .v4 = block.base.unmapped, block.prefix >= 96 else {
                return block
            }
            findings.report(
                node.position, "\(quoted(text)) is not \(expected)",
                remedy: "write \(block.base.unmapped)/\(block.prefix - 96)")
        } catch {
            findings.report(
                node.position, "\(quoted(text)) is not \(expected)", remedy: error.rawValue)
        }
        return nil
    }
}

extension TOMLForm<ListenAddress> {
    /// `[::]:443`, `127.0.0.1:8443`, `unix:/path`. Refused: addresses that no server has for itself,
    /// or not without a zone; IPv4 in IPv6 clothes, which is another spelling of one that is compared.
    static let listenAddress = TOMLForm.text(
        "an address like [::]:443, 127.0.0.1:8443 or unix:/path",
        remedy: { remedyForSocket(in: $0) ?? remedyForMapped(in: $0) }
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

extension TOMLForm<URLParts> {
    /// `https://host[:port]` without a path; `http` only for loopback hosts.
    static let origin = TOMLForm.text(
        "an origin like https://cloud.uni.example", remedy: remedyForUser(in:)
    ) { text in
        guard let parts = URLParts(text), parts.path.isEmpty || parts.path == "/",
            parts.query == nil
        else { return nil }
        switch parts.scheme {
        case .https: return parts
        case .http:
            return parts.host.name == "localhost" || parts.host.name.hasPrefix("127.")
                || parts.host.name == "[::1]" ? parts : nil
        }
    }
}

extension TOMLForm<String> {
    /// `host[:port]`, as it is written. Refused: what no field of a request can hold (RFC 9110, 7.2).
    static let host = TOMLForm.text(
        "a host like cloud.uni.example",
        remedy: { text in PeerHost(text).map { "write \($0)" } }
    ) {
        PeerHost($0) == nil || !$0.utf8.allSatisfy { $0 < 0x80 } ? nil : $0
    }

    /// The path of an endpoint of the gateway's own: canonical, without a query, and not one that
    /// something else is answered at.
    static let ownEndpoint = TOMLForm.text(
        "a path of its own like /ocm/token",
        remedy: {
            isBelowFrontController($0)
                ? "leave the front controller out: clients may put it in front" : nil
        }
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

/// `outbound.proxy`: a proxy, or none.
struct ProxyPlace: Sendable {
    let outer: OuterProxy?
}

extension TOMLForm<ProxyPlace> {
    /// `http://host[:port]`, or `""` for none.
    static let proxy = TOMLForm.text(
        "a proxy like http://127.0.0.1:3128", remedy: remedyForUser(in:)
    ) { text in
        if text.isEmpty { return ProxyPlace(outer: nil) }
        guard let url = try? HTTPURL(text), url.scheme == .http,
            url.target == "/" || url.target.isEmpty
        else { return nil }
        return ProxyPlace(outer: OuterProxy(host: url.authority.host, port: url.port))
    }
}

extension TOMLForm<SignatureAlgorithm> {
    static let algorithm = TOMLForm.text(
        "one of " + SignatureAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
    ) { SignatureAlgorithm(rawValue: $0) }
}

extension TOMLForm<Authority> {
    static let authorityWithPort = TOMLForm.text("a host and port like peer.test:443") { text in
        guard let authority = try? Authority(text), authority.port != nil else { return nil }
        return authority
    }
}

/// Where the backend is.
struct BackendPlace: Sendable {
    let endpoint: Upstream.Endpoint
    let tlsName: String?
}

extension TOMLForm<BackendPlace> {
    /// `http://host:port`, `https://host`, `unix:/path`.
    static let backend = TOMLForm.text(
        "a URL like http://127.0.0.1:8080, https://host or unix:/path",
        remedy: { remedyForUser(in: $0) ?? remedyForSocket(in: $0) ?? remedyForFolder(in: $0) }
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

/// Where the state lies.
enum StateURL: Sendable {
    case sqlite(String)
    case postgresql
}

extension TOMLForm<StateURL> {
    /// `sqlite:PATH`. Refused: a database in memory, and a host, which other URLs have behind `//`.
    static let stateURL = TOMLForm.text(
        "a place like sqlite:/var/lib/ocmgate/state.db",
        remedy: { text in
            if text == "sqlite::memory:" {
                return "name a file: the state has to survive a restart"
            }
            return text.hasPrefix("sqlite://")
                ? "write sqlite:/PATH, or sqlite:PATH for one in the folder of this file" : nil
        }
    ) { text in
        if text.hasPrefix("postgresql://") || text.hasPrefix("postgres://") { return .postgresql }
        guard text.hasPrefix("sqlite:"), let path = namedFile(text.dropFirst(7)),
            path != ":memory:", !path.hasPrefix("//") || path.hasPrefix("///")
        else { return nil }
        return .sqlite(path)
    }
}

extension TOMLForm<SealKey.Source> {
    static let sealKey = TOMLForm.text("the path of a file, or env:NAME") { text in
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
