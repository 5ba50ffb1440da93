import Federation
import OpenSSL
import Transport

/// `[[listen]]` and `[tls.NAME]`.
extension ConfigurationTable<Configuration.ListenSettings> {
    static let listen = ConfigurationTable(
        "listen",
        """
        Where clients come in. Without any: TLS on port 443 with the certificate of the site's own \
        name, and port 80, which redirects.
        """,
        Configuration.ListenSettings(),
        [
            .init(
                "address", \.address, .listenAddress,
                """
                "[::]:443", "127.0.0.1:8443" or "unix:/path"; else port 443, or 80 without tls, \
                on every address.
                """, .derived),
            .init(
                "tls", \.tls, ConfigurationForm<String>.line.optional,
                "The name of a [tls] table; without it the listener speaks plain HTTP."),
            .init(
                "redirect", \.purpose, .redirect,
                "\"https\" sends every request to the same place there."),
            .init(
                "trusted_proxies", \.trustedProxies, .networks,
                """
                Whose Forwarded and X-Forwarded-* are believed; everybody else's are \
                overwritten.
                """),
            .init(
                "proxy_protocol", \.proxyProtocol, .networks,
                """
                The hops whose connections begin with a header of the PROXY protocol (v1 or v2), \
                and have to; from anyone else it is an error.
                """),
            .init(
                "hsts", \.strictTransport,
                ConfigurationForm<Duration>.seconds(0...3650 * 86_400)
                    .optional,
                """
                What Strict-Transport-Security says on every answer, instead of what the backend \
                says; without it that of the backend passes. For a listener with tls.
                """),
        ])
}

extension ConfigurationTable<Configuration.TLSSettings> {
    static let tls = ConfigurationTable(
        "tls", "A certificate and its key, by a name that [[listen]] refers to.",
        Configuration.TLSSettings(),
        [
            .init("cert", \.certificate, .path, "The file of the chain, PEM."),
            .init("key", \.key, .path, "The file of the private key, PEM."),
            .init("min_version", \.minimum, .minimum, "The oldest version of TLS."),
            .init(
                "client_ca", \.clientCA, .pathOrNone,
                """
                PEM of the authorities whose client certificates are asked for and checked, at \
                the listeners that name this table (mtls); "" asks for none.
                """),
            .init(
                "ocsp", \.staple, .pathOrNone,
                """
                The authority's word on the certificate, an OCSP response (DER) that is kept \
                fresh there and stapled; "" staples none.
                """),
        ])
}

extension ConfigurationForm<Configuration.ListenSettings.Purpose> {
    fileprivate static let redirect: ConfigurationForm = ConfigurationForm<Target>.word("redirect")
        .map(
            { _ in .redirectToHTTPS }, back: { $0 == .redirectToHTTPS ? .https : nil })

    fileprivate enum Target: String, CaseIterable { case https }
}

extension ConfigurationForm<TLSVersion> {
    fileprivate static let minimum: ConfigurationForm = ConfigurationForm<Number>.word("version")
        .map(
            { $0 == .tls13 ? .tls13 : .tls12 }, back: { $0 == .tls13 ? .tls13 : .tls12 })

    fileprivate enum Number: String, CaseIterable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }
}
