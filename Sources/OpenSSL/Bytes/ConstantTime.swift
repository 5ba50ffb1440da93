import COpenSSL

/// Whether two byte strings are equal, in time that depends on their lengths only.
func constantTimeEqual(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
    guard a.count == b.count else { return false }
    return unsafe a.withPointer { left, count in
        unsafe b.withPointer { right, _ in unsafe CRYPTO_memcmp(left, right, count) == 0 }
    }
}
