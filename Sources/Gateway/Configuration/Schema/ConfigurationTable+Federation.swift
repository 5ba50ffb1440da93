import Federation
import OpenSSL
import Transport

/// The tables that say how the federation is spoken to.
extension ConfigurationTable<Configuration> {

    static let discovery = ConfigurationTable(
        "discovery", "What peers see of us, and how long what we see of them is kept.",
        [
            .init(
                "from_backend",
                .array(of: .word(ServedDiscovery.BackendMember.self)).standard(
                    .array(ServedDiscovery.BackendMember.allCases.map { .string($0.rawValue) })
                ).saying("Members that are taken over from the backend's own document.")
            ) { configuration in
                let members = ServedDiscovery.BackendMember.allCases
                return .array(
                    members.filter(configuration.discovery.fromBackend.contains)
                        .map { .string($0.rawValue) })
            },
            .init(
                "criteria",
                .either([
                    .word(["from-policy"]),
                    .array(of: .word(DiscoveryDocument.Criterion.self)),
                ]).standard("from-policy").saying(
                    """
                    What the document says that peers must do: "from-policy" (what the policy \
                    requires of an ordinary peer), or a list.
                    """)
            ) { configuration in
                configuration.discovery.criteria.map { list in
                    .array(list.map { .string($0.rawValue) })
                } ?? .string("from-policy")
            },
            .init("cache.fresh", .duration(.seconds(600), "Documents and keys are kept so long.")) {
                .time($0.discovery.fresh)
            },
            .init(
                "cache.stale_if_error",
                .duration(
                    .seconds(86_400),
                    "And a document so long when the peer cannot be reached; keys at most an hour.")
            ) { .time($0.discovery.staleIfError) },
            .init(
                "cache.negative", .duration(.seconds(30), "A failure is not tried again so long.")
            ) { .time($0.discovery.negative) },
        ])

    static let signature = ConfigurationTable(
        "signature", "HTTP signatures: which are taken, how ours are made.",
        [
            .init(
                "accept",
                .array(of: .word(Configuration.SignatureSettings.Accepted.self)).saying(
                    "Generations that are taken; strict: RFC 9421 only, else both."),
                .profile
            ) { configuration in
                .array(
                    Configuration.SignatureSettings.Accepted.allCases
                        .filter(configuration.signature.accept.contains)
                        .map { .string($0.rawValue) })
            },
            .init(
                "send",
                .word(PeerDialect.Sending.self).standard("learn").saying(
                    "Each peer's newest (learn), or always one.")
            ) { .string($0.signature.send.rawValue) },
            .init("window", .duration(.seconds(300), "How old a signature may be.")) {
                .time($0.signature.window)
            },
            .init("skew", .duration(.seconds(30), "How far a peer's clock may run ahead.")) {
                .time($0.signature.skew)
            },
            .init(
                "keys",
                .path.standard("/var/lib/ocmgate/keys").saying(
                    "The folder of the gateway's own keys, made at the first start.")
            ) { .string($0.signature.keys) },
            .init(
                "first_seen",
                .word(Configuration.SignatureSettings.FirstSeen.self).standard("pin").saying(
                    "pin: a surprise change of a peer's key is held for a person. accept: not.")
            ) { .string($0.signature.firstSeen.rawValue) },
            .init(
                "algorithms",
                .array(of: .word(SignatureAlgorithm.self)).standard(
                    .array(
                        [
                            "ed25519", "ecdsa-p256-sha256", "ecdsa-p384-sha384", "rsa-pss-sha512",
                            "rsa-v1_5-sha256", "rsa-v1_5-sha512",
                        ].map { .string($0) })
                ).saying("Algorithms that are taken.")
            ) { .array($0.signature.algorithms.map { .string($0.rawValue) }) },
            .init(
                "min_rsa",
                .integer(2048...4096).standard(.integer(2048)).saying(
                    "The least bits of an RSA key; more than 4096 are refused.")
            ) { .integer($0.signature.minRSA) },
        ])

    static let token = ConfigurationTable(
        "token", "Access tokens, and the permanent secrets that they stand for.",
        [
            .init(
                "path",
                .text("^/[A-Za-z0-9/_.~-]+$").standard("/ocm/token").saying("The token endpoint.")
            ) { .string($0.token.path) },
            .init("ttl", .duration(.seconds(300), "How long a token lives; a rule can say less.")) {
                .time($0.token.lifetime)
            },
            .init(
                "bind",
                .word(CodeBinding.self).standard("peer").saying(
                    "peer: a code is exchanged only by the peer it was sent to. none: by anybody.")
            ) { .string($0.token.bind.rawValue) },
            .init(
                "accept_secret",
                .word(AcceptSecret.self).saying(
                    """
                    Whose permanent secrets are taken on WebDAV: of legacy shares, none, or all; \
                    strict: none, bridge: legacy, observe: all.
                    """), .profile
            ) { .string($0.token.acceptSecret.rawValue) },
            .init(
                "verify_unknown",
                .word(Configuration.TokenSettings.VerifyUnknown.self).standard("backend").saying(
                    "A secret that we never saw: ask the backend whether it is good, or refuse it.")
            ) { .string($0.token.verifyUnknown.rawValue) },
        ])

    static let egress = ConfigurationTable(
        "egress", "The backend's way out; without this table there is none.",
        [
            .init(
                "listen",
                .either([.listenAddress, .word([""])]).standard("127.0.0.1:3128").saying(
                    "Its forward proxy; \"\" turns it off.")
            ) { .string($0.egress?.listen.description ?? "") },
            .init(
                "clients",
                .array(of: .network).standard(.array([.string("127.0.0.0/8"), .string("::1/128")]))
                    .saying("Who may use it, and then speaks in the site's name.")
            ) { $0.egress.map { .texts($0.clients) } },
            .init(
                "ca",
                .path.standard("/var/lib/ocmgate/egress-ca.pem").saying(
                    "The authority that the backend must believe; its key lies beside it.")
            ) { $0.egress.map { .string($0.certificate) } },
            .init(
                "other",
                .either([.word(["refuse", "tunnel"]), .array(of: .host)]).standard("refuse").saying(
                    "What is no federation: refuse, tunnel, or a list of hosts that are tunnelled.")
            ) { $0.egress.map { $0.other.json } },
            .init(
                "sign",
                .boolean.standard(.bool(true)).saying("Whether messages that go out are signed.")
            ) { $0.egress.map { .bool($0.signing == .on) } },
        ])
}

extension Configuration.EgressSettings.Other {
    fileprivate var json: JSONValue {
        switch self {
        case .refuse: .string("refuse")
        case .tunnel: .string("tunnel")
        case .hosts(let hosts): .texts(hosts)
        }
    }
}
