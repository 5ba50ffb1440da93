import Federation
import HTTPSignatures
import OpenSSL
import Transport

/// How the values of `config.toml` look.
extension TOMLForm<CIDR> {
    static let network = TOMLForm.text("a network like 10.0.0.0/8") { text in
        if let network = try? CIDR(text) { return network }
        guard let address = IPAddress(text) else { return nil }
        return try? CIDR("\(text)/\(address.networkBytes.count * 8)")
    }
}

extension TOMLForm<ListenAddress> {
    /// `[::]:443`, `127.0.0.1:8443`, `unix:/path`.
    static let listenAddress = TOMLForm.text(
        "an address like [::]:443, 127.0.0.1:8443 or unix:/path"
    ) { text in
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            return path.hasPrefix("/") && path.utf8.count < 108 ? .unix(path: path) : nil
        }
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard let address = IPAddress(String(host)) else { return nil }
        return .tcp(address, port: Int(port))
    }
}

extension TOMLForm<URLParts> {
    /// `https://host[:port]` without a path; `http` only for loopback hosts.
    static let origin = TOMLForm.text("an origin like https://cloud.uni.example") { text in
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
        "a URL like http://127.0.0.1:8080, https://host or unix:/path"
    ) { text in
        if text.hasPrefix("unix:/") {
            return BackendPlace(endpoint: .unix(path: String(text.dropFirst(5))), tlsName: nil)
        }
        guard let url = try? HTTPURL(text), url.target == "/" || url.target.isEmpty else {
            return nil
        }
        return BackendPlace(
            endpoint: .tcp(url.authority.host, port: url.port),
            tlsName: url.scheme == .https ? url.authority.host.description : nil)
    }
}

/// What is written and not available yet; one list, so that a later version takes lines away here.
enum ConfigurationNotYet {
    /// Keys of a table that may only be empty: `""`, `[]`.
    static let empty: [(table: String, key: String)] = [
        ("listen", "proxy_protocol"), ("tls", "client_ca"), ("outbound", "proxy"),
        ("egress", "listen"), ("policy", "candidate"), ("metrics", "listen"),
        ("admin", "socket"), ("admin", "page"),
    ]

    /// Reports a key of this list whose value says something.
    static func refuse(_ key: String, in table: inout TOMLTableReader, _ name: String) {
        guard let node = table.node(key) else { return }
        switch node.content {
        case .string(""): return
        case .array(let nodes) where nodes.isEmpty: return
        case .string, .integer, .float, .boolean, .instant, .time, .array, .table:
            table.findings.notYet("\(name).\(key)", at: node.position)
        }
    }
}
