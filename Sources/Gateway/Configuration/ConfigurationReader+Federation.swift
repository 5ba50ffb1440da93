import Federation
import HTTPSignatures
import OpenSSL
import Transport

/// The tables that say how the federation is spoken to.
extension ConfigurationReader {
    mutating func outbound(_ top: inout TOMLTableReader) -> Configuration.OutboundSettings {
        var table = top.table("outbound")
        let file = table?.read("ca_file", .string).flatMap { $0.isEmpty ? nil : path($0) }
        let resolve = self.resolve(&table)
        let networks = table?.read("allow_private", TOMLForm<CIDR>.network.array) ?? []
        if var own = table {
            ConfigurationNotYet.refuse("proxy", in: &own, "outbound")
            table = own
        }
        let standard: [(String, Duration)] = [
            ("connect", .seconds(3)), ("headers", .seconds(10)), ("total", .seconds(15)),
        ]
        var times = standard.map(\.1)
        if var own = table {
            times = timeouts(&own, standard.map { (name: $0.0, standard: $0.1) })
            table = own
        }
        let most = table?.read("max_response", .byteCount)
        table?.finish()
        return Configuration.OutboundSettings(
            caFile: file, resolve: resolve, allowPrivate: networks, connect: times[0],
            headers: times[1], total: times[2], maxResponse: most.map { Int($0.bytes) } ?? 256 << 10
        )
    }

    private func resolve(_ table: inout TOMLTableReader?) -> [Authority: Authority] {
        guard let overrides = table?.table("resolve") else { return [:] }
        var map: [Authority: Authority] = [:]
        for member in overrides.all {
            let key = TOMLNode(.string(member.key), at: member.keyPosition)
            guard let from = TOMLForm<Authority>.authorityWithPort.read(key, findings),
                let to = TOMLForm<Authority>.authorityWithPort.read(member.value, findings)
            else { continue }
            map[from] = to
        }
        return map
    }

    mutating func discovery(_ top: inout TOMLTableReader) -> Configuration.DiscoverySettings {
        var table = top.table("discovery")
        let members = table?.read(
            "from_backend", TOMLForm<ServedDiscovery.BackendMember>.word("member").array)
        var criteria: [DiscoveryDocument.Criterion]?
        if let node = table?.node("criteria") {
            switch node.content {
            case .string("from-policy"): break
            case .string, .integer, .float, .boolean, .instant, .time, .array, .table:
                criteria =
                    TOMLForm<DiscoveryDocument.Criterion>.word("criterion").array.read(
                        node, findings)
            }
        }
        var fresh: Duration?
        var stale: Duration?
        var negative: Duration?
        if var cache = table?.table("cache") {
            fresh = cache.read("fresh", .duration(from: .seconds(1), to: .seconds(86_400)))
            stale = cache.read("stale_if_error", .duration(from: .zero, to: .seconds(604_800)))
            negative = cache.read("negative", .duration(from: .seconds(1), to: .seconds(3600)))
            cache.finish()
        }
        table?.finish()
        return Configuration.DiscoverySettings(
            fromBackend: Set(members ?? ServedDiscovery.BackendMember.allCases),
            criteria: criteria, fresh: fresh ?? .seconds(600),
            staleIfError: stale ?? .seconds(86_400), negative: negative ?? .seconds(30))
    }

    mutating func signature(
        _ top: inout TOMLTableReader, _ profile: Configuration.Profile
    ) -> Configuration.SignatureSettings {
        typealias Settings = Configuration.SignatureSettings
        var table = top.table("signature")
        let accept = table?.read("accept", TOMLForm<Settings.Accepted>.word("generation").array)
        if let send = table?.node("send"), send.content != .string("learn") {
            findings.notYet("signature.send other than \"learn\"", at: send.position)
        }
        let window = table?.read("window", .duration(from: .seconds(10), to: .seconds(3600)))
        let skew = table?.read("skew", .duration(from: .zero, to: .seconds(600)))
        let keys = table?.read("keys", .line)
        let firstSeen = table?.read("first_seen", TOMLForm<Settings.FirstSeen>.word("value"))
        let algorithms = table?.read("algorithms", TOMLForm<SignatureAlgorithm>.algorithm.array)
        let minRSA = table?.read("min_rsa", .integer(2048...8192))
        table?.finish()
        if profile == .strict, accept?.contains(.cavage) == true {
            weakenings.append("signature.accept takes draft-cavage, which strict does not")
        }
        let usual: Set<Settings.Accepted> =
            profile == .strict ? [.rfc9421] : Set(Settings.Accepted.allCases)
        return Settings(
            accept: accept.map { Set($0) } ?? usual, window: window ?? .seconds(300),
            skew: skew ?? .seconds(30), keys: path(keys ?? "/var/lib/ocmgate/keys"),
            firstSeen: firstSeen ?? .pin,
            algorithms: algorithms ?? Self.usualAlgorithms, minRSA: minRSA ?? 2048)
    }

    private static let usualAlgorithms: [SignatureAlgorithm] = [
        .ed25519, .ecdsaP256SHA256, .ecdsaP384SHA384, .rsaPSSSHA512, .rsaPKCS1SHA256,
        .rsaPKCS1SHA512,
    ]

