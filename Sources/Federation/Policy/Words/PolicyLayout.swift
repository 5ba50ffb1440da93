extension Policy {
    /// The text of a policy file, or of the tests beside one, in the canonical layout.
    ///
    /// Refused: what is no TOML. A file with other faults is laid out all the same, as long as it
    /// says the same; one without keeps its hash, which is checked.
    package static func laidOut(
        _ bytes: [UInt8], file: String, _ files: PolicyFiles
    ) throws(ConfigurationErrors) -> [UInt8] {
        let result = try TOMLLayout.canonical(bytes, file: file)
        guard result != bytes, let before = try? Policy(bytes, file: file, files) else {
            return result
        }
        guard let after = try? Policy(result, file: file, files), after.hash == before.hash else {
            throw ConfigurationErrors(
                ConfigurationError(
                    file: file, position: nil,
                    message: "this cannot be laid out without changing the policy"))
        }
        return result
    }
}
