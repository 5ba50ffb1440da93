package import OpenSSL

/// A public key that a peer publishes, by the name its signatures use.
package struct PeerKey: Sendable, Equatable {
    /// `kid` of a JWK, `keyId` of draft-cavage.
    package let id: String
    package let key: PublicKey
    /// What the key set says of it; nil leaves the choice among those that fit the key.
    package let algorithm: SignatureAlgorithm?
    package let source: Source

    /// Where it was found; a key serves only the generation it was published for.
    package enum Source: String, Sendable {
        case jwks, discovery
    }

    package init(id: String, key: PublicKey, algorithm: SignatureAlgorithm?, source: Source) {
        self.id = id
        self.key = key
        self.algorithm = algorithm
        self.source = source
    }
}
