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
    /// Where the backend's forward proxy listens; nil for none.
    let egress: String?
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
        \(wayOut)
        [signature]
        keys = "\(state)/keys"        # made at the first start

        [limits]
        per_client = 1000             # connections of one IPv4 address: all people of an office behind NAT

        [policy]
        file = "policy.toml"

        [state]
        url      = "sqlite:\(state)/state.db"
        seal_key = "\(state)/seal.key" # made at the first start; keep a copy of it in a safe place

        [journal]
        dir = "\(state)/journal"      # every decision; docs/journal.md

        """
    }

    private var wayOut: String {
        guard let egress else { return "" }
        return """

            [egress]
            # The backend's forward proxy: what it sends to other servers is signed here, and its secrets
            # stay here. Without it, it sends unsigned.
            listen = "\(egress)"
            ca     = "\(state)/egress-ca.pem" # made at the first start; the backend has to believe it
            other  = "refuse"             # what is no federation: refuse | tunnel | a list of the hosts that
                                          # the backend itself needs, like ["login.uni.example"]

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
        mode    = "enforce"  # enforce | report (log what would be refused, refuse nothing; the tests below then fail)
        default = "deny"
        unknown = "deny"  # servers on no list

        [list.partners]
        standing = "allow"
        entries  = [
          # "cloud.partner.example",
          # { host = "*.university.example", note = "who asked for it", until = 2027-12-31 },
        ]

        [list.legacy]  # old servers that cannot sign: one by one, with an end date
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
        name   = "no group or federation shares from outside"
        on     = "share.in"
        when   = { share_type = ["group", "federation"] }
        action = "deny"
        status = 501
        code   = "share_type_not_supported"

        [[rule]]
        name   = "those whom we admit"
        on     = ["share", "notification", "invite", "request-share", "token", "webdav"]
        action = "allow"

        # That a reshare ended is said to some servers over the older API, which cannot be signed.
        # Unsaid, it would stay open there.
        [[rule]]
        name   = "the end of a reshare, over the older API"
        on     = "ocs.out"
        when   = { notification_type = ["RESHARE_UNDO", "SHARE_UNSHARED"] }
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
        want  = { action = "deny", by = "rule:no group or federation shares from outside", status = 501 }

        [[test]]
        name  = "a reshare is taken back over the older API"
        given = { on = "ocs.out", peer = "p.example", notification_type = "RESHARE_UNDO", lists = { partners = ["p.example"] } }
        want  = { action = "allow", by = "rule:the end of a reshare, over the older API" }

        [[test]]
        name  = "as whom it was for is told"
        given = { on = "ocs.out", peer = "p.example", notification_type = "SHARE_UNSHARED", lists = { partners = ["p.example"] } }
        want  = { action = "allow", by = "rule:the end of a reshare, over the older API" }

        [[test]]
        name  = "which is closed but for that"
        given = { on = "ocs.in", peer = "p.example", notification_type = "RESHARE_UNDO", lists = { partners = ["p.example"] } }
        want  = { action = "deny", by = "default" }

        [[test]]
        name  = "blocked is blocked"
        given = { on = "notification.in", peer = "b.example", lists = { blocked = ["b.example"] } }
        want  = { action = "deny", by = "list:blocked" }

        """
    }

    /// `state/egress-ca.pem` as somebody in any folder names it.
    let authorityFile: String

    /// What the backend must be told.
    var backendLines: String {
        BackendAdvice(
            kind: kind, origin: origin, backend: backend,
            wayOut: egress.map { .init(proxy: $0, authority: authorityFile) }
        ).lines
    }
}
