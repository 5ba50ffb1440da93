import Federation
import Gateway
import OpenSSL

extension InstallationCheck {
    /// Every certificate with its key, and whether peers would believe one of them.
    mutating func certificates(of configuration: Configuration) {
        var hosts = configuration.site.origins
        var isComplete = true
        var shown: [String] = []
        for (_, settings) in configuration.tls.sorted(by: { $0.key < $1.key }) {
            guard mayRead(settings.certificate), mayRead(settings.key) else {
                isComplete = false
                continue
            }
            do throws(FileProblem) {
                let identity = try RunningGateway.identity(settings)
                guard let leaf = identity.chain.first else { continue }
                judge(leaf, settings.certificate)
                judge(chain: identity.chain, settings.certificate)
                let staple = try RunningGateway.staple(settings, for: identity.chain)
                if let staple, !staple.isCurrent(now: now) {
                    warn(
                        settings.staple ?? "", "counts no more, so it is not stapled",
                        remedy: "fetch a new one")
                }
                hosts.removeAll { origin in
                    Site(origin: origin, aliases: []).map { leaf.matches($0.host.name) } ?? false
                }
                shown.append("\(settings.certificate) is for \(Self.names(of: leaf))")
            } catch {
                isComplete = false
                find(error)
            }
        }
        if let file = configuration.outbound.caFile, mayRead(file) {
            do throws(FileProblem) {
                _ = try RunningGateway.clientContext(configuration)
            } catch { find(error) }
        }
        clientAuthorities(of: configuration)
        guard isComplete, configuration.listeners.contains(where: { $0.tls != nil }) else { return }
        let others = shown.joined(separator: ", ")
        for origin in hosts where origin == configuration.site.origin {
            find(
                configuration.file,
                "no certificate is for \(origin), so no peer believes it: \(others)",
                remedy: "put one there that is, or mend site.origin")
        }
        for origin in hosts where origin != configuration.site.origin {
            warn(configuration.file, "no certificate is for \(origin): \(others)")
        }
    }

    private mutating func judge(_ leaf: Certificate, _ file: String) {
        if let begin = leaf.notBefore, begin > now {
            find(
                file, "the certificate is not valid before \(Moment.text(begin))",
                remedy: "see whether the clock is right")
        } else if !leaf.isCurrent(now: now) {
            let end = leaf.notAfter.map { "has expired on \(Moment.text($0))" }
            find(file, "the certificate \(end ?? "is not valid now")", remedy: Self.renew)
        } else if let end = leaf.notAfter, end - now < RunningGateway.expiryNotice(of: leaf) {
            warn(file, "expires \(DaysAhead.words(end - now))", remedy: Self.renew)
        }
    }

    /// Peers have the authorities alone: all between them and the leaf has to be shown.
    private mutating func judge(chain: [Certificate], _ file: String) {
        guard let leaf = chain.first, leaf.subject != leaf.issuer else {
            warn(file, "is self-signed: peers refuse it", remedy: Self.renew)
            return
        }
        if chain.count == 1 {
            warn(file, "holds one certificate; the issuer's intermediate usually stands below it")
        }
        // Of a few intermediates each may have signed the leaf, and so be shown (RFC 8446 section 4.4.2).
        for (index, one) in chain.enumerated().dropFirst() {
            let told = "its certificate \(index + 1) (\(one.subject)) "
            guard chain.prefix(index).contains(where: { $0.isIssued(by: one) }) else {
                let issuer = chain[index - 1].issuer
                warn(
                    file,
                    told + "did not sign certificate \(index), whose issuer is \(issuer): "
                        + "peers need not believe it",
                    remedy: "put the certificate of \(issuer) there")
                return
            }
            if let end = one.notAfter, end < now {
                let others = chain.enumerated().dropFirst()
                    .filter { $0.offset != index && leaf.isIssued(by: $0.element) }
                warn(
                    file, told + "has expired on \(Moment.text(end))",
                    remedy: others.isEmpty ? Self.renew : "take it out, or \(Self.renew)")
            }
            // What stands behind a root is in nobody's way.
            if one.isIssued(by: one) { return }
        }
    }

    private static func names(of leaf: Certificate) -> String {
        let names = leaf.dnsNames
        let rest = names.count - 5
        return names.isEmpty
            ? "no host"
            : names.prefix(5).joined(separator: " and ") + (rest > 0 ? " and \(rest) more" : "")
    }

    private static let renew = "put a chain there that a public authority signed, leaf first"
}
