package import OpenSSL

/// Which algorithms and key sizes are believed.
package struct KeyRequirements: Sendable, Equatable {
    package let algorithms: Set<SignatureAlgorithm>
    package let minimumRSABits: Int

    package init(
        algorithms: Set<SignatureAlgorithm> = Set(SignatureAlgorithm.allCases),
        minimumRSABits: Int = 2048
    ) {
        self.algorithms = algorithms
        self.minimumRSABits = minimumRSABits
    }

    /// Judges the key, and the algorithm of a signature that is genuine.
    package func judge(_ key: VerificationKey, algorithm verdict: CryptoVerdict) -> ProfileVerdict {
        var violations: [ProfileViolation] = []
        if case .rsa(let bits) = key.key.kind, bits < minimumRSABits {
            violations.append(.keyTooSmall(bits: bits))
        }
        if case .valid(let algorithm) = verdict, !algorithms.contains(algorithm) {
            violations.append(.algorithmNotAllowed(algorithm.rawValue))
        }
        return ProfileVerdict(violations)
    }
}
