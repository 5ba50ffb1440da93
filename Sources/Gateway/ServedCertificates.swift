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
        let hosts = Set(configuration.site.authorities.map(\.host.description))
            .union(configuration.tls.keys)
        for host in hosts.sorted() where former.speaks(for: host, now: now) {
            let speakers = identities.filter { $0.value.chain.first?.matches(host) == true }
            guard !speaks(for: host, now: now),
                let settings = (speakers.keys.min() ?? Self.table(for: host, of: configuration))
                    .flatMap({ configuration.tls[$0] })
            else { continue }
            throw speakers.isEmpty
                ? PrivateFile.Problem(
                    path: settings.certificate,
                    what:
                        "does not speak for \(host), as the certificate in use does: that one stays",
                    remedy: "have it made out to \(host) as well, as a DNS name")
                : PrivateFile.Problem(
                    path: settings.certificate,
                    what: "is not valid now, and the certificate in use is: that one stays",
                    remedy: "renew it (openssl x509 -noout -dates -in \(settings.certificate))")
        }
    }

    private func speaks(for host: String, now: Int) -> Bool {
        identities.values.contains { identity in
            identity.chain.first.map { $0.isCurrent(now: now) && $0.matches(host) } ?? false
        }
    }

    /// The `[tls]` table that is meant for a host: its own, or the first.
    private static func table(for host: String, of configuration: Configuration) -> String? {
        configuration.tls[host] == nil ? configuration.tls.keys.min() : host
    }
}
