import COpenSSL

/// A private key, ready to sign. Its numbers stay inside OpenSSL.
package final class PrivateKey: Sendable {
    package let publicKey: PublicKey
    let handle: KeyHandle
    private let contexts: [(algorithm: SignatureAlgorithm, context: SignatureContext)]

    /// A fresh key. Refused: RSA of another size than 2048 to 8192 bits in steps of 1024.
    package static func generate(_ kind: KeyKind) throws(CryptoError) -> PrivateKey {
        ERR_clear_error()
        let key: OpaquePointer?
        switch kind {
        case .ed25519: unsafe key = ocmgate_generate_ed25519()
        case .p256: unsafe key = ocmgate_generate_ec("prime256v1")
        case .p384: unsafe key = ocmgate_generate_ec("secp384r1")
        case .rsa(let bits):
            guard (2048...8192).contains(bits), bits % 1024 == 0 else {
                throw CryptoError("generate key", "no RSA key of \(bits) bits is made")
            }
            unsafe key = ocmgate_generate_rsa(bits)
        }
        guard let key = unsafe key else { throw .last("generate key") }
        return try PrivateKey(unsafe KeyHandle(key))
    }

    /// PKCS#8, SEC 1 or PKCS#1, unencrypted; refused: several keys, trailing bytes, kinds other
    /// than those of `KeyKind`, and a private half that does not belong to its public half.
    package convenience init(pem: String) throws(CryptoError) {
        // `openssl ecparam` writes the name of the curve in a block of its own before the key.
        let blocks = try PEM.blocks(in: pem).filter { $0.label != "EC PARAMETERS" }
        guard blocks.count == 1, let block = blocks.first else {
            throw CryptoError("read private key", "\(blocks.count) PEM blocks instead of one")
        }
        try self.init(block: block)
    }

    init(_ handle: KeyHandle) throws(CryptoError) {
        ERR_clear_error()
        publicKey = try PublicKey(spki: try Self.spki(of: handle))
        self.handle = handle
        var contexts: [(SignatureAlgorithm, SignatureContext)] = []
        for algorithm in SignatureAlgorithm.allCases where algorithm.fits(publicKey.kind) {
            contexts.append(
                (algorithm, try SignatureContext(.sign, handle, algorithm.scheme)))
        }
        self.contexts = contexts
    }

    private convenience init(block: PEM) throws(CryptoError) {
        guard ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"].contains(block.label) else {
            throw CryptoError("read private key", "a PEM block that is no unencrypted private key")
        }
        ERR_clear_error()
        let key = unsafe block.bytes.span.withPointer { base, count in
            var cursor: UnsafePointer<UInt8>? = unsafe base
            let key = unsafe d2i_AutoPrivateKey_ex(nil, &cursor, count, nil, nil)
            guard unsafe (cursor == base + count) else {
                unsafe EVP_PKEY_free(key)
                return unsafe nil as OpaquePointer?
            }
            return unsafe key
        }
        guard let key = unsafe key else { throw .last("read private key") }
        try self.init(unsafe KeyHandle(key))
        guard let algorithm = contexts.first?.algorithm,
            publicKey.isValid(
                signature: try firstSignature(by: algorithm), over: [], algorithm: algorithm)
        else { throw CryptoError("read private key", "its halves do not belong together") }
    }

    /// Of no bytes, to see whether the key signs at all; too short a one does not.
    private func firstSignature(by algorithm: SignatureAlgorithm) throws(CryptoError) -> [UInt8] {
        do throws(CryptoError) { return try sign([], algorithm: algorithm) } catch {
            guard case .rsa(let bits) = kind, bits < 2048 else { throw error }
            throw CryptoError(
                "read private key", "an RSA key of \(bits) bits is too short: 2048 at least")
        }
    }

    package var kind: KeyKind { publicKey.kind }

    /// PKCS#8 as PEM, unencrypted: for a file that only its owner may read.
    package func exportPEM() throws(CryptoError) -> String {
        ERR_clear_error()
        guard let info = unsafe EVP_PKEY2PKCS8(handle.pointer) else { throw .last("export key") }
        defer { unsafe PKCS8_PRIV_KEY_INFO_free(info) }
        var output: UnsafeMutablePointer<UInt8>?
        let count = unsafe i2d_PKCS8_PRIV_KEY_INFO(info, &output)
        guard count > 0, let output = unsafe output else { throw .last("export key") }
        defer { unsafe ocmgate_clear_free(output, Int(count)) }
        let bytes = unsafe [UInt8](UnsafeBufferPointer(start: output, count: Int(count)))
        return PEM(label: "PRIVATE KEY", bytes: bytes).text
    }

    /// A signature in the algorithm's own encoding; throws for an algorithm of another kind.
    package func sign(
        _ message: Span<UInt8>, algorithm: SignatureAlgorithm
    ) throws(CryptoError) -> [UInt8] {
        guard let context = contexts.first(where: { $0.algorithm == algorithm })?.context else {
            throw CryptoError("sign", "\(algorithm.rawValue) needs another kind of key")
        }
        let signature = try context.sign(message)
        guard let fieldByteCount = publicKey.material.fieldByteCount else { return signature }
        guard let pair = ECDSASignature.p1363(der: signature, fieldByteCount: fieldByteCount)
        else { throw CryptoError("sign", "OpenSSL wrote no ECDSA signature") }
        return pair
    }

    /// A signature in the algorithm's own encoding; throws for an algorithm of another kind.
    package func sign(
        _ message: [UInt8], algorithm: SignatureAlgorithm
    ) throws(CryptoError) -> [UInt8] {
        try sign(message.span, algorithm: algorithm)
    }

    private static func spki(of handle: KeyHandle) throws(CryptoError) -> [UInt8] {
        var output: UnsafeMutablePointer<UInt8>?
        let count = unsafe i2d_PUBKEY(handle.pointer, &output)
        guard count > 0, let output = unsafe output else { throw .last("read private key") }
        defer { unsafe ocmgate_clear_free(output, Int(count)) }
        return unsafe [UInt8](UnsafeBufferPointer(start: output, count: Int(count)))
    }
}
