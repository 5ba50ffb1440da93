import Federation

/// The tables of the policy, of what is kept, and of the limits.
extension ConfigurationTable<Configuration> {
    static let policy = ConfigurationTable(
        "policy", "Who may federate is decided in a file of its own.",
        [
            .init("file", .path.saying("The policy file."), .required) {
                .string($0.policy.file)
            },
            .init(
                "candidate",
                .text.standard("").saying(
                    "A policy that is judged beside the live one, never enforced; \"\" for none.")
            ) { .string($0.policy.candidate ?? "") },
            .init(
                "reload",
                .word(Configuration.PolicySettings.Reload.self).standard("watch").saying(
                    "watch: read again when a file of it changes. signal: at SIGHUP only.")
            ) { .string($0.policy.reload.rawValue) },
        ])

    static let state = ConfigurationTable(
        "state", "What must survive a restart.",
        [
            .init(
                "url",
                .text("^(sqlite:|postgres(ql)?://).+$").standard(
                    "sqlite:/var/lib/ocmgate/state.db"
                ).saying("sqlite:PATH. PostgreSQL is not available in this version.")
            ) { .string("sqlite:\($0.state.file)") },
            .init(
                "seal_key",
                .path.standard("/etc/ocmgate/seal.key").saying(
                    "The file of the key that seals secrets, made at the first start; or env:NAME.")
            ) { .string($0.state.sealKey.text) },
        ])

    static let journal = ConfigurationTable(
        "journal", "The record of every decision.",
        [
            .init(
                "dir",
                .either([.path, .word([""])]).standard("/var/lib/ocmgate/journal").saying(
                    "Its folder; \"\" turns it off.")
            ) { .string($0.journal?.folder ?? "") },
            .init(
                "keep",
                .duration(.seconds(400 * 86_400), "How long a day of it is kept, in whole days.")
            ) { $0.journal.map { .time(.seconds($0.keep * 86_400)) } },
            .init(
                "bodies",
                .word(Configuration.JournalSettings.Bodies.self).standard("redacted").saying(
                    "Whether bodies are kept, of which only what is harmless can be read.")
            ) { $0.journal.map { .string($0.bodies.rawValue) } },
            .init(
                "checkpoint", .duration(.seconds(300), "How often it is signed.")
            ) { $0.journal.map { .time($0.checkpoint) } },
        ])

    static let limits = ConfigurationTable(
        "limits", "How much of the gateway one client may use.",
        [
            .init(
                "message_body",
                .byteCount(
                    256 << 10,
                    "Of a message and of a token request; WebDAV bodies are streamed, not limited.")
            ) { .size($0.limits.messageBody) },
            .init("headers", .byteCount(16 << 10, "Of all header fields of a request.")) {
                .size($0.limits.headers)
            },
            .init(
                "header_count",
                .integer(10...1000).standard(.integer(100)).saying("Header fields of a request.")
            ) { .integer($0.limits.headerCount) },
            .init(
                "connections",
                .integer(1...1_000_000).standard(.integer(4096)).saying("Connections at a time.")
            ) { .integer($0.limits.connections) },
            .init(
                "per_client",
                .integer(1...1_000_000).standard(.integer(64)).saying(
                    "Connections of one IPv4 address or IPv6 /64.")
            ) { .integer($0.limits.perClient) },
            .init("request_head", .duration(.seconds(10), "Time to send a whole head.")) {
                .time($0.limits.requestHead)
            },
            .init(
                "keep_alive",
                .duration(.seconds(60), "Between two requests; 0s: each connection has one.")
            ) { .time($0.limits.keepAlive) },
            .init(
                "requests_per_connection",
                .integer(1...1_000_000_000).standard(.integer(1000)).saying(
                    "Requests until a connection is closed.")
            ) { .integer($0.limits.requestsPerConnection) },
        ])

    static let log = ConfigurationTable(
        "log", "Lines on standard error.",
        [
            .init(
                "level",
                .word(Configuration.LogSettings.Level.self).standard("info").saying(
                    "The least that is written.")
            ) { .string($0.log.level.rawValue) },
            .init(
                "format",
                .word(LogFormat.self).standard("json").saying(
                    "json for programs, text for people.")
            ) { .string($0.log.format.rawValue) },
        ])

    static let metrics = ConfigurationTable(
        "metrics", "Numbers for Prometheus.",
        [
            .init(
                "listen",
                .either([.listenAddress, .word([""])]).notYet(
                    .string(""), "/metrics, /livez and /readyz.")
            ) { _ in .string("") }
        ])

    static let admin = ConfigurationTable(
        "admin", "What the commands talk to, and a page that only shows.",
        [
            .init("socket", .text.notYet(.string(""), "A Unix socket.")) { _ in .string("") },
            .init(
                "page",
                .either([.listenAddress, .word([""])]).notYet(.string(""), "A page for people.")
            ) { _ in .string("") },
        ])
}

extension SealKey.Source {
    fileprivate var text: String {
        switch self {
        case .file(let path): path
        case .environment(let name): "env:\(name)"
        }
    }
}
