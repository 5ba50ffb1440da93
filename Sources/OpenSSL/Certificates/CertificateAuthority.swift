/// A certificate and its key, with which others are certified: for tests, the demonstration, and
/// the proxy on the way out. Nobody believes it who was not told to.
package struct CertificateAuthority: Sendable {
    package let certificate: Certificate
    let key: PrivateKey

    /// What a leaf may be used for (RFC 5280 section 4.2.1.12).
    package enum Usage: Sendable {
        case server
        case client

        var extended: String {
            switch self {
            case .server: "serverAuth"
            case .client: "clientAuth"
            }
        }
    }

    /// An authority that exists; refused: a key that is not the certificate's.
    package init(certificate: Certificate, key: PrivateKey) throws(CryptoError) {
        guard try certificate.publicKey() == key.publicKey else {
            throw CryptoError("load authority", "the key is not the certificate's")
        }
        self.certificate = certificate
        self.key = key
    }

    /// A new authority that certifies itself and may certify leaves only. `validity` in unix
    /// seconds; refused: an empty name and one of more than 64 bytes.
    package static func make(
        name: String, key: PrivateKey, validity: ClosedRange<Int>
    ) throws(CryptoError) -> CertificateAuthority {
        var draft = try CertificateDraft(commonName: name, for: key.publicKey, validity: validity)
        try draft.setIssuer(nil)
        try draft.add(.basicConstraints, "critical,CA:TRUE,pathlen:0")
        try draft.add(.keyUsage, "critical,keyCertSign,cRLSign")
        try draft.add(.subjectKeyIdentifier, "hash")
        return try CertificateAuthority(certificate: draft.sign(by: key), key: key)
    }

    /// A leaf for host names (`*.` in front allowed) and literal IP addresses. Refused: no name,
    /// and names with characters that no host has.
    package func issue(
        names: [String], for subject: PublicKey, validity: ClosedRange<Int>,
        usage: Usage = .server
    ) throws(CryptoError) -> Certificate {
        var draft = try CertificateDraft.leaf(names: names, for: subject, validity: validity)
        try draft.setIssuer(certificate)
        try draft.addLeafExtensions(names: names, usage: usage)
        try draft.add(.authorityKeyIdentifier, "keyid")
        return try draft.sign(by: key)
    }
}

extension Certificate {
    /// A server's certificate that certifies itself. `validity` in unix seconds; names as in
    /// `CertificateAuthority.issue`.
    package static func selfSigned(
        names: [String], key: PrivateKey, validity: ClosedRange<Int>
    ) throws(CryptoError) -> Certificate {
        var draft = try CertificateDraft.leaf(names: names, for: key.publicKey, validity: validity)
        try draft.setIssuer(nil)
        try draft.addLeafExtensions(names: names, usage: .server)
        return try draft.sign(by: key)
    }
}
