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
        for block in requirements where block.needs.contains(.mtls) {
            note("the need \"mtls\"", block.position)
        }
        return found
    }
}
