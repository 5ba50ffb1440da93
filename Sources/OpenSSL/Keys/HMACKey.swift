import COpenSSL

/// A key for HMAC (RFC 2104), ready to use: the key is scheduled once.
package struct HMACKey: Sendable {
    private let template: MACTemplate
    private let hash: Hash

    package init(_ hash: Hash, _ key: Secret) {
        template = MACTemplate(hash, key)
        self.hash = hash
    }

    /// The tag of `message`, as long as a digest.
    package func authenticate(_ message: Span<UInt8>) -> [UInt8] {
        let context = unsafe template.take()
        let updated = unsafe message.withPointer { unsafe EVP_MAC_update(context, $0, $1) }
        let tag = unsafe [UInt8](filling: hash.byteCount) { output in
            var written = 0
            let finished = unsafe EVP_MAC_final(context, output, &written, hash.byteCount)
            precondition(
                updated == 1 && finished == 1, "OpenSSL cannot authenticate: out of memory")
            return written
        }
        unsafe template.give(context)
        return tag
    }

    /// The tag of `message`, as long as a digest.
    package func authenticate(_ message: [UInt8]) -> [UInt8] { authenticate(message.span) }
}

/// An `EVP_MAC_CTX` with its key, and copies of it that are used again and again.
///
/// Unchecked Sendable: after it is made it is only read, by `EVP_MAC_CTX_dup`.
@safe private final class MACTemplate: @unchecked Sendable {
    private let context: OpaquePointer
    private let spare = unsafe SparePool { unsafe EVP_MAC_CTX_free($0) }

    /// A context at the start of a message, for the caller alone.
    func take() -> OpaquePointer {
        if let spare = unsafe spare.take() {
            // Without a key: the one it has.
            let result = unsafe EVP_MAC_init(spare, nil, 0, nil)
            precondition(result == 1, "OpenSSL cannot authenticate: out of memory")
            return unsafe spare
        }
        guard let copy = unsafe EVP_MAC_CTX_dup(context) else {
            preconditionFailure("OpenSSL cannot authenticate: out of memory")
        }
        return unsafe copy
    }

    /// Takes back what `take` gave, after its last use.
    func give(_ context: OpaquePointer) { unsafe spare.give(context) }

    init(_ hash: Hash, _ key: Secret) {
        guard let context = unsafe EVP_MAC_CTX_new(MACAlgorithm.hmac.pointer) else {
            preconditionFailure("OpenSSL cannot authenticate: out of memory")
        }
        unsafe self.context = context
        let result = key.withBytes { bytes in
            unsafe bytes.withPointer {
                unsafe ocmgate_hmac_init(context, hash.openSSLName, $0, $1)
            }
        }
        precondition(result == 1, "OpenSSL cannot take an HMAC key: out of memory")
    }

    deinit { unsafe EVP_MAC_CTX_free(context) }
}

/// A fetched `EVP_MAC`.
///
/// Unchecked Sendable: immutable after its fetch, and lives as long as the process.
@safe private struct MACAlgorithm: @unchecked Sendable {
    let pointer: OpaquePointer

    static let hmac = MACAlgorithm()

    private init() {
        guard let mac = unsafe EVP_MAC_fetch(nil, "HMAC", nil) else {
            preconditionFailure("the system's OpenSSL offers no HMAC")
        }
        unsafe pointer = mac
    }
}
