import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate policy …`: a policy file, without a gateway.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Test a policy file, and ask it.",
        subcommands: [
            PolicyTestCommand.self, PolicyExplainCommand.self, PolicyProveCommand.self,
            PolicyDiffCommand.self, PolicyEnglishCommand.self, PolicyFmtCommand.self,
            PolicyReplayCommand.self, PolicySuggestCommand.self,
        ])

    /// As `load`, for a command that cannot go on without it.
    static func open(_ file: String) throws -> Policy {
        do { return try load(file) } catch { throw CommandFailure(error) }
    }

    /// The policy of a file, or of standard input (`-`; lists that it names start at the caller's
    /// folder).
    static func load(_ file: String) throws(ConfigurationErrors) -> Policy {
        try Policy(bytes(of: file), file: file == "-" ? "stdin" : file, .disk)
    }

    /// The text of a policy file, or of standard input.
    static func bytes(of file: String) throws(ConfigurationErrors) -> [UInt8] {
        guard file == "-" else { return try Policy.bytes(of: file, .disk) }
        return [UInt8](FileHandle.standardInput.readDataToEndOfFile())
    }
}
