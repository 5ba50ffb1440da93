import OpenSSL

/// A certificate and its key, of an authority that nobody else has.
struct TestIdentity {
    let identity: TLSIdentity
    /// Whoever believes the authority and no other.
    let trust: TLSTrust

    init(_ name: String) throws {
        let validity = 1_600_000_000...4_000_000_000
        let authority = try CertificateAuthority.make(
            name: "test", key: .generate(.p256), validity: validity)
        let key = try PrivateKey.generate(.p256)
        let leaf = try authority.issue(names: [name], for: key.publicKey, validity: validity)
        identity = try TLSIdentity(chain: [leaf], key: key)
        trust = .only([authority.certificate])
    }
}
