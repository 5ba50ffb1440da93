import Federation
import HTTPSignatures
import Transport

/// The signature that speaks for a message, read; nothing of it is verified.
enum PresentedSignature: Sendable {
    case none
    case rfc9421(ClaimedSignature)
    case cavage(CavageSignature)

    /// Reads the signature fields of a message.
    ///
    /// Refused (`signature_invalid`): fields of two generations, two OCM signatures, and whatever
    /// cannot be read; a signature that is there and wrong never counts as absent.
    init(_ message: SignedMessage) throws(Denial) {
        do throws(SignatureError) {
            switch try HTTPSignatures.SignatureGeneration.of(message) {
            case .none: self = .none
            case .rfc9421:
                switch try SignatureProfile.select(try MessageSignature.all(in: message)) {
                case .none: self = .none
                case .one(let signature): self = .rfc9421(try signature.claim(over: message))
                }
            case .cavage:
                guard let signature = try CavageSignature.read(from: message) else {
                    self = .none
                    return
                }
                self = .cavage(signature)
            }
        } catch {
            throw Denial(error)
        }
    }

    /// The name of the key, as the signature has it.
    var keyID: String? {
        switch self {
        case .none: nil
        case .rfc9421(let signature): signature.input.parameters.keyID
        case .cavage(let signature): signature.keyID
        }
    }

    var generation: SignatureGeneration {
        switch self {
        case .none: .none
        case .cavage: .cavage
        case .rfc9421(let signature):
            signature.input.parameters.tag == SignatureProfile.ocmTag ? .tag : .label
        }
    }

    /// The host that a key's name names: `host#name`, or a URL; nil for names of another form,
    /// whose host is the one whose key set holds them (`protocol.md` 4).
    ///
    /// One canonicaliser for all forms: user information, other schemes and odd hosts give nil
    /// (security design, item 59).
    static func host(ofKeyID id: String) -> PeerHost? {
        guard !id.contains("@") else { return nil }
        let name = id.prefix { $0 != "#" }
        if id.contains("://") {
            guard let url = URLParts(name), url.scheme == .https else { return nil }
            return url.host
        }
        return name.endIndex == id.endIndex ? nil : PeerHost(name)
    }

    /// True when the name names some host: then it must be the right one.
    static func namesHost(_ id: String) -> Bool { id.contains("://") || id.contains("#") }
}

extension Denial {
    /// A signature that cannot be read, built or believed.
    init(_ error: SignatureError) {
        let fault: SignatureFault =
            switch error.reason {
            case .conflictingFields, .severalOCMSignatures: .ambiguous
            case .unsupportedAlgorithm, .algorithmMismatch, .undeterminedAlgorithm: .algorithm
            case .wrongSignature: .wrong
            case .missingValue, .ambiguousValue, .unusableValue: .notCovered
            case .malformedField, .unpairedLabel, .repeatedField, .tooManyLabels,
                .unknownComponent, .unknownComponentParameter, .malformedComponent,
                .repeatedComponent, .tooManyComponents, .unknownParameter, .malformedParameter,
                .missingParameter, .repeatedParameter, .forbiddenParameter, .tooLargeBase,
                .signingFailed:
                .malformed
            }
        self.init(fault, error.description)
    }

    /// A signature that says too little, or says it at the wrong time.
    init(_ violations: [ProfileViolation]) {
        let fault: SignatureFault =
            switch violations.first {
            case .notCovered, .hostIsAnother, .contentLengthDiffers, .none: .notCovered
            case .createdMissing, .dateUnreadable, .keyIDMissing, .keyIDTooLong, .nonceTooLong,
                .expiresBeforeCreated:
                .malformed
            case .createdInFuture: .future
            case .tooOld, .expired: .expired
            case .digest(.missing): .digestMissing
            case .digest: .digestMismatch
            case .algorithmNotAllowed: .algorithm
            case .keyTooSmall, .keyTooLarge: .weakKey
            }
        self.init(fault, violations.map(\.description).joined(separator: "; "))
    }
}
