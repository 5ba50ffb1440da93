package import OpenSSL

/// The certificates that a configuration names, and the authorities of clients; each file read once.
package struct ServedCertificates: Sendable {
    /// By the name of their `[tls]` table.
    package private(set) var identities: [String: TLSIdentity] = [:]
    /// Who certifies clients, by the table that asks for their certificates.
    private(set) var clientAuthorities: [String: [Certificate]] = [:]

    /// Refused: what `RunningGateway.identity` and `RunningGateway.clientAuthorities` refuse.
    package init(of configuration: Configuration) throws(FileProblem) {
        for (name, settings) in configuration.tls {
            identities[name] = try RunningGateway.identity(settings)
            if let file = settings.clientCA {
                clientAuthorities[name] = try RunningGateway.clientAuthorities(file)
            }
        }
    }

    private init() {}

    /// The names of the tables that show another certificate than in `former`.
    func changes(since former: ServedCertificates) -> [String] {
        identities.filter { name, identity in
            guard let was = former.identities[name] else { return true }
            return identity.chain != was.chain
        }.keys.sorted()
    }

    private func speaks(for host: String, now: Int) -> Bool {
        identities.values.contains { Self.speaks($0, for: host, now: now) }
    }

    private static func speaks(_ identity: TLSIdentity, for host: String, now: Int) -> Bool {
        identity.chain.first.map { $0.isCurrent(now: now) && $0.matches(host) } ?? false
    }
}

extension ServedCertificates {
    /// What a gateway that runs goes on with when it has read its certificates again.
    struct Renewal: Sendable {
        fileprivate(set) var certificates = ServedCertificates()
        /// Why tables keep what they had, by their names.
        fileprivate(set) var problems: [String: FileProblem] = [:]
        /// When the first of those that are not valid yet will be (Unix time): nothing else tells that
        /// it is to be looked at again.
        fileprivate(set) var again: Int?
    }

    /// The certificates of a configuration for those that are shown until now, each by itself: a table
    /// whose new one cannot be used keeps the one that it has.
    ///
    /// Not to be used is also one that would shut out who is served now: a certificate that is not
    /// valid now in place of one that is, and one that no longer speaks for one of the `hosts`. A start
    /// takes what it finds, since nothing is lost by it. Refused: a table that had nothing before and has
    /// nothing that can be used, and a host that no table speaks for any more.
    ///
    /// - Parameters:
    ///   - hosts: those that are served.
    ///   - wanted: those that the configuration names: another one is given up with its table.
    static func renewed(
        from former: ServedCertificates, by configuration: Configuration, hosts: Set<String>,
        wanted: Set<String>, now: Int
    ) throws(FileProblem) -> Renewal {
        var renewal = Renewal()
        for (name, settings) in configuration.tls.sorted(by: { $0.key < $1.key }) {
            do throws(FileProblem) {
                renewal.certificates.identities[name] = try RunningGateway.identity(settings)
            } catch {
                guard let own = former.identities[name] else { throw error }
                renewal.keep(own, name, error)
            }
            guard let file = settings.clientCA else { continue }
            do throws(FileProblem) {
                renewal.certificates.clientAuthorities[name] =
                    try RunningGateway.clientAuthorities(file)
            } catch {
                guard let own = former.clientAuthorities[name] else { throw error }
                renewal.certificates.clientAuthorities[name] = own
                renewal.problems[name] = renewal.problems[name] ?? error
            }
        }
        let read = renewal.certificates
        let names = hosts.union(configuration.tls.keys)
        // Which of several that speak for a host is shown is a matter of its key: each has to be valid.
        for (name, own) in former.identities {
            guard let settings = configuration.tls[name],
                let leaf = read.identities[name]?.chain.first,
                !leaf.isCurrent(now: now),
                names.contains(where: { speaks(own, for: $0, now: now) && leaf.matches($0) })
            else { continue }
            renewal.keep(own, name, Self.isNotValid(settings.certificate))
            renewal.again(leaf, now: now)
        }
        var served = names.sorted().filter { former.speaks(for: $0, now: now) }
        // A table that keeps what it had may be the one that was to speak for another's host.
        while let host = served.first(where: { !renewal.certificates.speaks(for: $0, now: now) }) {
            let own = former.identities.filter { name, identity in
                configuration.tls[name] != nil && speaks(identity, for: host, now: now)
            }
            let problem = read.loss(of: host, in: configuration)
            guard !own.isEmpty else {
                guard !wanted.contains(host), configuration.tls[host] == nil else { throw problem }
                // Given up together with its table.
                served.removeAll { $0 == host }
                continue
            }
            for (name, identity) in own {
                renewal.keep(identity, name, problem)
                guard let leaf = read.identities[name]?.chain.first, leaf.matches(host) else {
                    continue
                }
                renewal.again(leaf, now: now)
            }
        }
        return renewal
    }

    private static func isNotValid(_ file: String) -> FileProblem {
        FileProblem(
            file, "is not valid now, and the certificate in use is: that one stays",
            "renew it (openssl x509 -noout -dates -in \(file))")
    }

    /// What is wrong with certificates none of which speaks for a host now.
    private func loss(
        of host: String, in configuration: Configuration
    ) -> FileProblem {
        let speakers = identities.filter { $0.value.chain.first?.matches(host) == true }.keys
        let file =
            (speakers.min() ?? Self.table(for: host, of: configuration))
            .flatMap { configuration.tls[$0]?.certificate } ?? configuration.file
        return speakers.isEmpty
            ? FileProblem(
                file, "does not speak for \(host), as the certificate in use does: that one stays",
                "have it made out to \(host) as well, as a DNS name")
            : Self.isNotValid(file)
    }

    /// The `[tls]` table that is meant for a host: its own, or the first.
    private static func table(for host: String, of configuration: Configuration) -> String? {
        configuration.tls[host] == nil ? configuration.tls.keys.min() : host
    }
}

extension ServedCertificates.Renewal {
    fileprivate mutating func keep(
        _ identity: TLSIdentity, _ name: String, _ problem: FileProblem
    ) {
        certificates.identities[name] = identity
        problems[name] = problem
    }

    /// It is looked at again when it becomes valid, if it is to.
    fileprivate mutating func again(_ leaf: Certificate, now: Int) {
        guard let start = leaf.notBefore, start > now else { return }
        again = min(start, again ?? start)
    }
}
