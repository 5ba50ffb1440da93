import ArgumentParser
import Federation
import Gateway

/// `ocmgate policy …`: a policy file, without a gateway.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Test, ask, prove and compare policies.",
        subcommands: [
            PolicyTestCommand.self, PolicyExplainCommand.self, PolicyProveCommand.self,
            PolicyDiffCommand.self, PolicyEnglishCommand.self, PolicyFmtCommand.self,
            PolicyReplayCommand.self, PolicySuggestCommand.self,
        ])

    /// As `load`, for a command that cannot go on without it.
    static func open(_ file: String) throws -> Policy {
        do { return try load(file) } catch { throw CommandFailure(error) }
    }

    /// As `open`, with what the installation has of its downloaded lists; says of which there is
    /// nothing.
    static func open(_ file: String, in option: ConfigurationOption) throws -> Policy {
        let written = try open(file)
        let policy =
            option.isThere ? written.inForce(beside: try option.load().state.file) : written
        tellEmpty(policy)
        return policy
    }

    /// Says which downloaded lists have nothing to judge by.
    static func tellEmpty(_ policy: Policy) {
        let empty = policy.emptyDownloads
        guard !empty.isEmpty else { return }
        Output.error("downloaded lists that are empty here: \(empty.joined(separator: ", "))")
    }

    /// The policy in force of an installation, with the copies of its downloaded lists.
    static func inForce(_ settings: Configuration) throws(ConfigurationErrors) -> Policy {
        try Policy.load(file: settings.policy.file, .disk).inForce(beside: settings.state.file)
    }

    /// The policy of a file, or of standard input (`-`; lists that it names start at the caller's
    /// folder).
    static func load(_ file: String) throws(ConfigurationErrors) -> Policy {
        try Policy(bytes(of: file), file: InputFile.name(file), .disk)
    }

    /// The text of a policy file, or of standard input.
    static func bytes(of file: String) throws(ConfigurationErrors) -> [UInt8] {
        file == "-" ? try InputFile.standardInput() : try Policy.bytes(of: file, .disk)
    }
}
