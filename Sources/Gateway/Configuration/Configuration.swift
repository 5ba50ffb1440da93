package import Federation
package import OpenSSL
package import Transport

/// What `config.toml` says, read, checked and with every default filled in; never changed after.
///
/// What stands here is what counts where a key is not written; for keys that must be written it is
/// nothing (`""`), with which no configuration leaves its reader.
package struct Configuration: Sendable {
    /// The file, as the operator named it; relative paths in it start at its folder. A name for messages:
    /// what is read is `source`.
    package var file: String
    /// The file that it was read from; nil for standard input, which cannot be read again.
    package var source: String?
    /// Of the format.
    package var version = 1
    package var profile = Profile.bridge
    package var site = SiteSettings()
    package var listeners: [ListenSettings] = []
    /// By the name of their `[tls.NAME]` table.
    package var tls: [String: TLSSettings] = [:]
    package var backend = BackendSettings()
    package var outbound = OutboundSettings()
    package var discovery = DiscoverySettings()
    package var signature = SignatureSettings()
    package var token = TokenSettings()
    /// The backend's way out; nil when it is not written, or turned off.
    package var egress: EgressSettings?
    package var policy = PolicySettings()
    package var state = StateSettings()
    /// Where decisions are recorded; nil when that is turned off.
    package var journal: JournalSettings? = JournalSettings()
    package var limits = LimitSettings()
    package var log = LogSettings()
    /// What makes the gateway weaker than its profile, or serves nobody, each with its place.
    package var warnings: [ConfigurationError] = []

    /// `profile`: how much is enforced where nothing else is written.
    package enum Profile: String, Sendable, CaseIterable {
        case strict, bridge, observe
    }

    /// `[site]`
    package struct SiteSettings: Sendable {
        /// `https://host[:port]`.
        package var origin = ""
        package var aliases: [String] = []
        /// Else the host of `origin`.
        package var provider = ""

        /// `origin` first, and `aliases`.
        package var origins: [String] { [origin] + aliases }
        /// Host and port of each origin.
        var authorities: [Authority] { origins.compactMap { try? HTTPURL($0).authority } }
    }

    /// One `[[listen]]`.
    package struct ListenSettings: Sendable {
        /// Else port 443, or 80 without `tls`, on every address.
        package var address = Self.nowhere
        /// A name in `tls`; nil for a plain listener.
        package var tls: String?
        package var purpose = Purpose.serve
        package var trustedProxies: [CIDR] = []
        /// Whose connections begin with a header of the PROXY protocol.
        package var proxyProtocol: [CIDR] = []
        /// What `Strict-Transport-Security` says; nil says nothing.
        package var strictTransport: Duration?

        /// What a listener is for.
        package enum Purpose: Sendable { case serve, redirectToHTTPS }

        /// What `address` is as long as nothing is known of it.
        static let nowhere = ListenAddress.unix(path: "")
    }

    /// One `[tls.NAME]`.
    package struct TLSSettings: Sendable {
        package var certificate = "/etc/ssl/cloud.pem"
        package var key = "/etc/ssl/cloud.key"
        package var minimum = TLSVersion.tls12
        /// The file of the authorities that certify clients; nil asks for no certificate.
        package var clientCA: String?
        /// The file of the authority's word on the certificate (OCSP, DER); nil shows none.
        package var staple: String?
    }

    /// `[backend]`
    package struct BackendSettings: Sendable {
        var place = BackendPlace(endpoint: .unix(path: ""), tlsName: nil)
        package var kind = BackendKind.nextcloud
        /// The `Host` that the backend sees; else the host of the site's origin.
        package var host = ""
        package var pass = Pass.all
        package var announcement = Upstream.Announcement.none
        package var connect = Duration.seconds(3)
        package var headers = Duration.seconds(30)
        package var idle = Duration.seconds(300)
        /// As `headers`, for people and their programs.
        package var pages = Duration.seconds(3600)

        package var endpoint: Upstream.Endpoint { place.endpoint }
        /// Whether the backend is spoken to over TLS, and under which name.
        package var tlsName: String? { place.tlsName }
        /// As the file has it.
        var url: String { place.url }
        /// The names by which the backend may know itself: where it is reached, and what it sees.
        var names: [PeerHost] { [PeerHost(url: url), PeerHost(host)].compactMap { $0 } }

        /// `backend.pass`: what reaches the backend.
        package enum Pass: String, Sendable, CaseIterable { case all, ocm }
    }

    /// `[outbound]`
    package struct OutboundSettings: Sendable {
        package var caFile: String?
        package var resolve: [Authority: Authority] = [:]
        package var allowPrivate: [CIDR] = []
        /// The outer proxy that everything goes through.
        package var proxy: OuterProxy?
        package var connect = Duration.seconds(3)
        package var headers = Duration.seconds(10)
        package var total = Duration.seconds(15)
        /// Bytes.
        package var maxResponse = 256 << 10
    }

    /// `[discovery]`
    package struct DiscoverySettings: Sendable {
        package var fromBackend = Set(ServedDiscovery.BackendMember.allCases)
        /// nil: what the policy demands of an ordinary peer.
        package var criteria: [DiscoveryDocument.Criterion]?
        package var fresh = Duration.seconds(600)
        package var staleIfError = Duration.seconds(86_400)
        package var negative = Duration.seconds(30)
    }

    /// `[signature]`
    package struct SignatureSettings: Sendable {
        /// What counts else hangs on the profile.
        package var accept = Set(Accepted.allCases)
        package var send = PeerDialect.Sending.learn
        package var window = Duration.seconds(300)
        package var skew = Duration.seconds(30)
        /// The folder of the keys.
        package var keys = "/var/lib/ocmgate/keys"
        package var firstSeen = FirstSeen.pin
        package var algorithms: [SignatureAlgorithm] = [
            .ed25519, .ecdsaP256SHA256, .ecdsaP384SHA384, .rsaPSSSHA512, .rsaPKCS1SHA256,
            .rsaPKCS1SHA512,
        ]
        package var minRSA = 2048

        /// `signature.accept`: the generations that are taken.
        package enum Accepted: String, Sendable, CaseIterable { case rfc9421, cavage }
        /// `signature.first_seen`: whether a peer's first key is kept.
        package enum FirstSeen: String, Sendable, CaseIterable { case pin, accept }
    }

    /// `[token]`
    package struct TokenSettings: Sendable {
        /// The path of the token endpoint.
        package var path = "/ocm/token"
        package var lifetime = Duration.seconds(300)
        package var bind = CodeBinding.peer
        /// What counts else hangs on the profile.
        package var acceptSecret = AcceptSecret.legacy
        package var verifyUnknown = VerifyUnknown.backend

        /// `token.verify_unknown`: who knows a code that the registry does not.
        package enum VerifyUnknown: String, Sendable, CaseIterable { case backend, refuse }
    }

    /// `[egress]`
    package struct EgressSettings: Sendable {
        package var listen = ListenAddress.tcp(.v4(0x7F00_0001), port: 3128)
        package var clients = ["127.0.0.0/8", "::1"].compactMap { try? CIDR($0) }
        /// The certificate of the authority, for the backend to trust.
        package var certificate = "/var/lib/ocmgate/egress-ca.pem"
        /// Its key, beside it.
        package var key = ""
        package var other = Other.refuse
        package var signing = Signing.on

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
        package var file = ""
        /// Judged beside the policy, never enforced; nil for none.
        package var candidate: String?
        package var reload = Reload.watch

        /// `policy.reload`: when the files are read again.
        package enum Reload: String, Sendable, CaseIterable { case watch, signal }
    }

    /// `[state]`
    package struct StateSettings: Sendable {
        /// The path of the SQLite file.
        package var file = "/var/lib/ocmgate/state.db"
        package var sealKey = SealKey.Source.file("/etc/ocmgate/seal.key")
    }

    /// `[journal]`
    package struct JournalSettings: Sendable {
        package var folder = "/var/lib/ocmgate/journal"
        /// How many days are kept.
        package var keep = 400
        package var bodies = Bodies.redacted
        /// Between two checkpoints.
        package var checkpoint = Duration.seconds(300)

        /// What is kept of the bodies of messages.
        package enum Bodies: String, Sendable, CaseIterable { case none, redacted }
    }

    /// `[limits]`
    package struct LimitSettings: Sendable {
        /// Bytes.
        package var messageBody = 256 << 10
        /// Bytes.
        package var headers = 16 << 10
        package var headerCount = 100
        package var connections = 4096
        package var perClient = 64
        package var requestHead = Duration.seconds(10)
        package var keepAlive = Duration.seconds(60)
        package var requestsPerConnection = 1000
    }

    /// `[log]`
    package struct LogSettings: Sendable {
        package var level = Level.info
        package var format = LogFormat.json
        /// What is written whatever `format` says (`run --json`).
        package var forced: LogFormat?

        /// `log.level`: the least that is written.
        package enum Level: String, Sendable, CaseIterable {
            case debug, info, notice, warning, error
        }
    }
}

extension Configuration {
    /// What counts where nothing is written, with what the way out is when its table is.
    static let standard = Configuration(file: "", egress: EgressSettings())

    /// The files of those whose client certificates some listener asks for.
    package var clientAuthorities: Set<String> {
        Set(listeners.compactMap { $0.tls.flatMap { tls[$0]?.clientCA } })
    }
}
