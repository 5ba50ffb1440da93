import Federation
import Foundation
import OpenSSL
import Transport

/// What the server behind the gateway must be told, so that it believes the gateway
/// (`protocol.md` 9.11), leaves signatures to it (8.7), and goes out through it (8.10).
struct BackendAdvice {
    let kind: BackendKind
    /// `https://host[:port]`.
    let origin: String
    /// Where the backend listens.
    let backend: String
    /// The gateway's forward proxy; nil where there is none.
    let wayOut: WayOut?

    /// What the backend has to know of the forward proxy.
    struct WayOut {
        /// Where it listens: `host:port`, or `unix:/path`.
        let proxy: String
        /// The file of the authority's certificate, as somebody in any folder names it.
        let authority: String
    }

    /// Where `ocmgate init` leaves it, beside the configuration.
    static let fileName = "backend.txt"

    /// All of it, as `ocmgate init` writes it.
    var lines: String {
        let parts = [ways, signatures, out].compactMap { $0 }
        let all = parts.joined(separator: "\n\n") + "\n"
        guard all.contains(Self.gateway) else { return all }
        return """
            # \(Self.gateway) is the address by which the backend reaches the gateway, and from which
            # the gateway reaches the backend: to be filled in. For a backend on another machine the way
            # out has to listen there, and to let the backend in: listen and clients in [egress].


            """ + all
    }

    /// What `ocmgate check` reminds of: a sentence for each.
    ///
    /// - Parameter written: the file in which `ocmgate init` has left the lines; nil where it has not.
    func notes(written: String?) -> [String] {
        guard let wayOut else {
            let lost =
                "there is no [egress]: what the backend sends leaves unsigned, with its permanent "
                + "secrets"
            return [lost] + (kind == .nextcloud ? [Self.signaturesNote] : [])
        }
        let signs =
            kind == .nextcloud
            ? "; Nextcloud 31 and newer also look there for the keys of what is signed for them"
            : ""
        guard let proxy else {
            return [
                "what the backend sends is signed only if it goes out by the way out, "
                    + "\(wayOut.proxy), and no server uses a unix socket as its proxy: give "
                    + "[egress] listen an address and a port"
            ]
        }
        return [
            "what the backend sends is signed only if it goes out by the proxy \(proxy) and "
                + "believes \(wayOut.authority): "
                + (written.map { "the lines for it are in \($0)" }
                    ?? "ocmgate init, in an empty folder, writes the lines for it") + signs
        ] + (kind == .cernbox ? [Self.revaNote] : [])
    }

    private static let revaNote =
        "reva from 3.13.0 on reads shares of peers past every proxy, so that those that demand tokens "
        + "do not open, unless ocm_client_use_env_proxy and ocm_use_env_proxy are set in its own "
        + "configuration: ocmgate init writes the lines for it"

    private static let signaturesNote =
        "Nextcloud 31 and newer check signatures themselves, and refuse what the gateway had to "
        + "write anew: \(signaturesOff)"

    private static let signaturesOff =
        "occ config:app:set core ocm_signed_request_disabled --value=1 --type=boolean --lazy"

    private var signatures: String? {
        guard kind == .nextcloud, wayOut == nil else { return nil }
        return """
            # Nextcloud 31 and newer check signatures themselves. The gateway has done it, and what it hands
            # on is no longer byte for byte what was signed.
            \(Self.signaturesOff)
            """
    }

