/// A fact that a message has or has not. The raw values are the words by which tests and invariants give it as
/// true or false.
enum PlainFact: String, Sendable, CaseIterable {
    case peerKeys = "advertises_keys"
    case access = "token_exchange"
    case invite
    case mfa
    case keyPinned = "key_pinned"
    case directory
    case mtls

    /// Whether an ordinary share has it.
    var isOrdinary: Bool {
        switch self {
        case .access, .invite, .mfa, .keyPinned: true
        case .peerKeys, .directory, .mtls: false
        }
    }
}

extension Need {
    /// The fact that it asks for; nil where it asks for a signature.
    var fact: PlainFact? {
        switch self {
        case .signature, .rfc9421: nil
        case .tokenExchange: .access
        case .invite: .invite
        case .mfa: .mfa
        case .keyPinned: .keyPinned
        case .directory: .directory
        case .mtls: .mtls
        }
    }
}

extension Facts {
    /// Whether the message has a fact; nil where the lists say so.
    func has(_ fact: PlainFact) -> Bool? {
        switch fact {
        case .peerKeys: return peerKeys == .advertised
        case .access: return access == .token
        case .invite: return invite == .accepted
        case .mfa: return mfa == .enforced
        case .keyPinned: return keyPinned == .pinned
        case .directory:
            switch directory {
            case .byLists: return nil
            case .none: return false
            case .listed: return true
            }
        case .mtls: return mtls == .verified
        }
    }

    /// The same, with what the lists say.
    func has(_ fact: PlainFact, _ standing: Standing) -> Bool {
        has(fact) ?? standing.isInDirectory
    }

    /// Gives the message a fact, or takes it away.
    mutating func set(_ fact: PlainFact, to isThere: Bool) {
        switch fact {
        case .peerKeys: peerKeys = isThere ? .advertised : .none
        case .access: access = isThere ? .token : .secret
        case .invite: invite = isThere ? .accepted : .none
        case .mfa: mfa = isThere ? .enforced : .notEnforced
        case .keyPinned: keyPinned = isThere ? .pinned : .none
        case .directory: directory = isThere ? .listed : .none
        case .mtls: mtls = isThere ? .verified : .none
        }
    }
}
