/// The fingerprint of RSA keys that one maker's chips generated from too small a set
/// (CVE-2017-15361): modulo every small prime such a modulus is a power of 65537.
enum FactorableModulus {
    /// Whether a big-endian modulus has the fingerprint; one other key in 200 million does.
    static func isLikely(_ modulus: [UInt8]) -> Bool {
        primes.allSatisfy { prime in
            let residue = modulus.reduce(0) { ($0 << 8 | Int($1)) % prime }
            var power = 1
            repeat {
                if power == residue { return true }
                power = power * (65537 % prime) % prime
            } while power != 1
            return false
        }
    }

    private static let primes = [
        3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
        101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
    ]
}
