import COpenSSL

/// A message digest of FIPS 180-4.
package enum Hash: String, Sendable, CaseIterable {
    case sha256 = "sha-256"
    case sha384 = "sha-384"
    case sha512 = "sha-512"

    /// Length of a digest in bytes.
    package var byteCount: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// The digest of `message`.
    package func digest(_ message: Span<UInt8>) -> [UInt8] {
        unsafe message.withPointer { bytes, count in
            unsafe [UInt8](filling: byteCount) { output in
                var written: UInt32 = 0
                let result = unsafe EVP_Digest(
                    bytes, count, output, &written, algorithm.pointer, nil)
                precondition(result == 1, "OpenSSL cannot digest: out of memory")
                return Int(written)
            }
        }
    }

    /// The digest of `message`.
    package func digest(_ message: [UInt8]) -> [UInt8] { digest(message.span) }

    /// OpenSSL's object for this digest, fetched once for the process.
    var algorithm: DigestAlgorithm {
        switch self {
        case .sha256: .sha256
        case .sha384: .sha384
        case .sha512: .sha512
        }
    }
}

/// A fetched `EVP_MD`.
///
/// Unchecked Sendable: an `EVP_MD` is immutable after its fetch and lives as long as the process.
@safe struct DigestAlgorithm: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Traps when the system's OpenSSL lacks the digest: nothing could be verified then.
    init(_ name: String) {
        guard let digest = unsafe EVP_MD_fetch(nil, name, nil) else {
            preconditionFailure("the system's OpenSSL offers no \(name)")
        }
        unsafe pointer = digest
    }

    static let sha256 = DigestAlgorithm("SHA2-256")
    static let sha384 = DigestAlgorithm("SHA2-384")
    static let sha512 = DigestAlgorithm("SHA2-512")
}
