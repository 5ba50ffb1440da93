extension Policy {
    /// Whether some message of this occasion could be allowed: a rule names it, or the default or
    /// the mode lets everything pass. False closes what serves only such messages.
    package func mayAllow(_ occasion: Occasion) -> Bool {
        switch (mode, fallback) {
        case (.report, _), (.open, _), (.enforce, .allow): return true
        case (.enforce, .deny): break
        }
        return rules.contains { rule in
            guard rule.mode == .enforce, rule.scope.occasions.contains(occasion) else {
                return false
            }
            switch rule.ruling {
            case .allow: return true
            case .deny, .hold: return false
            }
        }
    }
}

extension Policy {
    /// The kinds of messages that `default = "allow"` lets in from whoever names an admitted server and
    /// proves nothing: no block asks all of them for a signature or the like, and no rule is about all of
    /// them. Whom a block excepts, its author knows. Not those that read data, which show a token or secret.
    package var unprovenByDefault: [Occasion] {
        guard mode == .enforce, fallback == .allow else { return [] }
        return OccasionSet.everything.occasions.filter { occasion in
            occasion.direction == .inbound && occasion.kind != .webdav
                && !requirements.contains { $0.makesSendersProveThemselves(in: occasion) }
                && !rules.contains { $0.mode == .enforce && $0.scope.isAboutAll(of: occasion) }
        }
    }
}

extension Requirement {
    /// Whether nobody who proves nothing gets by it with a message of this kind.
    fileprivate func makesSendersProveThemselves(in occasion: Occasion) -> Bool {
        mode == .enforce && scope.isAboutAll(of: occasion)
            && needs.contains { $0.provesSender || !$0.mayBeMet(by: occasion) }
    }
}

extension Need {
    fileprivate var provesSender: Bool {
        switch self {
        case .signature, .rfc9421, .keyPinned, .mtls: true
        case .tokenExchange, .invite, .mfa, .directory: false
        }
    }
}

extension BlockScope {
    /// Whether no message of this kind is left out, but of those that are excepted.
    fileprivate func isAboutAll(of occasion: Occasion) -> Bool {
        occasions.contains(occasion) && peers == nil && conditions.isEmpty
    }
}
