package import OpenSSL

/// A new draft-cavage signature, as the `Signature` field carries it.
package struct CavageField: Sendable, Equatable {
    /// The value of the field.
    package let text: String

    /// What Nextcloud 31 to 34 sign and demand, in their order: the request target must be first,
    /// since they put it there whatever the list says.
    package static let nextcloudHeaders = [
        "(request-target)", "content-length", "date", "digest", "host",
    ]

    /// Signs a message with RSA PKCS#1 v1.5, parameters joined by a comma alone: Nextcloud does
    /// not trim what it splits.
    ///
    /// Throws when the message lacks a header, when the key's name holds a byte that would need an
    /// escape or a comma, and for algorithms that the draft's older names do not have.
    package init(
        signing message: SignedMessage, keyID: String, headers: [String] = nextcloudHeaders,
        key: PrivateKey, algorithm: SignatureAlgorithm = .rsaPKCS1SHA512
    ) throws(SignatureError) {
        let isPlain = keyID.utf8.allSatisfy {
            $0.isPrintableASCII && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
                && $0 != UInt8(ascii: ",")
        }
        guard isPlain, !keyID.isEmpty else { throw SignatureError(.malformedParameter, "keyId") }
        let name: String
        switch algorithm {
        case .rsaPKCS1SHA256: name = "rsa-sha256"
        case .rsaPKCS1SHA512: name = "rsa-sha512"
        case .ed25519, .ecdsaP256SHA256, .ecdsaP384SHA384, .rsaPSSSHA512, .rsaPKCS1SHA384:
            name = "hs2019"
        }
        let string = try SigningString(of: message, headers: headers)
        let signature: [UInt8]
        do {
            signature = try key.sign(string.bytes, algorithm: algorithm)
        } catch {
            throw SignatureError(.signingFailed, algorithm.rawValue)
        }
        text =
            "keyId=\"\(keyID)\",algorithm=\"\(name)\",headers=\"\(headers.joined(separator: " "))\""
            + ",signature=\"\(Base64.encode(signature))\""
    }
}
