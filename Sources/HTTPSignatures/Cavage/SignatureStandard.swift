import OpenSSL

/// Which standard the signature fields of a message follow.
package enum SignatureStandard: Sendable, Equatable {
    /// No field of any standard.
    case none
    /// `Signature` alone, or `Authorization: Signature`.
    case cavage
    /// `Signature-Input`, with or without `Signature`.
    case rfc9421

    /// Refuses a message with fields of two standards, with `Signature` and `Authorization:
    /// Signature` both, and with several of one of the draft's.
    package static func of(_ message: SignedMessage) throws(SignatureError) -> SignatureStandard {
        let authorizations = signatures(in: message.lines)
        let isNew = message.lines(of: "signature-input") > 0
        let lines = message.lines(of: "signature")
        switch (isNew, lines, authorizations) {
        case (false, 0, 0): return .none
        case (true, _, 0): return .rfc9421
        case (false, 1, 0): return .cavage
        case (false, 0, 1):
            guard message.lines(of: "authorization") == 1 else {
                throw SignatureError(.repeatedField, "authorization")
            }
            return .cavage
        case (true, _, _): throw SignatureError(.conflictingFields)
        case (false, 0, _): throw SignatureError(.repeatedField, "authorization")
        case (false, _, 0): throw SignatureError(.repeatedField, "signature")
        case (false, _, _): throw SignatureError(.conflictingFields)
        }
    }

    /// The scheme of `Authorization`, with the space behind it.
    static let scheme = "Signature "

    /// How many lines of `Authorization` are of that scheme.
    private static func signatures(in lines: FieldLines) -> Int {
        var count = 0
        var next = lines.index(of: "authorization")
        while let line = next {
            if isSignature(lines.value(at: line)) { count += 1 }
            next = lines.index(of: "authorization", from: line + 1)
        }
        return count
    }

    private static func isSignature(_ value: ArraySlice<UInt8>) -> Bool {
        value.prefix(scheme.utf8.count).map(\.asciiLowercased)
            .elementsEqual(scheme.lowercased().utf8)
    }
}
