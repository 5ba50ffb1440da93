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

    /// Judges the key alone: do it before the mathematics, which cost more the larger it is.
    package func judge(_ key: VerificationKey) -> ProfileVerdict {
        guard case .rsa(let bits) = key.key.kind else { return .satisfied }
        if bits < minimumRSABits { return .violated([.keyTooSmall(bits: bits)]) }
        return bits > Self.maximumRSABits ? .violated([.keyTooLarge(bits: bits)]) : .satisfied
    }

    /// Judges the key, and the algorithm of a signature that is genuine.
    package func judge(_ key: VerificationKey, algorithm verdict: CryptoVerdict) -> ProfileVerdict {
        var violations: [ProfileViolation] = []
        if case .valid(let algorithm) = verdict, !algorithms.contains(algorithm) {
            violations.append(.algorithmNotAllowed(algorithm.rawValue))
        }
        return judge(key).and(ProfileVerdict(violations))
    }

    /// Nobody needs more, and each verification by a larger key is our work.
    private static let maximumRSABits = 4096
}
