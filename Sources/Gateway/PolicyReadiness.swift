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
        for block in requirements where block.needs.contains(.mtls) {
            note("the need \"mtls\"", block.position)
        }
        for rule in rules {
            if case .hold = rule.ruling { note("action = \"hold\"", rule.position) }
        }
        return found
    }
}