    private var ways: String {
        switch kind {
        case .nextcloud, .owncloud10:
            """
            # \(kind == .nextcloud ? "Nextcloud" : "ownCloud 10") behind the gateway: run these as the web server's user.
            # Number 90 is one that nobody uses: the proxies and names that are there already stay.
            occ config:system:set trusted_proxies 90 --value=\(address)
            occ config:system:set overwriteprotocol --value=https
            occ config:system:set overwritehost --value=\(authority)
            occ config:system:set overwrite.cli.url --value=\(origin)
            occ config:system:set trusted_domains 90 --value=\(authority)

            # By hand, in its web server's file of this site, so that redirects do not name the port on which it listens:
            #   nginx (/etc/nginx/sites-available/, in the server block), then systemctl reload nginx:
            #     absolute_redirect off;
            #   Apache (/etc/apache2/sites-available/, in the <VirtualHost>), then systemctl reload apache2:
            #     ServerName \(origin)
            #     UseCanonicalName On
            # If it is in a folder (/cloud), the root has to redirect /ocm-provider/ there, or /.well-known/carddav as its manual has
            # it: by one of them the gateway finds it; an alias for the one file is not enough. What is the federation's in any other
            # folder that leads to it is refused.
            #   nginx:   location = /ocm-provider/ { return 301 /cloud/ocm-provider/; }
            #   Apache:  Redirect 301 /ocm-provider/ /cloud/ocm-provider/
            """
        case .ocis, .opencloud:
            """
            # \(kind == .ocis ? "oCIS" : "OpenCloud") behind the gateway: in its environment.
            \(kind == .ocis ? "OCIS_URL" : "OC_URL")=\(origin)
            PROXY_TLS=\(url?.scheme == .https)
            """ + (url.map { "\nPROXY_HTTP_ADDR=\(Self.place($0))" } ?? "")
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
            # Seafile behind the gateway: \(backend), url of [backend], is its nginx, which joins
            # seahub (port 8000), the file server (/seafhttp, 8082) and WebDAV (/seafdav, 8080): none of these is
            # enough by itself. Leave OCM_ENDPOINT as it is: elsewhere Seafile takes shares from anybody, and the
            # gateway does not know the place. In seahub_settings.py, where the first line turns on what peers speak:
            ENABLE_OCM_VIA_WEBDAV = True
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

    private var out: String? {
        guard let wayOut else { return nil }
        let system = """
            # Its way out: the gateway signs what it sends and keeps its secrets. The gateway makes the
            # certificate at its first start; as root, so that all programs of this machine believe it:
            install -m 0644 \(shellQuoted(wayOut.authority)) /usr/local/share/ca-certificates/ocmgate.crt && update-ca-certificates
            """
        guard let proxy else {
            return system + """

                # It cannot be told its proxy: this server cannot use a unix socket (\(wayOut.proxy)) as one.
                # Give [egress] listen an address and a port.
                """
        }
        switch kind {
        case .nextcloud:
            return system + """

                # and then, as the web server's user:
                occ security:certificates:import /usr/local/share/ca-certificates/ocmgate.crt
                occ config:system:set proxy --value=\(proxy)
                """
        case .owncloud10:
            return system + """

                # and then, in ownCloud's folder and in this order; occ as the web server's user.
                # Each user has a bundle of certificates of his own, made anew only when resources/config/ca-bundle.crt is newer than it
                # (hence the touch). With an old one TLS fails, and the shares that he has received are deleted for good: never set the
                # proxy before.
                occ security:certificates:import /usr/local/share/ca-certificates/ocmgate.crt
                touch resources/config/ca-bundle.crt
                occ config:system:set proxy --value=\(proxy)
                """
        case .ocis, .opencloud:
            return system + """

                # and in its environment (with \(kind == .ocis ? "OCIS" : "OC")_INSECURE=true it can go past the proxy):
                \(environment(proxy))
                """
        case .cernbox:
            return system + """

                # and in its environment:
                \(environment(proxy))
                # From reva 3.13.0 on what it reads of peers goes past the proxy, and shares do not open or are refused, unless
                # each configuration of revad that has one of these tables says so. Start it anew after that.
                \(revaTables(proxy))
                """
        case .generic:
            return system + """

                # and in its environment:
                \(environment(proxy))
                """
        case .seafile:
            return system + """

                # and with the Python and the PYTHONPATH of seahub, which asks for shared data with the authorities of
                # certifi alone (REQUESTS_CA_BUNDLE is not looked at there); again after each update of certifi:
                cat /usr/local/share/ca-certificates/ocmgate.crt >> "$(python3 -c 'import certifi; print(certifi.where())')"
                # and in the environment of seahub:
                \(environment(proxy))
                """
        }
    }

    /// What programs in Go and most others look at. With the first line alone an `http://` would go past us.
    private func environment(_ proxy: String) -> String {
        """
        HTTPS_PROXY=http://\(proxy)
        HTTP_PROXY=http://\(proxy)
        # Services of the site itself that it calls by other names belong behind these, with commas.
        NO_PROXY=localhost,127.0.0.1
        """
    }

    /// reva from 3.13.0 on asks no proxy in the name of others unless it is told, and dials none whose address is
    /// not public unless that is named, loopback and private ones by keys of their own.
    private func revaTables(_ proxy: String) -> String {
        let host = String(proxy[..<(proxy.lastIndex(of: ":") ?? proxy.endIndex)])
        let address = Self.ip(host)
        let hop: String? =
            switch address {
            case _ where Self.isOfThisMachine(host): "allow_loopback_federation = true"
            case nil: "allowed_federation_cidrs = [\"\(Self.gateway)/32\"]"
            case .v4? where Self.isPrivate(address): "allowed_federation_cidrs = [\"\(host)/32\"]"
            case let address? where Self.isPrivate(address):
                "allowed_federation_cidrs = [\"\(address)/128\"]"
            case _: nil
            }
        return [
            ("http.services.ocm", "ocm_client_use_env_proxy"),
            ("grpc.services.storageprovider.drivers.ocmreceived", "ocm_use_env_proxy"),
            ("http.services.dataprovider.drivers.ocmreceived", "ocm_use_env_proxy"),
        ].map { table, key in
            (["[\(table)]", "\(key) = true"] + [hop].compactMap { $0 }).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    /// Of the ranges that reva takes for private ones; others stop it at its start.
    private static func isPrivate(_ address: IPAddress?) -> Bool {
        switch address {
        case .v4(let number)?:
            number >> 24 == 10 || number >> 20 == 0xAC1 || number >> 16 == 0xC0A8
        case .v6(let upper, _)?: upper >> 57 == 0xFC >> 1
        case nil: false
        }
    }

    /// What stands for an address that only the operator knows.
    private static let gateway = "ADDRESS-OF-THE-GATEWAY"

    /// Nil for a unix socket, and where it is not known.
    private var url: HTTPURL? { try? HTTPURL(backend) }

    /// `host:port`, also where the port is the scheme's own.
    private static func place(_ url: HTTPURL) -> String {
        url.authority.port == nil ? "\(url.authority):\(url.port)" : "\(url.authority)"
    }

    /// By which address the gateway comes to the backend, and is reached by it.
    private var address: String {
        guard let host = url?.authority.host, !Self.isOfThisMachine(host.description) else {
            return "127.0.0.1"
        }
        return Self.gateway
    }

    /// The way out as the backend is told of it; nil for a unix socket, and where there is none.
    private var proxy: String? {
        guard let listen = wayOut?.proxy, !listen.hasPrefix("unix:") else { return nil }
        let colon = listen.lastIndex(of: ":") ?? listen.endIndex
        let host = String(listen[..<colon])
        let isEverywhere = Self.ip(host) == .v4(0) || Self.ip(host) == .v6(0, 0)
        guard isEverywhere || (Self.isOfThisMachine(host) && address == Self.gateway) else {
            return listen
        }
        return Self.gateway + listen[colon...]
    }

    /// An address, in brackets or not.
    private static func ip(_ host: String) -> IPAddress? {
        IPAddress(String(host.drop { $0 == "[" }.prefix { $0 != "]" }))
    }

    private static func isOfThisMachine(_ host: String) -> Bool {
        switch ip(host) {
        case .v4(let number): number >> 24 == 127
        case .v6(let upper, let lower): (upper, lower) == (0, 1)
        case nil: host == "localhost"
        }
    }

    private var authority: String { String(origin.drop { $0 != "/" }.drop { $0 == "/" }) }
}

/// A word as a shell reads it: in single quotes where it has more than letters, digits and what a path
/// usually has.
func shellQuoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { $0.isLetterOrDigit || "/.-_+:@%,=".utf8.contains($0) }
    return isPlain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
}
