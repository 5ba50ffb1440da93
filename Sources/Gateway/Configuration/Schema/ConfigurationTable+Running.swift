import Federation
import Transport

/// The tables of the policy, of what is kept, and of the limits.
extension ConfigurationTable<Configuration> {
    static let policy = ConfigurationTable(
        "policy", \.policy, "Who may federate is decided in a file of its own.",
        [
            .init("file", \.file, .path, "The policy file.", .required),
            .init(
                "reload", \.reload, .word(),
                "watch: read again when a file of it changes. signal: at SIGHUP only."),
            .init(
                "candidate", \.candidate, .pathOrNone,
                "A policy that is judged beside the live one, never enforced; \"\" for none."),
        ])

    static let state = ConfigurationTable(
        "state", \.state, "What must survive a restart.",
        [
            .init(
                "url", \.file, .sqlite,
                "sqlite:PATH. PostgreSQL is not available in this version."),
            .init(
                "seal_key", \.sealKey, .sealKey,
                "The file of the key that seals secrets, made at the first start; or env:NAME."),
        ])

    static let journal = ConfigurationTable(
        "journal", orNone: \.journal, "The record of every decision.",
        [
            .init(
                "dir", \.folder, ConfigurationForm<String>.path.orOff,
                "Its folder; \"\" turns it off."),
            .init(
                "keep", \.keep, .days(1...36_525),
                "How long a day of it is kept, in whole days."),
            .init(
                "bodies", \.bodies, .word(),
                "Whether bodies are kept, of which only what is harmless can be read."),
            .init(
                "checkpoint", \.checkpoint, .milliseconds(1000...86_400_000),
                "How often it is signed."),
        ])

    static let limits = ConfigurationTable(
        "limits", \.limits, "How much of the gateway one client may use.",
        [
            .init(
                "message_body", \.messageBody, .kibibytes(1...256),
                "Of a message and of a token request; WebDAV bodies are streamed, not limited."),
            .init("headers", \.headers, .kibibytes(1...32), "Of all header fields of a request."),
            .init(
                "header_count", \.headerCount, .integer(10...1000), "Header fields of a request."),
            .init(
                "connections", \.connections, .integer(1...1_000_000), "Connections at a time."),
            .init(
                "per_client", \.perClient, .integer(1...1_000_000),
                "Connections of one IPv4 address or IPv6 /64."),
            .init(
                "request_head", \.requestHead,
                .milliseconds(100...600_000),
                "Time to send a whole head."),
            .init(
                "keep_alive", \.keepAlive, .milliseconds(0...3_600_000),
                "Between two requests; 0s: each connection has one."),
            .init(
                "requests_per_connection", \.requestsPerConnection, .integer(1...1_000_000_000),
                "Requests until a connection is closed."),
        ])

    static let log = ConfigurationTable(
        "log", \.log, "Lines on standard error.",
        [
            .init("level", \.level, .word("level"), "The least that is written."),
            .init("format", \.format, .word("format"), "json for programs, text for people."),
        ])

    static let metrics = ConfigurationTable(
        "metrics", \.self, "Numbers for Prometheus.",
        [
            .later(
                "listen", ConfigurationForm<ListenAddress>.listenAddress,
                "/metrics, /livez and /readyz.")
        ])

    static let admin = ConfigurationTable(
        "admin", \.self, "What the commands talk to, and a page that only shows.",
        [
            .later("socket", ConfigurationForm<String>.line, "A Unix socket."),
            .later("page", ConfigurationForm<ListenAddress>.listenAddress, "A page for people."),
        ])
}
