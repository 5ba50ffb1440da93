import Federation
import HTTPSignatures
import OpenSSL
import Transport

/// The tables that say how the federation is spoken to.
extension ConfigurationReader {
    mutating func outbound(_ top: inout TOMLTableReader) -> Configuration.OutboundSettings {
        var table = top.tableOrEmpty("outbound")
        let file = table.read("ca_file", .string).flatMap { $0.isEmpty ? nil : path($0) }
        let resolve = self.resolve(&table)
        let networks = table.read("allow_private", TOMLForm<CIDR>.network.array) ?? []
        let proxy = table.read("proxy", .proxy)
        let times = timeouts(
            &table,
            [("connect", .seconds(3)), ("headers", .seconds(10)), ("total", .seconds(15))])
        let most = table.read(
            "max_response", .byteCount(from: ByteCount(1 << 10), to: ByteCount(256 << 10)))
        table.finish()
        if !networks.isEmpty {
            warn(
                "allow_private", in: table,
                "outbound.allow_private lets peers lead the gateway to addresses inside")
        }
        return Configuration.OutboundSettings(
            caFile: file, resolve: resolve, allowPrivate: networks,
            proxy: proxy?.outer, connect: times[0],
            headers: times[1], total: times[2], maxResponse: most?.bytes ?? 256 << 10)
    }

    private func resolve(_ table: inout TOMLTableReader) -> [Authority: Authority] {
        guard let overrides = table.table("resolve") else { return [:] }
        var map: [Authority: Authority] = [:]
        for member in overrides.all {
            let key = TOMLNode(.string(member.key), at: member.keyPosition)
            guard let from = TOMLForm<Authority>.authorityWithPort.read(key, findings),
                let to = TOMLForm<Authority>.authorityWithPort.read(member.value, findings)
            else { continue }
            if map.updateValue(to, forKey: from) != nil {
                findings.report(
                    member.keyPosition, "\(quoted(from.description)) stands here twice",
                    remedy: "take one of them out")
            }
        }
        return map
    }

    mutating func discovery(_ top: inout TOMLTableReader) -> Configuration.DiscoverySettings {
        var table = top.tableOrEmpty("discovery")
        let members = table.read(
            "from_backend", TOMLForm<ServedDiscovery.BackendMember>.word("member").array)
        var criteria: [DiscoveryDocument.Criterion]?
        if let node = table.node("criteria"), node.content != .string("from-policy") {
            if case .array = node.content {
                criteria = TOMLForm<DiscoveryDocument.Criterion>.word("criterion").array.read(
                    node, findings)
            } else {
                findings.report(
                    node.position, "this is not \"from-policy\" or an array of criteria")
            }
        }
        var cache = table.tableOrEmpty("cache")
        let fresh = cache.read("fresh", .seconds(from: .seconds(1), to: .seconds(86_400)))
        let stale = cache.read("stale_if_error", .seconds(from: .zero, to: .seconds(604_800)))
        let negative = cache.read("negative", .seconds(from: .seconds(1), to: .seconds(3600)))
        cache.finish()
        table.finish()
        return Configuration.DiscoverySettings(
            fromBackend: Set(members ?? ServedDiscovery.BackendMember.allCases),
            criteria: criteria, fresh: fresh ?? .seconds(600),
            staleIfError: stale ?? .seconds(86_400), negative: negative ?? .seconds(30))
    }

