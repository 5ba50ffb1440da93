package import HTTPSignatures

/// A public key that a peer publishes, by the name its signatures use.
package struct PeerKey: Sendable, Equatable {
    /// `kid` of a JWK, `keyId` of draft-cavage.
    package let id: String
    package let key: VerificationKey
    /// Where it was found; a key serves only the generation it was published for.
    package let source: Source

    /// Where the peer publishes it.
    package enum Source: String, Sendable {
        case jwks, discovery
    }

    /// base64url of the SHA-256 of the SubjectPublicKeyInfo.
    package let thumbprint: String

    package init(id: String, key: VerificationKey, source: Source) {
        self.id = id
        self.key = key
        self.source = source
        thumbprint = OfferedKey.thumbprint(of: key.key)
    }
}