    mutating func token(
        _ top: inout TOMLTableReader, _ profile: Configuration.Profile
    ) -> Configuration.TokenSettings {
        typealias Settings = Configuration.TokenSettings
        var table = top.table("token")
        let path = table?.read("path", .line)
        let lifetime = table?.read("ttl", .duration(from: .seconds(1), to: .seconds(86_400)))
        let bind = table?.read("bind", TOMLForm<Settings.Bind>.word("value"))
        let accept = table?.read("accept_secret", TOMLForm<Settings.AcceptSecret>.word("value"))
        let verify = table?.read("verify_unknown", TOMLForm<Settings.VerifyUnknown>.word("value"))
        table?.finish()
        if let table, let path, !path.hasPrefix("/") || Self.taken.contains(path) {
            findings.report(
                table.place(of: "path"), "\(quoted(path)) cannot be the token endpoint",
                remedy: "a path of its own, like \"/ocm/token\"")
        }
        if bind == Settings.Bind.none {
            weakenings.append("token.bind = \"none\": any admitted peer can exchange any code")
        }
        let usual: Settings.AcceptSecret =
            switch profile {
            case .strict: .none
            case .bridge: .legacy
            case .observe: .all
            }
        if profile == .strict, let accept, accept != .none {
            weakenings.append("token.accept_secret = \"\(accept.rawValue)\", which strict refuses")
        }
        if profile == .bridge, accept == .all {
            weakenings.append("token.accept_secret = \"all\": permanent secrets from everybody")
        }
        return Settings(
            path: path ?? "/ocm/token", lifetime: lifetime ?? .seconds(300),
            bind: bind ?? .peer, acceptSecret: accept ?? usual, verifyUnknown: verify ?? .backend)
    }

    private static let taken: Set<String> = [
        "/", "/ocm", "/ocm/shares", "/ocm/notifications", "/ocm/invite-accepted",
        "/ocm/request-share", "/ocm/jwks", "/.well-known/ocm", "/ocm-provider",
    ]

    mutating func policy(_ top: inout TOMLTableReader) -> Configuration.PolicySettings? {
        guard var table = top.table("policy") else {
            if !top.has("policy") {
                findings.report(top.position, "the table [policy] is missing")
            }
            return nil
        }
        let file = table.require("file", .line)
        let reload: Configuration.PolicySettings.Reload? = table.read("reload", .word("value"))
        ConfigurationNotYet.refuse("candidate", in: &table, "policy")
        table.finish()
        return file.map {
            Configuration.PolicySettings(file: path($0), reload: reload ?? .watch)
        }
    }

    mutating func state(_ top: inout TOMLTableReader) -> Configuration.StateSettings {
        var table = top.table("state")
        var file = "/var/lib/ocmgate/state.db"
        if let url = table?.read("url", .line) {
            if url.hasPrefix("sqlite:") {
                file = path(String(url.dropFirst(7)))
            } else if url.hasPrefix("postgres"), let table {
                findings.notYet("PostgreSQL", at: table.place(of: "url"), remedy: "sqlite:/path")
            } else if let table {
                findings.report(
                    table.place(of: "url"), "\(quoted(url)) is not sqlite:/path/of/the/file")
            }
        }
        let key = table?.read("seal_key", .line) ?? "/etc/ocmgate/seal.key"
        table?.finish()
        let source: SealKey.Source =
            key.hasPrefix("env:") ? SealKey.Source(key) : SealKey.Source(path(key))
        return Configuration.StateSettings(file: file, sealKey: source)
    }

    mutating func limits(_ top: inout TOMLTableReader) -> Configuration.LimitSettings {
        var table = top.table("limits")
        func bytes(_ value: ByteCount?, _ standard: Int) -> Int {
            value.map { Int($0.bytes) } ?? standard
        }
        let settings = Configuration.LimitSettings(
            messageBody: bytes(table?.read("message_body", .byteCount), 256 << 10),
            headers: bytes(table?.read("headers", .byteCount), 16 << 10),
            headerCount: table?.read("header_count", .integer(10...1000)) ?? 100,
            connections: table?.read("connections", .integer(1...1_000_000)) ?? 4096,
            perClient: table?.read("per_client", .integer(1...1_000_000)) ?? 64,
            requestHead: table?.read(
                "request_head", .duration(from: .milliseconds(100), to: .seconds(600)))
                ?? .seconds(10),
            keepAlive: table?.read("keep_alive", .duration(from: .zero, to: .seconds(3600)))
                ?? .seconds(60),
            requestsPerConnection: table?.read(
                "requests_per_connection", .integer(1...1_000_000_000)) ?? 1000)
        table?.finish()
        return settings
    }

    mutating func log(_ top: inout TOMLTableReader) -> Configuration.LogSettings {
        var table = top.table("log")
        let level = table?.read("level", TOMLForm<Configuration.LogSettings.Level>.word("level"))
        let format = table?.read(
            "format", TOMLForm<Configuration.LogSettings.Format>.word("format"))
        table?.finish()
        return Configuration.LogSettings(level: level ?? .info, format: format ?? .json)
    }
}