    mutating func signature(
        _ top: inout TOMLTableReader, _ profile: Configuration.Profile
    ) -> Configuration.SignatureSettings {
        typealias Settings = Configuration.SignatureSettings
        var table = top.tableOrEmpty("signature")
        let accept = table.read("accept", TOMLForm<Settings.Accepted>.word("generation").array)
        let send = table.read("send", TOMLForm<PeerDialect.Sending>.word("value"))
        let window = table.read("window", .seconds(from: .seconds(10), to: .seconds(3600)))
        let skew = table.read("skew", .seconds(from: .zero, to: .seconds(600)))
        let keys = table.read("keys", .line)
        let firstSeen = table.read("first_seen", TOMLForm<Settings.FirstSeen>.word("value"))
        let algorithms = table.read("algorithms", TOMLForm<SignatureAlgorithm>.algorithm.array)
        let minRSA = table.read("min_rsa", .integer(2048...4096))
        table.finish()
        if profile != .observe, let accept, !accept.contains(.rfc9421) {
            warn(
                "accept", in: table,
                accept.isEmpty
                    ? "signature.accept = [] refuses every message that is signed"
                    : "signature.accept refuses every message that is signed by RFC 9421")
        }
        if profile != .observe, algorithms?.isEmpty == true {
            warn(
                "algorithms", in: table,
                "signature.algorithms = [] refuses every message that is signed")
        }
        if profile == .strict, accept?.contains(.cavage) == true {
            warn("accept", in: table, "signature.accept takes draft-cavage, strict does not")
        }
        if profile != .observe, firstSeen == .accept {
            warn(
                "first_seen", in: table,
                "signature.first_seen = \"accept\" takes a peer's new key without a person")
        }
        let usual: Set<Settings.Accepted> =
            profile == .strict ? [.rfc9421] : Set(Settings.Accepted.allCases)
        return Settings(
            accept: accept.map { Set($0) } ?? usual, send: send ?? .learn,
            window: window ?? .seconds(300),
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
        var table = top.tableOrEmpty("token")
        let path = table.read("path", .ownEndpoint)
        let lifetime = table.read("ttl", .seconds(from: .seconds(1), to: .seconds(86_400)))
        let bind = table.read("bind", TOMLForm<CodeBinding>.word("value"))
        let accept = table.read("accept_secret", TOMLForm<AcceptSecret>.word("value"))
        let verify = table.read("verify_unknown", TOMLForm<Settings.VerifyUnknown>.word("value"))
        table.finish()
        if profile != .observe, bind == CodeBinding.none {
            warn("bind", in: table, "token.bind = \"none\" lets any peer exchange any code")
        }
        weakerSecrets(accept, profile, in: table)
        let usual: AcceptSecret =
            switch profile {
            case .strict: .none
            case .bridge: .legacy
            case .observe: .all
            }
        return Settings(
            path: path ?? "/ocm/token", lifetime: lifetime ?? .seconds(300),
            bind: bind ?? .peer, acceptSecret: accept ?? usual, verifyUnknown: verify ?? .backend)
    }

    private mutating func weakerSecrets(
        _ accept: AcceptSecret?, _ profile: Configuration.Profile,
        in table: TOMLTableReader
    ) {
        switch (profile, accept) {
        case (.strict, .legacy?), (.strict, .all?):
            warn(
                "accept_secret", in: table,
                "token.accept_secret takes permanent secrets, strict refuses them")
        case (.bridge, .all?):
            warn(
                "accept_secret", in: table,
                "token.accept_secret = \"all\" takes permanent secrets of peers that have tokens")
        case (.strict, _), (.bridge, _), (.observe, _): return
        }
    }

    mutating func policy(_ top: inout TOMLTableReader) -> Configuration.PolicySettings? {
        guard var table = required("policy", &top) else { return nil }
        let file = table.require("file", .line)
        let reload: Configuration.PolicySettings.Reload? = table.read("reload", .word("value"))
        let candidate = table.read("candidate", .string) ?? ""
        table.finish()
        return file.map {
            Configuration.PolicySettings(
                file: path($0), candidate: candidate.isEmpty ? nil : path(candidate),
                reload: reload ?? .watch)
        }
    }

    mutating func state(_ top: inout TOMLTableReader) -> Configuration.StateSettings {
        var table = top.tableOrEmpty("state")
        let url = table.read("url", .stateURL) ?? .sqlite("/var/lib/ocmgate/state.db")
        let key = table.read("seal_key", .sealKey) ?? .file("/etc/ocmgate/seal.key")
        table.finish()
        let file: String
        switch url {
        case .sqlite(let name): file = path(name)
        case .postgresql:
            findings.notYet(
                "PostgreSQL", at: table.node("url")?.position ?? table.position,
                remedy: "url = \"sqlite:/var/lib/ocmgate/state.db\"")
            file = ""
        }
        let source: SealKey.Source =
            switch key {
            case .file(let name): .file(path(name))
            case .environment: key
            }
        return Configuration.StateSettings(file: file, sealKey: source)
    }

    /// Nil with `dir = ""`.
    mutating func journal(_ top: inout TOMLTableReader) -> Configuration.JournalSettings? {
        var table = top.tableOrEmpty("journal")
        let isOff = table.node("dir")?.content == .string("")
        let folder = isOff ? nil : table.read("dir", .line)
        let keep = table.read(
            "keep", .seconds(from: .seconds(86_400), to: .seconds(36_525 * 86_400)))
        if let seconds = keep?.wholeSeconds, seconds % 86_400 != 0 {
            let days = seconds / 86_400
            findings.report(
                table.node("keep")?.position ?? table.position, "this is no whole number of days",
                remedy: "write \(days)d or \(days + 1)d")
        }
        let bodies = table.read(
            "bodies", TOMLForm<Configuration.JournalSettings.Bodies>.word("value"))
        let checkpoint = table.read(
            "checkpoint", .duration(from: .seconds(1), to: .seconds(86_400)))
        table.finish()
        if isOff {
            warn("dir", in: table, "journal.dir = \"\": no decision is recorded")
            return nil
        }
        return Configuration.JournalSettings(
            folder: path(folder ?? "/var/lib/ocmgate/journal"),
            keep: (keep?.wholeSeconds ?? 400 * 86_400) / 86_400, bodies: bodies ?? .redacted,
            checkpoint: checkpoint ?? .seconds(300))
    }

    mutating func limits(_ top: inout TOMLTableReader) -> Configuration.LimitSettings {
        var table = top.tableOrEmpty("limits")
        let settings = Configuration.LimitSettings(
            messageBody: table.read(
                "message_body", .byteCount(from: ByteCount(1 << 10), to: ByteCount(256 << 10)))?
                .bytes ?? 256 << 10,
            headers: table.read(
                "headers", .byteCount(from: ByteCount(1 << 10), to: ByteCount(32 << 10)))?
                .bytes ?? 16 << 10,
            headerCount: table.read("header_count", .integer(10...1000)) ?? 100,
            connections: table.read("connections", .integer(1...1_000_000)) ?? 4096,
            perClient: table.read("per_client", .integer(1...1_000_000)) ?? 64,
            requestHead: table.read(
                "request_head", .duration(from: .milliseconds(100), to: .seconds(600)))
                ?? .seconds(10),
            keepAlive: table.read("keep_alive", .duration(from: .zero, to: .seconds(3600)))
                ?? .seconds(60),
            requestsPerConnection: table.read(
                "requests_per_connection", .integer(1...1_000_000_000)) ?? 1000)
        table.finish()
        return settings
    }

    mutating func log(_ top: inout TOMLTableReader) -> Configuration.LogSettings {
        var table = top.tableOrEmpty("log")
        let level = table.read("level", TOMLForm<Configuration.LogSettings.Level>.word("level"))
        let format = table.read("format", TOMLForm<LogFormat>.word("format"))
        table.finish()
        return Configuration.LogSettings(level: level ?? .info, format: format ?? .json)
    }
}
