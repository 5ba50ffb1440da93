package import Federation
package import OpenSSL
package import Transport

/// What `config.toml` says, read, checked and with every default filled in; never changed after.
package struct Configuration: Sendable {
    /// The file, as the operator named it; relative paths in it start at its folder. A name for messages:
    /// what is read is `source`.
    package var file: String
    /// The file that it was read from; nil for standard input, which cannot be read again.
    package var source: String?
    package var profile: Profile
    package var site: SiteSettings
    package var listeners: [ListenSettings]
    /// By the name of their `[tls.NAME]` table.
    package var tls: [String: TLSSettings]
    package var backend: BackendSettings
    package var outbound: OutboundSettings
    package var discovery: DiscoverySettings
    package var signature: SignatureSettings
    package var token: TokenSettings
    /// The backend's way out; nil when it is not written, or turned off.
    package var egress: EgressSettings?
    package var policy: PolicySettings
    package var state: StateSettings
    /// Where decisions are recorded; nil when that is turned off.
    package var journal: JournalSettings?
    package var limits: LimitSettings
    package var log: LogSettings
    /// What makes the gateway weaker than its profile, or serves nobody, each with its place.
    package var warnings: [ConfigurationError]

    /// `profile`: how much is enforced where nothing else is written.
    package enum Profile: String, Sendable, CaseIterable {
        case strict, bridge, observe
    }

    /// `[site]`
    package struct SiteSettings: Sendable {
        /// `https://host[:port]`.
        package var origin: String
        package var aliases: [String]
        package var provider: String

        /// `origin` first, and `aliases`.
        package var origins: [String] { [origin] + aliases }
        /// Host and port of each origin.
        var authorities: [Authority] { origins.compactMap { try? HTTPURL($0).authority } }
    }

    /// One `[[listen]]`.
    package struct ListenSettings: Sendable {
        package var address: ListenAddress
        /// A name in `tls`; nil for a plain listener.
        package var tls: String?
        package var purpose: Purpose
        package var trustedProxies: [CIDR]
        /// Whose connections begin with a header of the PROXY protocol.
        package var proxyProtocol: [CIDR] = []
        /// What `Strict-Transport-Security` says; nil says nothing.
        package var strictTransport: Duration?

        /// What a listener is for.
        package enum Purpose: Sendable { case serve, redirectToHTTPS }
    }

    /// One `[tls.NAME]`.
    package struct TLSSettings: Sendable {
        package var certificate: String
        package var key: String
        package var minimum: TLSVersion
        /// The file of the authorities that certify clients; nil asks for no certificate.
        package var clientCA: String?
        /// The file of the authority's word on the certificate (OCSP, DER); nil shows none.
        package var staple: String?
    }

    /// `[backend]`
    package struct BackendSettings: Sendable {
        package var endpoint: Upstream.Endpoint
        /// Whether the backend is spoken to over TLS, and under which name.
        package var tlsName: String?
        package var kind: BackendKind
        /// The `Host` that the backend sees.
        package var host: String
        package var pass: Pass
        package var announcement: Upstream.Announcement = .none
        package var connect: Duration
        package var headers: Duration
        package var idle: Duration
        /// As `headers`, for people and their programs.
        package var pages: Duration

        /// `backend.pass`: what reaches the backend.
        package enum Pass: String, Sendable, CaseIterable { case all, ocm }
    }

    /// `[outbound]`
    package struct OutboundSettings: Sendable {
        package var caFile: String?
        package var resolve: [Authority: Authority]
        package var allowPrivate: [CIDR]
        /// The outer proxy that everything goes through.
        package var proxy: OuterProxy?
        package var connect: Duration
        package var headers: Duration
        package var total: Duration
        /// Bytes.
        package var maxResponse: Int
    }

    /// `[discovery]`
    package struct DiscoverySettings: Sendable {
        package var fromBackend: Set<ServedDiscovery.BackendMember>
        /// nil: what the policy demands of an ordinary peer.
        package var criteria: [DiscoveryDocument.Criterion]?
        package var fresh: Duration
        package var staleIfError: Duration
        package var negative: Duration
    }

    /// `[signature]`
    package struct SignatureSettings: Sendable {
        package var accept: Set<Accepted>
        package var send: PeerDialect.Sending
        package var window: Duration
        package var skew: Duration
        /// The folder of the keys.
        package var keys: String
        package var firstSeen: FirstSeen
        package var algorithms: [SignatureAlgorithm]
        package var minRSA: Int

        /// `signature.accept`: the generations that are taken.
        package enum Accepted: String, Sendable, CaseIterable { case rfc9421, cavage }
        /// `signature.first_seen`: whether a peer's first key is kept.
        package enum FirstSeen: String, Sendable, CaseIterable { case pin, accept }
    }

    /// `[token]`
    package struct TokenSettings: Sendable {
        /// The path of the token endpoint.
        package var path: String
        package var lifetime: Duration
        package var bind: CodeBinding
        package var acceptSecret: AcceptSecret
        package var verifyUnknown: VerifyUnknown

        /// `token.verify_unknown`: who knows a code that the registry does not.
        package enum VerifyUnknown: String, Sendable, CaseIterable { case backend, refuse }
    }

    /// `[egress]`
    package struct EgressSettings: Sendable {
        package var listen: ListenAddress
        package var clients: [CIDR]
        /// The certificate of the authority, for the backend to trust.
        package var certificate: String
        /// Its key, beside it.
        package var key: String
        package var other: Other
        package var signing: Signing

        /// What becomes of requests that are not OCM traffic to an admitted peer.
        package enum Other: Sendable, Equatable {
            case refuse
            /// To wherever the address guard lets them, but not to hosts that policy blocks.
            case tunnel
            /// To these, on the ports that are written, else 443.
            case hosts([PeerHost])

            /// Whether the host is one of those that are named.
            func names(_ host: PeerHost) -> Bool {
                switch self {
                case .hosts(let hosts): hosts.contains(host)
                case .refuse, .tunnel: false
                }
            }
        }

        /// Whether messages that go out are signed.
        package enum Signing: Sendable { case on, off }
    }

    /// `[policy]`
    package struct PolicySettings: Sendable {
        package var file: String
        /// Judged beside the policy, never enforced; nil for none.
        package var candidate: String?
        package var reload: Reload

        /// `policy.reload`: when the files are read again.
        package enum Reload: String, Sendable, CaseIterable { case watch, signal }
    }

    /// `[state]`
    package struct StateSettings: Sendable {
        /// The path of the SQLite file.
        package var file: String
        package var sealKey: SealKey.Source
    }

    /// `[journal]`
    package struct JournalSettings: Sendable {
        package var folder: String
        /// How many days are kept.
        package var keep: Int
        package var bodies: Bodies
        /// Between two checkpoints.
        package var checkpoint: Duration

        /// What is kept of the bodies of messages.
        package enum Bodies: String, Sendable, CaseIterable { case none, redacted }
    }

    /// `[limits]`
    package struct LimitSettings: Sendable {
        /// Bytes.
        package var messageBody: Int
        /// Bytes.
        package var headers: Int
        package var headerCount: Int
        package var connections: Int
        package var perClient: Int
        package var requestHead: Duration
        package var keepAlive: Duration
        package var requestsPerConnection: Int
    }

    /// `[log]`
    package struct LogSettings: Sendable {
        package var level: Level
        package var format: LogFormat
        /// What is written whatever `format` says (`run --json`).
        package var forced: LogFormat?

        /// `log.level`: the least that is written.
        package enum Level: String, Sendable, CaseIterable {
            case debug, info, notice, warning, error
        }
    }
}

extension Configuration {
    /// The files of those whose client certificates some listener asks for.
    package var clientAuthorities: Set<String> {
        Set(listeners.compactMap { $0.tls.flatMap { tls[$0]?.clientCA } })
    }
}
