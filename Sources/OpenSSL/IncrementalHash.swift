import COpenSSL

/// A digest over bytes that arrive piece by piece, finished exactly once.
@safe package struct IncrementalHash: ~Copyable {
    private let context: OpaquePointer
    private let byteCount: Int

    package init(_ hash: Hash) {
        guard let context = unsafe EVP_MD_CTX_new(),
            unsafe EVP_DigestInit_ex2(context, hash.algorithm.pointer, nil) == 1
        else { preconditionFailure("OpenSSL cannot digest: out of memory") }
        unsafe self.context = context
        byteCount = hash.byteCount
    }

    package mutating func update(_ bytes: Span<UInt8>) {
        let result = unsafe bytes.withPointer { base, count in
            unsafe EVP_DigestUpdate(context, base, count)
        }
        precondition(result == 1, "OpenSSL cannot digest: out of memory")
    }

    package mutating func update(_ bytes: [UInt8]) { update(bytes.span) }

    /// The digest of everything that was given to `update`.
    package consuming func finish() -> [UInt8] {
        unsafe [UInt8](filling: byteCount) { output in
            var written: UInt32 = 0
            let result = unsafe EVP_DigestFinal_ex(context, output, &written)
            precondition(result == 1, "OpenSSL cannot digest: out of memory")
            return Int(written)
        }
    }

    deinit { unsafe EVP_MD_CTX_free(context) }
}
