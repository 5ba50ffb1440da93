import COpenSSL

/// A key for AES-256-GCM (NIST SP 800-38D) with random nonces of 96 bits.
///
/// A sealed message is nonce (12 bytes), ciphertext, tag (16 bytes). With random nonces one key
/// is good for 2^32 messages.
package final class AEADKey: Sendable {
    private let key: Secret
    private let sealing = unsafe SparePool { unsafe EVP_CIPHER_CTX_free($0) }
    private let opening = unsafe SparePool { unsafe EVP_CIPHER_CTX_free($0) }

    /// What sealing adds to the length of the plaintext, in bytes.
    package static let overhead = nonceCount + tagCount

    /// Refuses a key that is not 32 bytes long.
    package init(_ key: Secret) throws(CryptoError) {
        guard key.count == 32 else {
            throw CryptoError("make AES-256-GCM key", "\(key.count) bytes instead of 32")
        }
        self.key = key
    }

    /// Encrypts, and vouches for `data` beside it: nonce, ciphertext and tag in one.
    package func seal(_ plaintext: [UInt8], authenticating data: [UInt8]) -> [UInt8] {
        seal(plaintext.span, authenticating: data.span)
    }

    /// Encrypts, and vouches for `data` beside it: nonce, ciphertext and tag in one.
    package func seal(
        _ plaintext: Span<UInt8>, authenticating data: Span<UInt8>
    ) -> [UInt8] {
        let nonce = Random.bytes(Self.nonceCount)
        let spare = unsafe sealing.take()
        guard let context = unsafe spare ?? EVP_CIPHER_CTX_new() else {
            preconditionFailure("OpenSSL cannot seal: out of memory")
        }
        var done =
            if unsafe spare != nil {
                // Only the nonce is new: the context has the key.
                unsafe EVP_EncryptInit_ex2(context, nil, nil, nonce, nil) == 1
            } else {
                key.withBytes { key in
                    unsafe key.withPointer { key, _ in
                        unsafe EVP_EncryptInit_ex2(
                            context, CipherAlgorithm.aes256GCM.pointer, key, nonce, nil) == 1
                    }
                }
            }
        var length: Int32 = 0
        done =
            unsafe data.withPointer {
                unsafe EVP_EncryptUpdate(context, nil, &length, $0, Int32($1)) == 1
            } && done
        let sealed = unsafe [UInt8](filling: plaintext.count + Self.overhead) { output in
            unsafe output.update(from: nonce, count: Self.nonceCount)
            let body = unsafe output + Self.nonceCount
            let tag = unsafe body + plaintext.count
            done =
                unsafe plaintext.withPointer {
                    unsafe EVP_EncryptUpdate(context, body, &length, $0, Int32($1)) == 1
                } && done
            done = unsafe EVP_EncryptFinal_ex(context, tag, &length) == 1 && done
            done =
                unsafe EVP_CIPHER_CTX_ctrl(
                    context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagCount), tag) == 1 && done
            return plaintext.count + Self.overhead
        }
        precondition(done, "OpenSSL cannot seal: out of memory")
        unsafe sealing.give(context)
        return sealed
    }

    /// The plaintext. Refused: what was not sealed by this key for this `data`.
    package func open(
        _ sealed: [UInt8], authenticating data: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        try open(sealed.span, authenticating: data.span)
    }

    /// The plaintext. Refused alike: another key, other authenticated data, one changed or
    /// missing byte; nothing of a refused message is given out.
    package func open(
        _ sealed: Span<UInt8>, authenticating data: Span<UInt8>
    ) throws(CryptoError) -> [UInt8] {
        let refusal = CryptoError("open sealed message", "not authentic")
        let count = sealed.count - Self.overhead
        guard count >= 0, count <= Int(Int32.max), data.count <= Int(Int32.max) else {
            throw refusal
        }
        ERR_clear_error()
        let spare = unsafe opening.take()
        guard let context = unsafe spare ?? EVP_CIPHER_CTX_new() else { throw refusal }
        let hasKey = unsafe spare != nil
        var authentic = false
        var plaintext = unsafe [UInt8](filling: max(count, 1)) { output in
            authentic = unsafe sealed.withPointer { input, _ in
                unsafe decrypt(context, hasKey: hasKey, input, count, data, into: output)
            }
            return count
        }
        guard authentic else {
            // It may have failed before it had the key.
            unsafe EVP_CIPHER_CTX_free(context)
            unsafe plaintext.withUnsafeMutableBytes {
                unsafe OPENSSL_cleanse($0.baseAddress, $0.count)
            }
            ERR_clear_error()
            throw refusal
        }
        unsafe opening.give(context)
        return plaintext
    }

    /// Deciphers `count` bytes after the nonce and checks the tag that follows them.
    private func decrypt(
        _ context: OpaquePointer, hasKey: Bool, _ sealed: UnsafePointer<UInt8>, _ count: Int,
        _ data: Span<UInt8>, into output: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        let body = unsafe sealed + Self.nonceCount
        let tag = unsafe UnsafeMutablePointer(mutating: body + count)
        var length: Int32 = 0
        let ready =
            if hasKey {
                unsafe EVP_DecryptInit_ex2(context, nil, nil, sealed, nil)
            } else {
                key.withBytes { key in
                    unsafe key.withPointer { key, _ in
                        unsafe EVP_DecryptInit_ex2(
                            context, CipherAlgorithm.aes256GCM.pointer, key, sealed, nil)
                    }
                }
            }
        guard
            ready == 1,
            unsafe data.withPointer({
                unsafe EVP_DecryptUpdate(context, nil, &length, $0, Int32($1))
            }) == 1,
            unsafe EVP_DecryptUpdate(context, output, &length, body, Int32(count)) == 1,
            unsafe EVP_CIPHER_CTX_ctrl(
                context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagCount), tag) == 1
        else { return false }
        return unsafe EVP_DecryptFinal_ex(context, output + count, &length) == 1
    }

    private static let nonceCount = 12
    private static let tagCount = 16
}

/// A fetched `EVP_CIPHER`.
///
/// Unchecked Sendable: immutable after its fetch, and lives as long as the process.
@safe struct CipherAlgorithm: @unchecked Sendable {
    let pointer: OpaquePointer

    static let aes256GCM = CipherAlgorithm("AES-256-GCM")
    static let aes256CBC = CipherAlgorithm("AES-256-CBC")

    private init(_ name: String) {
        guard let cipher = unsafe EVP_CIPHER_fetch(nil, name, nil) else {
            preconditionFailure("the system's OpenSSL offers no \(name)")
        }
        unsafe pointer = cipher
    }
}
