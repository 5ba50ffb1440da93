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
        let context = unsafe algorithm.take()
        let updated = unsafe message.withPointer { unsafe EVP_DigestUpdate(context, $0, $1) }
        return unsafe finish(context, isFine: updated == 1)
    }

    /// The digest of a message in two parts.
    package func digest(_ first: Span<UInt8>, _ second: Span<UInt8>) -> [UInt8] {
        let context = unsafe algorithm.take()
        let begun = unsafe first.withPointer { unsafe EVP_DigestUpdate(context, $0, $1) }
        let updated = unsafe second.withPointer { unsafe EVP_DigestUpdate(context, $0, $1) }
        return unsafe finish(context, isFine: begun == 1 && updated == 1)
    }

    private func finish(_ context: OpaquePointer, isFine: Bool) -> [UInt8] {
        let digest = unsafe [UInt8](filling: byteCount) { output in
            var written: UInt32 = 0
            let finished = unsafe EVP_DigestFinal_ex(context, output, &written)
            precondition(isFine && finished == 1, "OpenSSL cannot digest: out of memory")
            return Int(written)
        }
        unsafe algorithm.give(context)
        return digest
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

/// A fetched `EVP_MD`, and contexts for it that are used again and again.
///
/// Unchecked Sendable: an `EVP_MD` is immutable after its fetch and lives as long as the process.
@safe final class DigestAlgorithm: @unchecked Sendable {
    let pointer: OpaquePointer
    private let spare = unsafe SparePool { unsafe EVP_MD_CTX_free($0) }

    /// Traps when the system's OpenSSL lacks the digest: nothing could be verified then.
    private init(_ name: String) {
        guard let digest = unsafe EVP_MD_fetch(nil, name, nil) else {
            preconditionFailure("the system's OpenSSL offers no \(name)")
        }
        unsafe pointer = digest
    }

    /// A context at the start of a message, for the caller alone until it is given back.
    func take() -> OpaquePointer {
        let context = unsafe spare.take() ?? EVP_MD_CTX_new()
        guard let context = unsafe context, unsafe EVP_DigestInit_ex2(context, pointer, nil) == 1
        else { preconditionFailure("OpenSSL cannot digest: out of memory") }
        return unsafe context
    }

    func give(_ context: OpaquePointer) { unsafe spare.give(context) }

    static let sha256 = DigestAlgorithm("SHA2-256")
    static let sha384 = DigestAlgorithm("SHA2-384")
    static let sha512 = DigestAlgorithm("SHA2-512")
}
