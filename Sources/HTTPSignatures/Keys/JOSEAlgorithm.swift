package import OpenSSL

/// The names of algorithms in JOSE (RFC 7518 section 3.1, RFC 8037 section 3.1, RFC 9864).
extension SignatureAlgorithm {
    /// Nil for names that we do not know, `none` and the symmetric ones among them.
    package init?(jose name: String) {
        switch name {
        case "Ed25519", "EdDSA": self = .ed25519
        case "ES256": self = .ecdsaP256SHA256
        case "ES384": self = .ecdsaP384SHA384
        case "PS512": self = .rsaPSSSHA512
        case "RS256": self = .rsaPKCS1SHA256
        case "RS384": self = .rsaPKCS1SHA384
        case "RS512": self = .rsaPKCS1SHA512
        case _: return nil
        }
    }

    package var jose: String {
        switch self {
        case .ed25519: "Ed25519"
        case .ecdsaP256SHA256: "ES256"
        case .ecdsaP384SHA384: "ES384"
        case .rsaPSSSHA512: "PS512"
        case .rsaPKCS1SHA256: "RS256"
        case .rsaPKCS1SHA384: "RS384"
        case .rsaPKCS1SHA512: "RS512"
        }
    }
}
