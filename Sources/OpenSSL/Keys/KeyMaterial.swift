import COpenSSL

/// The numbers of a public key; `check` tells whether they make a sound one.
enum KeyMaterial: Sendable, Equatable {
    case ed25519([UInt8])
    case p256(x: [UInt8], y: [UInt8])
    case p384(x: [UInt8], y: [UInt8])
    /// Big-endian, no leading zeros.
    case rsa(n: [UInt8], e: [UInt8])

    var kind: KeyKind {
        switch self {
        case .ed25519(_): .ed25519
        case .p256(_, _): .p256
        case .p384(_, _): .p384
        case .rsa(let n, _):
            .rsa(bits: n.count * 8 - (n.first?.leadingZeroBitCount ?? 0))
        }
    }

    /// Width of a coordinate in bytes, for the kinds that have them.
    var fieldByteCount: Int? {
        switch self {
        case .p256(_, _): 32
        case .p384(_, _): 48
        case .ed25519(_), .rsa(_, _): nil
        }
    }

    /// Throws unless the numbers are what `PublicKey` promises. That a point lies on P-256 or
    /// P-384 is checked by OpenSSL as it loads.
    func check(accepting rule: RSAExponentRule) throws(CryptoError) {
        switch self {
        case .ed25519(let bytes):
            guard Ed25519Point.isSound(bytes) else {
                throw refusal("no Ed25519 point, not canonical, or of small order")
            }
        case .p256(let x, let y), .p384(let x, let y):
            guard x.count == fieldByteCount, y.count == fieldByteCount else {
                throw refusal("coordinates of the wrong width")
            }
        case .rsa(let n, let e):
            guard case .rsa(let bits) = kind, (1024...8192).contains(bits) else {
                throw refusal("RSA modulus outside 1024 to 8192 bits")
            }
            guard n.last.map({ $0 & 1 == 1 }) ?? false else { throw refusal("even RSA modulus") }
            if ROCA.hasFingerprint(n) { throw refusal("RSA modulus of a faulty generator (ROCA)") }
            switch rule {
            case .f4: guard e == [1, 0, 1] else { throw refusal("RSA exponent is not 65537") }
            case .anyOdd:
                guard e.count <= 4, let low = e.last, low & 1 == 1, e != [1] else {
                    throw refusal("RSA exponent is not an odd number above 1")
                }
            }
        }
    }

    /// OpenSSL's object for the key.
    func load() throws(CryptoError) -> KeyHandle {
        ERR_clear_error()
        let key: OpaquePointer?
        switch self {
        case .ed25519(let bytes):
            unsafe key = EVP_PKEY_new_raw_public_key_ex(
                nil, "ED25519", nil, bytes, bytes.count)
        case .p256(let x, let y):
            let point = [0x04] + x + y
            unsafe key = ocmgate_ec_public_key("prime256v1", point, point.count)
        case .p384(let x, let y):
            let point = [0x04] + x + y
            unsafe key = ocmgate_ec_public_key("secp384r1", point, point.count)
        case .rsa(let n, let e):
            unsafe key = ocmgate_rsa_public_key(n, Int32(n.count), e, Int32(e.count))
        }
        guard let key = unsafe key else { throw .last("read public key") }
        return unsafe KeyHandle(key)
    }

    private func refusal(_ reason: String) -> CryptoError {
        CryptoError("read public key", reason)
    }
}
