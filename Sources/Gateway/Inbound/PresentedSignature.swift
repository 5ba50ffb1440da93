import Federation
import HTTPSignatures

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
            switch try SignatureStandard.of(message) {
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
        let bytes = id.utf8.span
        guard !bytes.contains(UInt8(ascii: "@")) else { return nil }
        let fragment = bytes.firstIndex(of: UInt8(ascii: "#"))
        let name = id.utf8.prefix(fragment ?? bytes.count)
        if bytes.schemeEnd != nil {
            guard let url = URLParts(Substring(name)), url.scheme == .https else { return nil }
            return url.host
        }
        return fragment == nil ? nil : PeerHost(Substring(name))
    }

    /// True when the name names some host: then it must be the right one.
    static func namesHost(_ id: String) -> Bool {
        id.utf8.span.schemeEnd != nil || id.utf8.span.contains(UInt8(ascii: "#"))
    }
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
                .expiresBeforeCreated, .tagOfAnother:
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
