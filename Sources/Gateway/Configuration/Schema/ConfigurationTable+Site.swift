import Federation
import Transport

/// The tables that say whom the gateway protects and what lies behind it.
extension ConfigurationTable<Configuration> {
    static let top = ConfigurationTable(
        "", "Where the gateway listens, whom it protects, where its keys are.",
        [
            .init("version", .integer([1]).standard(.integer(1)).saying("Of this format.")) { _ in
                .integer(1)
            },
            .init(
                "profile",
                .word(Configuration.Profile.self).standard("bridge").saying(
                    """
                    Only sets defaults; a key that is written wins. strict: refuse what is not \
                    modern. bridge: modern outside, whatever the backend speaks inside. observe: \
                    forward everything, report what bridge would refuse.
                    """)
            ) { .string($0.profile.rawValue) },
        ])

    static let site = ConfigurationTable(
        "site", "What peers see.",
        [
            .init(
                "origin",
                .origin.saying("https://host[:port]; every signature is checked against it."),
                .required
            ) { .string($0.site.origin) },
            .init(
                "aliases",
                .array(of: .origin).standard(.array([])).saying(
                    "Old names that may still be in keyIds and shares.")
            ) { .texts($0.site.aliases) },
            .init(
                "provider",
                .line.saying("The name of the site for people; else the host of the origin.")
            ) { .string($0.site.provider) },
        ])

    static let backend = ConfigurationTable(
        "backend", "The server behind the gateway.",
        [
            .init(
                "url",
                .word.saying("http://127.0.0.1:8080, https://host or unix:/path."), .required
            ) { .string($0.backend.url) },
            .init(
                "kind",
                .word(BackendKind.self).standard("nextcloud").saying(
                    "What it is: its dialect, its paths, its habits.")
            ) { .string($0.backend.kind.rawValue) },
            .init(
                "host",
                .host.saying("The Host header that it sees; else the host of the origin.")
            ) { .string($0.backend.host) },
            .init(
                "pass",
                .word(Configuration.BackendSettings.Pass.self).standard("all").saying(
                    """
                    all: also the web UI. ocm: only the paths of the federation, and by the way out what an \
                    oCIS, OpenCloud or CERNBox asks itself for.
                    """)
            ) { .string($0.backend.pass.rawValue) },
            .init(
                "proxy_protocol",
                .word(Upstream.Announcement.self).standard("").saying(
                    """
                    "v2" begins every connection with a PROXY header that names the client; only for \
                    a backend that expects one.
                    """)
            ) { .string($0.backend.announcement.rawValue) },
            .init("timeouts.connect", .duration(.seconds(3), "Until connected.")) {
                .time($0.backend.connect)
            },
            .init("timeouts.headers", .duration(.seconds(30), "Until its answer begins.")) {
                .time($0.backend.headers)
            },
            .init("timeouts.idle", .duration(.seconds(300), "Between two pieces of a body.")) {
                .time($0.backend.idle)
            },
            .init(
                "timeouts.pages",
                .duration(.seconds(3600), "Until its answer begins, for people and their programs.")
            ) { .time($0.backend.pages) },
        ])

    static let outbound = ConfigurationTable(
        "outbound", "The gateway's own requests: discovery, keys, tokens, messages.",
        [
            .init(
                "ca_file",
                .text.standard("").saying("PEM that is added to the system's trust store.")
            ) { .string($0.outbound.caFile ?? "") },
            .init(
                "resolve",
                .named(#"^.+:[0-9]{1,5}$"#, .hostAndPort).standard(.object([])).saying(
                    """
                    Other places for hosts, for labs and tests: { "peer.test:443" = \
                    "127.0.0.1:9443" }.
                    """)
            ) { configuration in
                let places = configuration.outbound.resolve.map { from, to in
                    (from.description, JSONValue.string(to.description))
                }
                return .object(places.sorted { $0.0 < $1.0 })
            },
            .init(
                "allow_private",
                .array(of: .network).standard(.array([])).saying(
                    """
                    Private networks that peers may be in; every other address that is not public \
                    is refused.
                    """)
            ) { .texts($0.outbound.allowPrivate) },
            .init(
                "proxy",
                .text("^([Hh][Tt][Tt][Pp]://.+)?$").standard("").saying(
                    "An outer proxy, http://host[:port], that everything goes through.")
            ) { .string($0.outbound.proxy.map { "http://\($0.text)" } ?? "") },
            .init("timeouts.connect", .duration(.seconds(3), "Until connected.")) {
                .time($0.outbound.connect)
            },
            .init("timeouts.headers", .duration(.seconds(10), "Until the answer begins.")) {
                .time($0.outbound.headers)
            },
            .init("timeouts.total", .duration(.seconds(15), "For the whole exchange.")) {
                .time($0.outbound.total)
            },
            .init(
                "max_response",
                .byteCount(256 << 10, "The longest answer that is read, from 1KiB to 256KiB.")
            ) { .size($0.outbound.maxResponse) },
        ])
}

extension Configuration.BackendSettings {
    /// As the file has it.
    var url: String {
        switch endpoint {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port):
            "\(tlsName == nil ? "http" : "https")://\(Authority(host: host, port: port))"
        }
    }

    /// The names by which the backend may know itself: where it is reached, and what it sees.
    var names: [PeerHost] { [PeerHost(url: url), PeerHost(host)].compactMap { $0 } }
}

extension OuterProxy {
    fileprivate var text: String { Authority(host: host, port: port).description }
}
