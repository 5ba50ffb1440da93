package import OpenSSL

/// One signature of a message, read, with its base built; nothing of it is verified.
package struct ClaimedSignature: Sendable {
    package let label: String
    package let input: SignatureInput
    package let base: SignatureBase
    package let signature: [UInt8]

    /// Names the message by what is signed, not by the signature: a second encoding of a signature
    /// is no second message.
    package var identity: [UInt8] { Hash.sha256.digest(base.bytes) }

    /// The mathematics only: whether `key` made this signature. What is covered and when it was
    /// made is for ``SignatureProfile`` to judge.
    package func verify(with key: VerificationKey) -> CryptoVerdict {
        do {
            let algorithm = try key.algorithm(named: input.parameters.algorithm)
            guard
                key.key.isValid(signature: signature, over: base.bytes, algorithm: algorithm)
            else { return .invalid(SignatureError(.wrongSignature)) }
            return .valid(algorithm)
        } catch {
            return .invalid(error)
        }
    }
}

extension MessageSignature {
    /// Reads what the signature covers and builds the base; refuses what ``SignatureInput`` and
    /// ``SignatureBase`` refuse.
    package func claim(over message: SignedMessage) throws(SignatureError) -> ClaimedSignature {
        let input = try input()
        let base = try SignatureBase(of: message, input: input)
        return ClaimedSignature(label: label, input: input, base: base, signature: signature)
    }
}

/// The result of the mathematics.
package enum CryptoVerdict: Sendable, Equatable {
    case valid(SignatureAlgorithm)
    case invalid(SignatureError)
}
