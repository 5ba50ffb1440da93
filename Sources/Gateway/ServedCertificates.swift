import Federation
package import OpenSSL
import Transport

/// The certificates that a configuration names, each file read once.
package struct ServedCertificates: Sendable {
    /// By the name of their `[tls]` table.
    package let identities: [String: TLSIdentity]

    /// Refused: what `RunningGateway.identity` refuses.
    package init(of configuration: Configuration) throws(PrivateFile.Problem) {
        var identities: [String: TLSIdentity] = [:]
        for (name, settings) in configuration.tls {
            identities[name] = try RunningGateway.identity(settings)
        }
        self.identities = identities
    }

    /// That nobody who is served now is shut out by taking these for `former`.
    ///
    /// Refused: a certificate that is not valid now in place of one that is, and one that no longer
    /// speaks for a host of the site. A start takes what it finds, since nothing is lost by it.
    func requireNoLoss(
        from former: ServedCertificates, in configuration: Configuration, now: Int
    ) throws(PrivateFile.Problem) {
        let hosts = Self.hosts(of: configuration)
        for (name, settings) in configuration.tls.sorted(by: { $0.key < $1.key }) {
            guard let old = former.identities[name]?.chain.first,
                let new = identities[name]?.chain.first, old != new
            else { continue }
            if old.isCurrent(now: now), !new.isCurrent(now: now) {
                throw PrivateFile.Problem(
                    path: settings.certificate,
                    what: "is not valid now, and the certificate in use is: that one stays",
                    remedy: "renew it (openssl x509 -noout -dates -in \(settings.certificate))")
            }
            if let host = hosts.union([name]).sorted().first(where: {
                old.matches($0) && !new.matches($0)
            }) {
                throw PrivateFile.Problem(
                    path: settings.certificate,
                    what:
                        "does not speak for \(host), as the certificate in use does: that one stays",
                    remedy: "have it made out to \(host) as well, as a DNS name")
            }
        }
    }

    private static func hosts(of configuration: Configuration) -> Set<String> {
        Set(
            ([configuration.site.origin] + configuration.site.aliases)
                .compactMap { try? HTTPURL($0).authority.host.description })
    }
}
