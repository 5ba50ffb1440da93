/// What a `require` block can ask for.
package enum Need: String, Sendable, CaseIterable {
    case signature
    case rfc9421
    case tokenExchange = "token-exchange"
    case invite
    case mfa
    case keyPinned = "key-pinned"
    case directory
    case mtls

    /// Whether `facts` meet it. Those that are not available yet are never met, and no policy
    /// that names them is loaded.
    func isMet(by facts: Facts) -> Bool {
        switch self {
        case .signature:
            switch facts.signature {
            case .none, .invalid: false
            case .cavage, .rfc9421: true
            }
        case .tokenExchange: facts.access == .token
        case .invite:
            switch facts.invite {
            case .none: false
            case .accepted: true
            }
        case .rfc9421, .mfa, .keyPinned, .directory, .mtls: false
        }
    }

    /// The row of the table for a message that does not meet it.
    var denialCode: DenialCode {
        switch self {
        case .signature, .rfc9421: .signatureRequired
        case .tokenExchange: .tokenExchangeRequired
        case .invite: .inviteRequired
        case .mfa: .mfaRequired
        case .keyPinned, .directory, .mtls: .notAllowed
        }
    }
}
