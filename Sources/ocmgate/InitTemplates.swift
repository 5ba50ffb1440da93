import Federation

/// The files that `ocmgate init` writes.
struct InitTemplates {
    /// `https://host[:port]`.
    let origin: String
    /// Where the backend listens.
    let backend: String
    let kind: BackendKind
    /// Where the gateway listens.
    let listen: String
    /// Whether port 80 sends browsers to https.
    let redirects: Bool
    /// Folder of keys, seal key and state; absolute, or relative to the configuration.
    let state: String

    /// The host of the origin, which names the certificate.
    var host: String {
        let name = origin.drop { $0 != "/" }.drop { $0 == "/" }
        return String(name.prefix { $0 != ":" && $0 != "/" })
    }

    var configuration: String {
        """
        # ocmgate: where it listens, whom it protects, where its keys are.
        # Who may federate is decided in policy.toml. Check both with: ocmgate check
        version = 1
        profile = "bridge"            # strict | bridge | observe

        [site]
        origin = "\(origin)"

        [[listen]]
        address = "\(listen)"
        tls     = "\(host)"
        \(redirect)
        [tls."\(host)"]
        # A self-signed certificate to begin with: no peer will believe it. Put your own chain here.
        cert = "\(state)/tls/cert.pem"
        key  = "\(state)/tls/key.pem"

        [backend]
        url  = "\(backend)"
        kind = "\(kind.rawValue)"

        [signature]
        keys = "\(state)/keys"        # made at the first start

        [policy]
        file = "policy.toml"

        [state]
        url      = "sqlite:\(state)/state.db"
        seal_key = "\(state)/seal.key" # made at the first start; keep a copy of it in a safe place

        """
    }

    private var redirect: String {
        guard redirects else { return "" }
        return """

            [[listen]]
            address  = "[::]:80"
            redirect = "https"

            """
    }

    var policy: String {
        """
        # Who may federate with us, and on what terms.
        # Check it: ocmgate policy test policy.toml    Ask it: ocmgate policy explain --help
        version = 1
        name    = "\(host)"
        mode    = "enforce"           # enforce | report (log what would be refused, refuse nothing)
        default = "deny"
        unknown = "deny"              # servers on no list

        [list.partners]
        standing = "allow"
        entries  = [
          # "cloud.partner.example",
          # { host = "*.university.example", note = "who asked for it", until = 2027-12-31 },
        ]

        [list.legacy]                 # old servers that cannot sign: one by one, with an end date
        standing = "allow"
        entries  = []

        [list.blocked]
        standing = "block"
        entries  = []

        [[require]]
        name   = "signed"
        on     = ["share", "notification", "invite", "request-share", "token"]
        except = ["@legacy"]
        need   = ["signature"]
        code   = "signature_required"

        [[rule]]
        name   = "users, files and folders only"
        on     = "share.in"
        when   = { share_type = ["group", "federation"] }
        action = "deny"
        status = 501
        code   = "share_type_not_supported"

        [[rule]]
        name   = "those whom we admit"
        on     = ["share", "notification", "invite", "request-share", "token", "webdav"]
        action = "allow"

        [[test]]
        name  = "a server on no list is refused"
        given = { on = "share.in", peer = "stranger.example" }
        want  = { action = "deny", by = "unknown" }

        [[test]]
        name  = "a partner shares a file"
        given = { on = "share.in", peer = "p.example", lists = { partners = ["p.example"] } }
        want  = { action = "allow", by = "rule:those whom we admit" }

        [[test]]
        name  = "a partner that does not sign is refused"
        given = { on = "share.in", peer = "p.example", signature = "none", lists = { partners = ["p.example"] } }
        want  = { action = "deny", by = "require:signed", code = "signature_required" }

        [[test]]
        name  = "a legacy server need not sign"
        given = { on = "share.in", peer = "old.example", signature = "none", lists = { legacy = ["old.example"] } }
        want  = { action = "allow" }

        [[test]]
        name  = "group shares are not offered"
        given = { on = "share.in", peer = "p.example", share_type = "group", lists = { partners = ["p.example"] } }
        want  = { action = "deny", status = 501 }

        [[test]]
        name  = "blocked is blocked"
        given = { on = "notification.in", peer = "b.example", lists = { blocked = ["b.example"] } }
        want  = { action = "deny", by = "list:blocked" }

        """
    }

    /// What the backend must be told, so that it believes the gateway (`protocol.md` 9.11).
    var backendLines: String {
        switch kind {
        case .nextcloud, .owncloud10:
            """
            # \(kind == .nextcloud ? "Nextcloud" : "ownCloud 10") behind the gateway: run these as the web server's user.
            occ config:system:set trusted_proxies 0 --value=127.0.0.1
            occ config:system:set overwriteprotocol --value=https
            occ config:system:set overwritehost --value=\(authority)
            occ config:system:set overwrite.cli.url --value=\(origin)
            occ config:system:set trusted_domains 1 --value=\(authority)
            \(kind == .nextcloud ? Self.signaturesOff : "")
            """
        case .ocis, .opencloud:
            """
            # \(kind == .ocis ? "oCIS" : "OpenCloud") behind the gateway: in its environment.
            \(kind == .ocis ? "OCIS_URL" : "OC_URL")=\(origin)
            PROXY_TLS=false
            PROXY_HTTP_ADDR=\(backend.drop { $0 != "/" }.drop { $0 == "/" })

            """
        case .cernbox:
            """
            # reva behind the gateway: its public URL is \(origin) in [http.services.ocmprovider]
            # and wherever a gateway or provider URL of the site is named. It takes the client's
            # address from X-Forwarded-For (cs3org reva from 3.12.2 on only with
            # trust_forwarded_for); its own check of the sender's address fails behind any proxy:
            # verify_request_hostname = false, the gateway has verified the sender.

            """
        case .seafile:
            """
            # Seafile behind the gateway: in seahub_settings.py.
            SERVICE_URL = "\(origin)"
            FILE_SERVER_ROOT = "\(origin)/seafhttp"
            CSRF_TRUSTED_ORIGINS = ["\(origin)"]
            USE_X_FORWARDED_HOST = True
            SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

            """
        case .generic:
            """
            # The backend must know its public URL, \(origin), and believe X-Forwarded-For,
            # X-Forwarded-Proto and X-Forwarded-Host from the gateway's address.

            """
        }
    }

    private static let signaturesOff = """
        # Nextcloud 31 and newer: the gateway has checked the signature, and what it hands on is no
        # longer byte for byte what was signed.
        occ config:app:set core ocm_signed_request_disabled --value=1 --type=boolean --lazy

        """

    private var authority: String { String(origin.drop { $0 != "/" }.drop { $0 == "/" }) }
}
