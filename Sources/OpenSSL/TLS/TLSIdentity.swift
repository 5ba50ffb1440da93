import COpenSSL

/// A certificate chain with the key of its leaf: what a server (or client) shows.
package struct TLSIdentity: Sendable {
    /// Leaf first.
    package let chain: [Certificate]
    let leaf: Certificate
    let key: PrivateKey
    /// What the authority says of it; shown as long as it counts.
    let staple: OCSPStaple?

    /// Refused: no certificate, and a key that is not the leaf's.
    package init(
        chain: [Certificate], key: PrivateKey, staple: OCSPStaple? = nil
    ) throws(CryptoError) {
        guard let leaf = chain.first else { throw CryptoError("make identity", "no certificate") }
        guard try leaf.publicKey() == key.publicKey else {
            throw CryptoError("make identity", "the key is not the first certificate's")
        }
        self.chain = chain
        self.leaf = leaf
        self.key = key
        self.staple = staple
    }

    /// From the contents of a certificate file and a key file.
    package init(certificatePEM: String, keyPEM: String) throws(CryptoError) {
        try self.init(chain: Certificate.chain(pem: certificatePEM), key: PrivateKey(pem: keyPEM))
    }

    /// Shows this identity on one connection, beside others of another kind of key.
    func install(in ssl: OpaquePointer) -> Bool {
        unsafe withIssuers {
            unsafe SSL_use_cert_and_key(ssl, leaf.handle.pointer, key.handle.pointer, $0, 1) == 1
        }
    }

    /// The same on all connections of a context that show no other.
    func install(inAllOf context: OpaquePointer) -> Bool {
        unsafe withIssuers {
            unsafe SSL_CTX_use_cert_and_key(
                context, leaf.handle.pointer, key.handle.pointer, $0, 1) == 1
        }
    }

    private func withIssuers(_ install: (OpaquePointer) -> Bool) -> Bool {
        guard let rest = unsafe ocmgate_certificates_new() else { return false }
        defer { unsafe ocmgate_certificates_free(rest) }
        for certificate in chain.dropFirst() {
            guard unsafe ocmgate_certificates_push(rest, certificate.handle.pointer) > 0 else {
                return false
            }
        }
        return unsafe install(rest)
    }

    /// Whether it is the very same one.
    func isSame(as other: TLSIdentity) -> Bool {
        unsafe leaf.handle.pointer == other.leaf.handle.pointer
    }
}
