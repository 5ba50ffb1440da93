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

    /// Whether `facts`, of a peer of this standing, meet it.
    func isMet(by facts: Facts, _ standing: Standing) -> Bool {
        switch self {
        case .signature: facts.signature.isValid
        case .rfc9421: facts.signature == .rfc9421
        case .tokenExchange: facts.access == .token
        case .invite: facts.invite == .accepted
        case .mfa: facts.mfa == .enforced
        // What comes in shows by its signature whose key it has.
        case .keyPinned:
            facts.keyPinned == .pinned
                && (facts.occasion.direction == .outbound || facts.signature.isValid)
        case .directory: facts.has(.directory, standing)
        case .mtls: facts.mtls == .verified
        }
    }

    /// Whether a message of this occasion can meet it at all; a requirement of it closes what cannot.
    package func mayBeMet(by occasion: Occasion) -> Bool {
        let isInbound = occasion.direction == .inbound
        return switch (self, occasion.kind) {
        case (.signature, .webdav), (.rfc9421, .webdav), (.signature, .ocs), (.rfc9421, .ocs): false
        case (.keyPinned, .ocs), (.keyPinned, .webdav), (.mfa, .webdav): !isInbound
        case (.signature, _), (.rfc9421, _), (.keyPinned, _), (.mfa, _), (.directory, _): true
        case (.tokenExchange, .share), (.tokenExchange, .token), (.tokenExchange, .webdav): true
        case (.tokenExchange, _): false
        case (.invite, .share), (.invite, .requestShare), (.invite, .ocs): true
        case (.invite, _): false
        case (.mtls, _): isInbound
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
