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
        [
            .init(
                "address",
                .listenAddress.saying(
                    """
                    "[::]:443", "127.0.0.1:8443" or "unix:/path"; else port 443, or 80 without tls, \
                    on every address.
                    """)
            ) { .string($0.address.description) },
            .init(
                "tls",
                .line.saying(
                    "The name of a [tls] table; without it the listener speaks plain HTTP.")
            ) { $0.tls.map { .string($0) } },
            .init(
                "redirect",
                .word(["https"]).saying("\"https\" sends every request to the same place there.")
            ) { $0.purpose == .redirectToHTTPS ? .string("https") : nil },
            .init(
                "trusted_proxies",
                .array(of: .network).standard(.array([])).saying(
                    """
                    Whose Forwarded and X-Forwarded-* are believed; everybody else's are \
                    overwritten.
                    """)
            ) { .texts($0.trustedProxies) },
            .init(
                "proxy_protocol",
                .array(of: .network).standard(.array([])).saying(
                    """
                    The hops whose connections begin with a header of the PROXY protocol (v1 or v2), \
                    and have to; from anyone else it is an error.
                    """)
            ) { .texts($0.proxyProtocol) },
            .init(
                "hsts",
                .duration.saying(
                    """
                    What Strict-Transport-Security says on every answer, instead of what the backend \
                    says; without it that of the backend passes. For a listener with tls.
                    """)
            ) { $0.strictTransport.map { .time($0) } },
        ])
}

extension ConfigurationTable<Configuration.TLSSettings> {
    static let tls = ConfigurationTable(
        "tls", "A certificate and its key, by a name that [[listen]] refers to.",
        [
            .init(
                "cert",
                .path.standard("/etc/ssl/cloud.pem").saying("The file of the chain, PEM.")
            ) { .string($0.certificate) },
            .init(
                "key",
                .path.standard("/etc/ssl/cloud.key").saying("The file of the private key, PEM.")
            ) { .string($0.key) },
            .init(
                "min_version",
                .word(["1.2", "1.3"]).standard("1.2").saying("The oldest version of TLS.")
            ) { .string($0.minimum == .tls13 ? "1.3" : "1.2") },
            .init(
                "client_ca",
                .text.standard("").saying(
                    """
                    PEM of the authorities whose client certificates are asked for and checked, at \
                    the listeners that name this table (mtls); "" asks for none.
                    """)
            ) { .string($0.clientCA ?? "") },
            .init(
                "ocsp",
                .text.standard("").saying(
                    """
                    The authority's word on the certificate, an OCSP response (DER) that is kept \
                    fresh there and stapled; "" staples none.
                    """)
            ) { .string($0.staple ?? "") },
        ])
}

extension JSONValue {
    /// Values by their own texts.
    static func texts(_ values: some Sequence<some CustomStringConvertible>) -> JSONValue {
        .array(values.map { .string($0.description) })
    }

    /// A time as it is written in the file.
    static func time(_ duration: Duration) -> JSONValue { .string(duration.configured) }

    /// A number of bytes as it is written in the file.
    static func size(_ bytes: Int) -> JSONValue { .string(ByteCount(bytes).description) }
}
