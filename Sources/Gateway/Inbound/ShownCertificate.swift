import Federation
import OpenSSL
import Transport

/// Client certificates (`client_ca`): whose word they are (`docs/decisions/0062`).
extension ClientConnection {
    /// Whether the connection showed a certificate of `peer` that holds at `now` (unix seconds).
    ///
    /// The handshake has verified its chain. It speaks for the hosts of its subject alternative
    /// names, a wildcard for one label, whatever their port; the common name counts for nothing.
    /// None is there behind a trusted proxy, whose handshake says nothing of its client.
    func shows(certificateOf peer: PeerHost?, now: Int) -> MTLSFact {
        guard let certificate = tls?.certificate, let peer, certificate.isCurrent(now: now),
            certificate.matches(peer.bareName)
        else { return .none }
        return .verified
    }

    /// What the log says of it; nil without one.
    var shownCertificate: DecisionRecord.Certificate? {
        guard let certificate = tls?.certificate else { return nil }
        return DecisionRecord.Certificate(
            names: Array(certificate.dnsNames.prefix(Self.loggedNames)),
            fingerprint: certificate.fingerprint)
    }

    /// A certificate may have thousands of names; one line tells of so many.
    private static let loggedNames = 8
}

extension PeerHost {
    /// The name without the brackets of IPv6.
    fileprivate var bareName: String {
        kind == .ipv6 ? String(name.dropFirst().dropLast()) : name
    }
}
