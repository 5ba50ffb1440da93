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
