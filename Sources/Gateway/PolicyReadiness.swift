package import Federation

extension Policy {
    /// What the policy asks for and a gateway cannot do yet, with its place: such a policy is not
    /// put in force, since half of what it says would be nothing.
    package var notYetInForce: [ConfigurationError] {
        var found: [ConfigurationError] = []
        func note(_ what: String, _ position: SourcePosition?) {
            found.append(
                ConfigurationError(
                    file: file, position: position,
                    message: "\(what) is not available yet in a running gateway"))
        }
        for limit in limits { note("[[limit]]", limit.position) }
        if unknown == .hold { note("unknown = \"hold\"", place(of: "unknown")?.position) }
        for list in lists where list.download != nil { note("a downloaded list", list.position) }
        for block in requirements {
            for need in block.needs where need == .mtls || need == .keyPinned {
                note("the need \"\(need.rawValue)\"", block.position)
            }
        }
        for rule in rules {
            switch rule.ruling {
            case .hold: note("action = \"hold\"", rule.position)
            case .deny: break
            case .allow(let settings):
                if settings.acceptSecret != nil || settings.bind != nil
                    || settings.tokenTTL != nil
                        && !rule.scope.occasions.contains(Occasion(.token, .inbound))
                {
                    note("this \"set\"", rule.position)
                }
            }
        }
        let scopes = requirements.map(\.scope) + limits.map(\.scope) + rules.map(\.scope)
        for scope in scopes where scope.conditions.contains(where: { $0.key == "software" }) {
            note("the condition \"software\"", nil)
        }
        return found
    }
}
