import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate policy …`: a policy file, without a gateway.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Test a policy file, and ask it.",
        subcommands: [
            PolicyTestCommand.self, PolicyExplainCommand.self,
            PolicyProveCommand.self, PolicyDiffCommand.self,
        ])

    /// The policy of a file, or of standard input (`-`; lists that it names start at the caller's
    /// folder).
    static func load(_ file: String) throws(ConfigurationErrors) -> Policy {
        guard file == "-" else { return try Policy.load(file: file, .disk) }
        let bytes = [UInt8](FileHandle.standardInput.readDataToEndOfFile())
        return try Policy(bytes, file: "stdin", .disk)
    }
}
