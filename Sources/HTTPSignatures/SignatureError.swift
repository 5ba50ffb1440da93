/// Why a signature, or what it is over, cannot be read, built or believed.
///
/// `subject` names the part (a label, component, parameter or field); it may hold text that the
/// peer chose, bounded to 64 bytes: escape it where it is written.
package struct SignatureError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong with a signature.
    package enum Reason: String, Sendable, CaseIterable {
        // The fields that carry signatures.
        case malformedField = "malformed signature field"
        case unpairedLabel = "label in only one of Signature-Input and Signature"
        case repeatedField = "repeated signature field"
        case conflictingFields = "signatures of two generations in one message"
        case tooManyLabels = "too many signatures"
        case severalOCMSignatures = "more than one OCM signature"
        // Components and parameters.
        case unknownComponent = "unknown component"
        case unknownComponentParameter = "unknown component parameter"
        case malformedComponent = "malformed component"
        case repeatedComponent = "repeated component"
        case tooManyComponents = "too many components"
        case unknownParameter = "unknown signature parameter"
        case malformedParameter = "malformed signature parameter"
        case missingParameter = "missing signature parameter"
        case repeatedParameter = "repeated signature parameter"
        case forbiddenParameter = "parameter not allowed with this algorithm"
        // Values that the base is built of.
        case missingValue = "covered component not in the message"
        case ambiguousValue = "covered component more than once in the message"
        case unusableValue = "value of a covered component cannot be signed"
        case tooLargeBase = "signature base too large"
        // Keys and the mathematics.
        case unsupportedAlgorithm = "unsupported algorithm"
        case algorithmMismatch = "algorithm does not fit the key"
        case undeterminedAlgorithm = "algorithm not determined by key or parameter"
        case wrongSignature = "signature does not verify"
        case signingFailed = "signing failed"
    }

    package let reason: Reason
    package let subject: String

    package init(_ reason: Reason, _ subject: String = "") {
        self.reason = reason
        self.subject = subject.utf8.count <= 64 ? subject : String(subject.prefix(60)) + "…"
    }

    package var description: String {
        subject.isEmpty ? reason.rawValue : "\(reason.rawValue): \(subject)"
    }
}
