import Federation
import Transport

/// The tables that say whom the gateway protects and what lies behind it.
extension ConfigurationTable<Configuration> {
    static let top = ConfigurationTable(
        "", "Where the gateway listens, whom it protects, where its keys are.",
        .standard,
        [
            .init("version", \.version, .integer(1...1), "Of this format."),
            .init(
                "profile", \.profile, .word("profile"),
                """
                Only sets defaults; a key that is written wins. strict: refuse what is not \
                modern. bridge: modern outside, whatever the backend speaks inside. observe: \
                forward everything, report what bridge would refuse.
                """),
        ])

    static let site = ConfigurationTable(
        "site", \.site, "What peers see.",
        [
            .init(
                "origin", \.origin, .origin,
                "https://host[:port]; every signature is checked against it.", .required),
            .init(
                "aliases", \.aliases, ConfigurationForm<String>.origin.array,
                "Old names that may still be in keyIds and shares."),
            .init(
                "provider", \.provider, .line,
                "The name of the site for people; else the host of the origin.", .derived),
        ])

    static let backend = ConfigurationTable(
        "backend", \.backend, "The server behind the gateway.",
        [
            .init(
                "url", \.place, .backend,
                "http://127.0.0.1:8080, https://host or unix:/path.", .required),
            .init(
                "kind", \.kind, .word("kind of backend"),
                "What it is: its dialect, its paths, its habits."),
            .init(
                "host", \.host, .host,
                "The Host header that it sees; else the host of the origin.", .derived),
            .init(
                "pass", \.pass, .word(),
                """
                all: also the web UI. ocm: only the paths of the federation, and by the way out what an \
                oCIS, OpenCloud or CERNBox asks itself for.
                """),
            .init(
                "proxy_protocol", \.announcement, .word("version"),
                """
                "v2" begins every connection with a PROXY header that names the client; only for \
                a backend that expects one.
                """),
            .init("timeouts.connect", \.connect, .timeout, "Until connected."),
            .init("timeouts.headers", \.headers, .timeout, "Until its answer begins."),
            .init("timeouts.idle", \.idle, .timeout, "Between two pieces of a body."),
            .init(
                "timeouts.pages", \.pages, .timeout,
                "Until its answer begins, for people and their programs."),
        ])

    static let outbound = ConfigurationTable(
        "outbound", \.outbound, "The gateway's own requests: discovery, keys, tokens, messages.",
        [
            .init(
                "ca_file", \.caFile, .pathOrNone,
                "PEM that is added to the system's trust store."),
            .init(
                "resolve", \.resolve, .otherPlaces,
                """
                Other places for hosts, for labs and tests: { "peer.test:443" = \
                "127.0.0.1:9443" }.
                """),
            .init(
                "allow_private", \.allowPrivate, .networks,
                """
                Private networks that peers may be in; every other address that is not public \
                is refused.
                """),
            .init(
                "proxy", \.proxy, .proxy,
                "An outer proxy, http://host[:port], that everything goes through."),
            .init("timeouts.connect", \.connect, .timeout, "Until connected."),
            .init("timeouts.headers", \.headers, .timeout, "Until the answer begins."),
            .init("timeouts.total", \.total, .timeout, "For the whole exchange."),
            .init(
                "max_response", \.maxResponse, .kibibytes(1...256),
                "The longest answer that is read, from 1KiB to 256KiB."),
        ])
}

extension ConfigurationForm<Duration> {
    fileprivate static let timeout = ConfigurationForm.milliseconds(10...86_400_000)
}
