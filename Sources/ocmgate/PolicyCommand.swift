import ArgumentParser
import Federation
import Gateway

/// `ocmgate policy test|explain`: a policy file, without a gateway.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Test a policy file, and ask it.",
        subcommands: [PolicyTestCommand.self, PolicyExplainCommand.self])
}
