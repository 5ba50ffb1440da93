import Foundation
import OpenSSL

/// A throw-away authority and a certificate for each host; they end with the demonstration.
struct DemoCertificates {
    private let authority: CertificateAuthority
    private let validity: ClosedRange<Int>

    init() throws {
        let now = Int(Date().timeIntervalSince1970)
        validity = (now - 3600)...(now + 86_400)
        authority = try CertificateAuthority.make(
            name: "ocmgate demo", key: try PrivateKey.generate(.p256), validity: validity)
    }

    /// What both sides are told to believe.
    var pem: String { authority.certificate.pem }

    /// A context that believes this authority alone.
    func client() throws -> TLSContext {
        try TLSContext.client(trust: try TLSTrust.only(pem: pem), alpn: ["http/1.1"])
    }

    /// Certificate and key of a host, as PEM texts.
    func issue(_ host: String) throws -> (certificate: String, key: String) {
        let key = try PrivateKey.generate(.p256)
        let certificate = try authority.issue(
            names: [host], for: key.publicKey, validity: validity)
        return (certificate.pem, try key.exportPEM())
    }

    /// A context that serves all these hosts, picked by SNI.
    func server(for hosts: [String]) throws -> TLSContext {
        let identities = try hosts.map { host in
            let pair = try issue(host)
            return try TLSIdentity(certificatePEM: pair.certificate, keyPEM: pair.key)
        }
        return try TLSContext.server(identities: identities, alpn: ["http/1.1"])
    }
}
