package import OpenSSL

/// Whether a signature says enough, and says it in time; apart from whether it is genuine.
package enum ProfileVerdict: Sendable, Equatable {
    case satisfied
    /// Never empty.
    case violated([ProfileViolation])

    init(_ violations: [ProfileViolation]) {
        self = violations.isEmpty ? .satisfied : .violated(violations)
    }

    /// Both verdicts in one.
    package func and(_ other: ProfileVerdict) -> ProfileVerdict {
        switch (self, other) {
        case (.satisfied, _): other
        case (.violated, .satisfied): self
        case (.violated(let first), .violated(let second)): .violated(first + second)
        }
    }
}

/// One way in which a signature is not what the profile demands.
package enum ProfileViolation: Sendable, Hashable, CustomStringConvertible {
    /// A component, or a field of draft-cavage, that must be covered.
    case notCovered(String)
    case createdMissing
    case createdInFuture
    case tooOld
    case expired
    case expiresBeforeCreated
    case keyIDMissing
    case keyIDTooLong
    case nonceTooLong
    /// A `tag` that names another application than OCM.
    case tagOfAnother(String)
    case dateUnreadable
    case hostIsAnother
    case contentLengthDiffers
    case digest(DigestError)
    case algorithmNotAllowed(String)
    case keyTooSmall(bits: Int)
    case keyTooLarge(bits: Int)

    package var description: String {
        switch self {
        case .notCovered(let component): "does not cover \(component)"
        case .createdMissing: "says not when it was made"
        case .createdInFuture: "made in the future"
        case .tooOld: "too old"
        case .expired: "expired"
        case .expiresBeforeCreated: "expires before it was made"
        case .keyIDMissing: "names no key"
        case .keyIDTooLong: "name of the key too long"
        case .nonceTooLong: "nonce over 128 bytes"
        case .tagOfAnother(let tag): "made for another application, tag \"\(tag)\""
        case .dateUnreadable: "Date not there once, or not readable"
        case .hostIsAnother: "Host of another site"
        case .contentLengthDiffers: "Content-Length is not the body's"
        case .digest(let error): error.description
        case .algorithmNotAllowed(let name): "algorithm \(name) not allowed"
        case .keyTooSmall(let bits): "RSA key of \(bits) bits too small"
        case .keyTooLarge(let bits): "RSA key of \(bits) bits too large"
        }
    }
}

/// Both results on one signature, kept apart: a genuine signature over nothing is still worthless.
package struct SignatureVerification: Sendable, Equatable {
    package let crypto: CryptoVerdict
    package let profile: ProfileVerdict

    package init(crypto: CryptoVerdict, profile: ProfileVerdict) {
        self.crypto = crypto
        self.profile = profile
    }

    /// The algorithm of a signature that is genuine and satisfies the profile; nil for all others.
    package var accepted: SignatureAlgorithm? {
        switch (crypto, profile) {
        case (.valid(let algorithm), .satisfied): algorithm
        case (.valid, .violated), (.invalid, .satisfied), (.invalid, .violated): nil
        }
    }
}
