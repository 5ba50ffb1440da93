/// A signature algorithm by its name in RFC 9421 section 6.2.2, or named alike.
///
/// ECDSA signatures are `r || s` of fixed length (IEEE P1363), as RFC 9421 and JOSE have them.
package enum SignatureAlgorithm: String, Sendable, CaseIterable {
    case ed25519
    case ecdsaP256SHA256 = "ecdsa-p256-sha256"
    case ecdsaP384SHA384 = "ecdsa-p384-sha384"
    case rsaPSSSHA512 = "rsa-pss-sha512"
    case rsaPKCS1SHA256 = "rsa-v1_5-sha256"
    case rsaPKCS1SHA384 = "rsa-v1_5-sha384"
    case rsaPKCS1SHA512 = "rsa-v1_5-sha512"

    /// Whether a key of that kind can make and check such signatures.
    package func fits(_ kind: KeyKind) -> Bool {
        switch (self, kind) {
        case (.ed25519, .ed25519), (.ecdsaP256SHA256, .p256), (.ecdsaP384SHA384, .p384): true
        case (.rsaPSSSHA512, .rsa(_)), (.rsaPKCS1SHA256, .rsa(_)), (.rsaPKCS1SHA384, .rsa(_)),
            (.rsaPKCS1SHA512, .rsa(_)):
            true
        case (.ed25519, _), (.ecdsaP256SHA256, _), (.ecdsaP384SHA384, _), (.rsaPSSSHA512, _),
            (.rsaPKCS1SHA256, _), (.rsaPKCS1SHA384, _), (.rsaPKCS1SHA512, _):
            false
        }
    }

    /// What OpenSSL needs to know.
    var scheme: SignatureScheme {
        switch self {
        case .ed25519: .pure
        case .ecdsaP256SHA256: .ecdsa(digest: Hash.sha256.openSSLName)
        case .ecdsaP384SHA384: .ecdsa(digest: Hash.sha384.openSSLName)
        case .rsaPSSSHA512:
            .pss(
                digest: Hash.sha512.openSSLName, mask: Hash.sha512.openSSLName,
                saltByteCount: Hash.sha512.byteCount)
        case .rsaPKCS1SHA256: .pkcs1(digest: Hash.sha256.openSSLName)
        case .rsaPKCS1SHA384: .pkcs1(digest: Hash.sha384.openSSLName)
        case .rsaPKCS1SHA512: .pkcs1(digest: Hash.sha512.openSSLName)
        }
    }
}

/// A signature scheme with its parameters; digests by OpenSSL's names.
enum SignatureScheme: Sendable, Equatable {
    /// The key's own digest (Ed25519, RFC 8032).
    case pure
    case ecdsa(digest: String)
    /// RSASSA-PKCS1-v1_5, RFC 8017 section 8.2.
    case pkcs1(digest: String)
    /// RSASSA-PSS, RFC 8017 section 8.1.
    case pss(digest: String, mask: String, saltByteCount: Int)
}

extension Hash {
    /// The name OpenSSL's providers know.
    var openSSLName: String {
        switch self {
        case .sha256: "SHA2-256"
        case .sha384: "SHA2-384"
        case .sha512: "SHA2-512"
        }
    }
}
