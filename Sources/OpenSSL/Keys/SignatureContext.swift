import COpenSSL

/// An `EVP_MD_CTX` made ready for one key and scheme, from which every use starts as a copy.
///
/// Making one looks up algorithms and locks; copying does neither. Unchecked Sendable: after it is
/// made it is only read, by `EVP_MD_CTX_copy_ex`.
@safe final class SignatureContext: @unchecked Sendable {
    /// What the context is made ready for.
    enum Purpose { case sign, verify }

    private let context: OpaquePointer

    init(_ purpose: Purpose, _ key: KeyHandle, _ scheme: SignatureScheme) throws(CryptoError) {
        guard let context = unsafe EVP_MD_CTX_new() else { throw .last("prepare signature") }
        unsafe self.context = context
        ERR_clear_error()
        var keyContext: OpaquePointer?
        let digest: String? =
            switch scheme {
            case .pure: nil
            case .ecdsa(let digest), .pkcs1(let digest), .pss(let digest, _, _): digest
            }
        let result =
            switch purpose {
            case .sign:
                unsafe EVP_DigestSignInit_ex(
                    context, &keyContext, digest, nil, nil, key.pointer, nil)
            case .verify:
                unsafe EVP_DigestVerifyInit_ex(
                    context, &keyContext, digest, nil, nil, key.pointer, nil)
            }
        try check(result, "prepare signature")
        switch scheme {
        case .pure, .ecdsa: break
        case .pkcs1:
            try check(
                unsafe EVP_PKEY_CTX_set_rsa_padding(keyContext, RSA_PKCS1_PADDING),
                "prepare signature")
        case .pss(_, let mask, let saltByteCount):
            guard
                unsafe EVP_PKEY_CTX_set_rsa_padding(keyContext, RSA_PKCS1_PSS_PADDING) == 1,
                unsafe EVP_PKEY_CTX_set_rsa_mgf1_md_name(keyContext, mask, nil) == 1,
                unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(keyContext, Int32(saltByteCount)) == 1
            else { throw .last("prepare signature") }
        }
    }

    /// Whether OpenSSL finds `signature` good over `message`.
    func isValid(_ signature: Span<UInt8>, over message: Span<UInt8>) -> Bool {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let copy = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(copy) }
        guard unsafe EVP_MD_CTX_copy_ex(copy, context) == 1 else { return false }
        return unsafe signature.withPointer { signature, signatureCount in
            unsafe message.withPointer { message, messageCount in
                unsafe EVP_DigestVerify(copy, signature, signatureCount, message, messageCount) == 1
            }
        }
    }

    /// The signature of `message`, as OpenSSL writes it.
    func sign(_ message: Span<UInt8>) throws(CryptoError) -> [UInt8] {
        ERR_clear_error()
        guard let copy = unsafe EVP_MD_CTX_new() else { throw .last("sign") }
        defer { unsafe EVP_MD_CTX_free(copy) }
        try check(unsafe EVP_MD_CTX_copy_ex(copy, context), "sign")
        var room = 1024  // RSA of 8192 bits, the greatest we take.
        var result: Int32 = 0
        let signature = unsafe message.withPointer { message, count in
            unsafe [UInt8](filling: room) { output in
                result = unsafe EVP_DigestSign(copy, output, &room, message, count)
                return result == 1 ? room : 0
            }
        }
        try check(result, "sign")
        return signature
    }

    deinit { unsafe EVP_MD_CTX_free(context) }
}

/// An `EVP_PKEY`.
///
/// Unchecked Sendable: never changed after it is made; OpenSSL's own caches in it lock.
@safe final class KeyHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over the reference.
    init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

    deinit { unsafe EVP_PKEY_free(pointer) }
}
