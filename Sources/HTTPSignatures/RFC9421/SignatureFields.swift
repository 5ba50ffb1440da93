package import OpenSSL

/// The two fields that carry one new signature (RFC 9421 section 4).
package struct SignatureFields: Sendable, Equatable {
    /// The value of `Signature-Input`.
    package let input: String
    /// The value of `Signature`.
    package let signature: String

    /// Signs a message (RFC 9421 section 3.1).
    ///
    /// Throws when the message lacks a covered component, when the label is no key of a dictionary,
    /// or when the algorithm does not fit the key.
    package init(
        signing message: SignedMessage, components: [Component], parameters: SignatureParameters,
        label: String = "ocm", key: PrivateKey, algorithm: SignatureAlgorithm
    ) throws(SignatureError) {
        guard let first = label.utf8.first, first.isLowercaseLetter || first == UInt8(ascii: "*"),
            label.utf8.allSatisfy(\.isKeyByte)
        else { throw SignatureError(.malformedParameter, label) }
        let input = try SignatureInput(components: components, parameters: parameters)
        let base = try SignatureBase(of: message, input: input)
        let bytes: [UInt8]
        do {
            bytes = try key.sign(base.bytes, algorithm: algorithm)
        } catch {
            throw SignatureError(.signingFailed, algorithm.rawValue)
        }
        self.input = "\(label)=\(String(decoding: input.text, as: UTF8.self))"
        signature = "\(label)=:\(Base64.encode(bytes)):"
    }
}
