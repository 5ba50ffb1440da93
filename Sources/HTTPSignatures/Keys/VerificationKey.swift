package import OpenSSL

/// A public key with what its publisher says it is for.
package struct VerificationKey: Sendable, Equatable {
    package let key: PublicKey
    /// The only algorithm of this key, when its document names one.
    package let algorithm: SignatureAlgorithm?

    /// Refuses an algorithm of another kind of key.
    package init(_ key: PublicKey, algorithm: SignatureAlgorithm? = nil) throws(KeyError) {
        if let algorithm, !algorithm.fits(key.kind) { throw .algorithmMismatch }
        self.key = key
        self.algorithm = algorithm
    }

    /// The algorithm to verify with (RFC 9421 section 3.2 step 6): parameter, key document and kind
    /// of key must not contradict each other, and one of them must decide. Refused: else, and a name that is
    /// unknown.
    package func algorithm(named name: String?) throws(SignatureError) -> SignatureAlgorithm {
        var named: SignatureAlgorithm?
        if let name {
            // `hmac-sha256` ends here too: no published key is a shared secret.
            guard let known = SignatureAlgorithm(rawValue: name) else {
                throw SignatureError(.unsupportedAlgorithm, name)
            }
            named = known
        }
        if let named, let algorithm, named != algorithm {
            throw SignatureError(.algorithmMismatch, named.rawValue)
        }
        guard let decided = named ?? algorithm ?? only else {
            throw SignatureError(.undeterminedAlgorithm)
        }
        guard decided.fits(key.kind) else {
            throw SignatureError(.algorithmMismatch, decided.rawValue)
        }
        return decided
    }

    /// The one algorithm of the kind of key; RSA has several.
    var only: SignatureAlgorithm? {
        switch key.kind {
        case .ed25519: .ed25519
        case .p256: .ecdsaP256SHA256
        case .p384: .ecdsaP384SHA384
        case .rsa: nil
        }
    }
}

/// Why a key or a set of keys is not used.
package enum KeyError: String, Error, Sendable, CustomStringConvertible {
    case malformed = "malformed key"
    case unsupported = "kind of key or algorithm not supported"
    case privateKey = "a private or symmetric key is published"
    case notForSignatures = "key is not for verifying signatures"
    case algorithmMismatch = "algorithm of another kind of key"
    case invalidKey = "the numbers make no valid key"
    case tooManyKeys = "more than 20 keys"
    case repeatedKeyID = "two keys with one kid"

    package var description: String { rawValue }
}
