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
        switch self {
        case .ed25519(let bytes):
            guard
                let key = unsafe EVP_PKEY_new_raw_public_key_ex(
                    nil, "ED25519", nil, bytes, bytes.count)
            else { throw .last("read public key") }
            return unsafe KeyHandle(key)
        case .p256(let x, let y): return try point(x, y, group: "prime256v1")
        case .p384(let x, let y): return try point(x, y, group: "secp384r1")
        case .rsa(let n, let e):
            guard let modulus = unsafe BN_bin2bn(n, Int32(n.count), nil),
                let exponent = unsafe BN_bin2bn(e, Int32(e.count), nil)
            else { throw .last("read public key") }
            defer {
                unsafe BN_free(modulus)
                unsafe BN_free(exponent)
            }
            return try unsafe KeyMaterial.build("RSA") { builder in
                unsafe OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) == 1
                    && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) == 1
            }
        }
    }

    private func point(
        _ x: [UInt8], _ y: [UInt8], group: String
    ) throws(CryptoError) -> KeyHandle {
        let encoded = [0x04] + x + y
        return try unsafe KeyMaterial.build("EC") { builder in
            unsafe OSSL_PARAM_BLD_push_utf8_string(
                builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1
                && OSSL_PARAM_BLD_push_octet_string(
                    builder, OSSL_PKEY_PARAM_PUB_KEY, encoded, encoded.count) == 1
        }
    }

    private static func build(
        _ type: String, _ push: (OpaquePointer) -> Bool
    ) throws(CryptoError) -> KeyHandle {
        guard let builder = unsafe OSSL_PARAM_BLD_new() else { throw .last("read public key") }
        defer { unsafe OSSL_PARAM_BLD_free(builder) }
        guard unsafe push(builder), let parameters = unsafe OSSL_PARAM_BLD_to_param(builder),
            let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil)
        else { throw .last("read public key") }
        defer {
            unsafe OSSL_PARAM_free(parameters)
            unsafe EVP_PKEY_CTX_free(context)
        }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_fromdata_init(context) == 1,
            unsafe EVP_PKEY_fromdata(context, &key, ocmgate_public_key_selection(), parameters)
                == 1,
            let key = unsafe key
        else { throw .last("read public key") }
        return unsafe KeyHandle(key)
    }

    private func refusal(_ reason: String) -> CryptoError {
        CryptoError("read public key", reason)
    }
}
